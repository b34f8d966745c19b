"""What `streamtape sql` has read of recordings, kept as Parquet, so that only changes are read.

A segment is a folder with the rows of some recordings and an index of what they were read from: a
digest of path, size and time of the last change (of what is in a store: its version), for each. A
recording that changed has another digest, so nothing old is ever taken for new; another version of
the schema or of streamtape has segments of its own. In a segment a recording is called by its
number; its name is not kept, and rows hold no secrets. Segments are written beside their place and
renamed, and only this user may read them. The ones that were idle longest go where all are more
than LIMIT_BYTES together. STREAMTAPE_CACHE names another folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import streamtape
from streamtape.tabular.arrow import PURPOSE, arrow_schema
from streamtape.tabular.extras import needed
from streamtape.tabular.reading import Extract
from streamtape.tabular.schema import TABLES, VERSION
from streamtape.tabular.store.parquet_file import ParquetFile
from streamtape.tape.store.disk import writing

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds

LIMIT_BYTES = 4 << 30
MAX_SEGMENTS = 16  # that one query reads; beyond this, they are joined
_INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment that is there: `numbers` are those of its recordings, by digest."""

    folder: Path
    numbers: Mapping[str, int] = field(repr=False)

    def dataset(self, table: str) -> ds.Dataset:
        """One table of it; `recording` holds numbers."""
        module = needed("pyarrow.dataset", PURPOSE)
        return module.dataset(
            self.folder / f"{table}.parquet", schema=arrow_schema(table), format="parquet"
        )


def cache_folder() -> Path:
    """Where the segments of this version lie."""
    if named := os.environ.get("STREAMTAPE_CACHE"):
        base = Path(named)
    else:
        from platformdirs import user_cache_path

        base = user_cache_path("streamtape", appauthor=False)
    return base / "tables" / f"{VERSION}-{streamtape.__version__}"


def digest_of(source: str | os.PathLike[str]) -> str | None:
    """What tells a recording from what it was before; None where nothing does."""
    if hasattr(source, "entry"):  # a path in a store
        entry = source.entry()
        known = f"{os.fspath(source)}\0{entry.version}" if entry.version else None
    else:
        try:
            found = Path(source).stat()
        except OSError:
            return None
        path = os.path.abspath(source)  # noqa: PTH100 - links stay as they are named
        known = f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ino}"
    if known is None:
        return None
    return hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def segments(folder: Path) -> Iterator[Segment]:
    """The segments of a cache, those that were used last first; a damaged one is removed."""
    try:
        found = sorted(folder.glob(f"*/{_INDEX}"), key=lambda path: -path.stat().st_mtime_ns)
    except OSError:
        return
    for path in found:
        if path.parent.name.endswith(".new"):
            continue
        try:
            digests = json.loads(path.read_bytes())
            for table in TABLES:
                _check_whole(path.parent / f"{table}.parquet")
        except (OSError, ValueError):
            shutil.rmtree(path.parent, ignore_errors=True)
            continue
        yield _segment(path.parent, digests)


def _segment(folder: Path, digests: Sequence[str]) -> Segment:
    return Segment(folder, {digest: n for n, digest in enumerate(digests) if digest})


def _check_whole(path: Path) -> None:
    """ValueError (pyarrow's are) or OSError for a file whose footer can't be read."""
    needed("pyarrow.parquet", PURPOSE).read_metadata(path)


def use(segment: Segment) -> None:
    """Note that a segment was used."""
    with contextlib.suppress(OSError):
        os.utime(segment.folder / _INDEX)


class NewSegment:
    """Writes a segment: leaving the block puts it in its place, or by an error removes it."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / os.urandom(8).hex()
        self._new = self._place.with_name(f"{self._place.name}.new")
        with writing(self._new):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._new.mkdir(mode=0o700)
        self._files = {
            table: ParquetFile(self._new / f"{table}.parquet", arrow_schema(table))
            for table in TABLES
        }
        self._digests: list[str] = []

    def add(self, extract: Extract, digests: Sequence[str]) -> None:
        """Write the rows of the next recordings, each with its digest; "": is not to be found."""
        first = len(self._digests)
        self._digests += digests
        with writing(self._new):
            for table in TABLES:
                sizes = [one.sizes.get(table, (0, 0)) for one in extract.files]
                numbers = [
                    str(first + n) for n, (n_rows, _) in enumerate(sizes) for _ in range(n_rows)
                ]
                if numbers:
                    rows = _renamed(extract.batches[table], numbers)
                    self._files[table].add(rows, sum(n_bytes for _, n_bytes in sizes))

    def take(self, segment: Segment, digests: Iterable[str]) -> None:
        """Copy the rows of some recordings of another segment."""
        pc = needed("pyarrow.compute", PURPOSE)
        pa = needed("pyarrow", PURPOSE)
        moved = {}
        for digest in digests:
            moved[str(segment.numbers[digest])] = str(len(self._digests))
            self._digests.append(digest)
        old, new = pa.array(list(moved)), pa.array(list(moved.values()))
        for table in TABLES:
            kept = segment.dataset(table).to_batches(filter=pc.field("recording").isin(old))
            for rows in kept:
                if rows.num_rows:
                    numbers = new.take(pc.index_in(rows.column("recording"), old))
                    self._files[table].add(_renamed(rows, numbers), rows.nbytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            with writing(self._new):
                for file in self._files.values():
                    file.close()
                (self._new / _INDEX).write_text(json.dumps(self._digests))
                self._new.replace(self._place)
            return
        for file in self._files.values():
            file.abandon()
        shutil.rmtree(self._new, ignore_errors=True)

    @property
    def segment(self) -> Segment:
        """What was written, once the block was left."""
        return _segment(self._place, self._digests)


def _renamed(rows: pa.RecordBatch, recordings: Any) -> pa.RecordBatch:
    pa = needed("pyarrow", PURPOSE)
    return rows.set_column(0, rows.schema.field(0), pa.array(recordings, pa.string()))


def prune(folder: Path, keep: Iterable[Segment], limit_bytes: int | None = None) -> None:
    """Remove the segments that were idle longest until the rest is small enough.

    Those of other versions go first; those in `keep` stay.
    """
    limit = LIMIT_BYTES if limit_bytes is None else limit_bytes
    kept = {segment.folder for segment in keep}
    left = sum(map(_size, kept))
    others = [path for path in folder.parent.glob("*/*") if path.is_dir() and path not in kept]
    for path in sorted(others, key=lambda path: (path.parent != folder, -_used_at(path))):
        left += _size(path)
        if left > limit:
            shutil.rmtree(path, ignore_errors=True)


def _size(folder: Path) -> int:
    with contextlib.suppress(OSError):
        return sum(path.stat().st_size for path in folder.iterdir())
    return 0


def _used_at(folder: Path) -> float:
    with contextlib.suppress(OSError):
        return (folder / _INDEX).stat().st_mtime
    return 0.0
