"""Turns recordings into batches of rows: the work of one worker."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from streamtape.analysis.streams import Source, open_or_explain
from streamtape.errors import UsageError
from streamtape.secrets.scanner import default_search
from streamtape.secrets.split import splits
from streamtape.tabular.arrow import record_batch
from streamtape.tabular.rows import InteractionRows, Row
from streamtape.tabular.schema import TABLES
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.redact import Redactor
from streamtape.tape.scanning import mask

if TYPE_CHECKING:
    import pyarrow as pa

LONG_CELLS = ("payload", "text", "arguments")
_OF_THE_WIRE = frozenset({"chunks", "messages"})  # tables that hold nothing of what is said
_redactor = Redactor()


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What became of one recording: how many interactions it has, or why it can't be read.

    `sizes` are the rows that it gave, and about how many bytes, by table.
    """

    name: str
    interactions: int = 0
    error: str = ""
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extract:
    """The rows of some recordings, by table, in their order, and what became of each file."""

    batches: dict[str, pa.RecordBatch]
    files: tuple[ReadFile, ...]


@collector_paused()
def extract(sources: Sequence[Source], *, tables: Sequence[str], first: int = 0) -> Extract:
    """Read some recordings; one that can't be read gives no rows, and says why.

    One without a path is called by its place among all sources (`#0`); `first` is that of the
    first one here.
    """
    rows: dict[str, list[Row]] = {table: [] for table in tables}
    files = []
    for number, source in enumerate(sources, first):
        name, interactions, error = open_or_explain(source, f"#{number}")
        if error:
            files.append(ReadFile(name, error=error))
            continue
        found = _rows(name, interactions, tables)
        for table, new in found.items():
            rows[table] += new
        sizes = {table: (len(new), _n_bytes(table, new)) for table, new in found.items()}
        files.append(ReadFile(name, len(interactions), sizes=sizes))
    batches = {table: record_batch(table, found) for table, found in rows.items()}
    return Extract(batches, tuple(files))


def chosen_tables(names: Iterable[str]) -> tuple[str, ...]:
    """The tables of some names, each once, in the schema's order; all where none is named."""
    chosen = set(names)
    for name in sorted(chosen):
        if name not in TABLES:
            raise UsageError(f"unknown table {name!r}; tables: {', '.join(TABLES)}")
    return tuple(name for name in TABLES if name in chosen or not chosen)


def _rows(
    name: str, interactions: Sequence[Interaction], tables: Collection[str]
) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {table: [] for table in tables}
    for number, interaction in enumerate(interactions):
        one = _without_secrets(name, number, interaction, tables)
        for table, found in one.of(tables).items():
            rows[table] += found
    return rows


def _without_secrets(
    name: str, number: int, interaction: Interaction, tables: Collection[str]
) -> InteractionRows:
    """The rows of an interaction; a secret that its stream spells out in pieces is masked."""
    interaction = _with_masked_address(interaction)
    rows = InteractionRows(name, number, interaction)
    if _OF_THE_WIRE.issuperset(tables):
        return rows
    search = default_search()
    text = "\n".join(rows.texts_spelled())
    if text:
        spelled = bool(search.find(text.encode("utf-8", "surrogatepass")))
    else:
        spelled = next(splits(rows.parsed.content, search), None) is not None
    if not spelled:
        return rows
    return InteractionRows(name, number, mask(Cassette((interaction,)))[0])


def _with_masked_address(interaction: Interaction) -> Interaction:
    request = interaction.request
    masked, found = _redactor.redact_request(replace(request, headers=(), body=b""))
    if not found:
        return interaction
    return replace(interaction, request=replace(request, url=masked.url))


def _n_bytes(table: str, rows: Sequence[Row]) -> int:
    """About how large the rows are: what their long cells hold."""
    locations = [n for n, column in enumerate(TABLES[table]) if column.name in LONG_CELLS]
    return sum(len(row[n]) for row in rows for n in locations)
