"""Plots as PNG or SVG, by matplotlib (the extra `plot`).

A few streams are drawn separately: arrival, the text growing, gaps. Many are drawn as
distributions, by folder or by model: a box a group for each measure (the box holds the middle half,
its line is the median, whiskers reach to 1.5 boxes, every stream is a dot), and the share of gaps
up to each length. Streams without times are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import IO, Any

from streamtape.errors import UsageError
from streamtape.extras import install_command
from streamtape.metrics.measures import StreamMetrics
from streamtape.printable import printable_line
from streamtape.units import count

FORMATS = ("png", "svg")
MAX_EACH = 8  # streams that are drawn each by itself
MAX_GROUPS = 10
OTHERS = "others"
# Who made it, so that we replace no other's picture; and no time, so that equal ones are equal.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": "streamtape"},
    "svg": {"Creator": "streamtape", "Date": None},
}
_BOXES = {
    "ttft": "Time to first content", "total": "Whole stream", "tpot": "Time per output token",
}  # fmt: skip
_MAX_NAME = 36
Groups = Mapping[str, Sequence[StreamMetrics]]


def check_kind(kind: str) -> None:
    """UsageError for a kind of file that plots can't be written as."""
    if kind not in FORMATS:
        raise UsageError(
            f"plots are written as {' or '.join(FORMATS)}, not as {kind!r}: name a "
            "file *.svg or *.png"
        )


def draw(measured: Sequence[StreamMetrics], out: IO[bytes], kind: str) -> int:
    """Write one picture of some streams; how many are in it: those that have times.

    UsageError for another kind of file, where no stream has times, or where matplotlib is not
    installed.
    """
    check_kind(kind)
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError(
            f"plots need matplotlib; to install it: {install_command(extra='plot')}"
        ) from error
    timed = [one for one in measured if one.ttfe_us is not None]
    if not timed:
        raise UsageError(
            f"nothing to plot: none of {count(len(measured), 'stream')} has times; recordings "
            "that were converted from other formats have none"
        )
    groups = groups_of(timed)
    figure = Figure(figsize=(9, 9), layout="constrained")
    # Names that are no mathematics, and ids that are the same each time.
    with rc_context({"svg.hashsalt": "streamtape", "text.parse_math": False}):
        if len(timed) <= MAX_EACH:
            _each(figure, timed)
        else:
            _distributions(figure, groups)
        figure.savefig(out, format=kind, metadata=_METADATA[kind])
    return len(timed)


def groups_of(measured: Sequence[StreamMetrics]) -> dict[str, list[StreamMetrics]]:
    """The streams by folder, where they come from several, else by model, in order of names.

    The largest groups stand for themselves, the rest together as `OTHERS`.
    """
    folders = {_folder_of(one.source) for one in measured}
    found: dict[str, list[StreamMetrics]] = {}
    for one in measured:
        by_model = one.model or one.dialect
        name = _folder_of(one.source) if len(folders) > 1 else by_model
        found.setdefault(name, []).append(one)
    if len(found) <= MAX_GROUPS:
        return dict(sorted(found.items()))
    largest = sorted(found, key=lambda name: (-len(found[name]), name))[: MAX_GROUPS - 1]
    others = [one for name in sorted(found) if name not in largest for one in found[name]]
    return {name: found[name] for name in sorted(largest)} | {OTHERS: others}


def _folder_of(path: str) -> str:
    """The folder of a file, `.` where it has none; Windows' separators count, too."""
    return path.replace("\\", "/").rpartition("/")[0] or "."


def _named(name: str) -> str:
    """A name that fits beside a plot: its end tells more than its beginning."""
    shown = printable_line(name.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    return shown if len(shown) <= _MAX_NAME else f"…{shown[1 - _MAX_NAME :]}"


def _each(figure: Any, measured: Sequence[StreamMetrics]) -> None:
    arrival, growth, gaps = figure.subplots(3)
    growth.sharex(arrival)  # arrival above text, on one axis
    for number, one in enumerate(measured):
        name, colour = _named(f"{one.source} {one.interaction}".strip()), f"C{number}"
        at = [us / 1e6 for us in accumulate(one.gaps_us, initial=one.ttfe_us or 0)]
        arrival.step(at, range(1, len(at) + 1), where="post", label=name, color=colour)
        growth.step(
            [us / 1e6 for us, _ in one.text], [n for _, n in one.text], where="post", color=colour
        )
        if one.gaps_us:
            gaps.ecdf([us / 1e3 for us in one.gaps_us], color=colour)
    arrival.set(title="Arrival", ylabel="events")
    growth.set(title="Text", xlabel="s since the request", ylabel="characters")
    _label_gaps(gaps, [gap for one in measured for gap in one.gaps_us])
    figure.legend(fontsize="small", loc="outside lower center", ncols=min(len(measured), 2))


def _distributions(figure: Any, groups: Groups) -> None:
    """A box a group for each measure that is known, then the gaps of all groups."""
    boxes = [name for name in _BOXES if any(one.values_us(name) for one in _all(groups))]
    height = 1.2 + 0.32 * len(groups)
    figure.set_size_inches(9, height * len(boxes) + 3.6)
    ratios = [*(height for _ in boxes), 3.2]
    *axes, gaps = figure.subplots(len(boxes) + 1, gridspec_kw={"height_ratios": ratios})
    labels = [f"{_named(name)} ({len(found)})" for name, found in groups.items()]
    for measure, axis in zip(boxes, axes, strict=True):
        _box(axis, measure, groups, labels)
    for number, (label, found) in enumerate(zip(labels, groups.values(), strict=True)):
        values = [us / 1e3 for one in found for us in one.gaps_us]
        if values:
            gaps.ecdf(values, label=label, color=f"C{number}")
    _label_gaps(gaps, [gap for one in _all(groups) for gap in one.gaps_us])
    if len(groups) > 1:
        figure.legend(fontsize="small", loc="outside lower center", ncols=2)


def _all(groups: Groups) -> Iterator[StreamMetrics]:
    return (one for found in groups.values() for one in found)


def _box(axis: Any, measure: str, groups: Groups, labels: Sequence[str]) -> None:
    """A box a group, and a dot a stream."""
    rows = [
        [us / 1e3 for one in found for us in one.values_us(measure)] for found in groups.values()
    ]
    places = range(len(rows))
    axis.boxplot(rows, positions=places, orientation="horizontal", widths=0.6, showfliers=False)
    for place, values in enumerate(rows):
        axis.plot(values, [place] * len(values), ".", color=f"C{place}", alpha=0.5, markersize=4)
    axis.set_yticks(places, labels, fontsize="small")
    axis.invert_yaxis()
    axis.set(title=f"{_BOXES[measure]} ({measure})", xlabel="ms")
    _log_where_wide(axis, [value for row in rows for value in row])


def _label_gaps(axis: Any, gaps_us: Sequence[float]) -> None:
    axis.set(title="Gaps between events", xlabel="ms", ylabel="share of gaps up to this")
    _log_where_wide(axis, [us / 1e3 for us in gaps_us])


def _log_where_wide(axis: Any, values: Sequence[float]) -> None:
    """A logarithmic scale where values differ by more than a hundred times."""
    positive = [value for value in values if value > 0]
    if positive and max(positive) > 100 * min(positive):
        axis.set_xscale("symlog", linthresh=max(min(positive), max(positive) / 1e6))
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
