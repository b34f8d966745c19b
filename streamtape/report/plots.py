"""Plots as PNG or SVG, by matplotlib (the extra `plot`): arrival, gaps, and the text growing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import IO

from streamtape.errors import UsageError
from streamtape.extras import install_command
from streamtape.metrics.measures import StreamMetrics

FORMATS = ("png", "svg")
# Who made it, so that we replace no other's picture; and no time, so that equal ones are equal.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": "streamtape"},
    "svg": {"Creator": "streamtape", "Date": None},
}
_BINS = 60
_MAX_NAMED = 8


def check_kind(kind: str) -> None:
    """UsageError for a kind of file that plots can't be written as."""
    if kind not in FORMATS:
        raise UsageError(
            f"plots are written as {' or '.join(FORMATS)}, not as {kind!r}: name a "
            "file *.svg or *.png"
        )


def draw(measured: Sequence[StreamMetrics], out: IO[bytes], kind: str) -> None:
    """Write one picture of some streams.

    UsageError for another kind of file, or where matplotlib is not installed.
    """
    check_kind(kind)
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError(
            f"plots need matplotlib; to install it: {install_command(extra='plot')}"
        ) from error
    figure = Figure(figsize=(9, 9), layout="constrained")
    arrival, growth, gaps = figure.subplots(3)
    growth.sharex(arrival)  # what came and what it said, one above the other
    most_ms = max((gap for one in measured for gap in one.gaps_us), default=0) / 1e3
    for number, one in enumerate(measured):
        name, colour = f"{one.source} {one.interaction}".strip(), f"C{number % 10}"
        if one.ttfe_us is not None:
            at = [us / 1e6 for us in accumulate(one.gaps_us, initial=one.ttfe_us)]
            arrival.step(at, range(1, len(at) + 1), where="post", label=name, color=colour)
        growth.step(
            [us / 1e6 for us, _ in one.text], [n for _, n in one.text], where="post", color=colour
        )
        if one.gaps_us:
            found = [us / 1e3 for us in one.gaps_us]
            gaps.hist(found, bins=_BINS, range=(0, most_ms), alpha=0.6, color=colour)
    arrival.set(title="Arrival", ylabel="events")
    growth.set(title="Text", xlabel="s since the request", ylabel="characters")
    gaps.set(title="Gaps between events", xlabel="ms", ylabel="gaps")
    if len(measured) <= _MAX_NAMED:
        figure.legend(fontsize="small", loc="outside lower center", ncols=min(len(measured), 2))
    figure.savefig(out, format=kind, metadata=_METADATA[kind])
