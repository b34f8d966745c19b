"""The tables of recordings, by way of the cache: what changed is read, the rest is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamtape.errors import CassetteWriteError
from streamtape.tabular.arrow import PURPOSE
from streamtape.tabular.extras import needed
from streamtape.tabular.reading import Extract
from streamtape.tabular.rows import whole_characters
from streamtape.tabular.schema import TABLES
from streamtape.tabular.store import cache

if TYPE_CHECKING:
    import pyarrow as pa

# Reads some recordings: their extracts, in order.
Read = Callable[[Sequence[Any]], Iterator[Extract]]
# A segment, and what the recordings are called that are needed of it, by their number there.
Part = tuple[cache.Segment, dict[str, str]]


class Cached:
    """Some recordings in the segments of a cache.

    `unreadable` are those that can't be read, and why; `n_read` is how many were read just now.
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.unreadable: dict[str, str] = {}
        self.n_read = 0

    def register(self, connection: Any) -> None:
        """Give a connection of DuckDB the tables, as views over all segments."""
        for number, (segment, names) in enumerate(self.parts):
            connection.register(f"_names_{number}", _names(names))
            for table in TABLES:
                connection.register(f"_{table}_{number}", segment.dataset(table))
        for table in TABLES:
            rows = " UNION ALL ".join(
                f"SELECT n.name AS recording, t.* EXCLUDE (recording) FROM _{table}_{number} t "  # noqa: S608 - names of ours
                f"JOIN _names_{number} n ON t.recording = n.number"
                for number in range(len(self.parts))
            )
            connection.execute(f"CREATE VIEW {table} AS {rows}")


def _names(names: dict[str, str]) -> pa.Table:
    pa = needed("pyarrow", PURPOSE)
    # The names of files need not be UTF-8.
    columns = {"number": list(names), "name": list(map(whole_characters, names.values()))}
    return pa.table(columns, pa.schema([(name, pa.string()) for name in columns]))


def cached(sources: Iterable[Any], read: Read, folder: Path, spare: Path) -> Cached:
    """The recordings, by their paths, in a cache; those that it has not are read first.

    `spare` is a folder of this run, for where the cache can't be written.
    """
    found = Cached()
    known: dict[str, tuple[cache.Segment, str]] = {}
    for segment in cache.segments(folder):
        for digest, number in segment.numbers.items():
            known.setdefault(digest, (segment, str(number)))
    parts: dict[Path, Part] = {}
    missing: list[tuple[str, Any]] = []
    for source in sources:
        digest = cache.digest_of(source) or ""
        if digest in known:
            segment, place = known[digest]
            parts.setdefault(segment.folder, (segment, {}))[1][place] = str(source)
        else:
            missing.append((digest, source))
    found.parts = list(parts.values())
    if missing or not found.parts:
        found.parts.append(_read(found, missing, read, _new_segment(folder, spare)))
    if len(found.parts) > cache.MAX_SEGMENTS:
        found.parts = [_joined(found.parts, _new_segment(folder, spare))]
    for segment, _ in found.parts:
        cache.use(segment)
    cache.prune(folder, [segment for segment, _ in found.parts])
    return found


def _read(
    found: Cached, missing: Sequence[tuple[str, Any]], read: Read, new: cache.NewSegment
) -> Part:
    """A new segment of what the cache has not. What can't be read is looked at every time."""
    names: dict[str, str] = {}
    digests = iter([digest for digest, _ in missing])
    with new:
        for extract in read([source for _, source in missing]):
            pairs = [(next(digests), one) for one in extract.files]
            new.add(extract, ["" if one.error else digest for digest, one in pairs])
            for one in extract.files:
                names[str(len(names))] = one.name
                if one.error:
                    found.unreadable[one.name] = one.error
    found.n_read = len(names)
    return new.segment, names


def _joined(parts: Sequence[Part], new: cache.NewSegment) -> Part:
    """One segment of many, so that queries stay fast after many small changes."""
    names: dict[str, str] = {}
    with new:
        for segment, called in parts:
            kept = {d: called[str(n)] for d, n in segment.numbers.items() if str(n) in called}
            for name in kept.values():
                names[str(len(names))] = name
            new.take(segment, kept)
    return new.segment, names


def _new_segment(folder: Path, spare: Path) -> cache.NewSegment:
    try:
        return cache.NewSegment(folder)
    except CassetteWriteError:
        return cache.NewSegment(spare)
