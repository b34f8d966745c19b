"""Tables that were exported, opened again: folders and Parquet files, as Arrow datasets.

Only what streamtape exported is taken: a file says in its metadata which table it holds, and by
which version of the schema. They may lie in a store.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamtape.errors import CassetteError, CassetteNotFoundError, StreamtapeError, UsageError
from streamtape.stores.local import check_ordinary
from streamtape.stores.locations import FileLocation, location_of
from streamtape.tabular.arrow import PURPOSE, arrow_schema
from streamtape.tabular.extras import needed
from streamtape.tabular.schema import TABLES, VERSION
from streamtape.tabular.store.manifest import is_export, read_manifest
from streamtape.tabular.store.store_file import dataset_in_store, opened_file
from streamtape.tape.store.disk import path_of, reason
from streamtape.tape.store.nearest import missing

if TYPE_CHECKING:
    import pyarrow.dataset as ds

SUFFIX = ".parquet"


def is_exported(name: str) -> bool:
    """Whether a name is that of exported tables, and not of recordings."""
    if name.lower().endswith(SUFFIX):
        return True
    location = location_of(name)
    if isinstance(location, Path):
        return os.path.isdir(location) and is_export(location)  # noqa: PTH112 - Path raises for long names
    return location.suffix != ".tape" and not hasattr(location.store, "tar") and is_export(location)


def check_names(names: Iterable[str]) -> bool:
    """Whether the names are all of exported tables; UsageError where only some are."""
    kinds = {is_exported(name) for name in names}
    if len(kinds) > 1:
        raise UsageError("recordings and exported tables can't be mixed: name one kind of them")
    return kinds == {True}


def datasets(names: Iterable[str]) -> dict[str, ds.Dataset]:
    """The tables of exported files and folders, each as one dataset, read when it is used.

    A table that none of them holds is missing. CassetteError for a file that can't be read or is
    none of ours.
    """
    module = needed("pyarrow.dataset", PURPOSE)
    found: dict[str, list[Any]] = {}
    for name in names:
        location = location_of(name)
        if isinstance(location, Path):
            for table, paths in _files(path_of(location)).items():
                found.setdefault(table, []).append(_dataset(table, paths))
        else:
            for table, locations in _files(location).items():
                dataset = dataset_in_store(table, locations)
                found.setdefault(table, []).append(dataset)
    return {
        table: module.dataset(found[table]) if len(found[table]) > 1 else found[table][0]
        for table in TABLES
        if table in found
    }


def _files(location: FileLocation) -> dict[str, list[Any]]:
    """The files of each table of an export."""
    if isinstance(location, Path):
        if not os.path.lexists(location):
            raise CassetteNotFoundError(missing(location), path=location)
        if location.is_dir():
            tables = {table: sorted((location / table).rglob(f"*{SUFFIX}")) for table in TABLES}
            for path in chain.from_iterable(tables.values()):
                _check_ordinary(path)
            return {table: files for table, files in tables.items() if files}
        _check_ordinary(location)
    elif location.suffix.lower() != SUFFIX:
        # In a store there may be files of an export that failed, or is on its way.
        named = read_manifest(location)
        return {
            table: [location / name for name in files] for table, files in named.items() if files
        }
    return {_table_of(location): [location]}


def _check_ordinary(path: Path) -> None:
    """CassetteError for a pipe or a device, which Arrow would wait for without end."""
    try:
        check_ordinary(path.stat(), path)
    except OSError as error:
        raise CassetteError(f"cannot read {str(path)!r}: {reason(error)}", path=path) from None


def _table_of(location: FileLocation) -> str:
    """Which table a Parquet file holds, by its own word."""
    pq = needed("pyarrow.parquet", PURPOSE)
    pa = needed("pyarrow", PURPOSE)
    shown = repr(str(location))
    try:
        source = location if isinstance(location, Path) else opened_file(location)
        metadata = pq.read_schema(source).metadata or {}
    except StreamtapeError:
        raise
    except (pa.ArrowException, OSError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise CassetteError(f"cannot read {shown}: {why}", path=str(location)) from None
    table: str = metadata.get(b"streamtape.table", b"").decode("utf-8", "replace")
    version = metadata.get(b"streamtape.schema_version", b"").decode("ascii", "replace")
    if table not in TABLES or not version.isdigit():
        raise CassetteError(
            f"{shown} is a Parquet file that streamtape did not export", path=str(location)
        )
    if int(version) > VERSION:
        raise CassetteError(
            f"{shown} was exported by a later streamtape (schema {version}; this one reads "
            f"{VERSION}): update streamtape, or export it again",
            path=str(location),
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
