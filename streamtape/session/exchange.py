"""The state of one request: where its response comes from, and how far its client has read it.

Players and recorders count here, chunk by chunk; tests read it. No decisions are made here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from streamtape.playback.steps import Step, recording_of
from streamtape.tape.model import Chunks, Ending, EndingKind, Interaction, Messages, Request

State = Literal["open", "complete", "closed", "failed"]


@dataclass(slots=True)
class Progress:
    """How far a client has read: chunks that it was given, and whether it is still reading.

    For a dialogue, `n_chunks` counts the messages of both directions. `n_bytes` are those of the
    body that a server has sent.

    `given` are the steps that it was given, where they are not those that were recorded.
    `closed` is a client that stopped before the end, `failed` one that was given an exception.
    """

    n_chunks: int = 0
    n_bytes: int = 0
    given: list[Step] | None = None
    state: State = "open"

    def end(self, state: State) -> None:
        """Take down how reading ended; only the first end counts."""
        if self.state == "open":
            self.state = state


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that a session answered.

    `interaction` is what was replayed; where it was recorded, `number` says which recording it is,
    and `kept` whether of those that become the cassette. The request has no body where that was
    `uploaded`: taken down as it came, it is in the recording.
    """

    request: Request
    interaction: Interaction | None = None
    number: int | None = None
    progress: Progress = field(default_factory=Progress)
    kept: bool = True
    uploaded: bool = False


def as_seen(interaction: Interaction, progress: Progress) -> Interaction:
    """A replayed interaction as its client saw it: cut where the client stopped reading."""
    if progress.given is not None:
        kinds: dict[State, EndingKind] = {"complete": "complete", "closed": "abandoned"}
        ending = Ending(kinds.get(progress.state, "unfinished"))
        if progress.state == "complete" and interaction.is_dialogue:
            ending = interaction.ending  # with its close
        return recording_of(interaction, progress.given, ending)
    if progress.state in {"complete", "failed"}:
        return interaction
    seen = tuple(interaction.chunks[: progress.n_chunks])
    messages = tuple(interaction.messages[: progress.n_chunks])
    times = [chunk.at_us for chunk in seen] + [message.at_us for message in messages]
    at_us = times[-1] if times else None
    kind: Literal["abandoned", "unfinished"] = (
        "abandoned" if progress.state == "closed" else "unfinished"
    )
    return replace(
        interaction,
        chunks=Chunks.of(seen),
        messages=Messages.of(messages),
        ending=Ending(kind, at_us),
    )
