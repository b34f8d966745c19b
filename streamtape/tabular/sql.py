"""SQL over tables, by DuckDB: locked, so that a query reads these tables and nothing else.

DuckDB sees Arrow datasets and opens no file itself. What a query might reach beyond them (files,
the network, extensions, settings) is off and can't be switched on by the query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from streamtape.errors import UsageError
from streamtape.tabular.extras import needed
from streamtape.tabular.schema import TABLES, names_of
from streamtape.tape.texts import masked_text

if TYPE_CHECKING:
    import pyarrow as pa

PURPOSE = "SQL over recordings"
_LOCKED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_ROWS_AT_A_TIME = 10_000
_EXCERPT = re.compile(
    r"(?P<before>^LINE \d+: (?:\.\.\.)?)(?P<shown>.*?)(?P<after>(?:\.\.\.)?$)", re.MULTILINE
)


@contextmanager
def opened(
    tables: Mapping[str, Any],
    *,
    spill_folder: str,
    allow_files: bool = False,
    prepare: Callable[[Any], None] | None = None,
) -> Iterator[Any]:
    """A connection of DuckDB that has the tables as views, and their times in UTC.

    `tables` are Arrow tables or datasets, by name; `prepare` may add views of its own. What does
    not fit in memory is written to `spill_folder`, which is the caller's. With `allow_files`,
    queries may read and write files.
    """
    duckdb = needed("duckdb", PURPOSE)
    settings = {} if allow_files else _LOCKED
    connection = duckdb.connect(
        ":memory:",
        config={**settings, "temp_directory": spill_folder, "python_enable_replacements": "false"},
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        for name, table in tables.items():
            connection.register(name, table)
        if prepare is not None:
            prepare(connection)
        if not allow_files:
            connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def batches(connection: Any, query: str) -> Iterator[pa.RecordBatch]:
    """The rows of a query's answer, in Arrow batches; the first one is there even without rows.

    UsageError with DuckDB's message, and with the tables and columns that there are, for a query
    that it refuses.
    """
    duckdb = needed("duckdb", PURPOSE)
    pa = needed("pyarrow", PURPOSE)
    try:
        answer = connection.sql(query)
        if answer is None:
            raise UsageError("the query returns no rows: write a SELECT")
        read = getattr(answer, "to_arrow_reader", None) or answer.fetch_arrow_reader
        reader = read(_ROWS_AT_A_TIME)
        yield pa.RecordBatch.from_pylist([], schema=reader.schema)
        yield from reader
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        message = _without_secrets(str(error).strip(), query)
        raise UsageError("\n\n".join([message, *_ways_out(error)])) from error


def _without_secrets(message: str, query: str) -> str:
    """A message of DuckDB's, in which the line of the query is cut: maybe within a secret."""
    shown, safe = query.expandtabs(1), masked_text(query)

    def excerpt(found: re.Match[str]) -> str:
        at = shown.find(found["shown"])
        if at < 0:
            return found[0]
        return found["before"] + safe[at : at + len(found["shown"])] + found["after"]

    return masked_text(_EXCERPT.sub(excerpt, message))


def _ways_out(error: Exception) -> Iterator[str]:
    duckdb = needed("duckdb", PURPOSE)
    if isinstance(error, duckdb.PermissionException):
        yield "A query reads the tables and nothing else; --allow-files lets it reach other files."
    elif isinstance(
        error, duckdb.CatalogException | duckdb.BinderException | duckdb.ParserException
    ):
        yield known_columns()


def known_columns() -> str:
    """The tables and their columns, a line each."""
    lines = (f"  {table}: {', '.join(names_of(columns))}" for table, columns in TABLES.items())
    return "\n".join(["Tables and their columns (streamtape sql --schema says more):", *lines])
