"""`streamtape.tables`: recordings as Arrow tables, by name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from streamtape.analysis.streams import Source
from streamtape.errors import CassetteError, UsageError
from streamtape.stores.recordings import recordings
from streamtape.tabular.arrow import PURPOSE, arrow_schema
from streamtape.tabular.extras import needed
from streamtape.tabular.reading import chosen_tables, extract
from streamtape.tabular.store.exported import check_names, datasets
from streamtape.tape.model import Cassette, Interaction

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 64


class Tables(Mapping[str, "pa.Table"]):
    """Arrow tables by name: `tables["events"]`. All of them are made when the first one is used."""

    def __init__(self, sources: list[Source], names: tuple[str, ...], *, exported: bool) -> None:
        self._sources = sources
        self._names = names
        self._exported = exported
        self._made: dict[str, pa.Table] = {}

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._names:
            raise KeyError(name)
        if not self._made:
            self._made = self._read() if self._exported else self._extracted()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<{', '.join(self._names)} of {len(self._sources):,} sources>"

    def _read(self) -> dict[str, pa.Table]:
        found = datasets([os.fspath(name) for name in self._sources])  # type: ignore[arg-type]  # names alone are exported
        return {
            name: found[name].to_table() if name in found else arrow_schema(name).empty_table()
            for name in self._names
        }

    def _extracted(self) -> dict[str, pa.Table]:
        pa = needed("pyarrow", PURPOSE)
        batches: dict[str, list[Any]] = {name: [] for name in self._names}
        for at in range(0, len(self._sources), _BATCH):
            found = extract(self._sources[at : at + _BATCH], tables=self._names, first=at)
            for one in found.files:
                if one.error:
                    raise CassetteError(one.error, path=one.name)
            for name, batch in found.batches.items():
                batches[name].append(batch)
        return {
            name: pa.Table.from_batches(found, arrow_schema(name))
            for name, found in batches.items()
        }


def tables(what: Source | Iterable[Source], *, only: Iterable[str] = ()) -> Mapping[str, pa.Table]:
    """Recordings as Arrow tables by name: interactions, events, chunks, texts, tool_calls, ...

    `what` is the path of a recording, of a folder of them, or of tables that were exported; a
    Cassette, an Interaction; or several of these. `only` names the tables that are needed, which
    saves time and memory. Columns and units: `streamtape sql --schema`. Secrets are masked.
    polars, pandas and DuckDB take the tables without copying.

    UsageError without pyarrow (extra `tables`) or for an unknown table; CassetteError, when the
    first table is used, for a recording that can't be read.
    """
    names = chosen_tables(only)
    needed("pyarrow", PURPOSE)
    given: list[Source] = (
        [what] if isinstance(what, str | os.PathLike | Cassette | Interaction) else list(what)
    )
    paths = [os.fspath(one) for one in given if isinstance(one, str | os.PathLike)]
    if len(paths) == len(given) and paths and check_names(paths):
        return Tables([*paths], names, exported=True)
    sources: list[Source] = []
    for one in given:
        if isinstance(one, str | os.PathLike):
            sources += recordings(one)
        else:
            sources.append(one)
    if paths and not sources:
        raise UsageError(f"no cassettes (*.tape) in {', '.join(map(repr, paths))}")
    return Tables(sources, names, exported=False)
