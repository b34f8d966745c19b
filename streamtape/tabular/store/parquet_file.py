"""One Parquet file of one table: row groups of bounded size, and the same bytes for the same rows.

Rows come in slices, a recording each; a row group ends between two recordings, once it has enough
rows or bytes. So it does not matter in which batches the recordings were read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamtape.tabular.arrow import PURPOSE
from streamtape.tabular.extras import needed
from streamtape.tabular.reading import LONG_CELLS
from streamtape.tape.store.ordinary import create

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP_ROWS = 1 << 16
ROW_GROUP_BYTES = 32 << 20
COMPRESSION_LEVEL = 3


class ParquetFile:
    """A file that is written row group by row group; nothing is on disk before the first one."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.n_rows = 0
        self.waiting_bytes = 0
        self._schema = schema
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._writer: Any = None
        self._file: Any = None

    def add(self, rows: pa.RecordBatch, n_bytes: int) -> None:
        """Take the rows of the next recording; `n_bytes` is about how large they are."""
        self._waiting.append(rows)
        self._waiting_rows += rows.num_rows
        self.waiting_bytes += n_bytes
        self.n_rows += rows.num_rows
        if self._waiting_rows >= ROW_GROUP_ROWS or self.waiting_bytes >= ROW_GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits as a row group."""
        if not self._waiting:
            return
        pa = needed("pyarrow", PURPOSE)
        table = pa.Table.from_batches(self._waiting, self._schema).combine_chunks()
        self._opened().write_table(table, row_group_size=max(self._waiting_rows, 1))
        self._waiting, self._waiting_rows, self.waiting_bytes = [], 0, 0

    def close(self) -> None:
        """Write the rest and the footer; a table without rows is a file with the schema alone."""
        self.flush()
        writer = self._opened()
        self._writer = None
        writer.close()
        self._file.close()

    def abandon(self) -> None:
        """Close the file as it is; who made it removes it."""
        self._waiting = []
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
