"""Whether a recording is whole even though its client left early.

Many clients stop at the event that ends a stream (`[DONE]`, `message_stop`, Ollama's `done: true`,
Gemini's `finishReason`, an error) and close without waiting for the end of the body: the OpenAI SDK
does so on Chat Completions. Such a recording has the ending `abandoned`, but nothing is missing: a
client that reads further gets an ordinary end. The same goes for a body that is whole by HTTP's own
framing. Only a body that ended before its protocol's end is played as cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from streamtape.dialects.ends import ends
from streamtape.dialects.select import events_of, open_events
from streamtape.errors import StreamtapeError
from streamtape.playback.steps import Fail, Step
from streamtape.tape.model import Interaction

_BODILESS = {204, 205, 304}


def is_whole(interaction: Interaction) -> bool:
    """Whether nothing is missing, by HTTP's framing or because the last event ends the stream."""
    return is_whole_by_http(interaction) or _is_whole_by_events(interaction)


def is_whole_by_http(interaction: Interaction) -> bool:
    """Whether the framing of HTTP itself says that all has come (RFC 9112 section 6.3).

    No body follows a HEAD request, nor a status of 1xx, 204 or 304 (RFC 9110 section 15.3.6 has 205
    among them); elsewhere Content-Length was reached. A Transfer-Encoding overrules it.
    """
    head = interaction.head
    if head is None:
        return False
    if interaction.request.method.upper() == "HEAD" or head.status in _BODILESS:
        return True
    if head.get("transfer-encoding") is not None:
        return False
    length = (head.get("content-length") or "").strip()
    return length.isascii() and length.isdigit() and int(length) == interaction.chunks.n_bytes


def _is_whole_by_events(interaction: Interaction) -> bool:
    """Whether the last event is one that ends its stream, by the tables of its dialect.

    Not where the head says that bytes are missing (Content-Length), and not for a compressed body,
    whose own end was not recorded.
    """
    head = interaction.head
    if head is None or (head.get("content-encoding") or "identity") != "identity":
        return False
    length = head.get("content-length")
    if length is not None and length != str(interaction.chunks.n_bytes):
        return False
    try:
        dialect, frames = open_events(interaction)
        last = deque(events_of(frames, dialect), maxlen=1)
    except StreamtapeError:  # damaged on the wire: it has no events that could end it
        return False
    if not last or last[0].frame is None or not last[0].frame.complete:
        return False
    return ends(dialect, last[0])


def without_final_fail(sequence: Iterable[Step], interaction: Interaction) -> Iterator[Step]:
    """Give the steps of a recording that broke off, less the failure at its end where it is whole.

    Only for an abandoned one is the last event read: what a recorder could not follow to the end
    (`unfinished`) is whole where HTTP says so.
    """
    whole = is_whole if interaction.ending.kind == "abandoned" else is_whole_by_http
    for step in sequence:
        if isinstance(step, Fail) and step.error is interaction.ending and whole(interaction):
            return
        yield step
