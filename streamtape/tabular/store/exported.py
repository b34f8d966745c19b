"""Tables that were exported, opened again: folders and Parquet files, as Arrow datasets.

Only what streamtape exported is taken: a file says in its metadata which table it holds, and by
which version of the schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamtape.errors import CassetteError, CassetteNotFoundError, UsageError
from streamtape.stores.urls import is_url, without_credentials
from streamtape.tabular.arrow import PURPOSE, arrow_schema
from streamtape.tabular.extras import needed
from streamtape.tabular.schema import TABLES, VERSION
from streamtape.tabular.store.export import is_export
from streamtape.tape.store.disk import path_of, reason
from streamtape.tape.store.nearest import missing

if TYPE_CHECKING:
    import pyarrow.dataset as ds

SUFFIX = ".parquet"


def is_exported(name: str) -> bool:
    """Whether a name is that of exported tables, and not of recordings."""
    return name.lower().endswith(SUFFIX) or (Path(name).is_dir() and is_export(Path(name)))


def datasets(names: Iterable[str]) -> dict[str, ds.Dataset]:
    """The tables of exported files and folders, each as one dataset, read when it is used.

    A table that none of them holds is missing. CassetteError for a file that can't be read or is
    none of ours.
    """
    module = needed("pyarrow.dataset", PURPOSE)
    found: dict[str, list[Any]] = {}
    for name in names:
        if is_url(name):
            raise UsageError(
                f"{without_credentials(name)!r}: exported tables are read from this machine; copy "
                "them here first, or name the recordings"
            )
        for table, files in _files(path_of(name)).items():
            found.setdefault(table, []).append(_dataset(table, files))
    return {
        table: module.dataset(found[table]) if len(found[table]) > 1 else found[table][0]
        for table in TABLES
        if table in found
    }


def _files(path: Path) -> dict[str, list[Path]]:
    """The files of each table of an export."""
    if not path.exists():
        raise CassetteNotFoundError(missing(path), path=path)
    if path.is_dir():
        tables = {table: sorted((path / table).rglob(f"*{SUFFIX}")) for table in TABLES}
        return {table: files for table, files in tables.items() if files}
    return {_table_of(path): [path]}


def _table_of(path: Path) -> str:
    """Which table a Parquet file holds, by its own word."""
    pq = needed("pyarrow.parquet", PURPOSE)
    pa = needed("pyarrow", PURPOSE)
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowException, OSError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise CassetteError(f"cannot read {str(path)!r}: {why}", path=path) from None
    table: str = metadata.get(b"streamtape.table", b"").decode("utf-8", "replace")
    version = metadata.get(b"streamtape.schema_version", b"").decode("ascii", "replace")
    if table not in TABLES or not version.isdigit():
        raise CassetteError(
            f"{str(path)!r} is a Parquet file that streamtape did not export", path=path
        )
    if int(version) > VERSION:
        raise CassetteError(
            f"{str(path)!r} was exported by a later streamtape (schema {version}; this one reads "
            f"{VERSION}): update streamtape, or export it again",
            path=path,
        )
    return table


def _dataset(table: str, files: list[Path]) -> ds.Dataset:
    """One table's files as a dataset; the date may be in the names of folders."""
    module = needed("pyarrow.dataset", PURPOSE)
    pa = needed("pyarrow", PURPOSE)
    schema = arrow_schema(table)
    hive = module.partitioning(pa.schema([schema.field("date")]), flavor="hive")
    try:
        return module.dataset(
            [str(path) for path in files], schema=schema, partitioning=hive, format="parquet"
        )
    except (pa.ArrowException, OSError) as error:
        raise CassetteError(f"cannot read {str(files[0])!r}: {error}", path=files[0]) from None


def check_names(names: Iterable[str]) -> bool:
    """Whether the names are all of exported tables; UsageError where only some are."""
    kinds = {is_exported(name) for name in names}
    if len(kinds) > 1:
        raise UsageError("recordings and exported tables can't be mixed: name one kind of them")
    return kinds == {True}
