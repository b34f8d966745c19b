"""Recordings as the data of a page, and as the lines of those who read it without scripts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from streamtape.analysis.check import check_response
from streamtape.checks.finding import Finding
from streamtape.dialects.parsed import ParsedResponse
from streamtape.report.lines import Line, line, plain
from streamtape.report.masked import read
from streamtape.report.page.data import interaction_data
from streamtape.report.show import View, interaction_lines
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.model import Cassette

# The events of longer streams are left out of the plain text: those are for the script.
_MAX_PLAIN_EVENTS = 2_000
_WIDTH = 100
_SEPARATORS = re.compile(r"[/\\]")


@collector_paused()
def recordings_data(
    cassette: Cassette,
    *,
    name: str,
    numbers: Iterable[int] | None = None,
    dialect: str | None = None,
    checked: bool = True,
) -> tuple[list[dict[str, Any]], list[str]]:
    """The interactions of a cassette as a page has them, and the same as plain lines.

    `name` is what the page calls the cassette, `numbers` the interactions that are wanted (all by
    default), `dialect` forces one by name, `checked` says whether the checks are run. UsageError
    for an unknown dialect.
    """
    data: list[dict[str, Any]] = []
    lines: list[str] = []
    for number in range(len(cassette)) if numbers is None else numbers:
        interaction = cassette[number]
        parsed = read(interaction, dialect)
        findings = findings_of(parsed, dialect) if checked else []
        data.append(interaction_data(parsed, findings, name=name, number=number))
        if len(parsed.events) <= _MAX_PLAIN_EVENTS:
            lines += map(plain, interaction_lines(parsed, number, View(width=_WIDTH)))
        else:
            lines += map(plain, _long(data[-1], number))
        lines.append("")
    return data, lines


def findings_of(parsed: ParsedResponse, dialect: str | None = None) -> list[Finding]:
    """What the checks find in a response that has been read."""
    return check_response(parsed, dialect=dialect)


def _long(data: dict[str, Any], number: int) -> Iterator[Line]:
    n_events = len(data["events"]["data"]) if data["events"] else 0
    yield line(f"#{number}  {data['method']} {data['url']}  ->  {data['status']}")
    yield line(f"    {n_events:,} events, {data['outcome']['word']}")
    for part in data["parts"]:
        yield line(f"    {part['label']}: {part['text']}")


def distinct_names(paths: Sequence[str]) -> list[str]:
    """What to call some files: their names, with as many of their folders as tell them apart."""
    pieces = [[part for part in _SEPARATORS.split(path) if part] for path in paths]
    lengths = [1] * len(paths)
    while True:
        names = ["/".join(parts[-n:]) for parts, n in zip(pieces, lengths, strict=True)]
        counts = Counter(names)
        longer = [
            n + 1 if counts[name] > 1 and n < len(parts) else n
            for name, parts, n in zip(names, pieces, lengths, strict=True)
        ]
        if longer == lengths:
            return names
        lengths = longer
