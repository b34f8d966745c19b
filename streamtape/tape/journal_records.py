"""The records of a journal, found again in its bytes, whatever happened to them. Pure.

A record is believed because its checks hold, never because of where it is. After bytes that hold no
record the search goes on at every following byte, so that damage costs the records it hit and no
others. A last record that ends too early is torn: what a killed recorder leaves, and no damage,
unless something valid follows it. What the records mean is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from streamtape.errors import NewerFormatError, NotACassetteError
from streamtape.tape import journal
from streamtape.tape.checksum import crc32
from streamtape.tape.container import damaged, named
from streamtape.tape.journal import COUNTED_BYTES, PREFIX, START, Counts

_WINDOW = 1 << 20
_SEARCH_BYTES = 1 << 30  # checked in false candidates: hostile files would take quadratic time
_NUMBERED = range(journal.NUMBERED_VERSION, journal.VERSION + 1)
_MOST_ALIKE = 16  # bytes of the magic that a damaged beginning must still have
# Of version 1, without headers: a length below 64 MiB, any CRC, a kind, a number below 2**24.
_CANDIDATE = re.compile(rb"(?s)(?=.{3}[\0-\3].{4}[\1-\x0b].{3}\0)")

Read = Callable[[int, int], bytes]  # offset, size -> bytes, fewer at the end of the file


class Entry(NamedTuple):
    """One record: where it is in the journal, its body, and what its header counts (version 2)."""

    offset: int
    end: int
    kind: int
    number: int
    body: bytes
    counts: Counts | None


class Damage(NamedTuple):
    """Bytes of a journal that could not be read, from an offset up to `end`."""

    offset: int
    end: int
    what: str


class Layout(NamedTuple):
    """Where the records begin; `seed` begins the checks of headers, None in version 1."""

    start: int
    seed: int | None
    damage: Damage | None = None

    @property
    def header_bytes(self) -> int:
        """How many bytes stand before the length of a record."""
        return 0 if self.seed is None else COUNTED_BYTES


class _Wrong(NamedTuple):
    what: str
    end: int | None = None  # where the record ends, if its length is right
    torn: bool = False


def layout_of(read: Read, path: str | None = None) -> Layout | None:
    """Read the beginning of a journal; None where its recorder died within it.

    NotACassetteError or NewerFormatError where this is no journal that can be read.
    """
    data = read(0, journal.HEAD_BYTES)
    if data.startswith(journal.HEAD):
        return Layout(len(journal.HEAD), None)
    size = len(journal.MAGIC) + 2
    if len(data) < journal.HEAD_BYTES:
        numbered = (journal.make_head(bytes(4), version)[:size] for version in _NUMBERED)
        if any(head.startswith(data[:size]) for head in (*numbered, journal.HEAD)):
            return None
        raise NotACassetteError(f"{named(path)} is not the journal of a recording", path=path)
    salts = data[size : size + 4], data[size + 4 : size + 8]
    if any(data == journal.make_head(salts[0], version) for version in _NUMBERED):
        return Layout(journal.HEAD_BYTES, crc32(salts[0]))
    version = int.from_bytes(data[size - 2 : size], "little")
    newer = data.startswith(journal.MAGIC) and version > journal.VERSION
    if newer and crc32(data[:-4]) == int.from_bytes(data[-4:], "little"):
        raise _newer(version, path)
    if (layout := _repaired(read, data, salts)) is not None:
        return layout
    if newer:
        raise _newer(version, path)
    raise NotACassetteError(f"{named(path)} is not the journal of a recording", path=path)


def _repaired(read: Read, data: bytes, salts: tuple[bytes, bytes]) -> Layout | None:
    """The layout of a journal whose beginning is damaged: the one by which records are found."""
    alike = sum(map(int.__eq__, data, journal.MAGIC))
    if alike < _MOST_ALIKE:
        return None
    damage = Damage(0, journal.HEAD_BYTES, "its first bytes are damaged")
    layouts = [Layout(journal.HEAD_BYTES, crc32(salt), damage) for salt in salts]
    layouts.append(Layout(len(journal.HEAD), None, damage))
    for layout in layouts:
        if any(isinstance(item, Entry) for item in Journal(read, layout).entries()):
            return layout
    return None


def _newer(version: int, path: str | None) -> NewerFormatError:
    return NewerFormatError(
        f"{named(path)} is a journal of version {version}; this streamtape reads up to "
        f"{journal.VERSION}: please update it (distribution streamtape-recorder)",
        path=path,
    )


class Journal:
    """The records of one journal; `read` gives its bytes."""

    def __init__(self, read: Read, layout: Layout, path: str | None = None) -> None:
        self.layout = layout
        self.path = path
        self._read = read
        self._window, self._base = b"", 0
        self._left_to_search = _SEARCH_BYTES

    def entries(self) -> Iterator[Entry | Damage]:
        """Iterate over all records and the damage between them, in the order of the file."""
        if self.layout.damage is not None:
            yield self.layout.damage
        offset = self.layout.start
        while (found := self._at(offset)) is not None:
            if isinstance(found, Entry):
                yield found
                offset = found.end
                continue
            if (whole := self._unmeasured(offset)) is not None:
                yield whole
                yield Damage(offset, whole.end, "the length of the last record is damaged")
                return
            following = self._following(offset, found)
            if following is None and found.torn:
                return
            end = self._size(offset) if following is None else following
            yield Damage(offset, end, found.what)
            if following is None:
                return
            offset = following

    def between(self, offset: int, end: int) -> Iterator[Entry]:
        """Iterate over records that were found before; DamagedCassetteError where they are gone."""
        while offset < end:
            entry = self.entry(offset)
            yield entry
            offset = entry.end

    def entry(self, offset: int) -> Entry:
        """The record that was found at an offset before; DamagedCassetteError where it is gone."""
        found = self._at(offset)
        if not isinstance(found, Entry):
            raise damaged(
                f"its journal was altered while it was read (at byte {offset})", self.path
            )
        return found

    def _at(self, offset: int) -> Entry | _Wrong | None:
        """The record at an offset, or what is wrong with it; None at the end of the file."""
        header_bytes, seed = self.layout.header_bytes, self.layout.seed
        at = offset - self._base
        start = at + header_bytes
        if at < 0 or start + PREFIX.size > len(self._window):
            at, start = self._fill(offset, _WINDOW), header_bytes
            if start + PREFIX.size > len(self._window):
                return self._remainder()
        counts = None
        if seed is not None and (counts := journal.read_header(self._window, at, seed)) is None:
            return _Wrong("the header of a record is damaged")
        size, crc = PREFIX.unpack_from(self._window, start)
        first = start + PREFIX.size
        if first + size > len(self._window):
            at = self._fill(offset, max(header_bytes + PREFIX.size + size, _WINDOW))
            first = at + header_bytes + PREFIX.size
            if first + size > len(self._window):
                return _Wrong(
                    f"a record is cut, or its length ({size} bytes) is damaged", torn=True
                )
        body = self._window[first : first + size]
        end = offset + header_bytes + PREFIX.size + size
        if size < START.size or crc32(body) != crc:
            return _Wrong("a record is damaged", end)
        kind, number = START.unpack_from(body)
        return Entry(offset, end, kind, number, body, counts)

    def _fill(self, offset: int, size: int) -> int:
        self._window, self._base = self._read(offset, min(size, 1 << 31)), offset
        return 0

    def _remainder(self) -> _Wrong | None:
        """What to say of the last bytes of a file, too few for a record."""
        rest = self._window
        if not rest:
            return None
        torn = self.layout.seed is None or rest[:4] == journal.MARKER[: len(rest)]
        return _Wrong("the last bytes are not a record", torn=torn)

    def _following(self, offset: int, wrong: _Wrong) -> int | None:
        """Where the next record after a damaged one begins, or None."""
        if wrong.end is not None and isinstance(self._at(wrong.end), Entry):
            return wrong.end
        for candidate in self._candidates(offset + 1):
            found = self._at(candidate)
            if isinstance(found, Entry):
                return candidate
            if isinstance(found, _Wrong) and found.end is not None:
                self._left_to_search -= found.end - candidate
            self._left_to_search -= 64
            if self._left_to_search < 0:
                return None
        return None

    def _candidates(self, offset: int) -> Iterator[int]:
        """Every place from an offset on where a record may begin."""
        pattern = _CANDIDATE if self.layout.seed is None else re.compile(re.escape(journal.MARKER))
        n_common = self.layout.header_bytes + PREFIX.size + START.size
        while window := self._read(offset, _WINDOW):
            for match in pattern.finditer(window):
                yield offset + match.start()
            if len(window) <= n_common:
                return
            offset += len(window) - n_common + 1

    def _unmeasured(self, offset: int) -> Entry | None:
        """A last record of version 1 that is whole but for its length."""
        if self.layout.seed is not None:
            return None
        data = self._read(offset, _WINDOW)
        if len(data) < PREFIX.size + START.size:
            return None
        body, crc = data[PREFIX.size :], PREFIX.unpack_from(data)[1]
        if crc32(body) != crc:
            return None
        kind, number = START.unpack_from(body)
        return Entry(offset, offset + len(data), kind, number, body, None)

    def _size(self, offset: int) -> int:
        """The size of the file, which is at least `offset`."""
        while data := self._read(offset, _WINDOW):
            offset += len(data)
        return offset
