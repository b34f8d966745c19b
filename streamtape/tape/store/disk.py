"""Files, whole or not at all: atomic replacement, locks, and what the system's errors mean.

A file is written beside its place, flushed to the disk, and renamed over it. Who writes holds the
lock `NAME.lock`, which is gone when nobody does. Errors of the system become CassetteErrors that
name the file and the way out. What is written is not known here.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from streamtape.errors import CassetteError, CassetteWriteError
from streamtape.stores.locations import checked_path
from streamtape.tape.store.locking import try_lock
from streamtape.tape.store.ordinary import check_no_link, create, keep_mode, open_to_lock

LOCK_SECONDS = 60.0
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOENT: "its folder does not exist",
    errno.ENOTDIR: "a part of its path is not a folder",
    errno.EISDIR: "there is a folder of that name",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EFBIG: "the file would be too large",
    errno.ELOOP: "it is a link, and nothing is written through links",
}


def reason(error: OSError) -> str:
    """Why the system refused, in words."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def path_of(path: str | os.PathLike[str]) -> Path:
    """The path of a file; CassetteError where no file can have that name."""
    return checked_path(path if isinstance(path, Path) else Path(path))


@contextmanager
def writing(path: os.PathLike[str], hint: str = "") -> Iterator[None]:
    """Turn the system's errors into CassetteWriteError."""
    try:
        yield
    except OSError as error:
        raise CassetteWriteError(
            f"cannot write {str(path)!r}: {reason(error)}{hint}", path=path
        ) from error


@contextmanager
def reading(path: os.PathLike[str]) -> Iterator[None]:
    """Turn the system's errors into CassetteError; a missing file is left to the caller."""
    try:
        yield
    except (FileNotFoundError, CassetteError):
        raise
    except OSError as error:
        raise CassetteError(f"cannot read {str(path)!r}: {reason(error)}", path=path) from error


def make_folder(path: Path) -> None:
    """Make the folder of a file where it is missing."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)


def replace(path: Path, pieces: Iterable[bytes]) -> None:
    """Put a file in its place, whole: on any failure the old one is as it was.

    The caller holds the lock; so the name of the new file can be fixed, and one that a killed
    writer left is written over.
    """
    new = path.with_name(path.name + ".new")
    with writing(path):
        check_no_link(path)
    with writing(new):
        check_no_link(new)
        new.unlink(missing_ok=True)  # an ordinary file, which a killed writer left
        fd = create(new)
    try:
        with writing(path):
            with os.fdopen(fd, "wb") as file:
                keep_mode(fd, path)
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
            _sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # folders can't be opened there, and need not be
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def open_locked(path: Path, *, wait_seconds: float = 0.0) -> int | None:
    """Open a file (made where it is missing) and lock it; None where another holds the lock.

    The lock is the open file's, so it excludes other threads too, and a dead process holds none.
    """
    import time

    deadline, pause = time.monotonic() + wait_seconds, 0.001
    while (fd := _try_lock(path)) is None and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    return fd


def _try_lock(path: Path) -> int | None:
    while True:
        fd = open_to_lock(path)
        try:
            taken = try_lock(fd)
            if taken and (os.name == "nt" or _is_at(fd, path)):
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)
        if not taken:
            return None
        # Its holder removed it between our opening and our locking: again.


def _is_at(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False


def unlink_and_close(fd: int, path: Path) -> None:
    """Remove a locked file, then let go of the lock: in this order nobody locks a removed file."""
    if os.name == "nt":  # an open file can't be removed there
        os.close(fd)
        fd = -1
    try:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
    finally:
        if fd >= 0:
            os.close(fd)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a cassette: one writer at a time, over threads and processes."""
    lock = path.with_name(path.name + ".lock")
    with writing(lock):
        fd = open_locked(lock, wait_seconds=LOCK_SECONDS)
    if fd is None:
        raise CassetteWriteError(
            f"cannot write {str(path)!r}: another process has been writing it for "
            f"{LOCK_SECONDS:.0f} seconds (it holds {str(lock)!r})",
            path=path,
        )
    if os.fstat(fd).st_size:
        os.close(fd)
        raise CassetteWriteError(
            f"cannot write {str(path)!r}: {str(lock)!r} is not a lock file of streamtape (those "
            "are empty); move it away",
            path=path,
        )
    try:
        yield
    finally:
        unlink_and_close(fd, lock)


def write_all(fd: int, *parts: bytes | memoryview) -> None:
    """Write all of it, in one call to the system if that takes it."""
    if len(parts) == 1:
        (left,) = parts
        done = os.write(fd, left)
    elif hasattr(os, "writev"):
        done = os.writev(fd, parts)
        if done == sum(map(len, parts)):
            return
        left = b"".join(parts)
    else:  # Windows
        left, done = b"".join(parts), 0
    while done < len(left):  # huge, or the disk is almost full: then the next write says so
        done += os.write(fd, memoryview(left)[done:])
