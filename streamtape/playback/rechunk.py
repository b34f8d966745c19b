"""Rechunking: the same bytes cut into other chunks.

    recorded        as they came (the default)
    event           one event a chunk, whole
    bytes=N         N bytes a chunk
    byte            one byte a chunk
    utf8            as recorded, and cut inside every character of more than one byte
    crlf            as recorded, and cut inside every CRLF
    whole           everything at once, when the last of it had come
    random          chunks of 1 to 32 bytes, by the seed; random=N: of 1 to N bytes

`bytes`, `byte`, `whole` and `random` cut the wire bytes, still compressed if they came compressed.
`event`, `utf8` and `crlf` look at the content, so a body with a content-encoding is decoded for
them and its head no longer says so. A chunk goes out when the last of its bytes had come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from streamtape.errors import UsageError
from streamtape.playback.option_syntax import count
from streamtape.playback.seeded_random import SeededRandom
from streamtape.playback.steps import Emit, Start, Step, WaitUntil

if TYPE_CHECKING:
    from streamtape.playback.positions import EventCounter, NewFramer

KNOWN = ("recorded", "event", "bytes", "byte", "utf8", "crlf", "whole", "random")
_RANDOM_BYTES = 32
_INSIDE = {"utf8": re.compile(rb"(?=[\x80-\xbf])"), "crlf": re.compile(rb"(?<=\r)(?=\n)")}
_SIZED = {"bytes", "random"}


@dataclass(frozen=True, slots=True)
class Rechunk:
    """How a body is cut; `n_bytes` is the size for `bytes`, and the largest one for `random`.

    `str()` of it is the text that `parse_rechunk` reads.
    """

    how: str = "recorded"
    n_bytes: int = 0

    def __str__(self) -> str:
        sized = self.how in _SIZED and (self.how, self.n_bytes) != ("random", _RANDOM_BYTES)
        return f"{self.how}={self.n_bytes}" if sized else self.how


def parse_rechunk(text: str | Rechunk | None) -> Rechunk:
    """Parse a rechunk option; UsageError lists the ways to cut."""
    if isinstance(text, Rechunk):
        return text
    if not isinstance(text, str | None):
        raise UsageError(f"rechunk must be a string, a Rechunk or None, got {text!r}")
    how, equals, value = "recorded" if text is None else text.strip(), "", ""
    if text is not None:
        how, equals, value = (part.strip() for part in text.partition("="))
    if how not in KNOWN or (equals and how not in _SIZED):
        known = ", ".join("bytes=N" if name == "bytes" else name for name in KNOWN)
        raise UsageError(f"unknown rechunk {text!r} (known: {known}, random=N)")
    if how == "bytes" or equals:
        return Rechunk(how, count(value, f"rechunk {text!r}", least=1))
    return Rechunk(how, _RANDOM_BYTES if how == "random" else 0)


def rechunked(
    steps: Iterable[Step], how: Rechunk, *, new_framer: NewFramer, seed: int = 0
) -> Iterator[Step]:
    """Cut the bytes of the steps into other chunks."""
    if how.how == "recorded":
        return iter(steps)
    from streamtape.playback.positions import (  # options need only the text above
        EventCounter,
        plain,
    )

    if how.how in _INSIDE:
        return _inside(plain(steps), _INSIDE[how.how])
    if how.how == "event":
        return _cut(plain(steps), _Events(lambda: EventCounter(new_framer())))
    sizes: dict[str, Callable[[], int]] = {"byte": lambda: 1, "bytes": lambda: how.n_bytes}
    if how.how == "random":
        rng = SeededRandom(seed, "rechunk")
        sizes["random"] = lambda: 1 + rng.randbelow(how.n_bytes)
    return _cut(steps, _Sizes(sizes.get(how.how)))


def _inside(steps: Iterable[Step], pattern: re.Pattern[bytes]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Emit):
            yield from (Emit(piece) for piece in pattern.split(step.data) if piece)
        else:
            yield step


class _Cutter(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]: ...
    def close(self) -> bytes: ...


def _cut(steps: Iterable[Step], cutter: _Cutter) -> Iterator[Step]:
    """Cut the joined bytes; a rest goes out with the last chunk, before the wait for the ending."""
    pending: list[Step] = []
    started = False
    for step in steps:
        if isinstance(step, WaitUntil) and started:
            pending = [step]
            continue
        if isinstance(step, Emit):
            yield from pending
            yield from map(Emit, cutter.feed(step.data))
        elif isinstance(step, Start) or not started:
            started = started or isinstance(step, Start)
            yield step
        else:
            yield from _rest(cutter)
            yield from pending
            yield step
        pending = []
    yield from _rest(cutter)
    yield from pending


def _rest(cutter: _Cutter) -> Iterator[Step]:
    rest = cutter.close()
    if rest:
        yield Emit(rest)


class _Sizes:
    """Cuts by size; without sizes nothing is cut."""

    def __init__(self, size: Callable[[], int] | None) -> None:
        self._size = size
        self._next = size() if size else 0
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        pending = self._pending
        pending += data
        if self._size is None:
            return
        start = 0
        while len(pending) - start >= self._next:
            yield bytes(pending[start : start + self._next])
            start += self._next
            self._next = self._size()
        del pending[:start]

    def close(self) -> bytes:
        rest = bytes(self._pending)
        self._pending.clear()
        return rest


class _Events:
    """Cuts behind every event; comments before an event go with it."""

    def __init__(self, new_counter: Callable[[], EventCounter]) -> None:
        self._new_counter = new_counter  # once there is a body
        self._counter: EventCounter | None = None
        self._pending: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._counter = self._counter or self._new_counter()
        start = 0
        for end in self._counter.ends(data):
            yield b"".join((*self._pending, data[start:end]))
            self._pending.clear()
            start = end
        if start < len(data):
            self._pending.append(data[start:])

    def close(self) -> bytes:
        rest = b"".join(self._pending)
        self._pending.clear()
        return rest
