"""Ordinary files of this machine, opened for reading at offsets.

A pipe would block its reader for ever, and a device may never end. So files are looked at before
they are opened, opened without blocking, and looked at again. What is refused is an OSError that
says why, with the path; who opens turns it into an error of ours.
"""

from __future__ import annotations

import errno
import os
import stat
import weakref
from collections.abc import Callable
from pathlib import Path

Fetch = Callable[[int, int], bytes]  # the bytes at an offset, up to a size
COMMON_FLAGS = (
    getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
)
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_to_read(path: str | os.PathLike[str]) -> int:
    """Open an ordinary file, or a link to one, for reading; OSError if it is not one."""
    check_ordinary(Path(path).stat(), path)  # opening some devices has effects
    fd = os.open(path, os.O_RDONLY | COMMON_FLAGS)
    return checked(fd, path)


def read_whole(path: str | os.PathLike[str]) -> bytes:
    """The bytes of an ordinary file; OSError if it is not one."""
    with open(open_to_read(path), "rb") as file:
        return file.read()


def check_ordinary(found: os.stat_result, path: str | os.PathLike[str]) -> None:
    """OSError where what was found at a path is no ordinary file."""
    if stat.S_ISREG(found.st_mode):
        return
    if stat.S_ISDIR(found.st_mode):
        raise refusal(errno.EISDIR, "there is a folder of that name", path)
    kind = next((name for test, name in _KINDS if test(found.st_mode)), "something else")
    raise refusal(errno.ENXIO, f"it is {kind}, not an ordinary file", path)


def checked(fd: int, path: str | os.PathLike[str]) -> int:
    """A descriptor of an ordinary file; anything else is closed, and an OSError."""
    try:
        check_ordinary(os.fstat(fd), path)
    except BaseException:
        os.close(fd)
        raise
    return fd


def refusal(number: int, what: str, path: str | os.PathLike[str]) -> OSError:
    """The error that a path is refused with."""
    return OSError(number, what, os.fspath(path))


class OpenFile:
    """An open file that is read at places, by any thread, and closed with its last user."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._finalizer = weakref.finalize(self, os.close, fd)

    def close(self) -> None:
        """Close it now, whoever still holds it: an exception's traceback would keep its lock."""
        self._finalizer()

    def read(self, offset: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            data = os.pread(self._fd, size, offset)
        else:  # Windows: one reader at a time is not enforced there
            os.lseek(self._fd, offset, os.SEEK_SET)
            data = os.read(self._fd, size)
        return data
