"""Hypothesis strategies for replays, which shrink to the smallest cut that breaks a client.

    from hypothesis import given
    from streamtape import strategies

    @given(strategies.replays("run.tape"))
    def test_my_client(replay): ...

Places shrink towards the start of the stream, cuts towards the recorded ones, several faults
towards one. Hypothesis is imported here and nowhere else in the package.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError(
        "streamtape.strategies needs Hypothesis, which is not installed: pip install hypothesis"
    ) from error

from streamtape.errors import UsageError
from streamtape.playback.faults import ANYWHERE, Fault, parse_fault
from streamtape.playback.places import framer_of, n_events
from streamtape.playback.rechunk import KNOWN, Rechunk
from streamtape.playback.steps import steps
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.store import load
from streamtape.transport.sweeping import Replay

KINDS = ("cut@event", "cut@byte", "cut@event:rst", "cut@byte:rst")
_MOST_BYTES = 64


def faults(interaction: Interaction, kinds: Sequence[str] = KINDS) -> st.SearchStrategy[Fault]:
    """Faults of these kinds, as `streamtape.sweep` writes them, anywhere in an interaction.

    They shrink towards the first kind and the earliest place.
    """
    if not kinds:
        raise UsageError("faults() needs kinds: 'cut@event', 'cut@byte', ...")
    limits = {"event": n_events(steps(interaction), framer_of(interaction))}
    limits["byte"] = interaction.chunks.n_bytes
    return st.one_of([_placed(kind, limits) for kind in kinds])


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

    With `kinds=()` nothing is broken and only the cuts change; `rechunk` False leaves those as
    recorded. `options` are those of a session, as `match_on`.
    """
    loaded = cassette if isinstance(cassette, Cassette) else load(cassette)
    numbers = [n for n, interaction in enumerate(loaded) if interaction.head is not None]
    if not numbers:
        raise UsageError("the cassette holds no response that could be replayed")
    cuts = rechunks() if rechunk else st.just(Rechunk())

    def of(number: int) -> st.SearchStrategy[Replay]:
        several: st.SearchStrategy[list[Fault]] = st.just([])
        if kinds:
            broken = faults(loaded[number], kinds).map(lambda fault: replace(fault, of=number))
            several = st.lists(broken, min_size=1, max_size=max_faults)
        return st.builds(
            lambda chosen, way, seed: Replay(
                loaded, number, tuple(chosen), way, seed if way.how == "random" else 0, "", options
            ),
            several,
            cuts,
            st.integers(0, 1000),
        )

    return st.sampled_from(numbers).flatmap(of)


def _placed(kind: str, limits: dict[str, int]) -> st.SearchStrategy[Fault]:
    main, comma, rest = kind.partition(",")
    place = main.rpartition("@")[2].partition(":")[0]
    if place not in limits:
        return st.just(parse_fault(kind))
    fault = parse_fault(main.replace(f"@{place}", f"@{place}=?") + comma + rest)
    assert fault.at == ANYWHERE
    return st.integers(0, max(limits[place] - 1, 0)).map(fault.moved_to)
