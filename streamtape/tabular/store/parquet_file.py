"""One Parquet file of one table: row groups of bounded size, and the same bytes for the same rows.

Rows come in slices, a recording each; a row group ends between two recordings, once it has enough
rows or bytes. So it does not matter in which batches the recordings were read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamtape.tabular.arrow import PURPOSE
from streamtape.tabular.extras import needed
from streamtape.tabular.reading import LONG_CELLS
from streamtape.tape.store.ordinary import create

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP_ROWS = 1 << 16
ROW_GROUP_BYTES = 4 << 20
COMPRESSION_LEVEL = 3
_CELL_BYTES = 8  # the approximate size of a short cell
_PACK = 16  # batches


class ParquetFile:
    """A file that is written row group by row group; nothing is on disk before the first one."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.n_rows = 0
        self.waiting_bytes = 0
        self._schema = schema
        self._waiting: list[pa.RecordBatch] = []  # one batch per recording
        self._packed: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._writer: Any = None
        self._file: Any = None

    def add(self, rows: pa.RecordBatch, n_bytes: int) -> None:
        """Take the rows of the next recording; `n_bytes` is about how large they are."""
        self._waiting.append(rows)
        self._waiting_rows += rows.num_rows
        self.waiting_bytes += n_bytes + rows.num_rows * rows.num_columns * _CELL_BYTES
        self.n_rows += rows.num_rows
        if self._waiting_rows >= ROW_GROUP_ROWS or self.waiting_bytes >= ROW_GROUP_BYTES:
            self.flush()
        elif len(self._waiting) >= _PACK:
            self._pack()

    def _pack(self) -> None:
        """Copy what waits into one batch: many small ones take far more memory than their cells."""
        self._packed.append(_joined(self._waiting, self._schema))
        self._waiting = []
        if len(self._packed) >= _PACK:
            self._packed = [_joined(self._packed, self._schema)]

    def flush(self) -> None:
        """Write what waits as a row group."""
        if not self._waiting_rows:
            return
        batches = [*self._packed, *self._waiting]
        self._waiting, self._packed = [], []
        rows = _joined(batches, self._schema)
        self._opened().write_batch(rows, row_group_size=self._waiting_rows)
        self._waiting_rows = self.waiting_bytes = 0

    def close(self) -> None:
        """Write the rest and the footer; a table without rows is a file with the schema alone."""
        self.flush()
        writer = self._opened()
        self._writer = None
        writer.close()
        self._file.close()

    def abandon(self) -> None:
        """Close the file as it is; who made it removes it."""
        self._waiting, self._packed = [], []
        if self._file is not None:
            self._file.close()

    def _opened(self) -> Any:
        if self._writer is None:
            pq = needed("pyarrow.parquet", PURPOSE)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(create(self.path), "wb")  # noqa: PTH123, SIM115 - a descriptor; closed by `close`
            short = [name for name in self._schema.names if name not in LONG_CELLS]
            self._writer = pq.ParquetWriter(
                self._file,
                self._schema,
                compression="zstd",
                compression_level=COMPRESSION_LEVEL,
                use_dictionary=short,
                write_statistics=short,
                write_page_index=True,
            )
        return self._writer


def _joined(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """One batch with the rows of all, in memory of its own."""
    pa = needed("pyarrow", PURPOSE)
    table = pa.Table.from_batches(batches, schema).combine_chunks()
    (batch,) = table.to_batches()
    return batch
