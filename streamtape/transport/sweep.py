"""`sweep`: one replay for each way that a stream can break.

    for replay in streamtape.sweep("run.tape"):
        with replay:
            ...                      # run the client: it must not take this for a whole stream

`playback` defines the faults and cuts; here they are tried, one after the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from streamtape.errors import UsageError
from streamtape.playback.boundaries import boundaries_of
from streamtape.playback.faults import Fault, parse_fault
from streamtape.playback.positions import framer_of, n_events
from streamtape.playback.rechunk import Rechunk, parse_rechunk
from streamtape.playback.steps import steps
from streamtape.session.options import Options
from streamtape.session.session import Session
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.store import load
from streamtape.transport.session_context import Opened, SessionContext
from streamtape.transport.session_factory import open_session
from streamtape.transport.transports import ReplayTransport

EVERYWHERE = ("cut@event", "cut@byte")


@dataclass(frozen=True, slots=True)
class Replay(SessionContext):
    """One way to replay a cassette: a context manager like `use_cassette`, or a transport.

    `number` is the interaction that is broken, `faults` how, `why` what is special about the place;
    `rechunk` how bodies are cut. `breaks` says whether the stream ends too soon in it. `str()` of
    it describes all of that, and can name a test.
    """

    cassette: Cassette
    number: int
    faults: tuple[Fault, ...] = ()
    rechunk: Rechunk = field(default_factory=Rechunk)
    seed: int = 0
    why: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _open: list[Opened] = field(default_factory=list, repr=False, compare=False)

    @property
    def breaks(self) -> bool:
        """Whether the stream ends too soon, or an error comes in its place."""
        return any(fault.breaks and fault.kind != "stall" for fault in self.faults)

    @property
    def interaction(self) -> Interaction:
        """The recording that is broken, as it was recorded."""
        return self.cassette[self.number]

    def transport(self) -> ReplayTransport:
        """A new transport that plays it, for a client of httpx or httpx2, sync or async."""
        return ReplayTransport(self.cassette, **self._options())

    def _options(self) -> dict[str, Any]:
        mine = {"fault": self.faults, "rechunk": self.rechunk, "seed": self.seed, "mode": "none"}
        return {**self.options, **mine}

    def _session(self) -> Session:
        # Not by use_cassette: no preset of a test run makes a recording of this.
        return open_session(self.cassette, Options.of(**self._options()))

    def __str__(self) -> str:
        parts = [str(replace(fault, of=None)) for fault in self.faults] or ["whole"]
        if self.rechunk.how != "recorded":
            parts.append(f"rechunk={self.rechunk}")
        if self.seed:
            parts.append(f"seed={self.seed}")
        if len(self.cassette) > 1:
            parts.insert(0, f"interaction {self.number}")
        return " ".join(parts) + (f" ({self.why})" if self.why else "")


def sweep(
    cassette: str | os.PathLike[str] | Cassette,
    *,
    faults: str | Fault | Iterable[str | Fault] = EVERYWHERE,
    rechunk: str | Rechunk | Sequence[str | Rechunk] = (),
    seed: int = 0,
    **options: Any,
) -> Iterator[Replay]:
    """Iterate over replays of a cassette, each broken in one place, interaction by interaction.

    A fault without a number is tried everywhere: `cut@event` before each event, `cut@byte:rst` in
    each kind of place between two bytes, `drop@event` at each event; `cut@event=3` there alone.
    Several in one text with semicolons strike together. `rechunk` names cuts: each is tried with
    every fault, and where `faults` is empty, alone. `options` are those of a session, as
    `match_on`. UsageError for an invalid fault or cut, CassetteError for the file.
    """
    for name in ("fault", "mode"):
        if name in options:
            raise UsageError(f"sweep has no option {name!r}; it tries faults= and rechunk=")
    Options.of(**options)
    loaded = cassette if isinstance(cassette, Cassette) else load(cassette)
    given = [faults] if isinstance(faults, str | Fault) else list(faults)
    patterns = [_pattern(one) for one in given]
    cuts = [rechunk] if isinstance(rechunk, str | Rechunk) else list(rechunk)
    ways = [parse_rechunk(one) for one in cuts] or [Rechunk()]
    return _swept(loaded, patterns, ways, seed, options)


_Pattern = tuple[Fault, bool]  # whether it is tried everywhere


def _pattern(given: str | Fault) -> list[_Pattern]:
    if isinstance(given, Fault):
        return [(given, False)]
    found = []
    for text in filter(str.strip, given.split(";")):
        main, comma, rest = text.partition(",")
        bare = main.rpartition("@")[2].partition(":")[0].strip()
        everywhere = bare in ("event", "byte")
        if everywhere:
            main = main.replace(f"@{bare}", f"@{bare}=?")
        found.append((parse_fault(main + comma + rest), everywhere))
    return found


def _swept(
    cassette: Cassette,
    patterns: list[list[_Pattern]],
    ways: list[Rechunk],
    seed: int,
    options: dict[str, Any],
) -> Iterator[Replay]:
    for number, interaction in enumerate(cassette):
        if interaction.head is None:
            continue  # there is no stream that could break
        for hint in ways:
            if not patterns:
                yield Replay(cassette, number, (), hint, seed, "", options)
            for pattern in patterns:
                for faults, why in _struck(pattern, interaction, number):
                    yield Replay(cassette, number, faults, hint, seed, why, options)


def _struck(
    pattern: list[_Pattern], interaction: Interaction, number: int
) -> Iterator[tuple[tuple[Fault, ...], str]]:
    """Every combination of places of the faults of one pattern."""
    if not pattern:
        yield (), ""
        return
    (fault, everywhere), *others = pattern
    mine = replace(fault, of=number if fault.of is None else fault.of)
    if mine.of != number:
        return
    for at, why in _positions(mine, interaction) if everywhere else [(mine.at, "")]:
        for rest, more in _struck(others, interaction, number):
            yield (mine.moved_to(at), *rest), ", ".join(filter(None, (why, more)))


def _positions(fault: Fault, interaction: Interaction) -> Iterator[tuple[int, str]]:
    if fault.position == "byte":
        yield from boundaries_of(interaction).items()
        return
    n = n_events(steps(interaction), framer_of(interaction))
    yield from ((at, "") for at in range(n - 1 if fault.kind == "swap" else n))
