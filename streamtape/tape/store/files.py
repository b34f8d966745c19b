"""Load, save and recover cassettes by path.

Loading reads the whole file once, and trusts nothing before its end. A long cassette stays in its
file, which is kept open, so that a later recording that replaces it does not disturb readers.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from streamtape.errors import (
    CassetteError,
    CassetteNotFoundError,
    CassetteWriteError,
    DamagedCassetteError,
    JournalLeftError,
    NotACassetteError,
    UsageError,
)
from streamtape.stores.local import Fetch, OpenFile, open_to_read
from streamtape.stores.locations import FileLocation, StrPath, location_of
from streamtape.tape import container, journal, load_hooks
from streamtape.tape.codec import encode
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.loading import Decoder
from streamtape.tape.model import Cassette
from streamtape.tape.store.disk import (
    locked,
    make_folder,
    open_locked,
    path_of,
    reading,
    replace,
    unlink_and_close,
    writing,
)
from streamtape.tape.store.nearest import missing
from streamtape.tape.store.ordinary import check_no_link

if TYPE_CHECKING:
    from streamtape.tape.recovery import Loss

SUFFIX = ".tape"
JOURNAL_SUFFIX = ".part"
_READ_BYTES = 1 << 20


def load(path: StrPath, *, max_bytes: int | None = None) -> Cassette:
    """Load a cassette, verified to its last byte.

    `max_bytes` limits its unpacked size (default: 8 GiB, and 1,000 times the file's size beyond 1
    GiB). Errors: CassetteNotFoundError, NotACassetteError, DamagedCassetteError, NewerFormatError,
    CassetteLimitError, all of them CassetteError.
    """
    return _load(path, max_bytes=max_bytes)


def load_to_replay(path: StrPath) -> Cassette:
    """Load a cassette whose requests nobody reads whole: their bodies may be of any length.

    Errors as from `load`.
    """
    return _load(path, reads_requests=False)


def _load(path: StrPath, *, max_bytes: int | None = None, reads_requests: bool = True) -> Cassette:
    location = location_of(path)
    if isinstance(location, Path):
        location = path_of(location)
    try:
        return load_known(location, max_bytes=max_bytes, reads_requests=reads_requests)[0]
    except FileNotFoundError:
        if not isinstance(location, Path):
            raise
        raise CassetteNotFoundError(_missing(location), path=location) from None


@collector_paused()
def load_known(
    path: FileLocation, *, max_bytes: int | None = None, reads_requests: bool = True
) -> tuple[Cassette, bytes]:
    """Load a cassette, and get the identity of what was read; FileNotFoundError without a file.

    The identity of what lies in a store is its version there. `reads_requests` False is for those
    who compare long bodies of requests piece by piece, and read none whole.
    """
    name = str(path)
    for listen in load_hooks.listeners:
        listen(name)
    version = ""
    with reading(path):
        if isinstance(path, Path):
            fetch = _fetcher(name)
        else:
            fetch, version = path.open()
        decoder = Decoder(
            path=name, max_bytes=max_bytes, fetch=fetch, reads_requests=reads_requests
        )
        offset, tail = 0, b""
        while data := fetch(offset, _READ_BYTES):
            offset += len(data)
            tail = (tail + data)[-container.TAIL_BYTES :]
            decoder.feed(data)
        return decoder.close(), version.encode() or _identity(offset, tail)


def _fetcher(path: str) -> Fetch:
    """What reads a file at places: a short one from memory, a long one as long as it is open."""
    with FileIO(open_to_read(path)) as file:
        if os.fstat(file.fileno()).st_size > _READ_BYTES:
            return OpenFile(os.dup(file.fileno())).read
        whole = file.readall()
    return lambda offset, size: whole[offset : offset + size]


def identity(path: Path) -> bytes:
    """What identifies the bytes of a file, trusting its digest: b"" if it has no digest."""
    try:
        with reading(path), FileIO(open_to_read(path)) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - container.TAIL_BYTES))
            return _identity(size, file.readall())
    except FileNotFoundError:
        return b""


def _identity(size: int, tail: bytes) -> bytes:
    return b"%d:%s" % (size, tail)


def check_replaceable(path: FileLocation) -> None:
    """NotACassetteError where a recording would replace a file that is something else."""
    beginning = b""
    with contextlib.suppress(FileNotFoundError), reading(path):
        if not isinstance(path, Path):
            beginning = path.open()[0](0, len(container.HEAD))
        elif path.is_file():
            beginning = _beginning(path, len(container.HEAD))
    try:
        if beginning:
            container.check_beginning(beginning, str(path))
    except NotACassetteError as error:
        raise NotACassetteError(
            f"{error}. A recording would replace it: choose another name, or remove it", path=path
        ) from None
    except CassetteError:  # a cassette, though damaged or newer: to be replaced, if one asks for it
        return


def check_recording(location: FileLocation) -> None:
    """NotACassetteError, or another CassetteError, where a file does not begin as a cassette does.

    CassetteNotFoundError if the file is missing.
    """
    beginning = b""
    try:
        with reading(location):
            if isinstance(location, Path):
                beginning = _beginning(location, len(container.HEAD))
            else:
                beginning = location.open()[0](0, len(container.HEAD))
    except CassetteNotFoundError:
        raise
    except FileNotFoundError:
        raise CassetteNotFoundError(missing(Path(location)), path=location) from None
    container.check_beginning(beginning, str(location))


def _missing(path: Path) -> str:
    left = path.with_name(path.name + JOURNAL_SUFFIX)
    if left.exists() and left.stat().st_size > journal.HEAD_BYTES:
        return (
            f"there is no cassette {str(path)!r}, but the journal of a recording that did not end: "
            f"`streamtape recover {left}` makes a cassette of it"
        )
    if path.suffix != SUFFIX:
        return missing(path)
    hint = missing(path, suffix=SUFFIX)
    way_out = "record it first (record mode 'once')"
    return f"{hint} If not, {way_out}" if hint.endswith("?") else f"{hint}; {way_out}"


def save(cassette: Cassette, path: StrPath) -> None:
    """Write a cassette atomically.

    CassetteWriteError if it can't be written; the old file is then unchanged. In a store,
    StoreConflictError if another writer came first.
    """
    place = location_of(path)
    if not isinstance(place, Path):
        place.replace_with(encode(cassette))
        return
    location = path_of(place)
    make_folder(location)
    with writing(location):
        check_no_link(location)
    with locked(location):
        replace(location, encode(cassette))


def load_journal(path: StrPath) -> Cassette:
    """Load the contents of a journal, which is not changed and may still be written to."""
    from streamtape.tape import recovery  # few programs ever need it

    location = _of_this_machine(path)
    try:
        with reading(location):
            fd = open_to_read(location)
    except FileNotFoundError:
        raise CassetteNotFoundError(
            missing(location, "journal", JOURNAL_SUFFIX), path=location
        ) from None
    with reading(location):
        found = recovery.scan(OpenFile(fd).read, path=str(location), cut_uploads=True)
        return Cassette(found.interactions, str(location))


def is_there(location: FileLocation) -> bool:
    """Whether there is anything at a place, be it a link that leads nowhere."""
    if isinstance(location, Path):
        return os.path.lexists(path_of(location))
    return location.exists()


def _of_this_machine(path: StrPath) -> Path:
    """The path of a journal; UsageError for one in a store, where there are none."""
    location = location_of(path)
    if not isinstance(location, Path):
        raise UsageError(
            f"{str(location)!r} is not a journal: journals are on the machine that records, even "
            "if the cassette goes to a store"
        )
    return path_of(location)


class Recovery(NamedTuple):
    """The result of `recover`.

    `damage` says in one line what could not be read, or is None; `losses` lists each place.
    `journal` is the path of the journal if it was kept because of damage, else None.
    """

    cassette: Cassette
    path: str
    damage: str | None
    losses: tuple[Loss, ...] = ()
    journal: str | None = None


def recover(path: StrPath, to: StrPath | None = None) -> Recovery:
    """Make a cassette of the journal of an interrupted recorder, then remove the journal.

    The cassette has every chunk that reached the journal; streams that had not ended get the ending
    `unfinished`. If the journal was damaged, the cassette has all intact parts, streams that lack
    something are `unfinished` too, and the journal is kept. The cassette is written to `to`, which
    must not exist, or beside the journal: to `x.tape` for `x.tape.part`, or to `x.recovered.tape`
    if `x.tape` exists. JournalLeftError if the recorder is still running, DamagedCassetteError if
    nothing can be read.
    """
    from streamtape.tape import journal_records, recovery

    location = _of_this_machine(path)
    if to is not None and is_there(location_of(to)):
        shown = str(location_of(to))
        raise CassetteWriteError(
            f"{shown!r} exists already, and a recovery replaces nothing", path=shown
        )
    if not os.path.lexists(location):
        beside = location.with_name(location.name + JOURNAL_SUFFIX)
        location = beside if os.path.lexists(beside) else location
    with reading(location):
        if not os.path.lexists(location):
            raise CassetteNotFoundError(missing(location, "journal", JOURNAL_SUFFIX), path=location)
        with contextlib.closing(OpenFile(open_to_read(location))) as file:
            journal_records.layout_of(
                file.read, str(location)
            )  # nothing else is opened for writing
    with writing(location):
        fd = open_locked(location)
    if fd is None:
        raise JournalLeftError(
            f"{str(location)!r} is being written by a recording that still runs", path=location
        )
    with close_after(fd, location) as done, contextlib.closing(OpenFile(os.dup(fd))) as file:
        found = recovery.scan(file.read, path=str(location), cut_uploads=True)
        if not found.interactions:
            raise _nothing(location, found.damage, done)
        target = location_of(to) if to is not None else _target(location)
        save(Cassette(found.interactions), target)
        if not found.losses:
            done()
    kept = str(location) if found.losses else None
    return Recovery(load(target), str(target), found.damage, found.losses, kept)


def _nothing(location: Path, damage: str | None, done: Callable[[], None]) -> CassetteError:
    """The error where a journal holds no interaction; one that was not damaged is removed."""
    if damage is not None:
        return DamagedCassetteError(
            f"nothing can be read from the journal {str(location)!r}, which is kept: {damage}",
            path=location,
        )
    if not location.name.endswith(JOURNAL_SUFFIX):
        return NotACassetteError(f"{str(location)!r} holds no recording", path=location)
    done()
    return CassetteNotFoundError(
        f"{str(location)!r} had no recording in it (its recorder died before the first request); "
        "it is removed now",
        path=location,
    )


@contextlib.contextmanager
def close_after(fd: int, path: Path) -> Iterator[Callable[[], None]]:
    """Hold a locked file; it is removed where the block says that it is done with it."""
    finished: list[bool] = []
    try:
        yield lambda: finished.append(True)
    finally:
        if finished:
            unlink_and_close(fd, path)
        else:
            os.close(fd)


def _target(location: Path) -> Path:
    name = location.name.removesuffix(JOURNAL_SUFFIX)
    stem, dot, number = name.rpartition(".")
    if dot and number.isdigit():
        name = stem
    target = location.with_name(name)
    n = 1
    while os.path.lexists(target):
        middle = ".recovered" if n == 1 else f".recovered{n}"
        target = location.with_name(name.removesuffix(".tape") + middle + ".tape")
        n += 1
    return target


def _beginning(path: Path, size: int) -> bytes:
    with FileIO(open_to_read(path)) as file:
        return file.read(size)
