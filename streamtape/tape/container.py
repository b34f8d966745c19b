"""The container format of a cassette: magic, zstd frames, digest. FORMAT.md specifies it.

Sans-IO and incremental both ways, with bounded memory: the writer is given content and returns
what to append to the file; the reader is fed the file in pieces and gives the content of each zstd
frame. A file is trusted only when `close` has returned: then its SHA-256 was right and nothing
followed. What the content means is not known here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from struct import Struct
from typing import Any, NamedTuple

from streamtape.errors import DamagedCassetteError, NewerFormatError, NotACassetteError

VERSION = 2  # the newest that is read; a file has the oldest that can say what it holds
OLDEST_VERSION = 1
NAME = b"STREAMTAPE\r\n\x1a\n"  # the line ends notice a file that was "converted" as text
FRAME_BYTES = 4 << 20  # a frame is closed when it holds this much
MAX_FRAME_BYTES = 16 << 20  # the content limit of a frame

_SKIPPABLE = Struct("<II")
_U16 = Struct("<H")
_HEAD_MAGIC, _TAIL_MAGIC, _ZSTD_MAGIC = 0x184D2A50, 0x184D2A5E, b"\x28\xb5\x2f\xfd"
_HEAD = _SKIPPABLE.pack(_HEAD_MAGIC, len(NAME) + 2)
HEAD = _HEAD + NAME + _U16.pack(OLDEST_VERSION)
_VERSIONS = range(OLDEST_VERSION, VERSION + 1)
_TAIL = _SKIPPABLE.pack(_TAIL_MAGIC, 32)
TAIL_BYTES = len(_TAIL) + 32
# The level of the n-th frame: short recordings small, long ones soon written (FORMAT.md, figures).
_LEVELS = (12,) * 8
_LAST_LEVEL = 3
_SMALL_BYTES, _SMALL_LEVEL = 128 << 10, 15  # frames this small are compressed in milliseconds
# The level's own tables for a frame of 4 MiB take 50 MB; these take 10, and files grow by 0.1 %.
_LARGE_BYTES, _TABLE_LOG = 2 << 20, 20
_BLOCK_BYTES = 768  # columns shorter than this are not worth a block
_MAX_HEADER = 18
# A global: decompressors that nobody uses now, since making one takes longer than undoing a short
# frame with it. Who takes one out has it alone, so that threads share none.
_idle: list[Any] = []
# The same of the memory that frames are undone into: new memory comes page by page, which takes as
# long as undoing a frame.
_rooms: list[bytearray] = []
_MAX_ROOMS, _MAX_ROOM_BYTES = 2, 6 << 20


class Piece(NamedTuple):
    """One zstd frame: where it lies in the file, and what it holds, until the next one is read."""

    offset: int
    size: int
    content: memoryview


class Writer:
    """Makes a file of content: every method returns the bytes to append."""

    def __init__(self, version: int = OLDEST_VERSION) -> None:
        self._version = version
        self._digest = hashlib.sha256()
        self._content = bytearray()
        self._edges: list[int] = []
        self._frames = -1

    def add(self, record: bytes, n_last: int = 0) -> bytes:
        """Take a record, which is never split over frames (at most MAX_FRAME_BYTES).

        Its last `n_last` bytes are of another kind than those before: each gets a zstd block, and
        so a code, of its own.
        """
        out = b""
        if self._frames < 0:
            self._frames = 0
            out = self._signed(make_head(self._version))
        if self._content and len(self._content) + len(record) > MAX_FRAME_BYTES:
            out += self._frame()
        if n_last and len(record) - n_last >= _BLOCK_BYTES:
            self._edges += (len(self._content), len(self._content) + len(record) - n_last)
        self._content += record
        if len(self._content) >= FRAME_BYTES:
            out += self._frame()
        return out

    def close(self) -> bytes:
        """Give the last frame and the digest."""
        out = self.add(b"") + (self._frame() if self._content else b"")
        return out + self._signed(_TAIL) + self._digest.digest()

    def _frame(self) -> bytes:
        import zstandard  # 20 ms that replaying from memory need not pay

        level = _LEVELS[self._frames] if self._frames < len(_LEVELS) else _LAST_LEVEL
        if len(self._content) <= _SMALL_BYTES:
            level = _SMALL_LEVEL
        self._frames += 1
        size, flush = len(self._content), zstandard.COMPRESSOBJ_FLUSH_BLOCK
        # A compressor is made for each frame: two threads may not use one.
        out = _compressor(level, size).compressobj(size=size)
        edges = [0, *self._edges, size]
        with memoryview(self._content) as content:
            blocks = [
                out.compress(content[a:b]) + out.flush(flush) for a, b in pairwise(edges[:-1])
            ]
            frame = b"".join((*blocks, out.compress(content[edges[-2] :]), out.flush()))
        self._content.clear()
        self._edges.clear()
        return self._signed(frame)

    def _signed(self, data: bytes) -> bytes:
        self._digest.update(data)
        return data


def _compressor(level: int, size: int) -> Any:
    """A compressor for a frame; of a large one the tables are kept small, in memory."""
    import zstandard

    if level != _LEVELS[0] or size < _LARGE_BYTES:
        return zstandard.ZstdCompressor(level=level, write_checksum=True)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, source_size=size, hash_log=_TABLE_LOG, chain_log=_TABLE_LOG, write_checksum=True
    )
    return zstandard.ZstdCompressor(compression_params=parameters)


class Reader:
    """Takes a file apart: feed it in pieces, then close it."""

    def __init__(self, path: str | None = None) -> None:
        self.path = path
        self.version = 0  # the format version, known after the first bytes
        self.offset = 0  # the number of bytes parsed
        self._digest = hashlib.sha256()
        self._buffer = bytearray()
        self._walked = 0  # how far the blocks of the current frame are known
        self._content_size = 0
        self._started = self._ended = False
        self._room = _taken_room()

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Iterate over the frames that these bytes complete; to be exhausted before the next."""
        self._buffer += data
        if not self._started and not self._start():
            return
        while not self._ended and len(self._buffer) >= 4:
            if self._buffer[:4] == _ZSTD_MAGIC:
                size = self._frame_size()
                if size is None:
                    break
                frame = self._take(size)
                yield Piece(self.offset - size, size, self._content(frame))
            elif not self._end():
                break
        if self._ended and self._buffer:
            raise self.damaged("bytes follow its end")

    def close(self) -> bytes:
        """Get the digest; DamagedCassetteError where the file is not whole."""
        if not self._started:
            check_beginning(bytes(self._buffer), self.path)
            raise self.damaged("it ends within its first bytes")
        if not self._ended:
            raise self.damaged(f"it ends too early, after {self.offset + len(self._buffer)} bytes")
        if len(_rooms) < _MAX_ROOMS and len(self._room) <= _MAX_ROOM_BYTES:
            _rooms.append(self._room)
        self._room = bytearray()
        return self._digest.digest()

    def damaged(self, what: str) -> DamagedCassetteError:
        """Make the error that says so."""
        return damaged(f"{what} (near byte {self.offset})", self.path)

    def _start(self) -> bool:
        if len(self._buffer) < len(HEAD):
            return False
        head = bytes(self._buffer[: len(HEAD)])
        check_beginning(head, self.path)
        (self.version,) = _U16.unpack(head[-_U16.size :])
        self._take(len(HEAD))
        self._started = True
        return True

    def _end(self) -> bool:
        if self._buffer[: len(_TAIL)] != _TAIL[: len(self._buffer)]:
            raise self.damaged("expected a zstd frame")
        if len(self._buffer) < TAIL_BYTES:
            return False
        self._take(len(_TAIL))
        if bytes(self._buffer[:32]) != self._digest.digest():
            raise self.damaged("its SHA-256 does not match its content")
        del self._buffer[:32]
        self.offset += 32
        self._ended = True
        return True

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._digest.update(data)
        self.offset += size
        self._walked = 0
        return data

    def _content(self, frame: bytes) -> memoryview:
        """What a frame holds, which is as much as its header says."""
        if len(self._room) < self._content_size:
            self._room = bytearray(self._content_size)
        content = memoryview(self._room)[: self._content_size]
        with _undoing(self.path) as undo, undo.stream_reader(frame) as stream:
            if stream.readinto(content) != len(content) or stream.read(1):
                raise self.damaged("a zstd frame does not hold what its header says")
        return content

    def _frame_size(self) -> int | None:
        """The compressed size of the frame that the buffer begins with, found from its blocks."""
        import zstandard

        buffer = self._buffer
        if not self._walked:
            if len(buffer) < _MAX_HEADER:
                return None
            try:
                frame = zstandard.get_frame_parameters(bytes(buffer[:_MAX_HEADER]))
                self._walked = zstandard.frame_header_size(bytes(buffer[:_MAX_HEADER]))
            except zstandard.ZstdError as error:
                raise self.damaged(f"a zstd frame is malformed: {error}") from error
            if not frame.has_checksum or frame.dict_id or frame.content_size > MAX_FRAME_BYTES:
                raise self.damaged("a zstd frame lacks what a cassette's frames have")
            self._content_size = frame.content_size
        limit = self._content_size + (self._content_size >> 7) + 1024
        while self._walked + 3 <= len(buffer):
            block = int.from_bytes(buffer[self._walked : self._walked + 3], "little")
            self._walked += 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
            if self._walked > limit:
                raise self.damaged("a zstd frame is larger than what it holds")
            if block & 1:
                size = self._walked + 4
                if size <= len(buffer):
                    return size
                self._walked -= 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
                return None
        return None


def _taken_room() -> bytearray:
    try:
        return _rooms.pop()
    except IndexError:
        return bytearray()


def unframe(frame: bytes, path: str | None = None) -> bytes:
    """The content of one zstd frame, its checksum verified; never more than its header says."""
    with _undoing(path) as undo:
        content: bytes = undo.decompress(frame, allow_extra_data=False)
    return content


@contextmanager
def _undoing(path: str | None) -> Iterator[Any]:
    """A decompressor for one frame; DamagedCassetteError where it fails."""
    import zstandard

    try:
        undo = _idle.pop()
    except IndexError:
        undo = zstandard.ZstdDecompressor()
    try:
        yield undo
    except zstandard.ZstdError as error:
        raise damaged(f"a zstd frame can't be undone: {error}", path) from error
    _idle.append(undo)


def damaged(what: str, path: str | None) -> DamagedCassetteError:
    """The error for a file that begins as a cassette but is not whole."""
    return DamagedCassetteError(
        f"{named(path)} is damaged: {what}. Nothing of it was read; restore it from version "
        "control or a backup, or record it again (record mode 'all')",
        path=path,
    )


def make_head(version: int) -> bytes:
    """Make the first bytes of a file."""
    return _HEAD + NAME + _U16.pack(version)


def check_beginning(data: bytes, path: str | None) -> None:
    """Check the first bytes of a file, as many as there are; every error is a CassetteError."""
    head = data[: len(HEAD)]
    if data and any(make_head(known).startswith(head) for known in _VERSIONS):
        return
    if head[: len(_HEAD + NAME)] == _HEAD + NAME and len(head) == len(HEAD):
        (version,) = _U16.unpack(head[-2:])
        if version > VERSION:
            raise NewerFormatError(
                f"{named(path)} has format version {version}; this streamtape reads up to "
                f"{VERSION}: please update it (distribution streamtape-recorder)",
                path=path,
            )
        if not version:
            raise damaged("its format version is 0", path)
        return
    if b"STREAMTAPE\n\x1a\n" in head or b"STREAMTAPE\r\r\n" in head:
        raise DamagedCassetteError(
            f"{named(path)} was altered by a conversion of line ends; restore it, and put "
            "'*.tape binary' into .gitattributes",
            path=path,
        )
    raise NotACassetteError(f"{named(path)} is not a cassette: it {_looks_like(data)}", path=path)


_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"STREAMTAPE-JOURNAL", "is the journal of a recording that did not end; "
     "`streamtape recover` makes a cassette of it"),
    (b"\x1f\x8b", "looks like gzip"),
    (_ZSTD_MAGIC, "is plain zstd, without a cassette's beginning"),
    (b"PK\x03\x04", "looks like a zip archive"),
    (b"SQLite format 3", "is an SQLite database"),
    (b"version https://git-lfs", "is a Git LFS pointer; `git lfs pull` fetches the cassette"),
    (b"interactions:", "looks like a VCR cassette in YAML; `streamtape convert` reads those"),
    (b"version:", "looks like YAML; `streamtape convert` reads VCR's"),
    (b"---", "looks like YAML; `streamtape convert` reads VCR's"),
    (b"{", "looks like JSON; `streamtape convert` reads HAR and VCR's"),
    (b"[", "looks like JSON; `streamtape convert` reads HAR and VCR's"),
    (b"data:", "looks like an event stream; `streamtape convert` reads those"),
    (b"event:", "looks like an event stream; `streamtape convert` reads those"),
    (b"<<<<<<<", "holds the marks of a merge conflict"),
)  # fmt: skip


def _looks_like(data: bytes) -> str:
    if not data:
        return "is empty"
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, what in _KINDS:
        if start.startswith(beginning):
            return what
    return f"begins with {data[:12]!r}"


def named(path: str | None) -> str:
    """How messages call a file."""
    return repr(path) if path is not None else "the cassette"
