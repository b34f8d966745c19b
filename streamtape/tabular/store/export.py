"""An export: one Parquet file of one table, or a folder of tables, written whole or not at all.

A folder has a folder a table, in it files of at most PART_ROWS rows, partitioned by the day of the
request as Hive names it (`events/date=2026-01-31/part-00000.parquet`), and `_streamtape.json`, that
says what it is. All is written beside its place and renamed at the end. Rows are written as they
come: memory does not grow with their number.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import streamtape
from streamtape.errors import UsageError
from streamtape.stores.urls import is_url, without_credentials
from streamtape.tabular.arrow import arrow_schema
from streamtape.tabular.reading import Extract
from streamtape.tabular.schema import VERSION
from streamtape.tabular.store.parquet_file import ParquetFile
from streamtape.tape.store.disk import make_folder, writing
from streamtape.tape.store.ordinary import check_no_link

if TYPE_CHECKING:
    import pyarrow as pa

PartitionBy = Literal["date", "month", "none"]
PARTITIONS: tuple[PartitionBy, ...] = ("date", "month", "none")
MANIFEST = "_streamtape.json"
PART_ROWS = 1 << 20
MAX_OPEN = 64  # files; of more partitions, the one that was idle longest is closed
MAX_WAITING_BYTES = 64 << 20
_UNKNOWN = "__HIVE_DEFAULT_PARTITION__"  # Hive's name for NULL


class Export:
    """Takes extracts in their order and writes them; leaving the block puts all in its place.

    `target` is a file that ends with `.parquet`, for one table, or a folder. Leaving by an error
    removes what was written. UsageError where something else is there, unless `force`.
    """

    def __init__(
        self,
        target: str | os.PathLike[str],
        tables: Sequence[str],
        *,
        partition_by: PartitionBy = "date",
        force: bool = False,
    ) -> None:
        if is_url(os.fspath(target)):
            raise UsageError(
                f"{without_credentials(os.fspath(target))!r}: tables are written to this machine; "
                "name a file or a folder, and copy it"
            )
        self.target = Path(target)
        self.tables = tuple(tables)
        self.is_file = self.target.suffix.lower() == ".parquet"
        if self.is_file and len(self.tables) != 1:
            raise UsageError(
                f"{str(target)!r}: one Parquet file holds one table: choose it with --table, or "
                "name a folder for several"
            )
        self._partition_by: PartitionBy = "none" if self.is_file else partition_by
        _check_replaceable(self.target, is_file=self.is_file, force=force)
        self._new = self.target.with_name(f"{self.target.name[:200]}.{os.urandom(4).hex()}.new")
        self._open: dict[tuple[str, str], ParquetFile] = {}  # the one used last is the last
        self._n_parts: dict[tuple[str, str], int] = {}
        self._done: dict[str, dict[str, int]] = {table: {} for table in self.tables}

    def __enter__(self) -> Self:
        make_folder(self.target)
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
            for table in self.tables:
                at = 0
                for one in extract.files:
                    n_rows, n_bytes = one.sizes.get(table, (0, 0))
                    if n_rows:
                        self._add(table, extract.batches[table].slice(at, n_rows), n_bytes)
                        at += n_rows

    def _add(self, table: str, rows: pa.RecordBatch, n_bytes: int) -> None:
        for partition, part in _partitioned(rows, self._partition_by):
            file = self._file_of(table, partition)
            file.add(part, n_bytes * part.num_rows // rows.num_rows)
            if file.n_rows >= PART_ROWS and not self.is_file:
                self._close((table, partition))
        while len(self._open) > MAX_OPEN or (
            sum(file.waiting_bytes for file in self._open.values()) > MAX_WAITING_BYTES
        ):
            self._close(next(iter(self._open)))

    def _file_of(self, table: str, partition: str) -> ParquetFile:
        key = table, partition
        file = self._open.pop(key, None)
        if file is None:
            number = self._n_parts.get(key, 0)
            self._n_parts[key] = number + 1
            place = self._new
            if not self.is_file:
                place = self._new / table / partition / f"part-{number:05}.parquet"
            schema = arrow_schema(table)
            if self._partition_by == "date":
                schema = schema.remove(schema.get_field_index("date"))
            file = ParquetFile(place, schema)
        self._open[key] = file
        return file

    def _close(self, key: tuple[str, str]) -> None:
        file = self._open.pop(key)
        file.close()
        name = self.target.name
        if not self.is_file:
            name = file.path.relative_to(self._new).as_posix()
        self._done[key[0]][name] = file.n_rows

    def _finish(self) -> None:
        for table in self.tables:
            if not any(name == table for name, _ in self._n_parts):
                self._file_of(table, "")  # the schema alone
        for key in list(self._open):
            self._close(key)
        if self.is_file:
            check_no_link(self.target)
            self._new.replace(self.target)
            return
        (self._new / MANIFEST).write_text(json.dumps(self._manifest(), indent=1) + "\n")
        _put_folder(self._new, self.target)

    def _manifest(self) -> dict[str, Any]:
        return {
            "format": "streamtape tables",
            "schema_version": VERSION,
            "streamtape": streamtape.__version__,
            "partition_by": self._partition_by,
            "tables": {
                table: {"rows": sum(files.values()), "files": dict(sorted(files.items()))}
                for table, files in self._done.items()
            },
        }

    def _discard(self) -> None:
        for file in self._open.values():
            file.abandon()
        self._open.clear()
        if self._new.is_dir():
            shutil.rmtree(self._new, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._new.unlink(missing_ok=True)


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


def is_export(path: Path) -> bool:
    """Whether a folder is one that we exported."""
    return (path / MANIFEST).is_file()


def _check_replaceable(target: Path, *, is_file: bool, force: bool) -> None:
    if not os.path.lexists(target):
        return
    if target.is_dir() and not is_file:
        if not any(target.iterdir()) or (is_export(target) and force):
            return
        if not is_export(target):
            raise UsageError(
                f"{str(target)!r} is a folder that streamtape did not export: choose another name"
            )
    if is_file and target.is_dir():
        raise UsageError(f"{str(target)!r} is a folder: name a file *.parquet, or another folder")
    if not is_file and target.is_file():
        raise UsageError(f"{str(target)!r} is a file: name a folder, or a file *.parquet")
    if is_file and force:
        with writing(target):
            check_no_link(target)
        return
    raise UsageError(f"{str(target)!r} exists already; --force replaces it")


def _put_folder(new: Path, target: Path) -> None:
    """Put a folder in its place; the one that was there is removed once it is."""
    if not target.exists():
        new.replace(target)
        return
    old = new.with_suffix(".old")
    target.replace(old)
    try:
        new.replace(target)
    except BaseException:
        old.replace(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
