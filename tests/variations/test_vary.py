"""Relatives of recordings: valid, read alike by the SDKs, and no more than a failure needs."""

import json
from collections.abc import Callable, Iterator
from random import Random

import httpx
import pytest
from hypothesis import Phase, find, given, settings

import streamtape
from streamtape.editing.edit import new_findings
from streamtape.tape.model import Interaction
from streamtape.variations.kinds import Draw
from streamtape.variations.strategy import Relative, relative
from tests.accumulators import accumulated, in_their_words
from tests.editing.streams import (
    ALL,
    anthropic,
    chat,
    chat_chunk,
    gemini,
    ollama,
    recording,
    responses,
    sse,
)

# What failing examples have in common is not asked: that takes most of the time.
SEARCH = settings(
    database=None, deadline=None, max_examples=2000, phases=(Phase.generate, Phase.shrink)
)
FEW = settings(max_examples=3)
CHAT_URL = "https://api.openai.com/v1/chat/completions"


def calling() -> Interaction:
    """Chat Completions that calls a tool."""
    call = {"index": 0, "id": "call_1", "type": "function"}
    named = {**call, "function": {"name": "f", "arguments": ""}}
    pieces = ({"index": 0, "function": {"arguments": piece}} for piece in ('{"a', '": 1}'))
    payloads = [chat_chunk({"role": "assistant", "content": None, "tool_calls": [named]})]
    payloads += [chat_chunk({"tool_calls": [piece]}) for piece in pieces]
    last = chat_chunk({}, finish_reason="tool_calls")
    return recording(sse(*payloads, last, "[DONE]"), url=CHAT_URL)


def words() -> Interaction:
    """Chat Completions without likelihoods."""
    payloads = [chat_chunk({"role": "assistant", "content": ""})]
    payloads += [chat_chunk({"content": piece}) for piece in ("Hel", "lo ", "there")]
    last = chat_chunk({}, finish_reason="stop")
    return recording(sse(*payloads, last, "[DONE]"), url=CHAT_URL)


STREAMS: dict[str, Callable[[], Interaction]] = {**ALL, "calling": calling, "words": words}


@pytest.mark.parametrize("make", STREAMS.values(), ids=STREAMS)
def test_every_relative_is_valid(make: Callable[[], Interaction]) -> None:
    """The checks find no further error or warning, and the SDKs' accumulators say what we say."""
    one = make()
    before = streamtape.check(one)

    @FEW
    @given(streamtape.vary(one))
    def holds(other: Interaction) -> None:
        new = new_findings(before, streamtape.check(other))
        assert [found for found in new if found.severity != "info"] == []
        transcript, events = other.transcript(), tuple(other.events())
        assert transcript.finished == one.transcript().finished
        theirs = accumulated(transcript.dialect, None, events)
        assert theirs is None or in_their_words(transcript, theirs) == theirs

    holds()


DONE: dict[str, tuple[str, ...]] = {
    "lengths": ("responses", "invoke"),
    "unicode": ("chat", "plain", "websocket"),
    "tokens": ("responses", "words", "ollama"),
    "empty_deltas": ("anthropic", "gemini", "calling"),
    "keep_alives": ("responses", "plain", "ollama", "gzipped"),
    "unknown_events": ("responses", "anthropic"),
    "unknown_fields": ("converse", "websocket", "gemini_array"),
    "calls": ("responses", "anthropic", "calling", "gemini"),
    "reasoning": ("responses", "anthropic", "words", "gemini", "ollama"),
    "unknown_items": ("responses", "anthropic"),
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in DONE.items() for name in names]
)
def test_each_kind(kind: str, name: str) -> None:
    """What it does where it has a place: the recording is another, and says so."""
    one = STREAMS[name]()
    other = relative(one, [Relative(kind, Draw(0, 2, "x"))])
    assert other.edits[-1].what == f"varied: {kind}"
    assert (other.body, other.messages) != (one.body, one.messages)
    transcript, before = other.transcript(), one.transcript()
    grown = {"lengths": -2, "unicode": 1}.get(kind, 0) if name != "plain" else 0
    assert len(transcript.text) == len(before.text) + grown
    assert len(transcript.tool_calls) == len(before.tool_calls) * (2 if kind == "calls" else 1)
    ids = [call.id for call in transcript.tool_calls if call.id]
    assert len(set(ids)) == len(ids)
    assert transcript.reasoning == ("x" if kind == "reasoning" else "")


def test_cuts_keep_the_bytes() -> None:
    """The same body in other chunks, whose last byte came when it came."""
    one = responses()
    other = relative(one, [Relative("cuts", Draw(), (7, 7, 300, 10**9))])
    assert other.body == one.body
    assert [len(chunk.data) for chunk in other.chunks][:2] == [7, 293]
    assert other.chunks[-1].at_us == one.chunks[-1].at_us


@pytest.mark.parametrize("make", [responses, chat, anthropic, gemini, ollama])
def test_it_shrinks_to_the_recording(make: Callable[[], Interaction]) -> None:
    """Where anything will do, it is the recording itself."""
    one = make()
    assert find(streamtape.vary(one), lambda _: True, settings=SEARCH, random=Random(0)) == one


def lines_of(one: Interaction) -> Iterator[str]:
    """The lines of a body, as httpx takes it apart: also at characters that end no line."""
    response = httpx.Response(200, stream=httpx.ByteStream(one.body))
    yield from response.iter_lines()


def test_it_finds_what_breaks_a_client() -> None:
    """A client that takes any separator of lines for the end of one: one variation is left."""

    def breaks(one: Interaction) -> bool:
        try:
            for line in lines_of(one):
                if line.strip():
                    json.loads(line)
        except ValueError:
            return True
        return False

    one = ollama()
    assert not breaks(one)
    strategy = streamtape.vary(one, kinds=["unicode", "keep_alives", "tokens"])
    found = find(strategy, breaks, settings=SEARCH, random=Random(0))
    assert [edit.what for edit in found.edits] == ["varied: unicode"]
    assert len(found.transcript().text) == len(one.transcript().text) + 1


def test_a_client_that_knows_no_other_events() -> None:
    """It is left with the one event that it does not know, early in the stream."""
    known = {event.type for event in anthropic().events()}
    strategy = streamtape.vary(anthropic())

    def holds_others(one: Interaction) -> bool:
        return not {event.type for event in one.events()} <= known

    found = find(strategy, holds_others, settings=SEARCH, random=Random(0))
    assert [edit.what for edit in found.edits] == ["varied: unknown_events"]
    assert [event.type for event in found.events()].index("later_addition") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": ["cut"]}, "unknown kind 'cut'; known: cuts, lengths"),
        ({"kinds": []}, "no kinds; known: cuts"),
        ({"index": 1}, "the recording has no interaction 1"),
    ],
)
def test_refusals(options: dict[str, object], message: str) -> None:
    """What can't be meant."""
    with pytest.raises(streamtape.UsageError, match="vary") as info:
        streamtape.vary(chat(), **options)  # type: ignore[arg-type]  # on purpose
    assert message in str(info.value)
