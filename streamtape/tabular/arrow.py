"""Rows as Arrow: the schema in pyarrow's terms, and record batches whose cells hold no secrets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from streamtape.tabular.extras import needed
from streamtape.tabular.rows import Row, whole_characters
from streamtape.tabular.schema import ABOUT, TABLES, VERSION, Column
from streamtape.tape.texts import masked_text

if TYPE_CHECKING:
    import pyarrow as pa

PURPOSE = "a table of recordings"
_BITS = {"int32": 31, "int64": 63}


@cache
def arrow_schema(table: str) -> pa.Schema:
    """The Arrow schema of a table; each field's metadata says what the column holds."""
    pa = needed("pyarrow", PURPOSE)
    types = {
        "timestamp": pa.timestamp("us", tz="UTC"),
        "date": pa.date32(),
        "string": pa.string(),
        "bool": pa.bool_(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "float64": pa.float64(),
    }
    fields = [
        pa.field(column.name, types[column.type], column.nullable, {"description": column.meaning})
        for column in TABLES[table]
    ]
    about = {
        "streamtape.table": table,
        "streamtape.schema_version": str(VERSION),
        "streamtape.about": ABOUT[table],
    }
    return pa.schema(fields, about)


def record_batch(table: str, rows: Sequence[Row]) -> pa.RecordBatch:
    """Rows as one record batch; secrets that stand in cells are masked, of the same length."""
    pa = needed("pyarrow", PURPOSE)
    schema = arrow_schema(table)
    cells = zip(*rows, strict=True) if rows else ((),) * len(schema)
    arrays = [
        _array(column, values, field.type)
        for column, values, field in zip(TABLES[table], cells, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(column: Column, values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    pa = needed("pyarrow", PURPOSE)
    if column.type == "string":
        values = masked_cells(values)
    try:
        return pa.array(values, type_)
    except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError, ValueError):
        fitting = _FITTING.get(column.type)  # hostile streams have numbers that fit no column
        if fitting is None:
            raise
        return pa.array([fitting(column, value) for value in values], type_)


def masked_cells(cells: Sequence[str | None]) -> Sequence[str | None]:
    """The cells without the secrets that stand in them; all are searched at once."""
    text = "\n".join("" if cell is None else cell for cell in cells)
    masked = masked_text(text)
    if masked == text:
        return cells
    ends = [0]
    for cell in cells:
        ends.append(ends[-1] + len(cell or "") + 1)
    return [
        None if cell is None else masked[start : end - 1]
        for cell, (start, end) in zip(cells, pairwise(ends), strict=True)
    ]


def _fitting_text(column: Column, value: Any) -> str | None:
    return None if value is None else whole_characters(str(value))


def _fitting_number(column: Column, value: Any) -> int | None:
    """The number if it fits the column; otherwise the value for an unknown one."""
    bits = _BITS[column.type]
    if isinstance(value, int) and -(1 << bits) <= value < 1 << bits:
        return int(value)
    return None if column.nullable else 0


_FITTING: dict[str, Callable[[Column, Any], Any]] = {
    "string": _fitting_text,
    "int32": _fitting_number,
    "int64": _fitting_number,
}
