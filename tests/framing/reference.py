"""An SSE parser that is slow and plainly right: the steps of the WHATWG text, over a whole stream.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
The tests hold the quick parser against it. It reads decoded text where the other reads bytes, and
every line one by one where the other reads many.
"""

import re

from streamtape import SSEFrame


def read(stream: bytes) -> tuple[list[SSEFrame], SSEFrame | None, str]:
    """Get the frames of a whole stream, the incomplete last one, and the last event id."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    *lines, unended = re.split("\r\n|\n|\r", text)
    frames: list[SSEFrame] = []
    block: list[str] = []
    last_event_id = ""
    for line in lines:
        if line:
            block.append(line)
        elif block:
            frames.append(_frame(block, last_event_id, complete=True))
            last_event_id = frames[-1].id
            block = []
    if unended:
        block.append(unended)
    rest = _frame(block, last_event_id, complete=False) if block else None
    return frames, rest, last_event_id


def _frame(lines: list[str], last_event_id: str, *, complete: bool) -> SSEFrame:
    event, data, retry, comments = "", None, None, []
    for line in lines:
        if line[0] == ":":
            comments.append(line[1:])
            continue
        field, _, value = line.partition(":")
        if value[:1] == " ":
            value = value[1:]
        if field == "event":
            event = value
        elif field == "data":
            data = value if data is None else data + "\n" + value
        elif field == "id" and "\0" not in value:
            last_event_id = value
        elif field == "retry" and re.fullmatch("[0-9]+", value):
            retry = int(value)
    return SSEFrame(event or "message", data, last_event_id, retry, tuple(comments), complete)
