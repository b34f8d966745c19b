"""The pages that a test run leaves: one a failed test, and an index of them.

A failed test's page is that of its recordings or replays, whole, with a mark at the event where its
client stopped reading. Everything is masked, and nothing of what a stream or a test says is taken
for markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

import streamtape
from streamtape.checks.finding import Finding, Where
from streamtape.dialects.parsed import ParsedResponse
from streamtape.printable import printable
from streamtape.report.lines import plain
from streamtape.report.masked import read
from streamtape.report.page.data import interaction_data
from streamtape.report.page.document import document, escaped, part, policy
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
    return "".join([
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
        f'<meta http-equiv="Content-Security-Policy" content="{policy(style)}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        '<meta name="color-scheme" content="light dark">\n<meta name="generator" '
        f'content="streamtape">\n<title>{_text(title)}</title>\n<style>{style}</style>\n</head>\n',
        f"<body>\n<main>\n<h1>{_text(title)}</h1>\n",
        *_summary(failed, n_tests, n_failed),
        *_rows(failed),
        "</main>\n</body>\n</html>\n",
    ])  # fmt: skip


def _summary(failed: Sequence[FailedTest], n_tests: int, n_failed: int) -> Iterator[str]:
    yield f"<p>{n_failed} of {count(n_tests, 'test')} failed"
    if n_failed:
        without = n_failed - len(failed)
        yield f", {without} of them without streams" if without else ""
    yield ".</p>\n"


def _rows(failed: Iterable[FailedTest]) -> Iterator[str]:
    for one in failed:
        page = _link(one.page)
        streams = "".join(
            f'<li><a href="{page}{escaped(place)}">{_text(text)}</a></li>'
            for text, place in one.streams
        )
        phase = "" if one.phase == "call" else f" <small>({_text(one.phase)})</small>"
        yield (
            f'<section>\n<h2><a href="{page}">{_text(one.test)}</a>{phase}</h2>\n'
            f"<pre>{_text(one.message)}</pre>\n<ul>{streams}</ul>\n"
            f'<p><a href="{page}">page</a> · '
            f'<a href="{_link(one.tape)}">recording</a></p>\n</section>\n'
        )


def _text(text: str) -> str:
    return escaped(masked_text(printable(text)))


def _link(path: str) -> str:
    """A relative path as an address; it begins with no scheme and no slash."""
    return escaped(f"./{quote(path)}")
