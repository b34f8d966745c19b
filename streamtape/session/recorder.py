"""Records one interaction while it happens: head, chunks, ending.

A recorder is fed by a transport, which reads the clock; it writes to the journal before the client
gets what it fed. A journal that can't be written never disturbs the client: the recorder stops, and
its session fails with the error when it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from streamtape.errors import CassetteWriteError
from streamtape.session.exchange import Progress
from streamtape.session.upload_recording import CassetteStore
from streamtape.tape.journal import Uploaded
from streamtape.tape.messages import NO_CLOSE, Message
from streamtape.tape.model import Ending, Head, Redaction, Request


class Journal(Protocol):
    """Where a recording is written while it happens; `tape.store` has the one on disk."""

    def request(
        self,
        number: int,
        request: Request,
        started_at_us: int | None,
        redactions: Iterable[Redaction] = (),
        upload: Uploaded | None = None,
    ) -> None: ...
    def upload(
        self, request: Request, started_at_us: int | None, redactions: Iterable[Redaction] = ()
    ) -> CassetteStore | None: ...
    def write_body(
        self, request: Request, started_at_us: int | None, redactions: Iterable[Redaction] = ()
    ) -> Uploaded: ...
    def head(self, number: int, head: Head, redactions: Iterable[Redaction] = ()) -> None: ...
    def chunk(self, number: int, at_us: int, data: bytes) -> None: ...
    def message(self, number: int, message: Message) -> None: ...
    def ending(self, number: int, ending: Ending) -> None: ...


class Recorder:
    """One interaction being recorded; every call after its end is ignored.

    `interrupted`: an exception of the program, not its own decision, ended the reading.
    """

    __slots__ = ("_cut", "_failed", "_journal", "active", "interrupted", "number", "progress")

    def __init__(
        self, journal: Journal, number: int, failed: Callable[[CassetteWriteError], None]
    ) -> None:
        self._journal = journal
        self.number = number
        self._failed = failed
        self.active = True
        self.interrupted = False
        self._cut = False
        self.progress = Progress()

    def head(self, head: Head, redactions: Iterable[Redaction] = ()) -> None:
        """Take down the head of the response."""
        if self.active:
            try:
                self._journal.head(self.number, head, redactions)
            except CassetteWriteError as error:
                self._stop(error)

    def feed(self, data: bytes, at_us: int) -> None:
        """Take down a chunk, before the client gets it.

        SystemExit where it can't be recorded because the interpreter is ending.
        """
        self.progress.n_chunks += 1
        if self.active:
            try:
                self._journal.chunk(self.number, at_us, data)
            except CassetteWriteError as error:
                self._stop(error)
        self._check_cut()

    def message(self, message: Message) -> None:
        """Take down a message of a dialogue, before its receiver gets it.

        SystemExit as for `feed`.
        """
        self.progress.n_chunks += 1
        if self.active:
            try:
                self._journal.message(self.number, message)
            except CassetteWriteError as error:
                self._stop(error)
        self._check_cut()

    def _check_cut(self) -> None:
        if not self.active and self._cut:
            raise SystemExit(
                "the interpreter is shutting down, which ends the recording of this stream"
            )

    def complete(self, at_us: int, close_code: int | None = None, close_reason: str = "") -> None:
        """Take down that the body ended as the protocol says: of a dialogue, with which close."""
        self.progress.end("complete")
        self._end(Ending("complete", at_us, close_code=close_code, close_reason=close_reason))

    def abandon(self, at_us: int, during: BaseException | None = None) -> None:
        """Take down that the client stopped reading; `during` is what it was handling then."""
        if self.active and self.progress.state == "open":
            self.interrupted = _is_interruption(during)
        self.progress.end("closed")
        self._end(Ending("abandoned", at_us))

    def fail(self, error: BaseException, at_us: int) -> None:
        """Take down the exception that the client got."""
        self.progress.end("failed")
        self._end(ending_of(error, at_us))

    def lose(self, error: BaseException, at_us: int) -> None:
        """Take down the exception with which a dialogue ended that was never closed."""
        self.progress.end("failed")
        self._end(replace(ending_of(error, at_us), close_code=NO_CLOSE))

    def detach(self, *, cut: bool = False) -> None:
        """Stop: what is recorded so far stays, as `unfinished`.

        With `cut` the client gets nothing more, either: its next read raises SystemExit.
        """
        self._cut = self._cut or cut
        self.active = False

    def _end(self, ending: Ending) -> None:
        if not self.active:
            return
        self.active = False
        try:
            self._journal.ending(self.number, ending)
        except CassetteWriteError as error:
            self._failed(error)

    def _stop(self, error: CassetteWriteError) -> None:
        self.active = False
        self._failed(error)


def _is_interruption(error: BaseException | None) -> bool:
    """Whether a stream was closed on the way out of an error; a generator's end is not an error."""
    while isinstance(error, GeneratorExit):
        error = error.__context__
    return error is not None and not isinstance(error, StopIteration | StopAsyncIteration)


def ending_of(error: BaseException, at_us: int | None) -> Ending:
    """The ending that says which exception it was, so that a player can find it again."""
    kind = type(error)
    return Ending(
        "error",
        at_us,
        exception=kind.__name__,
        message=str(error),
        module=kind.__module__.partition(".")[0],
        bases=tuple(
            base.__name__
            for base in kind.__mro__[1:]
            if base not in {Exception, BaseException, object}
        ),
    )
