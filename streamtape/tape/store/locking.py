"""Exclusive locks on open files, by the system's own call.

A lock belongs to the open file: it excludes other threads, too, and ends with its file or its
process. POSIX systems have `flock` in the standard library. Windows needs portalocker, which takes
longer to import, and far longer where redis is installed: it imports that, too.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":

    def lock(fd: int) -> None:
        """Lock an open file; wait until nobody else holds its lock."""
        import portalocker

        portalocker.lock(fd, portalocker.LOCK_EX)

    def try_lock(fd: int) -> bool:
        """Lock an open file, unless somebody else holds its lock: then the answer is False."""
        import portalocker

        try:
            portalocker.lock(fd, portalocker.LOCK_EX | portalocker.LOCK_NB)
        except portalocker.LockException:
            return False
        return True

    def unlock(fd: int) -> None:
        """Release the lock of an open file."""
        import portalocker

        portalocker.unlock(fd)

else:
    import fcntl

    def lock(fd: int) -> None:
        """Lock an open file; wait until nobody else holds its lock."""
        fcntl.flock(fd, fcntl.LOCK_EX)

    def try_lock(fd: int) -> bool:
        """Lock an open file, unless somebody else holds its lock: then the answer is False."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # some file systems answer with EACCES
            return False
        return True

    def unlock(fd: int) -> None:
        """Release the lock of an open file."""
        fcntl.flock(fd, fcntl.LOCK_UN)
