"""Whether a recording that its client left early is whole all the same.

Many clients stop at the event that ends a stream (`[DONE]`, `message_stop`) and close without
waiting for the end of the body: the OpenAI SDK does so on Chat Completions. Such a recording says
`abandoned`, which is true; but nothing is missing, so a client that reads on gets the end that the
protocol gives. Only what ended before its protocol's end is played as cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from streamtape.dialects.select import dialect_for, events_of
from streamtape.errors import StreamtapeError
from streamtape.playback.steps import Fail, Step
from streamtape.tape.model import Interaction


def is_whole(interaction: Interaction) -> bool:
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
        dialect = dialect_for(interaction)
        last = deque(events_of(interaction.frames(), dialect), maxlen=1)
    except StreamtapeError:  # damaged on the wire: it has no events that could end it
        return False
    if not last or last[0].frame is None or not last[0].frame.complete:
        return False
    return dialect.ends_at(last[0].type)


def ended_well(score: Iterable[Step], interaction: Interaction) -> Iterator[Step]:
    """Give the steps of an abandoned recording, less the failure at its end where it is whole."""
    for step in score:
        if isinstance(step, Fail) and step.error is interaction.ending and is_whole(interaction):
            return
        yield step
