"""What a session reports when it ends: drift, hidden misses, faults that had no effect.

Functions of the session's state that do not change it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import FrameType
from typing import Protocol

from streamtape.choices import Level
from streamtape.errors import MissError, VerifyError
from streamtape.tape.long_bodies import is_long
from streamtape.tape.model import Cassette, Chunk, Chunks, Interaction


class StreamtapeWarning(UserWarning):
    """The base of streamtape's warnings.

    Turn them into errors with `warnings.simplefilter("error", streamtape.StreamtapeWarning)`.
    """


class Compared(Protocol):
    """What a comparison of two cassettes found."""

    @property
    def same(self) -> bool: ...
    def summary(self) -> str: ...


Compare = Callable[[Cassette, Cassette, Level], Compared]


def warn(text: str, category: type[StreamtapeWarning] = StreamtapeWarning) -> None:
    """Warn at the nearest line outside streamtape."""
    level = 1
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("streamtape."):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, category, stacklevel=level)


def verify_error(name: str, comparison: Compared, unmatched: Sequence[str]) -> VerifyError | None:
    """The error for responses that differ from the cassette; None if none does.

    `comparison` is that of the cassette with the new recording, and `unmatched` has a text for each
    request that the cassette has no answer to.
    """
    parts = [] if comparison.same else [comparison.summary()]
    parts += unmatched
    if not parts:
        return None
    text = "\n".join(parts)
    return VerifyError(
        f"the responses differ from {name!r} (mode 'verify' changed nothing; "
        f"mode 'all' records it again)\n{text}",
        comparison=comparison,
    )


def renamed(fresh: Iterable[Interaction], pairs: Mapping[str, str]) -> Cassette:
    """What came just now, with the ids that were recorded for those that requests matched up.

    `pairs` are recorded ids and their present counterparts. Bodies that are compressed stay,
    and long ones of requests.
    """
    back = [(new.encode(), old.encode()) for old, new in pairs.items() if old != new]
    return Cassette(tuple(_renamed(one, back) for one in fresh) if back else tuple(fresh))


def _renamed(one: Interaction, back: Sequence[tuple[bytes, bytes]]) -> Interaction:
    def old(data: bytes) -> bytes:
        for new, recorded in back:
            data = data.replace(new, recorded)
        return data

    chunks = Chunks.of(Chunk(at_us, old(data)) for at_us, data in one.chunks)
    request = one.request
    if not is_long(request):
        request = replace(request, body=old(request.body))
    return replace(one, request=request, chunks=chunks)


def swallowed_misses(misses: Sequence[MissError]) -> str:
    """The warning about misses that a program swallowed."""
    many = "1 request was" if len(misses) == 1 else f"{len(misses)} requests were"
    return f"{many} not answered, and the program went on:\n{misses[0]}"


def taken_text(taken_by: Sequence[tuple[str, int]]) -> str:
    """A sentence on requests that inner sessions took from an outer one; empty for none."""
    if not taken_by:
        return ""
    parts = ", ".join(f"{n} to {name!r}" for name, n in taken_by)
    return (
        f" Requests went to sessions that were opened inside it: {parts}. Remove one of the two, "
        "or set allow_no_requests=True for the outer one."
    )


def out_of_order(name: str, interactions: Sequence[Interaction], given_up: Sequence[int]) -> str:
    """The warning of requests that others waited for in vain."""
    parts = "; ".join(
        f"interaction {n}: {interactions[n].request.method} {interactions[n].request.url}"
        for n in given_up
    )
    return (
        f"a replay of {name!r} waited for requests that were not made, and went on without them: "
        f"{parts}. When it was recorded, they had begun before what was to come next"
    )


def unfaulted(name: str) -> str:
    """The warning of a WebSocket that was recorded in a session with faults."""
    return (
        f"the session for {name!r} has faults, and recorded a WebSocket without them: its client's "
        "part is not known before it speaks, so faults strike in replays"
    )


def faults_without_effect(name: str, faults: Iterable[object]) -> str:
    """The warning about faults at positions that no stream reached."""
    parts = "; ".join(map(str, faults))
    return f"no fault struck a replay of {name!r}: {parts}; the streams ended before"
