"""Plots as PNG or SVG, by matplotlib (the extra `plot`): arrival, gaps, and the text growing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import IO

from streamtape.checks.measures import Measured
from streamtape.errors import UsageError

FORMATS = ("png", "svg")


def draw(measured: Sequence[Measured], out: IO[bytes], kind: str) -> None:
    """Write one picture of some streams.

    UsageError for another kind of file, or where matplotlib is not installed.
    """
    if kind not in FORMATS:
        raise UsageError(f"plots are written as {' or '.join(FORMATS)}, not as {kind!r}")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("plots need matplotlib: install the extra `plot`") from error
    figure = Figure(figsize=(9, 9), layout="constrained")
    arrival, gaps, growth = figure.subplots(3)
    for one in measured:
        name = f"{one.source} {one.interaction}".strip()
        if one.ttfe_us is not None:
            at = [us / 1e6 for us in accumulate(one.gaps_us, initial=one.ttfe_us)]
            arrival.step(at, range(1, len(at) + 1), where="post", label=name)
        if one.gaps_us:
            gaps.hist([us / 1e3 for us in one.gaps_us], bins=40, alpha=0.6)
        growth.step([us / 1e6 for us, _ in one.text], [n for _, n in one.text], where="post")
    arrival.set(title="Arrival", xlabel="s since the request", ylabel="events")
    gaps.set(title="Gaps between events", xlabel="ms", ylabel="gaps")
    growth.set(title="Text", xlabel="s since the request", ylabel="characters")
    if 1 < len(measured) <= 8:
        arrival.legend(fontsize="small")
    figure.savefig(out, format=kind, metadata={"Date": None} if kind == "svg" else {})
