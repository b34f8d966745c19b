"""One answer told otherwise: by another run, server or proxy. None of it is a change."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from streamtape.compare.comparison import Change
from streamtape.compare.content_changes import compare_content
from streamtape.compare.event_changes import compare_events
from streamtape.dialects.base import Dialect
from streamtape.dialects.select import dialect_for, dialect_named, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.tape.events import Event
from tests.mutations import renumbered
from tests.real import CORE, bodies, recording
from tests.same_answer import WAYS, in_all_ways
from tests.shared import needs_corpus
from tests.streams import frames_of

Spelling = Callable[[Sequence[Event], Dialect, random.Random], list[Event]]
Payload = dict[str, Any]


@needs_corpus
@pytest.mark.parametrize("name", [*WAYS, "all of them"])
def test_a_real_stream_reported_otherwise_is_the_same(name: str) -> None:
    """At levels events and content, in every dialect; `tools/corpus/same.py` takes any folder."""
    found: Spelling = WAYS.get(name, in_all_ways)
    n_altered = 0
    for path in bodies(CORE):
        one = recording(path)
        table = dialect_for(one)
        a = renumbered(list(events_of(one.frames(), table)))
        b = renumbered(found(a, table, random.Random(path.name)))
        n_altered += repr(a) != repr(b)
        assert compare_events(a, b, table, table) == (), path
        assert compare_content(transcript_of(a, table), transcript_of(b, table), table) == (), path
    assert n_altered > (0 if name == "other probabilities" else 10)


def compared(a: list[Payload], b: list[Payload], name: str) -> list[Change]:
    """The changes between two streams of payloads."""
    table = dialect_named(name)
    one, other = (renumbered(list(events_of(iter(frames_of(x)), table))) for x in (a, b))
    return list(compare_events(one, other, table, table))


def chunk(**delta: Any) -> Payload:
    """A chunk of Chat Completions."""
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}


@pytest.mark.parametrize("last", [{}, {"content": None}, {"content": ""}, {"refusal": None}])
def test_a_piece_that_says_nothing_is_spelled_in_several_ways(last: Payload) -> None:
    """Null, an empty text and no field at all; an event of these alone is none."""
    a = [chunk(role="assistant", content=""), chunk(content="Hi"), chunk(content="")]
    b = [chunk(role="assistant", **last), chunk(content="Hi"), chunk(**last), chunk(**last)]
    assert compared(a, b, "openai-chat") == []
    (change,) = compared(a, b[1:], "openai-chat")
    assert change.before == {"choices.0.delta.role": "assistant"}


def grounded(*texts: str | None) -> list[Payload]:
    """A Gemini answer cut into texts, the grounding with its last chunk; None: no content."""
    chunks: list[Payload] = []
    for text in texts:
        content = {} if text is None else {"content": {"parts": [{"text": text}], "role": "model"}}
        chunks.append({"candidates": [{**content, "index": 0}], "usageMetadata": {}})
    support = {"segment": {"startIndex": 0, "endIndex": 5}, "groundingChunkIndices": [0]}
    metadata = {"groundingSupports": [support], "webSearchQueries": ["q"]}
    chunks[-1]["candidates"][0] |= {"finishReason": "STOP", "groundingMetadata": metadata}
    return chunks


@pytest.mark.parametrize(
    "cut", [("Hello there",), ("Hell", "o", " there"), ("Hello there", ""), ("Hello there", None)]
)
def test_grounding_comes_with_whatever_piece_is_last(cut: tuple[str | None, ...]) -> None:
    """How the text was cut moves it; what it says is compared."""
    assert compared(grounded("Hello", " there"), grounded(*cut), "gemini") == []
    other = grounded(*cut)
    other[-1]["candidates"][0]["groundingMetadata"]["webSearchQueries"] = ["another"]
    (change,) = compared(grounded("Hello", " there"), other, "gemini")
    assert (change.before, change.after) == ("q", "another")


def cited(*ids: str) -> list[Payload]:
    """Citations of a Cohere answer."""
    return [
        {
            "type": "citation-start", "index": n,
            "delta": {"message": {"citations": {"start": n, "sources": [{"id": one}]}}},
        }
        for n, one in enumerate(ids)
    ]  # fmt: skip


def test_ids_that_no_table_names_are_renamed_too() -> None:
    """Alike throughout; `doc_1` is the user's, and another one is another document."""
    a = cited("search_rvb6hkbj1rtq:0", "search_rvb6hkbj1rtq:1", "search_rvb6hkbj1rtq:0")
    assert compared(a, cited("search_0d8fqq2w0a:0", "x1", "search_0d8fqq2w0a:0"), "cohere") == []
    (change,) = compared(a, cited("id-7", "id-8", "id-8"), "cohere")
    assert change.path == "delta.message.citations.sources.0.id"
    assert len(compared(cited("doc_1", "doc_2"), cited("doc_1", "doc_3"), "cohere")) == 1


def test_a_masked_value_may_be_empty() -> None:
    """`service_tier` is not compared, nor is the empty text that some servers send."""
    a, b = ([chunk(content="Hi") | {"service_tier": tier}] for tier in ("", "default"))
    assert compared(a, b, "openai-chat") == []


def test_arguments_are_the_users_own() -> None:
    """There, an empty text and null are two values."""

    def called(value: str | None) -> list[Event]:
        call = {"name": "f", "args": {"city": value}}
        part = {"content": {"role": "model", "parts": [{"functionCall": call}]}, "index": 0}
        return list(events_of(iter(frames_of([{"candidates": [part]}])), GEMINI))

    (change,) = compare_events(called(""), called(None), GEMINI, GEMINI)
    assert (change.before, change.after) == ("", None)


GEMINI = dialect_named("gemini")
