"""Hypothesis strategies for replays, which shrink to the smallest cut that breaks a client.

    from hypothesis import given
    from streamtape import strategies

    @given(strategies.replays("run.tape"))
    def test_my_client(replay): ...

Positions shrink towards the start of the stream, cuts towards the recorded ones, several faults
towards one. Hypothesis is imported here and in `variations`, nowhere else in the package.

Every kind of fault draws its position on one scale, bytes of the body, and turns it into its own
unit: `cut@event` cuts behind the first event that ends at that byte or later. So a shrinker that
only lowers one choice at a time can go from `cut@byte=40` to `cut@event=5`: the event cut at the
same position lets no less through. With a scale of its own a kind could be entered only by
changing kind and number together, which a shrinker does by luck.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from streamtape.extras import install_command

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError(
        "streamtape.strategies needs Hypothesis, which is not installed; to install it: "
        + install_command("hypothesis")
    ) from error

from streamtape.errors import UsageError
from streamtape.playback.faults import Fault, parse_fault
from streamtape.playback.positions import event_ends, framer_of, plain
from streamtape.playback.rechunk import KNOWN, Rechunk
from streamtape.playback.steps import Emit, steps
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.store import load
from streamtape.transport.sweep import Replay

KINDS = ("cut@event", "cut@byte", "cut@event:rst", "cut@byte:rst")
_MOST_BYTES = 64


def faults(interaction: Interaction, kinds: Sequence[str] = KINDS) -> st.SearchStrategy[Fault]:
    """Faults of these kinds, written as for `streamtape.sweep`, anywhere in an interaction.

    They shrink towards the first kind and the earliest position. UsageError without kinds, or for
    an invalid fault.
    """
    if not kinds:
        raise UsageError("faults() needs kinds: 'cut@event', 'cut@byte', ...")
    patterns = [_pattern(kind) for kind in kinds]
    n_bytes = interaction.chunks.n_bytes
    ends = event_ends(steps(interaction), framer_of(interaction))
    # A rechunk or a fault at an event has the body decoded, and bytes are then counted in that: a
    # position must be right in both scales.
    bounds = [0, *map(min, ends)]
    n_decoded = sum(len(step.data) for step in plain(steps(interaction)) if isinstance(step, Emit))
    last_byte = max(min(n_bytes, n_decoded) - 1, 0)

    def at(fault: Fault, position: int) -> Fault:
        if fault.position == "byte":
            return fault.moved_to(min(position, last_byte))
        if fault.position == "event":
            return fault.moved_to(min(bisect_left(bounds, position), max(len(ends) - 1, 0)))
        return fault

    positions = st.integers(0, max(n_bytes - 1, 0))
    return st.builds(at, st.sampled_from(patterns), positions)


def rechunks() -> st.SearchStrategy[Rechunk]:
    """Ways to cut a body into chunks; they shrink towards the recorded one."""
    sizes = st.integers(1, _MOST_BYTES)
    plain = [Rechunk(how) for how in KNOWN if how not in ("bytes", "random")]
    sized = [st.builds(Rechunk, st.just(how), sizes) for how in ("bytes", "random")]
    return st.one_of(st.sampled_from(plain), *sized)


def replays(
    cassette: str | os.PathLike[str] | Cassette,
    *,
    kinds: Sequence[str] = KINDS,
    max_faults: int = 1,
    rechunk: bool = True,
    **options: Any,
) -> st.SearchStrategy[Replay]:
    """Replays of a cassette with up to `max_faults` faults in one of its interactions.

    With `kinds=()` only the cuts change; `rechunk` False leaves those as
    recorded. `options` are those of a session, as `match_on`.
    """
    loaded = cassette if isinstance(cassette, Cassette) else load(cassette)
    numbers = [n for n, interaction in enumerate(loaded) if interaction.head is not None]
    if not numbers:
        raise UsageError("the cassette holds no response that could be replayed")
    cuts = rechunks() if rechunk else st.just(Rechunk())

    @cache
    def of(number: int) -> st.SearchStrategy[Replay]:
        several: st.SearchStrategy[list[Fault]] = st.just([])
        if kinds:
            one_fault = faults(loaded[number], kinds).map(lambda fault: replace(fault, of=number))
            several = st.lists(one_fault, min_size=1, max_size=max_faults)
        return st.builds(
            lambda chosen, chunking, seed: Replay(
                loaded,
                number,
                tuple(chosen),
                chunking,
                seed if chunking.how == "random" else 0,
                "",
                options,
            ),
            several,
            cuts,
            st.integers(0, 1000),
        )

    return st.sampled_from(numbers).flatmap(of)


def _pattern(kind: str) -> Fault:
    """The fault of a kind, its position still open where it has one."""
    main, comma, rest = kind.partition(",")
    position = main.rpartition("@")[2].partition(":")[0]
    if position in ("event", "byte"):
        return parse_fault(main.replace(f"@{position}", f"@{position}=?") + comma + rest)
    return parse_fault(kind)
