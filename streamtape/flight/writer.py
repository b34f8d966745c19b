"""The thread that decides what is kept, and writes it to the store, file by file.

It works on what has ended, beside the program. A store that is slow or gone costs memory up to the
recorder's bound, and then recordings: they are counted, and the log says so once a minute at most.
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
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from streamtape.errors import StreamtapeError
from streamtape.flight.memory_journal import Counts, Flight
from streamtape.flight.rules import Rule
from streamtape.stores.places import Place
from streamtape.tape.model import Ending, Interaction
from streamtape.tape.redact import Redactor
from streamtape.tape.store import TapeFile, load, save

_LOG = logging.getLogger("streamtape")
_QUIET_S = 60.0  # between two words about the same trouble


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

    `measured` sees every interaction, kept or not; `released` is told of bytes that are no longer
    held.
    """

    def __init__(
        self,
        place: Place,
        redactor: Redactor,
        keeping: Keeping,
        counts: Counts,
        released: Callable[[int], None],
        *,
        measured: Callable[[Interaction], None] | None = None,
    ) -> None:
        self._place = place
        self._redactor = redactor
        self._keeping = keeping
        self._counts = counts
        self._released = released
        self._random = Random(keeping.seed)  # noqa: S311 - a sample, nothing secret
        self._measured = measured
        self._queue: queue.SimpleQueue[tuple[Flight, Ending] | _Flush] = queue.SimpleQueue()
        self._kept: list[tuple[Interaction, int]] = []
        self._due_s = 0.0
        self._told_s: float | None = None
        # Recorders of one process, and containers of one name, do not write over each other.
        self._name = f"{_plain(socket.gethostname())}-{os.getpid()}-{os.urandom(3).hex()}"
        self._thread = threading.Thread(target=self._run, name="streamtape-flight", daemon=True)
        self._thread.start()

    def put(self, flight: Flight, ending: Ending) -> None:
        """Hand over what has ended; never waits."""
        self._queue.put((flight, ending))

    def flush(self, timeout_s: float, *, last: bool = False) -> bool:
        """Write all that has ended; False where that takes longer. `last` ends the thread, too."""
        asked = _Flush(last)
        self._queue.put(asked)
        done = asked.done.wait(timeout_s)
        if last and done:
            self._thread.join(timeout_s)
        return done and not self._kept

    def _run(self) -> None:
        while True:
            wait_s = max(0.0, self._due_s - time.monotonic()) if self._kept else None
            try:
                item = self._queue.get(timeout=wait_s)
            except queue.Empty:
                self._write()
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
            except Exception as error:  # noqa: BLE001 - a rule of the user's, or one odd recording
                self._drop(item[0].n_bytes, f"a recording could not be looked at: {error!r}")

    def _decide(self, flight: Flight, ending: Ending) -> None:
        interaction = flight.ended(ending)
        if self._measured is not None:
            self._measured(interaction)
        wanted = any(rule(interaction) for rule in self._keeping.rules)
        if not wanted and self._random.random() >= self._keeping.sample:
            self._counts.sampled_out += 1
            self._released(flight.n_bytes)
            return
        if not self._kept:
            self._due_s = time.monotonic() + self._keeping.file_s
        self._kept.append((interaction, flight.n_bytes))
        if sum(n_bytes for _, n_bytes in self._kept) >= self._keeping.file_bytes:
            self._write()

    def _write(self) -> None:
        if not self._kept:
            return
        try:
            self._write_file([interaction for interaction, _ in self._kept])
        except (StreamtapeError, OSError) as error:
            self._counts.n_failures += 1
            self._counts.failure = str(error)
            # Again then; memory bounds what waits.
            self._due_s = time.monotonic() + self._keeping.file_s
            self._tell(f"recordings wait, since they can't be written: {error}")
            return
        self._counts.n_files += 1
        self._counts.written += len(self._kept)
        self._released(sum(n_bytes for _, n_bytes in self._kept))
        self._kept.clear()

    def _write_file(self, interactions: Sequence[Interaction]) -> None:
        now = time.gmtime()
        name = f"{time.strftime('%H%M%S', now)}-{self._name}-{self._counts.n_files}.tape"
        place = self._place / time.strftime("%Y-%m-%d", now) / name
        if isinstance(place, Path):
            self._record(place, interactions)
            return
        with tempfile.TemporaryDirectory(prefix="streamtape-") as folder:
            local = Path(folder) / name
            self._record(local, interactions)
            save(load(local), place)

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
        self._kept.clear()

    def _drop(self, n_bytes: int, why: str) -> None:
        self._counts.dropped += 1
        self._released(n_bytes)
        self._tell(why)

    def _tell(self, what: str) -> None:
        now_s = time.monotonic()
        if self._told_s is None or now_s - self._told_s >= _QUIET_S:
            self._told_s = now_s
            _LOG.warning("flight recorder: %s", self._redactor.redact_text(what))


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in name)[:40] or "host"
