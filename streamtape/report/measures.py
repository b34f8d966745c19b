"""Measures as lines, CSV and small plots made of text. Values in, text out."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from streamtape.metrics.measures import DEFINITIONS, ERROR_STATUS, MEASURES, StreamMetrics
from streamtape.metrics.statistics import Summary
from streamtape.printable import printable, printable_cell
from streamtape.report.lines import Line, line
from streamtape.units import count, milliseconds

_BARS = " ▁▂▃▄▅▆▇█"
_COLUMNS = ("source", "interaction", "dialect", "model", "ttfb_us", "ttfe_us", "ttft_us", "first",
            "total_us", "tpot_us", "n_bytes", "n_events", "n_output_tokens", "status")  # fmt: skip
_WIDTH = 60
_INDENT, _END = "  ", "▏"
_FIGURES = ("mean", "median", "p90", "p99")
_TABLE_WIDTH = 63


@dataclass(frozen=True, slots=True)
class Overview:
    """Many streams as a few figures. `failed` are the error statuses of those that had one."""

    n_streams: int
    n_files: int
    n_events: int
    n_bytes: int
    failed: Counter[int]
    summaries: Mapping[str, Summary | None]

    @classmethod
    def of(cls, measured: Sequence[StreamMetrics]) -> Overview:
        """The figures of streams that are in memory."""
        return cls(
            len(measured),
            len({one.source for one in measured}),
            sum(one.n_events for one in measured),
            sum(one.n_bytes for one in measured),
            failed_statuses(measured),
            {name: Summary.of([v for one in measured for v in one.values_us(name)])
             for name in MEASURES},
        )  # fmt: skip


def failed_statuses(measured: Iterable[StreamMetrics]) -> Counter[int]:
    """How many streams came with which error status."""
    return Counter(one.status for one in measured if one.status and one.status >= ERROR_STATUS)


def summary_lines(
    measured: Sequence[StreamMetrics], statuses: Iterable[int] = (), *, width: int = 100
) -> Iterator[Line]:
    """One stream in full, or many as mean, median, p90 and p99; then what each measure is.

    `statuses` are those of requests that got an error and no stream.
    """
    if len(measured) == 1:
        yield from _one(measured[0], width)
        yield from _definitions(statuses)
    else:
        yield from overview_lines(Overview.of(measured), statuses, width=width)


def overview_lines(
    overview: Overview, statuses: Iterable[int] = (), *, width: int = 100
) -> Iterator[Line]:
    """Many streams as mean, median, p90 and p99; then what each measure is."""
    counts = f"{count(overview.n_streams, 'stream')} in {count(overview.n_files, 'file')}"
    failed = overview.failed
    notes = (f", {refused_text(failed.elements())}", "bad") if failed else ""
    sizes = f": {overview.n_events:,} events, {overview.n_bytes:,} bytes"
    yield line((counts, "title"), sizes, notes)
    yield from _table(overview.summaries, width)
    yield from _definitions(statuses)


def _definitions(statuses: Iterable[int]) -> Iterator[Line]:
    if refused := refused_text(statuses):
        yield line("  ", (f"not measured: {refused}", "bad"))
    yield ()
    for name in MEASURES:
        yield line((f"  {name:<6}", "label"), (DEFINITIONS[name], "dim"))


def _one(one: StreamMetrics, width: int) -> Iterator[Line]:
    tokens = "" if one.n_output_tokens is None else f", {one.n_output_tokens:,} output tokens"
    yield line(
        (printable(one.source), "title"), f": {one.dialect}, {printable(one.model or 'no model')}"
    )
    failed = one.status is not None and one.status >= ERROR_STATUS
    status = (f", HTTP {one.status}", "bad") if failed else ""
    yield line(f"  {one.n_events:,} events, {one.n_bytes:,} bytes{tokens}", status)
    for name in ("ttfb", "ttfe", "ttft", "total", "tpot"):
        (value,) = one.values_us(name) or (None,)
        what = f" ({one.first})" if name == "ttft" and one.first else ""
        yield line((f"  {name:<6}", "label"), milliseconds(value), (what, "dim"))
    yield from _table({name: Summary.of(one.values_us(name)) for name in ("gap", "itl")}, width)


def refused_text(statuses: Iterable[int]) -> str:
    """How many requests got an error, by status: `2 requests with HTTP 401`; empty for none."""
    counts = sorted(Counter(statuses).items())
    return ", ".join(f"{count(n, 'request')} with HTTP {status}" for status, n in counts)


def _table(summaries: Mapping[str, Summary | None], width: int) -> Iterator[Line]:
    """A row a measure; where columns have no room, one that is wrapped, with its figures named."""
    fits = width >= _TABLE_WIDTH
    if fits:
        head = "".join(f"{name:>12}" for name in _FIGURES)
        yield line((f"  {'':<6}{'n':>7}{head}", "dim"))
    for name, found in summaries.items():
        label = (f"  {name:<6}", "label")
        if found is None:
            yield line(label, f"{0:>7}  " if fits else "  n 0, ", ("not known", "dim"))
            continue
        values = [milliseconds(v) for v in (found.mean, found.median, found.p90, found.p99)]
        if fits:
            yield line(label, f"{found.n:>7}", "".join(f"{value:>12}" for value in values))
        else:
            text = ", ".join(map(" ".join, zip(_FIGURES, values, strict=True)))
            yield line(label, f"  n {found.n}, {text}")


def csv_heading() -> str:
    """The first line of a table of streams."""
    return _csv_line(_COLUMNS)


def csv_row(one: StreamMetrics) -> str:
    """The line of one stream in it."""
    return _csv_line([printable_cell(getattr(one, name)) for name in _COLUMNS])


def _csv_line(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def plot_lines(one: StreamMetrics, width: int = _WIDTH) -> Iterator[Line]:
    """Events over time, the text growing, and how the gaps are spread, as bars of text.

    No bars are wider than `width` cells, however narrow; a line ends each row of them.
    """
    width = max(min(width - len(_INDENT) - len(_END), _WIDTH), 1)
    if one.ttfe_us is None or one.total_us is None:
        yield line(("  no times in this recording: nothing to plot", "dim"))
        return
    at = list(accumulate(one.gaps_us, initial=one.ttfe_us))
    yield line(
        ("  events over time", "label"),
        (f"  0 to {milliseconds(one.total_us, 'not known')}", "dim"),
    )
    yield line(_INDENT, _bars(at, 0, max(one.total_us, 1), width), (_END, "dim"))
    if one.text:
        yield line(("  text growing", "label"), (f"  0 to {one.text[-1][1]:,} characters", "dim"))
        yield line(_INDENT, _growth(one, one.total_us, width), (_END, "dim"))
    if one.gaps_us:
        most = max(one.gaps_us)
        yield line(
            ("  gaps by length", "label"), (f"  0 to {milliseconds(most, 'not known')}", "dim")
        )
        yield line(_INDENT, _bars(one.gaps_us, 0, max(most, 1), width), (_END, "dim"))


def _growth(one: StreamMetrics, total_us: int, width: int) -> str:
    """How much of the text had come by each moment, as bars."""
    whole = max(one.text[-1][1], 1)
    marks = []
    for column in range(width):
        until = (column + 1) * total_us / width
        n_chars = max((n for us, n in one.text if us <= until), default=0)
        marks.append(_BARS[-(-n_chars * (len(_BARS) - 1) // whole)])
    return "".join(marks)


def _bars(values: Sequence[float], low: float, high: float, width: int) -> str:
    counts = [0] * width
    for value in values:
        counts[max(min(int((value - low) / (high - low) * width), width - 1), 0)] += 1
    top = max(counts)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // top)] for count in counts)
