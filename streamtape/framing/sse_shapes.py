"""Many SSE blocks at once, where they have the same shape.

Streams repeat one shape of block: `event:` and `data:`, or `data:` alone, or with an `id:`. The
shape of one block makes a pattern, and one `findall` in C then takes all the blocks of a region
apart. It gives what is of another shape as whole blocks, for `parse_block`. A region is text with
LF line ends that ends with a blank line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import repeat, starmap
from operator import itemgetter
from typing import NamedTuple

from streamtape.framing.sse_frame import SSEFrame

_FIELD = re.compile(r"(event|data|id):( ?)")
# What each value may be (`.` is all but LF). An empty type means "message", and an id that holds
# NUL is no id: both are left to parse_block.
_VALUES = {"event": "(.++)", "data": "(.*+)", "id": "([^\0\n]*+)"}
Found = tuple[str, ...]
_make: Callable[..., SSEFrame] = SSEFrame


class Run(NamedTuple):
    """Blocks that follow one another and begin alike, up to their one line of data.

    A run is cut at its head, which is quick, since most of a head is passed over unread. `seam` is
    what stands between two values.
    """

    event: str
    head: str
    start: bytes
    seam: str

    def frames(self, text: str, last_event_id: str) -> list[SSEFrame] | None:
        """Read a region that holds nothing but the run; None for anything else."""
        if not text.startswith(self.head):
            return None
        values = text[len(self.head) : -2].split(self.seam)
        if "\n" in "".join(values):
            return None
        event = self.event
        return [SSEFrame(event, value, last_event_id) for value in values]


def _run_of(event: str, head: str) -> Run:
    return Run(event, head, head.encode(), "\n\n" + head)


class Shape(NamedTuple):
    """The fields of a block in their order, and the pattern that finds such blocks.

    The pattern gives a group for each value and an empty one, or, where a block is of another
    shape, empty groups and then the lines of the block. `head` is how a run of such blocks begins,
    with a place for the event; "" where its blocks differ before their data.
    """

    order: tuple[str, ...]
    pattern: re.Pattern[str]
    head: str

    def run(self, event: str) -> Run | None:
        """Get the run of blocks of one type; None where this shape has no runs."""
        head = self.head.format(event)
        return _run_of(event, head) if head else None

    def frame(self, values: Found, last_event_id: str) -> SSEFrame:
        """Make the frame of one block."""
        return self.frames([values], last_event_id)[0]

    def frames(self, found: list[Found], last_event_id: str) -> list[SSEFrame]:
        """Make the frames of many blocks."""
        if self.order == ("event", "data") and not last_event_id:
            return list(starmap(SSEFrame, found))  # the "" at the end is the id
        return list(
            map(
                _make,
                self._column(found, "event", "message"),
                self._column(found, "data", None),
                self._column(found, "id", last_event_id),
            )
        )

    def _column(self, found: list[Found], field: str, absent: str | None) -> Iterable[str | None]:
        if field in self.order:
            return map(itemgetter(self.order.index(field)), found)
        return repeat(absent)


def shape_of(text: str) -> Shape | None:
    """Find the shape of the first block; None where only `parse_block` can read it."""
    fields = []
    for line in text.lstrip("\n").partition("\n\n")[0].split("\n"):
        field = _FIELD.match(line)
        if not field:
            return None
        fields.append(field.groups())
    return _shape(tuple(fields))


@lru_cache(maxsize=64)
def _shape(fields: tuple[tuple[str, str], ...]) -> Shape | None:
    order = tuple(name for name, _ in fields)
    if len(set(order)) < len(order) or "data" not in order:
        return None
    return _compiled(fields)


def _compiled(fields: tuple[tuple[str, str], ...]) -> Shape:
    order = tuple(name for name, _ in fields)
    lines = "".join(f"{name}:{space or '(?! )'}{_VALUES[name]}\n" for name, space in fields)
    # Each search starts where a block does, or at a LF before one, which is a blank line and goes.
    pattern = re.compile(rf"{lines}\n|((?:.++\n)++)\n")
    head = "".join(f"{name}: {{}}\n" for name in order[:-1]) + "data: "
    runs = order in {("event", "data"), ("data",)} and all(space for _, space in fields)
    return Shape(order, pattern, head if runs else "")


USUAL_SHAPE = _compiled((("event", " "), ("data", " ")))
USUAL_RUN = _run_of("message", "data: ")
