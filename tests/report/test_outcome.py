"""The one word for how an interaction came out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from streamtape.dialects.parsed import ParsedResponse
from streamtape.report.outcome import error_name, outcome
from streamtape.tape.model import Ending, Head
from tests.cli.running import interaction
from tests.dialogues import client, dialogue, server
from tests.streams import Writer


def chat(finish: str) -> bytes:
    """A stream of Chat Completions that finishes for a reason."""
    return (
        b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"%s"}]}\n\ndata: [DONE]\n\n'
    ) % finish.encode()


@pytest.mark.parametrize(
    ("finish", "word", "mood"),
    [
        ("stop", "complete", "good"),
        ("tool_calls", "complete", "good"),
        ("length", "length", "warn"),
        ("content_filter", "refused", "warn"),
    ],
)
def test_a_reason_to_finish_is_an_outcome(finish: str, word: str, mood: str) -> None:
    """A stream that stopped for its length, or was filtered, is whole and no success."""
    one = interaction([chat(finish)], url="https://api.example.com/v1/chat/completions")
    assert outcome(ParsedResponse(one)) == (word, mood)


def test_what_went_wrong_outweighs_what_looks_well() -> None:
    """An error in a stream that ended well, a status, a stream that stops in its midst."""
    writer = Writer().message("a")
    cut = writer.interaction()
    assert outcome(ParsedResponse(cut)) == ("cut", "bad")
    whole = writer.end().interaction()
    assert outcome(ParsedResponse(whole)) == ("complete", "good")
    # What breaks after the end breaks nothing that was said.
    assert outcome(ParsedResponse(replace(whole, ending=Ending("error", 9, "X")))).mood == "good"
    limited = replace(whole, head=Head(429, (), 5, "Too Many Requests"))
    assert outcome(ParsedResponse(limited)) == ("refused: 429", "bad")
    unanswered = replace(whole, head=None, ending=Ending("error", 9, "ConnectError"))
    assert outcome(ParsedResponse(unanswered)) == ("failed", "bad")


@pytest.mark.parametrize(
    ("ending", "word", "mood"),
    [
        (Ending("complete", 9, close_code=1000), "complete", "good"),
        (Ending("complete", 9, close_code=1011), "closed with 1011", "bad"),
        (
            Ending("error", 9, "ConnectionClosedError", "", close_code=1006),
            "closed with 1006",
            "bad",
        ),
        (Ending("error", 9, "ConnectionClosedError"), "cut", "bad"),
    ],
)
def test_a_dialogue_comes_out_as_it_was_closed(ending: Ending, word: str, mood: str) -> None:
    """A connection that broke between two answers is not complete, though each answer is."""
    payloads = [server(json.dumps(payload)) for payload in Writer().message("a").end().payloads]
    one = dialogue(client('{"type": "response.create"}'), *payloads, ending=ending)
    assert outcome(ParsedResponse(one)) == (word, mood)


def test_an_error_is_called_by_its_code_type_or_message() -> None:
    """The first that is there, in whatever shape the provider wrote it."""
    assert (
        error_name({"error": {"type": "overloaded_error", "message": "Busy"}}) == "overloaded_error"
    )
    assert error_name({"message": "Busy"}) == "Busy"
    assert error_name("Busy") == "Busy"
    assert (error_name(None), error_name({}), error_name([1])) == ("", "", "[1]")
