"""A body that is kept until it is known what becomes of it: in memory, and on disk if it is long.

The file on disk has no name (on Windows it goes with its last handle), only this user may read it,
and the system removes it with the process, however that ends: what is in it may be secret.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO

MEMORY_BYTES = 1 << 20
PIECE_BYTES = 256 << 10


class Spool:
    """Takes a body piece by piece; `pieces` reads it, as often as one likes, from any thread."""

    def __init__(self, memory_bytes: int | None = None) -> None:
        self.n_bytes = 0
        self._memory_bytes = MEMORY_BYTES if memory_bytes is None else memory_bytes
        self._in_memory: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()

    def add(self, data: bytes) -> None:
        """Take the next bytes; OSError where there is no room on disk."""
        self.n_bytes += len(data)
        self._in_memory.append(data)
        if self._file is None and self.n_bytes > self._memory_bytes:
            self._file = TemporaryFile(prefix="streamtape-", buffering=0)  # noqa: SIM115 - lives on
            weakref.finalize(self, self._file.close)
        if self._file is not None:
            for piece in self._in_memory:
                _write_all(self._file, piece)
            self._in_memory.clear()

    @property
    def is_on_disk(self) -> bool:
        """Whether the body is too long for memory."""
        return self._file is not None

    def body(self) -> bytes | Spool:
        """The bytes of a short body, or this spool."""
        return b"".join(self._in_memory) if self._file is None else self

    def pieces(self) -> Iterator[bytes]:
        """Iterate over the body."""
        if self._file is None:
            yield from tuple(self._in_memory)
            return
        for at in range(0, self.n_bytes, PIECE_BYTES):
            with self._lock:
                self._file.seek(at)
                piece = self._file.read(min(PIECE_BYTES, self.n_bytes - at))
                self._file.seek(0, os.SEEK_END)
            yield piece


def _write_all(file: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
