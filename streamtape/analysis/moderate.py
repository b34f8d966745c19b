"""`moderate`: when a classifier would have flagged a stream, as its text arrived."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from streamtape.analysis.streams import Source, opened, stream_of
from streamtape.checks.moderation import (
    WAYS,
    CheckPoint,
    Every,
    ModerationResult,
    flagged,
    judge,
    parse_every,
    prefixes,
    trade_off,
)
from streamtape.checks.profiles import DEFAULT
from streamtape.errors import UsageError
from streamtape.metrics.arrival import Arrival

Classifier = Callable[[str], Any]


def moderate(
    source: Source,
    classify: Classifier,
    *,
    every: Every | Sequence[Every] = WAYS,
    window: int | None = None,
    threshold: float = 0.5,
    dialect: str | None = None,
) -> list[ModerationResult]:
    """Find when a classifier would have flagged each stream of a recording, as its text arrived.

    `classify` takes a text and returns a bool, a score (flagged from `threshold` on) or labels (any
    flags); it may be async. It is called after every event, sentence or N characters (each entry of
    `every` separately) with the text so far or its last `window` characters, and once with the
    whole text. Streams without text are left out. UsageError for an invalid `every` or `window`.
    """
    ways = (every,) if isinstance(every, int | str) else tuple(every)
    for checkpoint in ways:
        parse_every(str(checkpoint))
    if window is not None and window < 1:
        raise UsageError(f"window must be a number of characters above 0, got {window!r}")
    name, interactions = opened(source)
    found: list[ModerationResult] = []
    for number, interaction in enumerate(interactions):
        if interaction.head is None:
            continue
        stream = stream_of(interaction, DEFAULT, dialect)
        arrival = Arrival.of(stream.events, stream.dialect)
        if arrival.text:
            one = _moderate(arrival, _asker(classify, threshold), ways, window)
            found.append(replace(one, source=name, interaction=number))
    return found


def _moderate(
    arrival: Arrival, ask: Callable[[str], bool], every: Sequence[Every], window: int | None
) -> ModerationResult:
    whole = ask(arrival.text)
    ways: list[CheckPoint] = []
    for one in every:
        verdicts: list[bool] = []
        for length in prefixes(arrival, one):
            start = 0 if window is None else max(0, length - window)
            verdicts.append(ask(arrival.text[start:length]))
            if verdicts[-1]:
                break
        ways.append(judge(arrival, one, verdicts))
    return ModerationResult(
        arrival.text, whole, tuple(ways), trade_off(arrival, ways[0]) if ways else ()
    )


def _asker(classify: Classifier, threshold: float) -> Callable[[str], bool]:
    """Classify each distinct text once; an async classifier is run to completion."""
    known: dict[str, bool] = {}

    def ask(text: str) -> bool:
        if text not in known:
            verdict = classify(text)
            if inspect.isawaitable(verdict):
                verdict = _awaited(verdict)
            known[text] = flagged(verdict, threshold)
        return known[text]

    return ask


def _awaited(verdict: Awaitable[Any]) -> Any:
    """The result of an awaitable; run in a new thread if this one already has an event loop."""

    async def wait() -> Any:
        return await verdict

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(wait())
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, wait()).result()
