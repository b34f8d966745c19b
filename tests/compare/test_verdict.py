"""Regression or rewording: the verdict on what two streams said."""

from typing import Any

import pytest

import streamtape
from streamtape.compare.comparison import Change, Location
from streamtape.compare.verdict import reason_of, verdict_of
from streamtape.tape.model import Ending
from tests.streams import Writer

ARGUMENTS = '{"room": 12, "nights": 2}'


def answer(text: str = "It is booked.", call: str = "book", arguments: str = ARGUMENTS) -> Writer:
    """A sentence and a call."""
    return Writer().message(text).call(call, arguments)


CASES: list[tuple[str, Writer, str, list[str]]] = [
    ("the same", answer().end(), "same", []),
    ("order of keys", answer(arguments='{"nights": 2, "room": 12.0}').end(), "same", []),
    ("other words", answer("Your room is booked.").end(), "reworded", []),
    ("no call", Writer().message("It is booked.").end(), "behaviour changed",
     ["tool call removed: book"]),
    ("another call", answer().call("pay", "{}").end(), "behaviour changed",
     ["tool call added: pay"]),
    ("a renamed tool", answer(call="reserve").end(), "behaviour changed",
     ["tool renamed: book → reserve"]),
    ("an argument", answer(arguments='{"room": 12, "nights": 3}').end(), "behaviour changed",
     ["tool book: arguments.nights 2 → 3"]),
    ("an argument more", answer(arguments='{"room": 12, "nights": 2, "late": true}').end(),
     "behaviour changed", ["tool book: arguments.late nothing → true"]),
    ("no text", Writer().call("book", ARGUMENTS).end(), "behaviour changed", ["text removed"]),
    ("two texts", answer().message("Anything else?").end(), "behaviour changed", ["text added"]),
    ("incomplete", answer().end("incomplete"), "behaviour changed",
     ['status: "completed" → "incomplete"']),
    ("cut", answer(), "behaviour changed", ['status: "completed" → "in_progress"']),
]  # fmt: skip


@pytest.mark.parametrize(
    ("b", "verdict", "reasons"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_the_verdict_and_what_made_it(b: Writer, verdict: str, reasons: list[str]) -> None:
    """Each kind of difference, with its facts."""
    found = streamtape.diff(answer().end().interaction(), b.interaction(), level="content")
    assert (found.verdict, list(found.reasons)) == (verdict, reasons)


@pytest.mark.parametrize(
    ("a", "b", "verdict", "reasons"),
    [
        ('{"city": "Rome"}', '{"city": "Roma"}', "reworded", []),
        ('{"a": 1, "b": 2}', '{"b": 2,\n "a": 1}', "reworded", []),
        ('{"spam": true}', '{"spam": false}', "behaviour changed", ["text spam: true → false"]),
        ('{"n": 1}', '{"n": "1"}', "behaviour changed", ['text n: 1 → "1"']),
        ('{"n": 1}', "{}", "behaviour changed", ["text n: 1 → nothing"]),
        ('["a", "b"]', '["a"]', "behaviour changed", ['text 1: "b" → nothing']),
    ],
)
def test_structured_output_is_compared_as_data(
    a: str, b: str, verdict: str, reasons: list[str]
) -> None:
    """Strings may be reworded; keys, types, numbers and truth values are what programs read."""
    one, other = (Writer().message(text).end().interaction() for text in (a, b))
    found = streamtape.diff(one, other, level="content")
    assert (found.verdict, list(found.reasons)) == (verdict, reasons)


def test_prose_where_data_was_is_another_structure() -> None:
    """An apology instead of JSON breaks who reads it."""
    one = Writer().message('{"city": "Rome"}').end().interaction()
    other = Writer().message("I am sorry, I cannot do that.").end().interaction()
    found = streamtape.diff(one, other, level="content")
    assert found.reasons == ("text: JSON → prose",)


def test_how_it_ended_and_what_the_server_said() -> None:
    """A broken connection and another status are changes of behaviour."""
    one = answer().end().interaction()
    failed = streamtape.Interaction(
        one.request, one.head, one.chunks, Ending("error", 9, "ReadError", "gone")
    )
    found = streamtape.diff(one, failed, level="content")
    assert found.reasons == ('ending: "complete" → "error: ReadError"',)


AT = Location(0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (Change("inserted", "refusal", None, AT, "", None, "No."), "refusal added"),
        (Change("changed", "refusal", AT, AT, "", "No.", "Never."), None),
        (Change("removed", "reasoning", AT, None, "", "Hm."), None),
        (Change("removed", "text", AT, None, "", " \n"), None),
        (Change("changed", "code", AT, AT, "", "a", "b"), "code changed"),
        (Change("inserted", "annotation", None, None, "", None, {"url": "x"}), None),
        (Change("removed", "interaction", AT, None, "", "POST /x"), "interaction removed"),
        (Change("changed", "error", AT, AT, "code", None, "x"), 'error code: nothing → "x"'),
        (Change("changed", "head", AT, AT, "status", 200, 429), "HTTP status: 200 → 429"),
        (
            Change("swapped", "tool call", AT, AT, "", None, {"name": "f", "arguments": {}}),
            "tool call moved: f",
        ),
    ],
)
def test_what_each_change_means(change: Change, reason: str | None) -> None:
    """Of behaviour with its reason; of wording with none."""
    assert reason_of(change) == reason


def test_pictures_count_by_their_number() -> None:
    """No two are alike; one more of them is a fact."""

    def image(kind: Any) -> Change:
        return Change(kind, "image", None, None, "", "x", "x")

    assert verdict_of([image("removed"), image("inserted")]) == ("reworded", ())
    assert verdict_of([image("removed")]) == ("behaviour changed", ("images: 1 fewer",))


def test_only_content_is_judged() -> None:
    """At other levels there is no verdict, and none is made up."""
    one, other = answer().end().interaction(), answer("Done.").end().interaction()
    assert streamtape.diff(one, other).verdict is None
    report = streamtape.diff(one, other, level="content").to_dict()
    assert (report["verdict"], report["reasons"]) == ("reworded", [])
