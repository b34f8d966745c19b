"""Options that several commands share, declared once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from streamtape.cli import completion_values

F = TypeVar("F", bound=Callable[..., Any])

recordings = click.argument(
    "paths", type=completion_values.FILE, metavar="FILE|FOLDER...", nargs=-1, required=True
)
dialect = click.option(
    "--dialect",
    type=completion_values.DIALECT,
    metavar="NAME",
    help="The dialect to read the events with.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
at_index = click.option(
    "--index",
    type=int,
    metavar="N",
    help="Only interaction N; the first is 0, the last -1.",
)


def speed_factor(value: str) -> float | None:
    """A factor above 0, or None for `max`."""
    if value == "max":
        return None
    try:
        factor = float(value.removesuffix("x"))
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise click.BadParameter(
            f"invalid speed {value!r}: give a number above 0 (2 is twice as fast) or max."
        )
    return factor


def paced(command: F) -> F:
    """Add the options of a replay's pace: `speed` and `idle_limit`."""
    command = click.option(
        "--speed",
        type=speed_factor,
        default="1",
        show_default=True,
        metavar="FACTOR|max",
        help="Speed: 2 is twice as fast as recorded, max is without waiting.",
    )(command)
    return click.option(
        "--idle-limit",
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        help="Shorten every longer gap to this many seconds.",
    )(command)


def playback_options(command: F) -> F:
    """Add the options that change a replay: `pace`, `rechunk`, `faults` and `seed`."""
    for option in (
        click.option(
            "--pace", metavar="PACE", help="rate=20ms; ttft=800ms,tokens=40/s; jitter=5ms."
        ),
        click.option(
            "--rechunk",
            type=completion_values.CUTS,
            metavar="CUTS",
            help="event, bytes=N, byte, utf8, crlf, whole, random[=N]: cut the body anew.",
        ),
        click.option(
            "--fault",
            "faults",
            multiple=True,
            metavar="FAULT",
            help="cut@event=12, stall=30s@event=5, http=429,retry_after=1, ...; may be repeated.",
        ),
        click.option(
            "--seed", type=int, default=0, metavar="N", help="The seed for everything random."
        ),
    ):
        command = option(command)
    return command


def chosen(count: int, index: int | None) -> range:
    """The indices of the interactions that are meant; UsageError for one that there is not."""
    if index is None:
        return range(count)
    position = index + count if index < 0 else index
    if not 0 <= position < count:
        have = f"interactions 0 to {count - 1}" if count else "no interactions"
        raise click.UsageError(f"--index {index}: the cassette has {have}.")
    return range(position, position + 1)
