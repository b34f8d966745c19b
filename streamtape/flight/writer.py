"""The thread that decides what to keep, and writes it to the store, file by file.

It works on interactions that have ended. If a store is slow or gone, recordings wait in memory up
to the recorder's limit; beyond that they are dropped and counted, and the log says so at most once
a minute.
"""

from __future__ import annotations

import logging
import os
import queue
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from streamtape.errors import StoreError
from streamtape.flight.memory_journal import Counts, Flight
from streamtape.flight.rules import Rule
from streamtape.stores.locations import FileLocation
from streamtape.tape.model import Ending, Interaction
from streamtape.tape.redact import Redactor
from streamtape.tape.store import TapeFile, load, save

_LOG = logging.getLogger("streamtape")
_QUIET_S = 60.0  # between two messages about the same failure


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept: all that a rule fits, and a share of the rest; in files of which size.

    A file is written once `file_bytes` are kept or the oldest has waited `file_s` seconds.
    """

    rules: Sequence[Rule]
    sample: float
    seed: int | None
    file_bytes: int
    file_s: float


@dataclass(slots=True)
class _Flush:
    """Asks for all that came before it to be written; `done` is set then."""

    last: bool = False
    done: threading.Event = field(default_factory=threading.Event)


class Writer:
    """Keeps by rules and by sample, and writes what it keeps.

    `measured` sees every interaction, kept or not; `released` gets the bytes that are free again.
    """

    def __init__(
        self,
        location: FileLocation,
        redactor: Redactor,
        keeping: Keeping,
        counts: Counts,
        released: Callable[[int], None],
        *,
        measured: Callable[[Interaction], None] | None = None,
    ) -> None:
        self._location = location
        self._redactor = redactor
        self._keeping = keeping
        self._counts = counts
        self._released = released
        self._random = Random(keeping.seed)  # noqa: S311 - a sample, nothing secret
        self._measured = measured
        self._queue: queue.SimpleQueue[tuple[Flight, Ending] | _Flush] = queue.SimpleQueue()
        self._kept: list[tuple[Interaction, int]] = []
        self._kept_bytes = 0
        self._has_failed = False
        self._due_s = 0.0
        self._is_hurried = False
        self._file_name = ""  # the current file's name: the same in a retry
        self._n_names = 0
        self._warned_s: float | None = None
        # Recorders of one process, and containers of one name, do not write over each other.
        self._name = f"{_plain(socket.gethostname())}-{os.getpid()}-{os.urandom(3).hex()}"
        self._thread = threading.Thread(target=self._run, name="streamtape-flight", daemon=True)
        self._thread.start()

    def put(self, flight: Flight, ending: Ending) -> None:
        """Hand over what has ended; never waits."""
        self._queue.put((flight, ending))

    def hurry(self) -> None:
        """Write what ends from now on at once: the process is about to end. Never waits."""
        self._is_hurried = True
        self._queue.put(_Flush())

    def flush(self, timeout_s: float, *, last: bool = False) -> bool:
        """Write all that has ended; False where that takes longer. `last` ends the thread, too."""
        flush = _Flush(last)
        self._queue.put(flush)
        done = flush.done.wait(timeout_s)
        if last and done:
            self._thread.join(timeout_s)
        return done and not self._kept

    def _run(self) -> None:
        while True:
            if self._kept and time.monotonic() >= self._due_s:
                self._write()
            try:
                item = self._queue.get(timeout=self._wait_s())
            except queue.Empty:
                continue
            if isinstance(item, _Flush):
                self._write()
                if item.last:
                    self._give_up()
                item.done.set()
                if item.last:
                    return
                continue
            try:
                self._decide(*item)
            except BaseException as error:  # noqa: BLE001 - a user's rule, or an odd recording
                self._drop(
                    item[0].n_bytes, f"a recording could not be judged by the rules: {error!r}"
                )

    def _wait_s(self) -> float | None:
        return max(0.0, self._due_s - time.monotonic()) if self._kept else None

    def _decide(self, flight: Flight, ending: Ending) -> None:
        interaction = flight.ended(ending)
        self._measure(interaction)
        is_kept = any(rule(interaction) for rule in self._keeping.rules)
        if not is_kept and self._random.random() >= self._keeping.sample:
            self._counts.sampled_out += 1
            self._released(flight.n_bytes)
            return
        if not self._kept:
            self._due_s = time.monotonic() + (0 if self._is_hurried else self._keeping.file_s)
        self._kept.append((interaction, flight.n_bytes))
        self._kept_bytes += flight.n_bytes
        if self._kept_bytes >= self._keeping.file_bytes and not self._has_failed:
            self._due_s = 0.0

    def _measure(self, interaction: Interaction) -> None:
        if self._measured is None:
            return
        try:
            self._measured(interaction)
        except BaseException as error:  # noqa: BLE001 - an exporter of the user's
            self._tell(f"a recording could not be measured: {error!r}")

    def _write(self) -> None:
        """Write what is kept into one file; where that fails it stays, for the next time.

        Recordings that no file can hold are dropped: they would keep the others from it for ever.
        """
        if not self._kept:
            return
        try:
            self._write_file([interaction for interaction, _ in self._kept])
        except BaseException as error:  # noqa: BLE001 - a store of the user's may raise anything
            self._counts.n_failures += 1
            self._counts.failure = str(error) or type(error).__name__
            self._has_failed = True
            self._due_s = time.monotonic() + self._keeping.file_s  # memory bounds what waits
            self._tell(f"recordings wait, since they can't be written: {error!r}")
            if not _is_the_store_s(error):
                self._drop_unwritable()
            return
        self._has_failed = False
        self._counts.n_files += 1
        self._counts.written += len(self._kept)
        self._released(self._kept_bytes)
        self._forget()

    def _forget(self) -> None:
        self._kept.clear()
        self._kept_bytes = 0
        self._file_name = ""

    def _drop_unwritable(self) -> None:
        """Drop those that can't be written by themselves, on this machine."""
        kept, self._kept = self._kept, []
        for interaction, n_bytes in kept:
            try:
                with tempfile.TemporaryDirectory(prefix="streamtape-") as folder:
                    self._record(Path(folder) / "one.tape", [interaction])
            except BaseException as error:  # noqa: BLE001 - as above
                if not _is_the_store_s(error):
                    self._kept_bytes -= n_bytes
                    self._drop(n_bytes, f"a recording can't be written: {error!r}")
                    continue
            self._kept.append((interaction, n_bytes))

    def _write_file(self, interactions: Sequence[Interaction]) -> None:
        if not self._file_name:
            now = time.gmtime()
            name = f"{time.strftime('%H%M%S', now)}-{self._name}-{self._n_names}.tape"
            self._file_name = f"{time.strftime('%Y-%m-%d', now)}/{name}"
            self._n_names += 1
        location = self._location / self._file_name
        if isinstance(location, Path):
            self._record(location, interactions)
            return
        with tempfile.TemporaryDirectory(prefix="streamtape-") as folder:
            local = Path(folder) / location.name
            self._record(local, interactions)
            save(load(local), location)

    def _record(self, path: Path, interactions: Sequence[Interaction]) -> None:
        """Write them as a recorder would have: the journal takes the secrets out."""
        journal = TapeFile(path, self._redactor).open_journal()
        try:
            for number, one in enumerate(interactions):
                request, redactions = self._redactor.redact_request(one.request)
                journal.request(number, request, one.started_at_us, redactions)
                if one.head is not None:
                    journal.head(number, *self._redactor.redact_head(one.head))
                for chunk in one.chunks:
                    journal.chunk(number, chunk.at_us or 0, chunk.data)
                for message in one.messages:
                    journal.message(number, message)
                if one.ending.kind != "unfinished":
                    journal.ending(number, one.ending)
            journal.commit(keep=None)
        except BaseException:
            journal.discard()
            raise

    def _give_up(self) -> None:
        for _, n_bytes in self._kept:
            self._drop(n_bytes, f"lost at the end: {self._counts.failure}")
        self._forget()

    def _drop(self, n_bytes: int, why: str) -> None:
        self._counts.dropped += 1
        self._released(n_bytes)
        self._tell(why)

    def _tell(self, what: str) -> None:
        now_s = time.monotonic()
        if self._warned_s is None or now_s - self._warned_s >= _QUIET_S:
            self._warned_s = now_s
            with suppress(Exception):  # whatever handles the program's log
                _LOG.warning("flight recorder: %s", self._redactor.redact_text(what))


def _is_the_store_s(error: BaseException) -> bool:
    """Whether the store failed, or the disk, and surely not what was to be written."""
    return isinstance(error, OSError | StoreError) or isinstance(error.__cause__, OSError)


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in name)[:40] or "host"
