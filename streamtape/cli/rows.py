"""Rows of a query's result as a table, JSON or CSV; JSON and CSV as they arrive."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from streamtape.cli import output
from streamtape.printable import printable_cell
from streamtape.units import count

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_SHOWN = 1000  # rows shown in a terminal
_MOST_CHARS = 60  # in a cell there
_GAP = "  "


def write_rows(batches: Iterator[pa.RecordBatch], *, as_json: bool, as_csv: bool) -> None:
    """Write the rows of batches, the first of which tells the columns."""
    first = next(batches)
    names, rows = first.schema.names, _rows(chain([first], batches))
    if as_json:
        _write_json(names, rows)
    elif as_csv:
        _write_csv(names, rows)
    else:
        _write_table(names, rows)


def _rows(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        if columns:
            yield from (tuple(map(_plain, row)) for row in zip(*columns, strict=True))


def _write_json(names: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    """A list of objects, one a line."""
    before = "["
    for row in rows:
        value = dict(zip(names, row, strict=True))
        output.write_json_text(before + json.dumps(value, ensure_ascii=False, default=str))
        before = ","
    output.write_text("]" if before == "," else "[]")


def _write_csv(names: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    for row in chain([names], rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([printable_cell(value) for value in row])
        output.write_text(line.getvalue())


def _write_table(names: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    from streamtape.report.lines import Line, line, one_line
    from streamtape.report.side_by_side import cells

    shown = list(islice(rows, _MOST_SHOWN))
    n_more = sum(1 for _ in rows)
    texts = [[one_line(_text(value), _MOST_CHARS) for value in row] for row in shown]
    heads = [one_line(name, _MOST_CHARS) for name in names]
    widths = [max(map(cells, column)) for column in zip(heads, *texts, strict=True)]
    right = [
        any(isinstance(row[n], int | float) and not isinstance(row[n], bool) for row in shown)
        for n in range(len(names))
    ]

    def aligned(row: list[str], style: str = "") -> Line:
        parts = []
        for text, width, to_right in zip(row, widths, right, strict=True):
            blanks = " " * (width - cells(text))
            parts.append(blanks + text if to_right else text + blanks)
        return line((_GAP.join(parts), style))

    output.write_lines([aligned(heads, "title"), *map(aligned, texts)])
    if n_more:
        output.note(f"and {count(n_more, 'more row')}: --csv and --json give all")


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.3f}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    """A value for JSON and CSV: times by ISO 8601, bytes in hexadecimal."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):  # what DuckDB's sums of whole numbers are
        return int(value) if value == value.to_integral_value() else float(value)
    return value
