"""`streamtape moderate`: run the user's classifier on a stream's text, prefix by prefix."""

from __future__ import annotations

import inspect
import sys
import traceback
from contextlib import contextmanager
from functools import cache, partial
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import streamtape
from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import FINDINGS
from streamtape.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from streamtape.checks.moderation import ModerationResult
    from streamtape.stores.locations import FileLocation


@click.command(
    epilog="""\b
Examples:
  streamtape moderate run.tape --with rules:is_bad
  streamtape moderate cassettes/ --with rules:score --threshold 0.8 --every sentence
  streamtape moderate run.tape --with rules:labels --every 50 --window 400

\b
The function takes a text and returns a bool, a score or labels; it may be async.
Exit status: 0 nothing flagged, 1 flagged, 2 trouble."""
)
@options.recordings
@click.option("--with", "name", metavar="MODULE:FUNCTION", required=True, help="The classifier.")
@click.option(
    "--every",
    type=completion_values.EVERY,
    multiple=True,
    metavar="N|event|sentence",
    help="When to call the function (default: event, sentence and 100).",
)
@click.option(
    "--window", type=click.IntRange(min=1), metavar="N", help="Pass only the last N characters."
)
@click.option("--threshold", type=float, default=0.5, show_default=True, help="For scores.")
@options.dialect
@parallel.with_jobs
@options.as_json
def command(
    *,
    paths: tuple[str, ...],
    name: str,
    every: tuple[str, ...],
    window: int | None,
    threshold: float,
    dialect: str | None,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Find out when a classifier would have flagged a stream, and what had been shown by then."""
    from streamtape.checks.moderation import WAYS, parse_every
    from streamtape.cli.files import tapes
    from streamtape.report.moderation import moderated_lines, total_lines

    ways = tuple(parse_every(text) for text in every) or WAYS
    _classifier(name)
    work = partial(
        _moderate, name=name, every=ways, window=window, threshold=threshold, dialect=dialect
    )
    # One process by default: a classifier may be a model, or count its calls.
    each = parallel.each(work, tapes(paths), doing="moderating", jobs=jobs or 1)
    found = [one for several in each for one in several]
    if as_json:
        output.write_json([one.to_dict() for one in found])
    else:
        for one in found:
            output.write_lines(moderated_lines(one))
        if len(found) > 1:
            output.write_lines(total_lines(found))
        if not found:
            output.note("no stream in these cassettes contains text")
    if any(one.flagged for one in found):
        raise click.exceptions.Exit(FINDINGS)


def _moderate(path: FileLocation, *, name: str, **parameters: Any) -> list[ModerationResult]:
    return streamtape.moderate(path, _classifier(name), **parameters)


@cache
def _classifier(name: str) -> Any:
    """The function that `module:function` names; modules are found from here, too."""
    module, colon, function = name.partition(":")
    if not (module and colon and function):
        raise UsageError(f"--with {name!r}: write MODULE:FUNCTION")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = attrgetter(function)(import_module(module))
    except ImportError as error:
        raise UsageError(f"--with {name!r}: cannot import {module!r}: {error}") from error
    except AttributeError:
        found = None
    if not callable(found):
        raise UsageError(f"--with {name!r}: {module!r} has no function {function!r}")
    return partial(_classify, found, name)


def _classify(function: Callable[[str], Any], name: str, text: str) -> Any:
    """The verdict of a function that may fail; of an async one what gives it."""

    async def awaited(verdict: Awaitable[Any]) -> Any:
        with _blamed(name):
            return await verdict

    with _blamed(name):
        verdict = function(text)
    return awaited(verdict) if inspect.isawaitable(verdict) else verdict


@contextmanager
def _blamed(name: str) -> Iterator[None]:
    """An error of the user's function is no verdict: say where it came from."""
    try:
        yield
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{last.filename}:{last.lineno}"
        text = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise UsageError(f"--with {name!r} raised {text} ({where})") from error
