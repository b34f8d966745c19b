"""An export: one Parquet file of one table, or a folder of tables, written whole or not at all.

A folder has a folder a table, in it files of at most PART_ROWS rows, partitioned by the day of the
request as Hive names it (`events/date=2026-01-31/part-00000.parquet`), and `_streamtape.json`, that
says what it is. Rows are written as they come: memory does not grow with their number. Where files
go, on disk or into a store, is known to the destination.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from streamtape.errors import UsageError
from streamtape.stores.locations import location_of
from streamtape.tabular.arrow import arrow_schema
from streamtape.tabular.reading import Extract
from streamtape.tabular.store.destinations import destination
from streamtape.tabular.store.manifest import manifest
from streamtape.tabular.store.parquet_file import ParquetFile
from streamtape.tape.store.disk import writing

if TYPE_CHECKING:
    import pyarrow as pa

PartitionBy = Literal["date", "month", "none"]
PARTITIONS: tuple[PartitionBy, ...] = ("date", "month", "none")
PART_ROWS = 1 << 20
MAX_OPEN = 64  # open files; beyond this, the one idle longest is closed
IDLE_RECORDINGS = 512  # after so many without a row for it, a partition's files are closed
MAX_WAITING_BYTES = 4 << 20  # rows in memory; beyond this, the largest file writes a row group
_UNKNOWN = "__HIVE_DEFAULT_PARTITION__"  # Hive's name for NULL


class Export:
    """Takes extracts in their order and writes them; leaving the block puts all in its place.

    `target` is a file that ends with `.parquet`, for one table, or a folder, on disk or in a store.
    Leaving by an error removes what was written. UsageError where something else is there, unless
    `force`; StoreConflictError, when leaving, where another writer put something there meanwhile.
    """

    def __init__(
        self,
        target: str | os.PathLike[str],
        tables: Sequence[str],
        *,
        partition_by: PartitionBy = "date",
        force: bool = False,
    ) -> None:
        self.target = location_of(target)
        self.tables = tuple(tables)
        self.is_file = self.target.suffix.lower() == ".parquet"
        if self.is_file and len(self.tables) != 1:
            raise UsageError(
                f"{str(target)!r}: one Parquet file holds one table: choose it with --table, or "
                "name a folder for several"
            )
        self._partition_by: PartitionBy = "none" if self.is_file else partition_by
        self._destination = destination(self.target, is_file=self.is_file, force=force)
        self._open: dict[tuple[str, str], ParquetFile] = {}  # the one used last is the last
        self._n_parts: dict[tuple[str, str], int] = {}
        self._n_recordings = 0
        self._used: dict[str, int] = {}  # a partition's last recording; the latest one is the last
        self._done: dict[str, dict[str, int]] = {table: {} for table in self.tables}

    def __enter__(self) -> Self:
        self._destination.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            try:
                with writing(self.target):
                    self._finish()
                return
            except BaseException:
                self._discard()
                raise
        self._discard()

    @property
    def n_rows(self) -> dict[str, int]:
        """How many rows each table has, once it is finished."""
        return {table: sum(files.values()) for table, files in self._done.items()}

    def add(self, extract: Extract) -> None:
        """Write the rows of the next recordings."""
        with writing(self.target):
            at = dict.fromkeys(self.tables, 0)
            for one in extract.files:  # in turn, so that it does not matter how they were batched
                for table in self.tables:
                    n_rows, n_bytes = one.sizes.get(table, (0, 0))
                    if n_rows:
                        rows = extract.batches[table].slice(at[table], n_rows)
                        self._add(table, rows, n_bytes)
                        at[table] += n_rows
                self._n_recordings += 1
                self._close_idle()

    def _close_idle(self) -> None:
        """Close the files of partitions that are over: recordings mostly come in order of time."""
        while self._used:
            partition, last = next(iter(self._used.items()))
            if self._n_recordings - last <= IDLE_RECORDINGS:
                return
            del self._used[partition]
            for key in [key for key in self._open if key[1] == partition]:
                self._close(key)

    def _add(self, table: str, rows: pa.RecordBatch, n_bytes: int) -> None:
        for partition, part in _partitioned(rows, self._partition_by):
            self._used.pop(partition, None)
            self._used[partition] = self._n_recordings
            file = self._file_of(table, partition)
            file.add(part, n_bytes * part.num_rows // rows.num_rows)
            if file.n_rows >= PART_ROWS and not self.is_file:
                self._close((table, partition))
        while len(self._open) > MAX_OPEN:
            self._close(next(iter(self._open)))
        while sum(file.waiting_bytes for file in self._open.values()) > MAX_WAITING_BYTES:
            max(self._open.values(), key=lambda file: file.waiting_bytes).flush()

    def _file_of(self, table: str, partition: str) -> ParquetFile:
        key = table, partition
        file = self._open.pop(key, None)
        if file is None:
            self._n_parts[key] = self._n_parts.get(key, 0) + 1
            location = self._destination.path(self._name(key))
            schema = arrow_schema(table)
            if self._partition_by == "date":
                schema = schema.remove(schema.get_field_index("date"))
            file = ParquetFile(location, schema)
        self._open[key] = file
        return file

    def _name(self, key: tuple[str, str]) -> str:
        """The name of a partition's latest file."""
        if self.is_file:
            return self.target.name
        part = f"part-{self._n_parts[key] - 1:05}.parquet"
        return "/".join(filter(None, (*key, part)))

    def _close(self, key: tuple[str, str]) -> None:
        file = self._open.pop(key)
        file.close()
        self._done[key[0]][self._destination.keep(self._name(key))] = file.n_rows

    def _finish(self) -> None:
        for table in self.tables:
            if not any(name == table for name, _ in self._n_parts):
                self._file_of(table, "")  # the schema alone
        for key in list(self._open):
            self._close(key)
        self._destination.finish(manifest(self._partition_by, self._done))

    def _discard(self) -> None:
        for file in self._open.values():
            file.abandon()
        self._open.clear()
        self._destination.discard()


def _partitioned(
    rows: pa.RecordBatch, partition_by: PartitionBy
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The rows of each partition, by its folder's name; most recordings are of one."""
    if partition_by == "none":
        yield "", rows
        return
    days = rows.column("date").to_pylist()
    length = len("2026-01-31") if partition_by == "date" else len("2026-01")
    names = [_UNKNOWN if day is None else day.isoformat()[:length] for day in days]
    if partition_by == "date":
        rows = rows.remove_column(rows.schema.get_field_index("date"))
    for name in sorted(set(names)):
        chosen = [number for number, one in enumerate(names) if one == name]
        # A copy: a slice would hold on to all rows that it was read with, while it waits.
        yield f"{partition_by}={name}", rows.take(chosen)
