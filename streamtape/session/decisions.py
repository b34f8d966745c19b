"""What a session decides for a request, and the protocols of what it uses.

The store of a cassette, its journal and the redactor belong to `tape`; a session only knows these
protocols.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from streamtape.playback.steps import Await
from streamtape.session.exchange import Exchange, Progress
from streamtape.session.recorder import Journal, Recorder
from streamtape.tape.model import Cassette, Head, Interaction, Redaction, Request


@dataclass(frozen=True, slots=True)
class Play:
    """The decision to replay interaction `number`, requested `attempt` times before.

    The player counts in `progress`. Where the stream is only taken up again (`resumed`), no fault
    strikes: faults are for the stream that broke. `others` are requests that began while it was
    recorded.
    """

    interaction: Interaction
    progress: Progress
    number: int = 0
    attempt: int = 0
    resumed: bool = False
    others: tuple[Await, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """The decision to send the request and to record what comes back.

    Where there is a `rehearsal`, all of it is recorded before the client gets any, and then what
    `Session.play_back` gives for this exchange is played.
    """

    recorder: Recorder
    rehearsal: Exchange | None = None


class OpenJournal(Journal, Protocol):
    """A journal that can become a cassette, in the process that opened it."""

    @property
    def inherited(self) -> bool: ...
    @property
    def replaces(self) -> bool: ...
    @property
    def aside(self) -> str: ...
    def so_far(self) -> tuple[Interaction, ...]: ...
    def commit(self, *, keep: Iterable[Interaction] | None) -> Cassette: ...
    def discard(self) -> None: ...
    def set_aside(self) -> str: ...
    def release(self) -> None: ...


class CassetteStore(Protocol):
    """Where a cassette is loaded from and recorded to."""

    def load(self) -> Cassette | None: ...
    def open_journal(self) -> OpenJournal: ...
    def open_scratch(self) -> OpenJournal: ...


class Redactor(Protocol):
    """Masks secrets before something is written or matched."""

    def redact_request(self, request: Request) -> tuple[Request, tuple[Redaction, ...]]: ...
    def redact_for_matching(self, request: Request) -> Request: ...
    def redact_head(self, head: Head) -> tuple[Head, tuple[Redaction, ...]]: ...
    def redact_text(self, text: str) -> str: ...
