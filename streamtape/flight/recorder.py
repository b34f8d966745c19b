"""FlightRecorder: records always, keeps what is worth keeping, and never blocks the program.

It records like a session, but in memory and within a bound; a thread beside the program decides
after each ending (`rules`) and writes what it keeps (`writer`).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

from streamtape.async_entry import AsyncEntry
from streamtape.errors import UsageError
from streamtape.flight.memory_journal import Counts, Flight, MemoryJournal
from streamtape.flight.middleware import App, FlightMiddleware
from streamtape.flight.rules import Keep, rules_of
from streamtape.flight.session import FlightSession
from streamtape.flight.sigterm import SigtermHandler
from streamtape.flight.telemetry import instruments
from streamtape.flight.writer import Keeping, Writer
from streamtape.session.options import Options
from streamtape.session.session import Session
from streamtape.stores.locations import StrPath, location_of
from streamtape.tape.model import Ending
from streamtape.tape.redact import RedactionOptions, Redactor
from streamtape.transport import patch
from streamtape.transport.transports import TapeTransport

_FLUSH_S = 5.0  # at the end of the program


class FlightRecorder(AsyncEntry):
    """Records a program in production: a sample of its interactions, and all that failed.

        with streamtape.FlightRecorder("s3://bucket/flights", sample=0.01, keep=("error", "cut")):
            serve()

    `store` is a folder or a URL of a store. Inside the `with` (or between `start` and `stop`) the
    clients are recorded that sessions record; `transport(inner)` records one client of httpx or
    httpx2, `middleware(app)` what an ASGI application sends out.

    After its end, an interaction is kept if one of the rules in `keep` matches (`"error"`, `"cut"`,
    `"slow>5s"`, `"first>800ms"`, `"status>=500"`, `"all"`, or a function of the interaction); of
    the others, the share `sample` (0 to 1) is kept. A file is written once `file_bytes` are kept or
    the oldest has waited `file_s` seconds, into a folder of its day. Secrets are masked as
    everywhere (`redaction`). At most `max_bytes` are held in memory, even if a store can't be
    written: interactions beyond that are dropped and counted. `counts` has the numbers. A program
    that is killed loses what was not yet written; one that gets SIGTERM or ends loses nothing.
    UsageError for an invalid share, size or rule.
    """

    def __init__(
        self,
        store: StrPath,
        *,
        sample: float = 0.01,
        keep: Iterable[Keep] = ("error", "cut"),
        max_bytes: int = 64 << 20,
        file_bytes: int = 16 << 20,
        file_s: float = 60.0,
        ignore_hosts: Sequence[str] = (),
        redaction: RedactionOptions | None = None,
        seed: int | None = None,
    ) -> None:
        if not 0 <= sample <= 1:
            raise UsageError(f"sample must be a share from 0 to 1, got {sample!r}")
        sizes = {"max_bytes": max_bytes, "file_bytes": file_bytes, "file_s": file_s}
        for name, value in sizes.items():
            if not value > 0:
                raise UsageError(f"{name} must be more than 0, got {value!r}")
        self._location = location_of(store)
        file_bytes = min(file_bytes, max_bytes // 2 + 1)
        self._keeping = Keeping(rules_of(keep), sample, seed, file_bytes, file_s)
        redaction = redaction or RedactionOptions()
        self._options = Options(
            mode="all", unseen="allow", ignore_hosts=tuple(ignore_hosts), redaction=redaction
        )
        self._redactor = Redactor(redaction)
        self._redactor.search.prepare()
        self._lock = threading.RLock()
        self._counts = Counts()
        self._journal = MemoryJournal(max_bytes, self._counts, self._ended)
        self._writer: Writer | None = None
        self._session: FlightSession | None = None
        self._before: Session | None = None
        self._sigterms: list[SigtermHandler] = []
        if hasattr(os, "register_at_fork"):  # not on Windows
            os.register_at_fork(after_in_child=partial(_begin_anew, weakref.ref(self)))

    @property
    def counts(self) -> Counts:
        """Counts of the interactions so far."""
        return replace(self._counts)

    def start(self) -> Self:
        """Start recording all clients of this process."""
        with self._lock:
            if self._session is None:
                session = self._open()
                self._before = patch.current()
                patch.activate(session)
                self._session = session
        return self

    def stop(self, timeout_s: float = _FLUSH_S) -> bool:
        """Stop recording and write what is kept; False if not all of it could be written.

        Open streams are recorded up to here, as unfinished.
        """
        with self._lock:
            session, self._session = self._session, None
            if session is not None:
                patch.deactivate(session, self._before)
            while self._sigterms:
                self._sigterms.pop().remove()
            writer, self._writer = self._writer, None
            atexit.unregister(self.stop)
        if session is not None:
            session.close()
        if writer is None:
            return True
        for flight, ending in self._journal.end_all():
            writer.put(flight, ending)
        return writer.flush(timeout_s, last=True)

    def flush(self, timeout_s: float = _FLUSH_S) -> bool:
        """Write everything kept so far; False if that failed or took longer."""
        writer = self._writer
        return writer is None or writer.flush(timeout_s)

    def transport(self, inner: Any) -> TapeTransport:
        """A transport for a client of httpx or httpx2, sync or async, that is recorded."""
        return TapeTransport(self._open(), inner, rehearses=False)

    def middleware(self, app: App) -> FlightMiddleware:
        """An ASGI application that answers as `app` does, and records what it sends out.

        What is kept is written when the server ends the application's lifespan, too. WebSockets
        pass by.
        """
        session = self._open()
        return FlightMiddleware(app, lambda: session, begin=self._take_sigterm, flush=self.flush)

    def _open(self) -> FlightSession:
        self._start_writer()
        self._take_sigterm()
        return FlightSession(self._journal, self._options, self._redactor)

    def _take_sigterm(self) -> None:
        """Stand in front of the handler that the program or its server has by now."""
        handler = SigtermHandler(self._on_sigterm)
        if handler.install():
            self._sigterms.append(handler)

    def _start_writer(self) -> Writer:
        with self._lock:
            if self._writer is None:
                self._writer = Writer(
                    self._location,
                    self._redactor,
                    self._keeping,
                    self._counts,
                    self._release,
                    measured=instruments(),
                )
                atexit.unregister(self.stop)
                atexit.register(self.stop)
            return self._writer

    def _ended(self, flight: Flight, ending: Ending) -> None:
        (self._writer or self._start_writer()).put(flight, ending)

    def _release(self, n_bytes: int) -> None:
        self._journal.released_bytes += n_bytes

    def _forked(self) -> None:
        """Begin anew in a forked process: thread, locks and what was kept are the parent's."""
        self._lock = threading.RLock()
        self._writer = None
        self._journal.forget()

    def _on_sigterm(self, ends: bool, may_wait: bool) -> None:
        if (writer := self._writer) is None:
            return
        if ends:
            for flight, ending in self._journal.end_all():
                writer.put(flight, ending)
        if may_wait:
            writer.flush(_FLUSH_S)
        writer.hurry()  # a server goes on for a while, and ends what streams

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self.stop()


def _begin_anew(recorder: weakref.ref[FlightRecorder]) -> None:
    """Tell a recorder, where it still is, that this process was forked."""
    if (found := recorder()) is not None:
        found._forked()
