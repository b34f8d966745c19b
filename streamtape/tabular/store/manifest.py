"""The manifest of an exported folder, `_streamtape.json`: what it is, and which files belong to it.

It names the files of each table with their rows, and the version of the schema.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamtape
from streamtape.errors import CassetteError
from streamtape.tabular.schema import TABLES, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamtape.stores.locations import FileLocation

MANIFEST = "_streamtape.json"
_FORMAT = "streamtape tables"


def manifest(partition_by: str, tables: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """The manifest of a folder whose tables have files with so many rows each."""
    return {
        "format": _FORMAT,
        "schema_version": VERSION,
        "streamtape": streamtape.__version__,
        "partition_by": partition_by,
        "tables": {
            table: {"rows": sum(files.values()), "files": dict(sorted(files.items()))}
            for table, files in tables.items()
        },
    }


def is_export(location: FileLocation) -> bool:
    """Whether a folder is one that we exported."""
    return (location / MANIFEST).is_file()


def read_manifest(folder: FileLocation) -> dict[str, dict[str, int]]:
    """The files of each table, with their rows.

    CassetteError for a manifest that can't be read, or that a later streamtape wrote.
    """
    location = folder / MANIFEST
    try:
        found = json.loads(location.read_bytes())
        version = int(found["schema_version"])
        tables = {
            table: {str(name): int(rows) for name, rows in found["tables"][table]["files"].items()}
            for table in TABLES
            if table in found["tables"]
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CassetteError(
            f"cannot read {str(location)!r}: it is not the manifest of an export ({error!r})",
            path=str(location),
        ) from None
    if version > VERSION:
        raise CassetteError(
            f"{str(folder)!r} was exported by a later streamtape (schema {version}; this one reads "
            f"{VERSION}): update streamtape, or export it again",
            path=str(folder),
        )
    for name in file_names(tables):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise CassetteError(
                f"cannot read {str(location)!r}: {name!r} lies outside of the export",
                path=str(location),
            )
    return tables


def file_names(tables: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """The names of all files of some tables."""
    return tuple(name for files in tables.values() for name in files)
