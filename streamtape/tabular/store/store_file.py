"""Parquet files in stores, as Arrow reads them: only the parts that a query needs.

A file is opened when the first of its bytes is needed, so a table that no query names costs
nothing.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from streamtape.tabular.arrow import PURPOSE, arrow_schema
from streamtape.tabular.extras import needed

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds

    from streamtape.stores.local import Fetch
    from streamtape.stores.store_path import StorePath

_DAY = re.compile(r"/date=(?:(\d{4}-\d{2}-\d{2})|__HIVE_DEFAULT_PARTITION__)/")


class StoreFile:
    """The bytes of a name in a store as an open file: what `pyarrow.PythonFile` takes."""

    def __init__(self, location: StorePath) -> None:
        self._place = location
        self._at = 0
        self.closed = False

    @cached_property
    def _n_bytes(self) -> int:
        n_bytes = self._place.entry().n_bytes
        return len(self._place.read_bytes()) if n_bytes is None else n_bytes

    @cached_property
    def _fetch(self) -> Fetch:
        return self._place.ranges()

    def read(self, n_bytes: int = -1) -> bytes:
        """The next bytes, all of them by default."""
        left = max(0, self._n_bytes - self._at)
        n_read = left if n_bytes < 0 else min(n_bytes, left)
        found = self._fetch(self._at, n_read) if n_read else b""
        self._at += len(found)
        return found

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; gives it, from the beginning."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        self._at = max(0, offset + (self._n_bytes if base is None else base))
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


def opened_file(location: StorePath) -> pa.PythonFile:
    """A file of a store for Arrow; nothing is read yet."""
    return needed("pyarrow", PURPOSE).PythonFile(StoreFile(location), mode="r")


def dataset_in_store(table: str, locations: Sequence[StorePath]) -> ds.Dataset:
    """One table's files in a store as a dataset; the date may be in the names of folders."""
    module = needed("pyarrow.dataset", PURPOSE)
    parquet = module.ParquetFileFormat()
    fragments: list[Any] = [
        parquet.make_fragment(opened_file(location), partition_expression=_partition(location))
        for location in locations
    ]
    return module.FileSystemDataset(fragments, arrow_schema(table), parquet)


def _partition(location: StorePath) -> Any:
    """What holds for all rows of a file, by the names of its folders; None: nothing is known."""
    module = needed("pyarrow.dataset", PURPOSE)
    found = _DAY.search(f"/{location.key}")
    if found is None:
        return None
    if found[1] is None:
        return module.field("date").is_null()
    return module.field("date") == module.scalar(datetime.date.fromisoformat(found[1]))
