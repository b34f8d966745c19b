"""Opens a session on a file, and closes it at the end of the program."""

from __future__ import annotations

import atexit
import os
import warnings
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamtape.choices import FOREIGN_SUFFIXES, Level
from streamtape.errors import ExpiredError, NotACassetteError
from streamtape.playback.clock import Clock
from streamtape.session.decisions import OpenJournal
from streamtape.session.diagnostics import Compared, StreamtapeWarning
from streamtape.session.options import Options
from streamtape.session.session import Session
from streamtape.stores.locations import FileLocation, location_of
from streamtape.tape.model import Cassette
from streamtape.tape.redact import Redactor
from streamtape.tape.store import TapeFile, load
from streamtape.transport import run_defaults
from streamtape.transport.blind_spots import blind_spots
from streamtape.transport.cassette_paths import refuse_foreign
from streamtape.transport.clocks import VirtualClock, clock_of, wall_us
from streamtape.units import age

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from streamtape.tape.store.stored import StoredTape


@dataclass(frozen=True, slots=True)
class _Scratch:
    """Makes journals that lie elsewhere and are thrown away."""

    name: str
    redactor: Redactor
    max_body_bytes: int | None = None
    folders: list[TemporaryDirectory[str]] = field(default_factory=list)

    def open(self) -> OpenJournal:
        from tempfile import TemporaryDirectory

        self.folders.append(TemporaryDirectory(prefix="streamtape-"))
        location = Path(self.folders[-1].name) / self.name
        file = TapeFile(location, self.redactor, max_body_bytes=self.max_body_bytes)
        return file.open_journal()

    def clean(self) -> None:
        """Remove what was written."""
        for folder in self.folders:
            folder.cleanup()


@dataclass(frozen=True, slots=True)
class _InMemory:
    """A cassette that was handed over as a value: it can be played, never written."""

    cassette: Cassette
    scratch: _Scratch

    def load(self) -> Cassette:
        return self.cassette

    def open_journal(self) -> OpenJournal:
        raise NotImplementedError("a cassette in memory is only played")

    def open_scratch(self) -> OpenJournal:
        return self.scratch.open()


@dataclass(frozen=True, slots=True)
class _OnDisk:
    """A cassette file; one that is only compared with (`verified`) is never written to."""

    file: TapeFile | StoredTape
    scratch: _Scratch
    verified: bool

    def load(self) -> Cassette | None:
        return self.file.load()

    def open_journal(self) -> OpenJournal:
        return self.scratch.open() if self.verified else self.file.open_journal()

    def open_scratch(self) -> OpenJournal:
        return self.scratch.open()


def open_session(
    cassette: str | os.PathLike[str] | Cassette,
    options: Options,
    *,
    expects_requests: bool = True,
    again: str = "",
    eager: bool = True,
) -> Session:
    """Open a session; errors of the file are raised here, before any request.

    `expects_requests` False is for transports that may be made and never used. `again` is the
    command that records the cassette, for messages. `eager` False touches no disk to record before
    there is something to record.
    """
    clock = clock_of(options.clock)
    if options.clock != "system" and options.speed is None:
        options = replace(options, speed=1.0)
    if isinstance(cassette, Cassette):
        name = cassette.path or "cassette in memory"
        redactor = _redactor(options.redaction)
        scratch = _Scratch("memory.tape", redactor)
        location = _InMemory(cassette, scratch)
        session = Session(options, location, redactor, name=name, compare=compare, clock=clock)
        return _finished(session, clock, scratch)
    path = location_of(cassette)
    if path.suffix.lower() in FOREIGN_SUFFIXES:
        _refuse_others(path)
    run_defaults.current().opened(str(path))
    redactor = _redactor(options.redaction)
    file = _tape_at(path, redactor, options.max_body_bytes)
    if options.max_age_us is not None:
        options = _aged(file, options)
    scratch = _Scratch(path.name, redactor, options.max_body_bytes)
    session = Session(
        options,
        _OnDisk(file, scratch, options.mode == "verify"),
        redactor,
        name=str(path),
        compare=compare,
        blind_spots=blind_spots,
        expects_requests=expects_requests,
        again=again,
        clock=clock,
        eager=eager,
    )
    if session.records:
        redactor.search.prepare()
        # A client that is never closed still leaves its recording, not only a journal.
        atexit.register(session.close_at_exit)
        session.when_closed(lambda: atexit.unregister(session.close_at_exit))
    return _finished(session, clock, scratch)


def _tape_at(
    path: FileLocation, redactor: Redactor, max_body_bytes: int | None
) -> TapeFile | StoredTape:
    """The cassette at a place; what a store needs is imported where one is meant."""
    if isinstance(path, Path):
        return TapeFile(path, redactor, max_body_bytes=max_body_bytes)
    from streamtape.tape.store.stored import StoredTape

    return StoredTape(path, redactor, max_body_bytes=max_body_bytes)


def _refuse_others(path: FileLocation) -> None:
    """Refuse the name of another tool's cassette, unless a cassette of ours has it."""
    try:
        if path.exists():
            load(path)
            return
    except NotACassetteError:
        pass
    refuse_foreign(str(path), path)


def compare(recorded: Cassette, fresh: Cassette, level: Level) -> Compared:
    """Compare two cassettes as `streamtape.diff` does; imported when a session needs it."""
    from streamtape.analysis.diff import diff

    return diff(recorded, fresh, level)


@lru_cache(maxsize=32)
def _redactor(options: Any) -> Redactor:
    """The one for these options: it keeps nothing of what it sees, and costs to make."""
    return Redactor(options)


def disabled_session(options: Options) -> Session:
    """A session that sees nothing and does nothing, where a test run lets everything pass by."""
    quiet = replace(options, mode="none", allow_no_requests=True, ignore_hosts=("*",))
    return open_session(Cassette(), quiet, expects_requests=False)


def _finished(session: Session, clock: Clock, scratch: _Scratch) -> Session:
    session.when_closed(scratch.clean)
    if isinstance(clock, VirtualClock):
        session.when_closed(clock.close)
    return session


def _aged(file: TapeFile | StoredTape, options: Options) -> Options:
    """The options for a cassette that may be expired; a warning or an ExpiredError if it is."""
    if options.mode in {"all", "verify"}:
        return options
    times = [i.started_at_us for i in file.load() or () if i.started_at_us is not None]
    most_us = options.max_age_us or 0
    age_us = wall_us() - min(times) if times else 0
    if age_us <= most_us:
        return options
    message = (
        f"the cassette {str(file.path)!r} is {age(age_us)} old, and max_age is {options.max_age}"
    )
    if options.on_expired == "fail":
        raise ExpiredError(f"{message}; record it again (mode 'all'), or see with mode 'verify'")
    if options.on_expired == "record" and options.mode != "none":
        return replace(options, mode="all")
    warnings.warn(f"{message}; mode 'all' records it again", StreamtapeWarning, stacklevel=4)
    return options
