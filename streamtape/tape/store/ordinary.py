"""The one place where files are opened: ordinary ones only, and nothing is written through a link.

A pipe would block its reader for ever, a device may never end, and a link that came with somebody's
repository would have us write over any file of the user's. So files are looked at before they are
opened, opened without blocking, and looked at again. What is refused is an OSError that says why,
with the path; who opens turns it into an error of ours.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from streamtape.stores.local import (
    COMMON_FLAGS,
    check_ordinary,
    checked,
    open_to_read,
    read_whole,
    refusal,
)

__all__ = [
    "check_no_link",
    "create",
    "keep_mode",
    "open_to_lock",
    "open_to_read",
    "read_given",
    "read_whole",
    "write_whole",
]

_OPENED = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def read_given(path: str) -> bytes:
    """The bytes of a file that is named on a command line; OSError if it is no ordinary one.

    What the shell has opened already may be a pipe: `-d @<(make-body)`.
    """
    return Path(path).read_bytes() if path.startswith(_OPENED) else read_whole(path)


def open_to_lock(path: Path) -> int:
    """Open a file of our own for reading and writing, and make it where it is missing.

    OSError where the name is taken by something that is no ordinary file, a link above all.
    """
    check_no_link(path)
    return checked(os.open(path, os.O_RDWR | os.O_CREAT | COMMON_FLAGS | _NO_LINK, 0o666), path)


def create(path: Path, mode: int = 0o666) -> int:
    """Make a file and open it for writing; FileExistsError where the name is taken by anything."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | COMMON_FLAGS | _NO_LINK, mode)


def check_no_link(path: Path) -> None:
    """OSError where a path is a link, or anything else that is neither missing nor ordinary."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(found.st_mode):
        raise refusal(errno.ELOOP, "it is a link, and nothing is written through links", path)
    check_ordinary(found, path)


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file beside its place and rename it: the old or the new one is there, never half.

    OSError, with the old file as it was, where that fails or where the path is a link.
    """
    check_no_link(path)
    new = path.with_name(f"{path.name[:200]}.{os.urandom(4).hex()}.new")
    fd = create(new)
    try:
        with open(fd, "wb") as file:  # noqa: PTH123 - a descriptor
            keep_mode(fd, path)
            file.writelines(pieces)
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def keep_mode(fd: int, path: Path) -> None:
    """Give a new file the permissions of the one whose place it takes, where there is one."""
    with contextlib.suppress(OSError, AttributeError):  # none, or a system without permissions
        os.fchmod(fd, stat.S_IMODE(path.stat().st_mode))
