"""Streams whose indices are wrong: what was streamed is said once, whatever indices repeat it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamtape
from streamtape.dialects.anthropic import ANTHROPIC
from streamtape.dialects.openai_responses import OPENAI_RESPONSES
from streamtape.dialects.select import dialect_for, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.tape.events import Event, Transcript
from streamtape.tape.model import Interaction
from tests.indices import ALTERATIONS, WITHOUT_CHOICES, altered, texts_of
from tests.real import CORE, bodies, recording
from tests.shared import REPO, needs_corpus
from tests.streams import Writer, frames_of

RESPONSES = [
    pytest.param(interaction, id=f"{path.stem} {number}")
    for path in sorted((REPO / "cassettes").rglob("*.tape"))
    for number, interaction in enumerate(streamtape.load(path))
    if interaction.head is not None and "/responses" in interaction.request.url
]


@needs_corpus
@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_no_stream_is_doubled(alteration: str) -> None:
    """Every recorded stream says the same with other indices."""
    paths = list(bodies(CORE))
    assert paths
    for path in paths:
        recorded = recording(path)
        table = dialect_for(recorded)
        events = list(events_of(recorded.frames(), table))
        whole = transcript_of(events, table)
        if whole.choices and alteration in WITHOUT_CHOICES:
            continue
        assert texts_of(transcript_of(altered(events, alteration), table)) == texts_of(whole), path


@pytest.mark.parametrize("interaction", RESPONSES)
def test_a_recording_says_what_its_deltas_bring(interaction: Interaction) -> None:
    """Not twice where a done value follows: llama.cpp leaves `content_index` out."""
    deltas = interaction.events("response.output_text.delta")
    assert interaction.transcript().text == "".join(event.delta for event in deltas)


TEXTS = st.lists(st.lists(st.text("ab ", min_size=1, max_size=3), max_size=3), max_size=3)


@given(TEXTS, st.sampled_from(sorted(ALTERATIONS)), st.booleans())
def test_any_messages_and_calls(texts: list[list[str]], alteration: str, calls: bool) -> None:
    """Messages that repeat each other, and calls between them, however they are numbered."""
    writer = Writer()
    for n, deltas in enumerate(texts):
        writer.message(*deltas)
        if calls:
            writer.call(f"f{n}", '{"n": ', f"{n}}}")
    events = writer.end().events()
    transcript = transcript_of(altered(events, alteration), OPENAI_RESPONSES)
    assert transcript.text == "".join(piece for deltas in texts for piece in deltas)
    expected = [(f"f{n}", {"n": n}) for n in range(len(texts))] if calls else []
    assert [(c.name, c.parsed) for c in transcript.tool_calls] == expected


def test_calls_in_turns_at_one_index() -> None:
    """Two calls whose pieces take turns and whose `output_index` is 0: the item's id tells them."""
    added, delta = "response.output_item.added", "response.function_call_arguments.delta"
    items = [{"type": "function_call", "id": f"fc_{n}", "call_id": f"call_{n}", "name": f"f{n}",
              "arguments": ""} for n in range(2)]  # fmt: skip
    payloads: list[dict[str, Any]] = [{"type": added, "output_index": 0, "item": i} for i in items]
    for piece in ('{"q":', "1}"):
        payloads += [
            {"type": delta, "output_index": 0, "item_id": i["id"], "delta": piece} for i in items
        ]
    transcript = transcript_of([Event(p["type"], p, index=n) for n, p in enumerate(payloads)],
                         OPENAI_RESPONSES)  # fmt: skip
    assert [(c.id, c.name, c.parsed) for c in transcript.tool_calls] == [
        ("call_0", "f0", {"q": 1}),
        ("call_1", "f1", {"q": 1}),
    ]


def test_an_item_id_that_is_another_in_every_event_counts_for_nothing() -> None:
    """Some servers encrypt ids anew each time; there the index is right."""
    payloads = Writer().call("f", '{"a":', "1}").call("g", "{}").end().payloads
    for n, payload in enumerate(payloads):
        if "item_id" in payload:
            payload["item_id"] = f"x{n}"
        if "item" in payload:
            payload["item"] = {**payload["item"], "id": f"y{n}"}
    transcript = read_responses(payloads)
    assert [(c.name, c.arguments) for c in transcript.tool_calls] == [("f", '{"a":1}'), ("g", "{}")]


def test_a_part_that_came_whole_only_is_news() -> None:
    """A second part without deltas is there; the first is not there twice."""
    payloads = Writer().message("One.").payloads[:-1]
    parts = [{"type": "output_text", "text": text} for text in ("One.", "Two.")]
    item = {"type": "message", "id": "msg_1_0", "content": parts}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    assert read_responses([*payloads, done]).text == "One.Two."


def test_the_last_word_stands_and_its_beginning_keeps_its_events() -> None:
    """What the completed response corrects is told, from where it differs."""
    writer = Writer().message("The sky ", "is red.")
    writer.outputs[0]["content"] = [{"type": "output_text", "text": "The sky is blue."}]
    transcript = transcript_of(writer.end().events(), OPENAI_RESPONSES)
    (part,) = transcript.of("text")
    assert transcript.text == "The sky is blue."
    assert [part.event_at(n) for n in (0, 8, 11)] == [4, 5, 9]


def read_responses(payloads: list[dict[str, Any]]) -> Transcript:
    """The transcript of these payloads."""
    frames = frames_of([json.dumps(p) for p in payloads])
    return transcript_of(events_of(iter(frames), OPENAI_RESPONSES), OPENAI_RESPONSES)


@pytest.mark.parametrize("index", [0, None])
def test_blocks_at_one_index(index: int | None) -> None:
    """Anthropic's blocks, all at index 0 or none: a start begins another one."""
    start, delta, stop = "content_block_start", "content_block_delta", "content_block_stop"
    payloads: list[dict[str, Any]] = [{"type": "message_start", "message": {"id": "m"}}]
    blocks = [
        ({"type": "text", "text": ""}, {"type": "text_delta", "text": "Hi. "}),
        ({"type": "thinking", "thinking": ""}, {"type": "thinking_delta", "thinking": "Hm."}),
        ({"type": "text", "text": ""}, {"type": "text_delta", "text": "Yes."}),
        *(
            ({"type": "tool_use", "id": f"t{n}", "name": f"f{n}", "input": {}},
             {"type": "input_json_delta", "partial_json": f'{{"n":{n}}}'})
            for n in range(2)
        ),
    ]  # fmt: skip
    for block, piece in blocks:
        payloads += [
            {"type": start, "index": index, "content_block": block},
            {"type": delta, "index": index, "delta": piece},
            {"type": stop, "index": index},
        ]
    transcript = transcript_of(
        [Event(p["type"], p, index=n) for n, p in enumerate(payloads)], ANTHROPIC
    )
    assert (transcript.text, transcript.reasoning) == ("Hi. Yes.", "Hm.")
    assert [(c.id, c.parsed) for c in transcript.tool_calls] == [("t0", {"n": 0}), ("t1", {"n": 1})]
