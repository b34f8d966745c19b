"""The contents of a cassette as lines: request, head, timing, events, transcript, ending.

With `width` None nothing is wrapped, and the text depends on the recording alone, so that it can be
compared (git's textconv). With `times` False, everything is left out that differs between equal
runs.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from streamtape.dialects.parsed import ParsedResponse
from streamtape.printable import printable
from streamtape.report.events import grouped_lines
from streamtape.report.lines import Line, block, line, one_line
from streamtape.report.masked import read, timing
from streamtape.report.transcript_lines import transcript_lines
from streamtape.tape.model import Headers, Interaction
from streamtape.units import count, duration, moment, size

PLAIN_WIDTH = 100
_NARROW = 72
_MAX_BODY_LINES = 24


@dataclass(frozen=True, slots=True)
class View:
    """How a recording is shown: see the head of this module.

    With a width, long bodies and headers are shortened unless `full`.
    """

    width: int | None = None
    times: bool = True
    full: bool = False

    @property
    def shortens(self) -> bool:
        return self.width is not None and not self.full


def cassette_lines(
    interactions: Sequence[Interaction],
    numbers: Sequence[int],
    view: View = View(),
    *,
    dialect: str | None = None,
) -> Iterator[Line]:
    """Everything of a cassette's interactions; `numbers` are their places in it."""
    if not interactions:
        yield line(("an empty cassette: no interactions", "warn"))
    for index, (number, interaction) in enumerate(zip(numbers, interactions, strict=True)):
        if index:
            yield ()
        yield from interaction_lines(read(interaction, dialect), number, view)


def interaction_lines(parsed: ParsedResponse, number: int, view: View) -> Iterator[Line]:
    """Everything of one interaction, section by section."""
    yield from _title(parsed.interaction, number, times=view.times)
    yield from _request(parsed.interaction, view)
    yield from _response(parsed, view)
    yield from _events(parsed, view)
    yield from transcript_lines(parsed.transcript, view.width)
    yield from _ending(parsed, view)
    yield from _redactions(parsed.interaction)
    yield from _edits(parsed.interaction)


def _title(interaction: Interaction, number: int, *, times: bool) -> Iterator[Line]:
    request, head = interaction.request, interaction.head
    where = f"{request.method} {printable(request.url) or '(address unknown)'}"
    style = "good" if head and head.status < 400 else "bad"
    answer = f"{head.status} {printable(head.reason)}".rstrip() if head else "no response"
    yield line((f"#{number}  ", "dim"), (where, "title"), "  →  ", (answer, style))
    if times and interaction.started_at_us is not None:
        yield line("    ", (f"recorded {moment(interaction.started_at_us)}", "dim"))


def _section(name: str, *says: str | tuple[str, str]) -> Line:
    return line("  ", (f"{name:<10}", "label"), *says)


def _request(interaction: Interaction, view: View) -> Iterator[Line]:
    request = interaction.request
    yield _section("request", size(len(request.body)) if request.body else "no body")
    yield from _headers(request.headers, view)
    if request.body:
        yield from _body(request.body, view)


def _headers(headers: Headers, view: View) -> Iterator[Line]:
    for name, value in headers:
        shown = printable(value.decode("latin-1"))
        key = printable(name.decode("latin-1"))
        if view.width is not None and view.shortens:
            shown = one_line(shown, max(view.width - len(key) - 6, 20))
        yield line("    ", (f"{key}: ", "dim"), shown)


def _body(body: bytes, view: View) -> Iterator[Line]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        yield line("    ", (f"{size(len(body))} of binary data", "dim"))
        return
    with contextlib.suppress(ValueError, RecursionError):  # not JSON: shown as it is
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    lines = list(block(text, "    ", view.width))
    shown = lines[:_MAX_BODY_LINES] if view.shortens else lines
    yield from shown
    if len(shown) < len(lines):
        yield line("    ", (f"… {len(lines) - len(shown)} more lines; --full shows them", "dim"))


def _response(parsed: ParsedResponse, view: View) -> Iterator[Line]:
    interaction = parsed.interaction
    head, chunks = interaction.head, interaction.chunks
    if head is None:
        return
    cuts = "" if interaction.cuts_known else " (cuts unknown)"
    summary = f"{size(chunks.n_bytes)} in {count(len(chunks), 'chunk')}{cuts}"
    if interaction.is_dialogue:
        summary = f"WebSocket, {_dialogue_size(interaction)}"
    yield _section(
        "response",
        f"{head.http_version}{', ' if view.times else ''}" if head.http_version else "",
        summary if view.times else "",
    )
    yield from _headers(head.headers, view)
    if view.times:
        yield from _timing(parsed, 2 if view.width and view.width < _NARROW else 3)


def _dialogue_size(interaction: Interaction) -> str:
    """How many messages a dialogue has, and of which side."""
    messages = interaction.messages
    by_client = messages.count_of("client")
    return (
        f"{size(messages.n_bytes)} in {count(len(messages), 'message')} ({by_client} of the client)"
    )


def _timing(parsed: ParsedResponse, per_row: int) -> Iterator[Line]:
    measures: dict[str, Any] = timing(parsed)
    names = {
        "head_us": "head", "first_event_us": "first event", "first_content_us": "first content",
        "ending_us": "end", "median_gap_us": "median gap", "longest_gap_us": "longest gap",
    }  # fmt: skip
    facts = [
        f"{name} {duration(measures[k])}" for k, name in names.items() if measures[k] is not None
    ]
    if facts:
        for start in range(0, len(facts), per_row):
            yield _section("" if start else "timing", " · ".join(facts[start : start + per_row]))
    else:
        yield _section("timing", ("unknown", "dim"))


def _events(parsed: ParsedResponse, view: View) -> Iterator[Line]:
    if parsed.events and parsed.is_stream:
        number = f"{len(parsed.events):,}, " if view.times else ""
        yield _section("events", f"{number}{parsed.dialect.title or parsed.dialect.name}")
        yield from grouped_lines(parsed, view.width or PLAIN_WIDTH, times=view.times)
    elif not parsed.trouble and parsed.interaction.chunks:
        yield _section("body", ("no event stream", "dim"))
        yield from _body(parsed.interaction.content, view)
    if parsed.trouble:
        yield _section("unreadable", (one_line(parsed.trouble, 400), "bad"))


def _ending(parsed: ParsedResponse, view: View) -> Iterator[Line]:
    ending = parsed.interaction.ending
    at = f" at {duration(ending.at_us)}" if view.times and ending.at_us is not None else ""
    if ending.close_code is not None:
        why = f" {printable(ending.close_reason)}" if ending.close_reason else ""
        at += f", closed with {ending.close_code}{why}"
    if ending.kind == "complete":
        yield _section("ending", ("complete", "good"), at)
        return
    reason = ": ".join(part for part in (ending.exception, ending.message) if part)
    why = {
        "error": f"the stream broke with {printable(reason) or 'an error'}",
        "abandoned": "the client stopped reading",
        "unfinished": "the recorder stopped before the stream did"
        + (f": {reason}" if reason else ""),
    }[ending.kind]
    yield _section("ending", (f"{ending.kind.upper()}{at}", "bad"))
    yield from block(why, "    ", view.width, "bad")


def _edits(interaction: Interaction) -> Iterator[Line]:
    if interaction.edits:
        texts = [f"{edit.what} ({count(edit.n_places, 'place')})" for edit in interaction.edits]
        yield _section("edited", printable(", ".join(texts)))


def _redactions(interaction: Interaction) -> Iterator[Line]:
    for index, masked in enumerate(interaction.redactions):
        yield _section(
            "" if index else "masked", printable(masked.where), (f"  {masked.kind}", "dim")
        )
