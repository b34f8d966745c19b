"""The turns of a dialogue: each response of its server, with the client's messages that led to it.

Several responses come over one connection, and each is a stream of its own: it has an end, its
indices begin anew, and its times count from its own question. So each is made an interaction of its
own, to be read, checked, measured and compared as any other. What ends one, its dialect says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from streamtape.dialects.base import Dialect
from streamtape.dialects.ends import ends
from streamtape.dialects.payload import get, parse_path
from streamtape.dialects.select import events_of as read_events
from streamtape.dialects.select import open_events
from streamtape.framing.messages import whole_messages
from streamtape.tape.events import Event
from streamtape.tape.messages import Message, Messages
from streamtape.tape.model import Ending

if TYPE_CHECKING:
    from streamtape.tape.model import Interaction


class Turn(NamedTuple):
    """One turn, and which events of the whole dialogue are its own, in their order."""

    interaction: Interaction
    numbers: tuple[int, ...]


def turns(interaction: Interaction, dialect: str | None = None) -> Iterator[Interaction]:
    """Iterate over the turns of a dialogue, in order; any other interaction is its own only turn.

    The request of a turn has the client's last message before the answer as its body. Its messages
    are those of data, whole.
    """
    for turn in numbered_turns(interaction, dialect):
        yield turn.interaction


def numbered_turns(interaction: Interaction, dialect: str | None = None) -> Iterator[Turn]:
    """Iterate over the turns of a dialogue, each with the numbers of its events."""
    if not interaction.is_dialogue:
        yield Turn(interaction, ())
        return
    table, frames = open_events(interaction, dialect)
    groups = list(_grouped(read_events(frames, table), table)) or [[]]
    whole = dict(whole_messages(interaction.messages))
    last = max(groups, key=lambda group: group[-1].index if group else 0)
    for group in groups:
        frames_of = [event.frame for event in group if event.frame is not None]
        messages = [whole[frame.chunk] for frame in frames_of]
        ending = interaction.ending
        if group is not last and messages:
            ending = Ending("complete", messages[-1].at_us)
        turn = replace(
            interaction,
            request=replace(interaction.request, body=_question(messages)),
            messages=Messages.of(messages),
            ending=ending,
        )
        yield Turn(turn, tuple(event.index for event in group))


def _grouped(events: Iterator[Event], dialect: Dialect) -> Iterator[list[Event]]:
    """Events by turns. A dialect may have lanes, on which turns go on beside each other."""
    lanes: dict[Any, list[Event]] = {}
    path = parse_path(dialect.lane) if dialect.lane else None
    for event in events:
        lane = None if path is None else get(event.payload, path)
        group = lanes.setdefault(lane if isinstance(lane, str) else None, [])
        group.append(event)
        if event.direction == "server" and ends(dialect, event):
            yield group
            del lanes[lane if isinstance(lane, str) else None]
    yield from lanes.values()


def _question(messages: Sequence[Message]) -> bytes:
    """The client's last message before the server's first."""
    question = b""
    for message in messages:
        if message.direction == "server":
            break
        question = message.data
    return question


def question_at_us(turn: Interaction) -> int | None:
    """When the client requested what a turn holds: its last message before the server's first."""
    at_us = turn.head.at_us if turn.head is not None else None
    for message in turn.messages:
        if message.is_data and message.direction == "server":
            break
        if message.is_data:
            at_us = message.at_us
    return at_us
