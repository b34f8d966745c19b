"""The dashboard of `record --ui` and `replay --ui`: streams as they grow, and requests that missed.

The page is that of `view`, and asks its own server for what is new: `state` for a line of each
interaction, `interaction/N` for one of them whole. Nothing is sent anywhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from streamtape.server.dashboard import PREFIX, Answer, Dashboard

if TYPE_CHECKING:
    from streamtape.server.proxy import RecordingProxy
    from streamtape.server.replay import ReplayServer
    from streamtape.tape.model import Interaction

_NUMBER = re.compile(r"[0-9]{1,9}")
_TAIL = 300  # characters of a text that a line shows
_SHOWN = 500  # interactions that are listed, the latest


class State(NamedTuple):
    """What there is to show: interactions, how often each was played, and what missed.

    `playing` are the numbers of those that are being played, and how far they are, from 0 to 1.
    """

    interactions: Sequence[Interaction]
    plays: Sequence[int] = ()
    misses: Sequence[tuple[str, str]] = ()
    playing: Sequence[tuple[int, float]] = ()


def of_proxy(proxy: RecordingProxy, name: str) -> Dashboard:
    """The dashboard of a recording proxy; `name` is its cassette."""
    return dashboard("record", name, lambda: State(proxy.session.interactions))


def of_replay(server: ReplayServer, name: str) -> Dashboard:
    """The dashboard of a replay server; `name` is what it serves."""

    def state() -> State:
        misses = [(miss.line, miss.text) for miss in server.misses]
        return State(server.interactions, server.plays, misses, server.playing)

    return dashboard("replay", name, state)


def dashboard(
    what: Literal["record", "replay"], name: str, state: Callable[[], State]
) -> Dashboard:
    """Answers for the page, its state, and single interactions."""
    lines = _Lines(name)

    def answer(path: str) -> Answer | None:
        if path == "":
            return Answer("text/html; charset=utf-8", _page(what, name))
        if path == "state":
            return _json(_state(state(), lines))
        kind, _, number = path.partition("/")
        found = state().interactions
        if kind == "interaction" and _NUMBER.fullmatch(number) and int(number) < len(found):
            return _json(_whole(found[int(number)], name, int(number)))
        return None

    return answer


def _page(what: str, name: str) -> bytes:
    from streamtape.report.page.document import document

    data = {
        "kind": "live",
        "checked": True,
        "interactions": [],
        "live": {"base": PREFIX, "what": what, "name": name},
    }
    plain = [f"streamtape {what} {name}: this page needs scripts"]
    return document(f"streamtape {what}", data, plain, asks=True).encode(
        "utf-8", "backslashreplace"
    )


def _json(value: Any) -> Answer:
    from streamtape.tape.texts import masked_text

    return Answer("application/json", masked_text(json.dumps(value)).encode("ascii"))


def _state(state: State, lines: _Lines) -> dict[str, Any]:
    first = max(len(state.interactions) - _SHOWN, 0)
    playing: dict[int, list[float]] = {}
    for number, share in state.playing:
        playing.setdefault(number, []).append(round(share, 3))
    shown = [
        lines.of(number, interaction)
        | {"plays": state.plays[number] if number < len(state.plays) else None}
        | {"playing": playing.get(number, [])}
        for number, interaction in enumerate(state.interactions)
        if number >= first or number in playing
    ]
    misses = [{"line": line, "why": why} for line, why in state.misses]
    return {"interactions": shown, "misses": misses, "count": len(state.interactions)}


def _whole(interaction: Interaction, name: str, number: int) -> dict[str, Any]:
    from streamtape.report.masked import read
    from streamtape.report.page.data import interaction_data
    from streamtape.report.page.recordings import findings_of

    parsed = read(interaction)
    findings = [] if interaction.ending.kind == "unfinished" else findings_of(parsed)
    return interaction_data(parsed, findings, name=name, number=number)


class _Lines:
    """A line of each interaction, made again only where it has grown."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: dict[int, tuple[tuple[object, ...], dict[str, Any]]] = {}

    def of(self, number: int, interaction: Interaction) -> dict[str, Any]:
        version = (
            len(interaction.chunks), len(interaction.messages), interaction.ending.kind,
            interaction.request.url,
        )  # fmt: skip
        known = self._known.get(number)
        if known is None or known[0] != version:
            known = version, _line(interaction, number, "-".join(map(str, version[:3])))
            self._known[number] = known
        return known[1]


def _line(interaction: Interaction, number: int, version: str) -> dict[str, Any]:
    from streamtape.report.masked import read
    from streamtape.report.outcome import outcome

    parsed = read(interaction)
    transcript = parsed.transcript
    is_open = interaction.ending.kind == "unfinished"
    word, mood = ("streaming", "warn") if is_open else outcome(parsed)
    last = interaction.chunks[-1].at_us if interaction.chunks else None
    text = (
        transcript.text
        or transcript.reasoning
        or " ".join(call.name for call in transcript.tool_calls)
    )
    return {
        "number": number,
        "version": version,
        "open": is_open,
        "method": interaction.request.method,
        "url": interaction.request.url,
        "status": interaction.head and interaction.head.status,
        "outcome": {"word": word, "mood": mood},
        "events": len(parsed.events),
        "bytes": interaction.chunks.n_bytes,
        "chars": sum(len(part.text) for part in transcript.parts),
        "last_us": last,
        "text": text[-_TAIL:],
    }
