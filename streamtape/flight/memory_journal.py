"""The journal of a flight recorder: in memory, within a limit.

Interactions beyond the limit are dropped and counted; the program never waits. An interaction that
has ended is passed on unchanged: the writer decides whether to keep it, and masks its secrets. No
method that a seam calls raises: an interaction that can't be recorded is dropped and counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from streamtape.session.upload_recording import CassetteStore
from streamtape.tape.journal import Uploaded
from streamtape.tape.messages import Message
from streamtape.tape.model import Chunk, Ending, Head, Interaction, Redaction, Request

_ROW_BYTES = 120  # the overhead of a chunk
F = TypeVar("F", bound=Callable[..., None])


def _harmless(method: F) -> F:
    """Make a method drop its interaction where it would raise."""

    @wraps(method)
    def guarded(self: MemoryJournal, number: int, *args: Any, **options: Any) -> None:
        try:
            method(self, number, *args, **options)
        except Exception as error:  # noqa: BLE001 - the program comes first
            self.give_up(number, error)

    return guarded  # type: ignore[return-value]  # it takes what the method takes


@dataclass(slots=True)
class Counts:
    """Counts of the interactions so far.

    `seen` began, `sampled_out` ended and were not worth keeping, `dropped` were given up for want
    of memory or because they could not be written, `written` are in `n_files` files; `n_failures`
    is how often a file could not be written, `failure` why the last time.
    """

    seen: int = 0
    sampled_out: int = 0
    dropped: int = 0
    written: int = 0
    n_files: int = 0
    n_failures: int = 0
    failure: str = ""


@dataclass(slots=True)
class Flight:
    """One interaction while it happens, as its client sees it."""

    request: Request
    started_at_us: int | None
    head: Head | None = None
    chunks: list[Chunk] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    n_bytes: int = 0

    def ended(self, ending: Ending) -> Interaction:
        """The interaction, once it has ended."""
        return Interaction(
            self.request,
            self.head,
            self.chunks,  # type: ignore[arg-type]  # made into columns
            ending,
            self.started_at_us,
            messages=self.messages,  # type: ignore[arg-type]  # made into columns
        )


class MemoryJournal:
    """The journal of a FlightRecorder; `ended` is given each interaction with its ending."""

    def __init__(
        self, max_bytes: int, counts: Counts, ended: Callable[[Flight, Ending], None]
    ) -> None:
        self._max_bytes = max_bytes
        self._counts = counts
        self._ended = ended
        self._lock = threading.Lock()
        self._flights: dict[int, Flight] = {}
        self._taken_bytes = 0
        # Only the writer's thread adds to it, which so never waits for a lock that a program holds
        # while a signal handler of it waits for the writer.
        self.released_bytes = 0

    @property
    def buffered_bytes(self) -> int:
        """The bytes in memory now, of recordings that go on and that wait to be written."""
        return self._taken_bytes - self.released_bytes

    @_harmless
    def request(
        self,
        number: int,
        request: Request,
        started_at_us: int | None,
        redactions: Iterable[Redaction] = (),
        upload: Uploaded | None = None,
    ) -> None:
        """Begin an interaction."""
        with self._lock:
            self._counts.seen += 1
            self._flights[number] = flight = Flight(request, started_at_us)
            self._take(number, flight, len(request.body) + len(request.url) + 1000)

    @_harmless
    def head(self, number: int, head: Head, redactions: Iterable[Redaction] = ()) -> None:
        """Take the head of the answer."""
        if (flight := self._flights.get(number)) is not None:
            flight.head = head

    @_harmless
    def chunk(self, number: int, at_us: int, data: bytes) -> None:
        """Take a chunk of the body."""
        with self._lock:
            flight = self._flights.get(number)
            if flight is not None and self._take(number, flight, len(data) + _ROW_BYTES):
                flight.chunks.append(Chunk(at_us, bytes(data)))

    @_harmless
    def message(self, number: int, message: Message) -> None:
        """Take a message of a dialogue."""
        with self._lock:
            flight = self._flights.get(number)
            if flight is not None and self._take(number, flight, len(message.data) + _ROW_BYTES):
                flight.messages.append(message)

    @_harmless
    def ending(self, number: int, ending: Ending) -> None:
        """End an interaction, and hand it on."""
        flight = self._flights.pop(number, None)
        if flight is not None:
            self._ended(flight, ending)

    def give_up(self, number: int, error: Exception) -> None:
        """Drop an interaction that can't be recorded, and count it."""
        flight = self._flights.pop(number, None)
        if flight is not None:
            self._taken_bytes -= flight.n_bytes
        self._counts.dropped += 1
        self._counts.failure = f"{type(error).__name__}: {error}"

    def forget(self) -> None:
        """Forget all, in a process that was forked: the other one has it, and perhaps the lock."""
        self._lock = threading.Lock()
        self._flights = {}
        self._taken_bytes = self.released_bytes = 0

    def end_all(self) -> list[tuple[Flight, Ending]]:
        """Take out all that still goes on, as unfinished.

        Without the lock, which a program may hold that a signal has interrupted.
        """
        left, self._flights = self._flights, {}
        return [(flight, Ending("unfinished")) for flight in left.values()]

    def _take(self, number: int, flight: Flight, n_bytes: int) -> bool:
        if self.buffered_bytes + n_bytes > self._max_bytes:
            self._flights.pop(number, None)
            self._taken_bytes -= flight.n_bytes
            self._counts.dropped += 1
            return False
        flight.n_bytes += n_bytes
        self._taken_bytes += n_bytes
        return True

    def upload(
        self, request: Request, started_at_us: int | None, redactions: Iterable[Redaction] = ()
    ) -> CassetteStore | None:
        """None: bodies are taken whole."""
        return None

    def write_body(
        self, request: Request, started_at_us: int | None, redactions: Iterable[Redaction] = ()
    ) -> Uploaded:
        """Never called: long bodies are left out."""
        raise NotImplementedError
