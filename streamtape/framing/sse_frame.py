"""SSE blocks as frames: one block line by line, or many of one shape at once; and written again.

`parse_block` is the plain reading of the WHATWG text, line by line: what the quick ways must agree
with. `encode_sse` is its inverse. Neither knows about chunks; line ends are LF here.
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

Streams repeat one shape of block: `event:` and `data:`, or `data:` alone, or with an `id:`. The
shape of one block makes a pattern, and one `findall` in C then takes all the blocks of a region
apart. Blocks of another shape are given whole, for `parse_block`. A region is text with LF line
ends that ends with a blank line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import repeat, starmap
from operator import itemgetter
from typing import NamedTuple

import msgspec

from streamtape.errors import FramingError
from streamtape.tape.events import Frame
from streamtape.tape.texts import shortened

Found = tuple[str, ...]
_FIELD = re.compile(r"(event|data|id):( ?)")
# What each value may be (`.` is all but LF). An empty type means "message", and an id that holds
# NUL is no id: both are left to parse_block.
_VALUES = {"event": "(.++)", "data": "(.*+)", "id": "([^\0\n]*+)"}


# A msgspec.Struct and no dataclass: it is built from C columns, eight times as fast.
class SSEFrame(msgspec.Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """One block of an event stream.

    `event` is the type at dispatch ("message" where the stream gives none), `data` is None where
    the block had no data field (the WHATWG text dispatches nothing then; an empty `data:` is ""),
    `id` is the last event id in force, `retry` and `comments` are this block's own. A comment
    keeps the space after its colon. `complete` is False where the stream ended before the blank
    line that ends a block.
    """

    event: str = "message"
    data: str | None = None
    id: str = ""
    retry: int | None = None
    comments: tuple[str, ...] = ()
    complete: bool = True


def parse_block(
    region: bytes,
    last_event_id: str,
    *,
    start: int = 0,
    end: int | None = None,
    complete: bool = True,
) -> SSEFrame:
    """Read the lines of one block, region[start:end] (LF line ends, no blank line), as a frame.

    Bytes that are not UTF-8 become U+FFFD: a character can't reach over a line end or a colon, so
    it is all the same whether the stream, a line or a value is decoded.
    """
    event = ""
    data: list[str] = []
    comments: list[str] = []
    retry = None
    stop = len(region) if end is None else end
    view = memoryview(region)  # a value of many megabytes is copied once, by its decoding
    while start < stop:
        after = region.find(b"\n", start, stop)
        if after < 0:
            after = stop
        colon = region.find(b":", start, after)
        name = region[start : after if colon < 0 else colon]
        value = after if colon < 0 else colon + 1
        if name and region[value : value + 1] == b" ":
            value += 1
        start = after + 1
        if name == b"data":
            data.append(str(view[value:after], "utf-8", "replace"))
        elif name == b"event":
            event = str(view[value:after], "utf-8", "replace")
        elif name == b"id":
            if region.find(b"\0", value, after) < 0:
                last_event_id = str(view[value:after], "utf-8", "replace")
        elif name == b"retry":
            milliseconds = _retry(region[value:after])
            retry = retry if milliseconds is None else milliseconds
        elif not name and colon >= 0:
            comments.append(str(view[value:after], "utf-8", "replace"))
    joined = None if not data else data[0] if len(data) == 1 else "\n".join(data)
    return SSEFrame(event or "message", joined, last_event_id, retry, tuple(comments), complete)


def _retry(value: bytes) -> int | None:
    """Read ASCII digits; None for anything else, and for more of them than Python reads."""
    if not value.isdigit():  # of bytes: ASCII digits alone
        return None
    try:
        return int(value.lstrip(b"0") or b"0")
    except ValueError:  # sys.get_int_max_str_digits()
        return None


def encode_sse(frame: SSEFrame | Frame, *, last_event_id: str | None = None) -> bytes:
    r"""Write a frame so that it parses back to an equal one: LF line ends, then a blank line.

    A frame's `id` is the last event id in force, which stays in force for the frames after it. So
    by default the id is always written (`id:` resets it), and the bytes mean the same wherever
    they stand. Pass the id of the frame before as `last_event_id` ("" at the start of a stream),
    and it is written only where it changes:

        >>> encode_sse(SSEFrame(event="ping", data="a\nb"), last_event_id="")
        b'event: ping\ndata: a\ndata: b\n\n'

    An incomplete frame is written without its blank line. FramingError where a frame can't be
    written: CR or LF in the event, the id or a comment, CR in the data, NUL in the id, an empty
    event (it is read as "message"), a retry below 0, or a lone surrogate.
    """
    lines = [":" + _checked("comment", comment, "\r\n") for comment in frame.comments]
    if frame.retry is not None:
        lines.append("retry: " + _digits(frame.retry))
    if not frame.event:
        raise FramingError('an empty event can\'t be written: it is read as "message"')
    if frame.event != "message":
        lines.append("event: " + _checked("event", frame.event, "\r\n"))
    if frame.data is not None:
        data = _checked("data", frame.data, "\r")
        lines.extend("data: " + line for line in data.split("\n"))
    if frame.id != last_event_id or not lines:
        lines.insert(0, "id: " + _checked("id", frame.id, "\r\n\0") if frame.id else "id:")
    try:
        block = "\n".join(lines).encode()
    except UnicodeEncodeError as error:
        raise FramingError(f"a frame can't be written as UTF-8: {error}") from None
    return block + (b"\n\n" if frame.complete else b"\n")


def _checked(field: str, text: str, forbidden: str) -> str:
    for character in forbidden:
        if character in text:
            raise FramingError(
                f"{character!r} in the {field} of a frame can't be written: {shortened(text, 80)!r}"
            )
    return text


def _digits(retry: int) -> str:
    try:
        digits = str(int(retry))
    except ValueError:
        raise FramingError("the retry of a frame has more digits than can be written") from None
    if retry < 0:
        raise FramingError(f"the retry of a frame is {digits}: it must be 0 or more")
    return digits


_make_frame: Callable[..., SSEFrame] = SSEFrame  # columns of the right types, unchecked


class Run(msgspec.Struct, frozen=True, gc=False):
    """Blocks that follow one another and begin alike, up to their one line of data.

    A run is cut at its head, which is quick, since most of a head is passed over unread. `seam` is
    what separates two values.
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
                _make_frame,
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
