"""The pages that a test run writes: one per failed test, and an index of them.

A failed test's page is that of its recordings or replays, whole, with a mark at the event where its
client stopped reading. Everything is masked, and nothing of what a stream or a test says is taken
for markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

import streamtape
from streamtape.checks.finding import Finding, Where
from streamtape.dialects.parsed import ParsedResponse
from streamtape.markup import Html, fill, join, policy
from streamtape.printable import printable
from streamtape.report.lines import plain
from streamtape.report.masked import read
from streamtape.report.page.data import interaction_data
from streamtape.report.page.document import document, part
from streamtape.report.show import View, interaction_lines
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.texts import masked_text
from streamtape.units import count

RULE = "client"
State = Literal["open", "complete", "closed", "failed"]
_STOPPED = {
    "open": "the test failed here, while its client was still reading",
    "closed": "the client stopped reading here",
    "failed": "the client was given an exception here",
}
_ROW = """<section>
<h2><a href="[[page]]">[[test]]</a>[[phase]]</h2>
<pre>[[message]]</pre>
<ul>[[streams]]</ul>
<p><a href="[[page]]">page</a> · <a href="[[tape]]">recording</a></p>
</section>
"""
_PHASE = " <small>([[phase]])</small>"
_STREAM = '<li><a href="[[page]][[place]]">[[text]]</a></li>'


@dataclass(frozen=True, slots=True)
class Answer:
    """What answered one request of a test, and how far its client had read it, in chunks."""

    interaction: Interaction
    state: State
    n_chunks: int


class Stream(NamedTuple):
    """How far one stream was read, in a line, and its place on the page: `#interaction/event`."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class FailedTest:
    """A failed test: the phase that failed and its message, and the files that are left of it.

    `page` and `tape` are paths below the index, with slashes.
    """

    test: str
    phase: str
    message: str
    page: str
    tape: str
    streams: tuple[Stream, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain values, which go from one process of a run to another."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "streams": [list(stream) for stream in self.streams]
        }

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> FailedTest:
        """Make one of `to_dict`'s values."""
        return cls(**{**values, "streams": tuple(Stream(*one) for one in values["streams"])})


def failed_page(test: str, answers: Sequence[Answer]) -> tuple[str, tuple[Stream, ...]]:
    """The page of a failed test, and how far each of its streams was read."""
    cassette = Cassette(tuple(answer.interaction for answer in answers))
    found: dict[int, list[Finding]] = {}
    for finding in streamtape.check(cassette):
        found.setdefault(finding.where.interaction, []).append(finding)
    data, lines, streams = [], [], []
    for number, answer in enumerate(answers):
        parsed = read(answer.interaction)
        mark = stop_of(parsed, answer, number)
        findings = [*([mark] if mark else []), *found.get(number, [])]
        data.append(interaction_data(parsed, findings, name=test, number=number))
        lines += [*map(plain, interaction_lines(parsed, number, View(width=100))), ""]
        what = f"{answer.interaction.request.method} {answer.interaction.request.url}"
        event = "" if mark is None or mark.where.event is None else f"/{mark.where.event}"
        text = f"{what}: {mark.message if mark else 'read to its end'}"
        streams.append(Stream(text, f"#{number}{event}"))
    page = document(test, {"kind": "view", "interactions": data, "checked": True}, lines)
    return page, tuple(streams)


def stop_of(parsed: ParsedResponse, answer: Answer, number: int) -> Finding | None:
    """The mark where a client stopped; None where it read to the end."""
    if answer.state not in _STOPPED:
        return None
    reached = [
        event
        for event in parsed.events
        if event.frame is not None and event.frame.chunk < answer.n_chunks
    ]
    last = reached[-1] if reached else None
    one = parsed.interaction
    whole = count(len(one.messages), "message") if one.messages else count(len(one.chunks), "chunk")
    message = (
        f"{_STOPPED[answer.state]}: after {len(reached)} of {count(len(parsed.events), 'event')}, "
        f"{answer.n_chunks} of {whole}"
    )
    where = Where(last.index, last.type, last.at_us, number) if last else Where(interaction=number)
    return Finding(RULE, "warning", where, message)


def index_page(title: str, failed: Sequence[FailedTest], *, n_tests: int, n_failed: int) -> str:
    """The index of a run: a row a failed test that had streams, with links to what is left."""
    style = part("index.css")
    return fill(
        part("index.html"),
        policy=policy(style),
        title=_text(title),
        style=Html(style),
        summary=_summary(failed, n_tests, n_failed),
        rows=join(map(_row, failed)),
    )


def _summary(failed: Sequence[FailedTest], n_tests: int, n_failed: int) -> str:
    without = n_failed - len(failed)
    rest = f", {without} of them without streams" if without else ""
    return f"{n_failed} of {count(n_tests, 'test')} failed{rest}."


def _row(one: FailedTest) -> Html:
    page = _link(one.page)
    return fill(
        _ROW,
        page=page,
        test=_text(one.test),
        phase=Html("") if one.phase == "call" else fill(_PHASE, phase=_text(one.phase)),
        message=_text(one.message),
        streams=join(
            fill(_STREAM, page=page, place=place, text=_text(text)) for text, place in one.streams
        ),
        tape=_link(one.tape),
    )


def _text(text: str) -> str:
    return masked_text(printable(text))


def _link(path: str) -> str:
    """A relative path as an address; it begins with no scheme and no slash."""
    return f"./{quote(path)}"
