"""What a comparison says to a person: a dozen reports, approved as they stand."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

import streamtape
from tests.streams import Writer, interaction_of

Payloads = list[dict[str, Any]]


def story(run: int = 1, ending: str = "is very large") -> Writer:
    """An answer of two parts: a sentence, then a call."""
    writer = Writer(run).message("The double bubble ", "bath of the hotel ", ending, ".")
    return writer.call("book", '{"room": 12, ', '"nights": 2}')


def without(kind: str) -> Callable[[Payloads], Payloads]:
    """All events but those of one type."""
    return lambda payloads: [p for p in payloads if p["type"] != kind]


def edit(place: int, *path: str, to: object) -> Callable[[Payloads], Payloads]:
    """One field of one event changed."""

    def edited(payloads: Payloads) -> Payloads:
        out = copy.deepcopy(payloads)
        value: Any = out[place]
        for step in path[:-1]:
            value = value[step]
        value[path[-1]] = to
        return out

    return edited


def report(b: Payloads, level: str = "events") -> str:
    """The summary of the story against another run."""
    one = interaction_of(story().end().payloads)
    expected: Any = level
    return streamtape.diff(one, interaction_of(b), level=expected).summary()


CASES = [
    (story(2).end(), "events", "same at level events (17 and 17 events)", ""),
    (
        story(2, "is rather small").end(),
        "events",
        "different at level events: 1 changed (17 and 17 events)",
        "~ #6 text: …bath of the hotel is [-very large-]{+rather small+}.",
    ),
    (
        story(2, "was very large").end(),
        "content",
        "different at level content: 1 changed (17 and 17 events)",
        "~ #6 text: …bubble bath of the hotel [-is-]{+was+} very large.",
    ),
    (
        without("response.content_part.done")(story(2).end().payloads),
        "events",
        "different at level events: 1 removed (17 and 16 events)",
        '- #9→– response.content_part.done: {"output_index": 0, "content_index": 0, '
        '"part": {"type": "output_text",…',
    ),
    (
        edit(14, "arguments", to="{}")(story(2).end().payloads),
        "events",
        "different at level events: 1 changed (17 and 17 events)",
        "~ #14 response.function_call_arguments.done arguments: "
        '"{\\"room\\": 12, \\"nights\\": 2}" → "{}"',
    ),
    (
        edit(6, "item_id", to="msg_odd")(story().end().payloads),
        "events",
        "different at level events: 1 changed (17 and 17 events)",
        '~ #4→#6 response.output_text.delta item_id: "msg_1_0" → "msg_odd"',
    ),
    (
        story(2).end("incomplete"),
        "content",
        "different at level content: 1 changed (17 and 17 events)",
        '~ #16 status: "completed" → "incomplete"',
    ),
    (
        Writer(2).call("book", '{"room": 12, "nights": 2}').end(),
        "content",
        "different at level content: 1 removed (17 and 7 events)",
        '- #4→– text: "The double bubble bath of the hotel is very large."',
    ),
    (
        story(2).message("Done").end(),
        "content",
        "different at level content: 1 inserted (17 and 23 events)",
        '+ –→#18 text: "Done"',
    ),
]


@pytest.mark.parametrize(("b", "level", "verdict", "line"), CASES)
def test_reports_read_as_approved(
    b: Writer | Payloads, level: str, verdict: str, line: str
) -> None:
    """Every character counts: a person reads this."""
    payloads = b.payloads if isinstance(b, Writer) else b
    found = report(payloads, level).splitlines()
    judged = [row for row in found if row.startswith("  verdict: ")]
    assert len(judged) == (level == "content")
    rest = "\n".join(row for row in found if row not in judged)
    assert rest == (f"{verdict}\n  {line}" if line else verdict)


def test_a_changed_argument_is_reported_by_its_path() -> None:
    """A tool call's arguments are compared as values at level content."""
    other = Writer(2).message("The double bubble bath of the hotel is very large.")
    b = other.call("book", '{"nights": 3, "room": 12}').end().payloads
    assert report(b, "content").splitlines()[1:] == [
        "  verdict: behaviour changed: tool book: arguments.nights 2 → 3",
        "  ~ #11→#8 tool call book arguments.nights: 2 → 3",
    ]


def test_a_stream_that_broke_is_reported() -> None:
    """What is missing, and how it ended."""
    one = story().end().interaction()
    cut = interaction_of(story(2).payloads[:7])
    lines = streamtape.diff(one, cut, level="content").summary().splitlines()
    assert lines[0] == "different at level content: 1 removed, 2 changed (17 and 7 events)"
    assert lines[1].startswith("  verdict: behaviour changed: ")
    assert lines[2] == "  ~ #7→#6 text: … the hotel is very large[-.-]"


def test_two_swapped_events_are_reported_as_one() -> None:
    """Each with its place."""
    payloads = story(2).end().payloads
    payloads[8], payloads[9] = payloads[9], payloads[8]
    lines = report(payloads).splitlines()
    assert lines[0] == "different at level events: 1 swapped (17 and 17 events)"
    assert lines[1].startswith("  ⇄ #8→#9 response.output_text.done: moved; ")
