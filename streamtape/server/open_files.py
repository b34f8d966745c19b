"""Room for many connections in the process's table of open files, made before they come.

Linux doubles the table when it is full (at 64, 128, 256, ... files). In a process with threads,
whoever opens that file waits until every processor has let go of the old table: 15 to 30 ms, in
which a server's loop plays no stream. A table never shrinks, so one that had to hold a high number
once has room for all below it. Before a process has threads there is no wait.
"""

from __future__ import annotations

import contextlib
import os
import sys

_OPEN_FILES = 4096  # of which the table takes 32 KiB

if sys.platform == "linux":
    import fcntl
    import resource

    def make_room(fd: int) -> None:
        """Make room for 4,096 open files, or all that there may be; `fd` is one of them."""
        may_have, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        highest = min(_OPEN_FILES, may_have) - 1
        with contextlib.suppress(OSError):  # without it, streams are late now and then
            os.close(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, highest))

else:

    def make_room(fd: int) -> None:
        """Do nothing: other systems' tables grow without a wait."""
