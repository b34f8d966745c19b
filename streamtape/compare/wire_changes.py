"""Frames and bytes compared: the levels that ignore meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from streamtape.compare.align import gaps
from streamtape.compare.comparison import Change, Location
from streamtape.tape.events import Frame
from streamtape.tape.texts import mask_text_bytes

_MOST_SHOWN = 64 << 10  # bytes of a change to show
_AROUND = 32 << 10  # no secret is longer
_FIELDS = ("event", "data", "id", "retry", "comments", "complete")


def compare_frames(a: Sequence[Frame], b: Sequence[Frame]) -> tuple[Change, ...]:
    """The changes between two sequences of frames: every field but the times."""
    return tuple(_frame_changes(a, b))


def _fields(frame: Frame) -> tuple[Any, ...]:
    return tuple(getattr(frame, name) for name in _FIELDS)


def _frame_changes(a: Sequence[Frame], b: Sequence[Frame]) -> Iterator[Change]:
    for gap in gaps([_fields(f) for f in a], [_fields(f) for f in b]):
        shared = min(gap.a2 - gap.a1, gap.b2 - gap.b1)
        for n in range(shared):
            one, other = a[gap.a1 + n], b[gap.b1 + n]
            for name in _FIELDS:
                before, after = getattr(one, name), getattr(other, name)
                if before != after:
                    yield Change("changed", "frame", _at(one), _at(other), name, before, after)
        for frame in a[gap.a1 + shared : gap.a2]:
            yield Change("removed", "frame", _at(frame), None, "", _frame_value(frame), None)
        for frame in b[gap.b1 + shared : gap.b2]:
            yield Change("inserted", "frame", None, _at(frame), "", None, _frame_value(frame))


def _at(frame: Frame) -> Location:
    return Location(frame.index, frame.at_us)


def _frame_value(frame: Frame) -> dict[str, Any]:
    values = {name: getattr(frame, name) for name in _FIELDS}
    return {name: v for name, v in values.items() if v not in (None, "", (), True)}


def compare_bytes(a: bytes, b: bytes) -> tuple[Change, ...]:
    """The changes between two bodies, line by line; places are offsets in bytes."""
    if a == b:
        return ()
    return tuple(_byte_changes(a.split(b"\n"), b.split(b"\n")))


def _byte_changes(a: list[bytes], b: list[bytes]) -> Iterator[Change]:
    starts_a, starts_b = _starts(a), _starts(b)
    for gap in gaps(a, b):
        before, after = b"\n".join(a[gap.a1 : gap.a2]), b"\n".join(b[gap.b1 : gap.b2])
        skip = _n_alike(before, after) if gap.a1 < gap.a2 and gap.b1 < gap.b2 else 0
        one, other = Location(starts_a[gap.a1] + skip), Location(starts_b[gap.b1] + skip)
        if gap.a1 == gap.a2:
            yield Change("inserted", "bytes", None, other, "", None, _shown(after))
        elif gap.b1 == gap.b2:
            yield Change("removed", "bytes", one, None, "", _shown(before), None)
        else:
            yield Change(
                "changed", "bytes", one, other, "", _shown(before, skip), _shown(after, skip)
            )


def _starts(lines: list[bytes]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _n_alike(a: bytes, b: bytes) -> int:
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _shown(data: bytes, skip: int = 0) -> str:
    """The bytes from there on as text, of many the first; secrets are looked for around them."""
    start, end = max(0, skip - _AROUND), skip + _MOST_SHOWN
    masked = mask_text_bytes(data[start : end + _AROUND])[skip - start : end - start]
    text = masked.decode("utf-8", "backslashreplace")
    return text if end >= len(data) else f"{text}… ({len(data) - skip:,} bytes in all)"
