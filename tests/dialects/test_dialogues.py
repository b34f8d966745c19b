"""Dialogues read: events of both sides, turns, transcripts; and all that stands on them."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

import streamtape
from streamtape.dialects.parsed import ParsedResponse
from streamtape.report.events import grouped_lines
from streamtape.tape.messages import Message
from streamtape.tape.model import Cassette, Interaction
from tests.dialogues import client, dialogue, server

REALTIME = "wss://api.openai.com/v1/realtime?model=gpt-realtime"
LIVE = "wss://generativelanguage.googleapis.com/ws/google.ai.v1beta.BidiGenerateContent"


def says(**fields: Any) -> Message:
    """An event of the server."""
    return server(json.dumps(fields))


def asks(**fields: Any) -> Message:
    """An event of the client."""
    return client(json.dumps(fields))


def response(number: int, *words: str, **extra: Any) -> list[Message]:
    """A response of one message, a delta a word."""
    text, item = "".join(words), {"id": f"msg_{number}", "type": "message", "role": "assistant"}
    place = {"item_id": f"msg_{number}", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": text, "annotations": []}
    whole = {**item, "status": "completed", "content": [part]}
    head = {
        "id": f"resp_{number}", "object": "response", "model": "m-1", "created_at": 1,
        "status": "in_progress", "output": [], "parallel_tool_calls": True, "tool_choice": "auto",
        "tools": [],
    }  # fmt: skip
    usage = {
        "input_tokens": 1, "output_tokens": len(words), "total_tokens": 1 + len(words),
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }  # fmt: skip
    opened = {**item, "status": "in_progress", "content": []}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": head},
        {"type": "response.in_progress", "response": head},
        {"type": "response.output_item.added", "output_index": 0, "item": opened},
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
        *(
            {"type": "response.output_text.delta", **place, "delta": w, "logprobs": []}
            for w in words
        ),
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": whole},
        {
            "type": "response.completed",
            "response": {**head, "status": "completed", "output": [whole], "usage": usage},
        },
    ]
    return [says(**event, sequence_number=n, **extra) for n, event in enumerate(events)]


def create(**fields: Any) -> Message:
    """The client's question."""
    return asks(type="response.create", model="m-1", **fields)


TWO = dialogue(
    create(input="a"), *response(1, "Hi", "!"),
    create(input="b", previous_response_id="resp_1"), *response(2, "Bye"),
)  # fmt: skip


def test_both_sides_are_events() -> None:
    """In their order, numbered together; what a client said adds to no text."""
    events = list(TWO.events())
    assert [e.index for e in events] == list(range(21))
    assert [e.type for e in events if e.direction == "client"] == ["response.create"] * 2
    assert (events[0].input, events[1].direction) == ("a", "server")
    transcript = TWO.transcript()
    assert (transcript.dialect, transcript.text, transcript.id, transcript.finished) == (
        "openai-responses",
        "Hi!Bye",
        "resp_1",
        True,
    )


def test_each_response_is_a_turn() -> None:
    """It has the client's question as its request, its own events, and an end."""
    first, second = TWO.turns()
    assert (first.transcript().text, second.transcript().text) == ("Hi!", "Bye")
    assert json.loads(second.request.body)["previous_response_id"] == "resp_1"
    assert (second.transcript().usage or {})["output_tokens"] == 1
    assert [e.index for e in second.events()] == list(range(10))
    assert list(first.turns()) == [first]


def test_responses_beside_each_other() -> None:
    """Those on different lanes are told apart, however their events are mixed."""
    one, other = response(1, "Hi", stream_id="a"), response(2, "Bye", stream_id="b")
    mixed = [m for pair in zip(one, other, strict=True) for m in pair]
    both = dialogue(create(stream_id="a"), create(stream_id="b"), *mixed)
    assert [turn.transcript().text for turn in both.turns()] == ["Hi", "Bye"]
    assert [f for f in streamtape.check(both) if f.severity == "error"] == []


def test_rules_of_the_api_hold_for_each_response() -> None:
    """A good dialogue has no findings; what is wrong is found at its event in the whole."""
    assert [str(f) for f in streamtape.check(TWO) if f.severity == "error"] == []
    failed = dialogue(
        create(input="a"), *response(1, "Hi"), create(input="b"), *response(2, "x", "y")[:-1]
    )
    (found,) = (f for f in streamtape.check(failed) if f.severity == "error")
    assert (found.rule, found.where.event) == ("terminal", 19)
    swapped = list(TWO.messages)
    swapped[13], swapped[15] = swapped[15], swapped[13]
    wrong = streamtape.check(replace(TWO, messages=swapped))  # type: ignore[arg-type]  # a list, as Messages is a sequence
    assert {f.where.event for f in wrong if f.severity == "error"} <= set(range(12, 21))
    assert wrong


def test_steering_is_no_fault() -> None:
    """The events with which the server takes input in the middle of a response are known."""
    first = response(1, "Hi")
    steer = says(
        type="response.steer.accepted", sequence_number=99,
        steer={"id": "steer_1", "previous_response_id": "resp_1"},
    )  # fmt: skip
    talk = dialogue(create(input="a"), *first[:5], steer, *first[5:])
    found = [f for f in streamtape.check(talk) if f.rule != "sequence"]
    assert [str(f) for f in found if f.severity != "info"] == []


def test_measures_count_from_the_question() -> None:
    """Each response is a stream of its own; its times count from what asked for it."""
    request = [create(), *response(1, "Hi", "!")], [create(), *response(2, "x")]
    late = dialogue(
        *(
            message._replace(at_us=60_000_000 * n + 1000 * k)
            for n, turn in enumerate(request)
            for k, message in enumerate(turn)
        )
    )
    first, second = streamtape.stats(late).each
    assert (first.ttfe_us, second.ttfe_us) == (1000, 1000)
    assert (first.ttft_us, second.ttft_us, first.ttfb_us) == (5000, 5000, None)
    assert (first.n_events, second.n_output_tokens) == (10, 1)


def renamed(interaction: Interaction, old: str, new: str) -> Interaction:
    """The same with other words in its messages."""
    messages = [m._replace(data=m.data.replace(old.encode(), new.encode())) for m in
                interaction.messages]  # fmt: skip
    return replace(interaction, messages=messages)  # type: ignore[arg-type]  # a list, as Messages is a sequence


def test_a_comparison_goes_turn_by_turn() -> None:
    """Other ids and times are the same; another word is told where it stands in the whole."""
    other_ids = renamed(renamed(TWO, "resp_", "resp_x"), "msg_", "msg_y")
    assert streamtape.diff(TWO, other_ids).same
    changes = streamtape.diff(TWO, renamed(TWO, "Bye", "See you")).changes
    assert {change.what for change in changes} == {"text"}
    assert [change.a and change.a.index for change in changes] == [16]
    other = streamtape.diff(TWO, renamed(TWO, '"input": "b"', '"input": "c"')).changes
    assert [(c.what, c.path, c.before, c.after) for c in other] == [
        ("response.create", "input", "b", "c")
    ]
    alone = dialogue(*TWO.messages[:11])
    (gone,) = (c for c in streamtape.diff(TWO, alone).changes if c.what == "turn")
    assert (gone.kind, gone.a and gone.a.index) == ("removed", 11)
    for level in ("bytes", "frames", "content", "timing"):
        assert streamtape.diff(TWO, TWO, level).same
    assert not streamtape.diff(TWO, renamed(TWO, "Bye", "Ciao"), "bytes").same
    closed = replace(TWO, ending=streamtape.Ending("complete", 900_000, close_code=1011))
    assert [c.what for c in streamtape.diff(TWO, closed).changes] == ["ending"]


def test_a_snapshot_of_a_dialogue() -> None:
    """Both sides, in turns, without what differs from run to run."""
    text = streamtape.snapshot(Cassette((TWO,)), level="events")
    other = Cassette((renamed(TWO, "resp_", "resp_z"),))
    assert text == streamtape.snapshot(other, level="events")
    lines = text.splitlines()
    assert lines[0] == "GET /v1/responses -> 101"
    payloads = [line.partition(":")[0] for line in lines if line.startswith("client")]
    assert payloads == ["client event response.create"] * 2
    assert streamtape.snapshot(TWO).count("text:") == 2


def test_lines_say_who_spoke() -> None:
    """An arrow stands before what the client said, in every listing of events."""
    text = [
        "".join(str(part[0]) for part in line) for line in grouped_lines(ParsedResponse(TWO), 99)
    ]
    assert [line.split()[2] for line in text if "→" in line] == ["→", "→"]
    assert len(text) == 20


def test_openai_realtime() -> None:
    """Text, spoken answers as their transcript, tool calls, and what was heard of the client."""
    place = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
    call = {"id": "item_2", "type": "function_call", "call_id": "call_1", "name": "get_weather"}
    talk = dialogue(
        says(type="session.created", session={"id": "sess_1", "model": "gpt-realtime"}),
        asks(type="input_audio_buffer.append", audio="AAAA"),
        says(type="conversation.item.input_audio_transcription.completed", item_id="i",
             content_index=0, transcript="What is the weather?"),
        asks(type="response.create"),
        says(type="response.created", response={"id": "resp_1", "status": "in_progress"}),
        says(type="response.output_audio_transcript.delta", **place, delta="Let me "),
        says(type="response.output_audio.delta", **place, delta="AAAA"),
        says(type="response.output_audio_transcript.delta", **place, delta="see."),
        says(type="response.output_audio_transcript.done", **place, transcript="Let me see."),
        says(type="response.output_item.added", response_id="resp_1", output_index=1, item=call),
        says(type="response.function_call_arguments.delta", response_id="resp_1", item_id="item_2",
             output_index=1, call_id="call_1", delta='{"city":'),
        says(type="response.function_call_arguments.delta", response_id="resp_1", item_id="item_2",
             output_index=1, call_id="call_1", delta='"Oslo"}'),
        says(type="response.done", response={"id": "resp_1", "status": "completed",
                                             "usage": {"total_tokens": 5}}),
        asks(type="response.create"),
        says(type="response.created", response={"id": "resp_2"}),
        says(type="response.output_text.delta", **{**place, "response_id": "resp_2"}, delta="Hi"),
        says(type="response.done", response={"id": "resp_2", "status": "completed"}),
        says(type="rate_limits.updated", rate_limits=[]),
        url=REALTIME,
    )  # fmt: skip
    transcript = talk.transcript()
    assert (transcript.dialect, transcript.model, transcript.status) == (
        "openai-realtime", "gpt-realtime", "completed"
    )  # fmt: skip
    assert [part.text for part in transcript.of("transcript")] == [
        "What is the weather?",
        "Let me see.",
    ]
    assert transcript.text == "Hi"
    (made,) = transcript.tool_calls
    assert (made.id, made.name, made.parsed) == ("call_1", "get_weather", {"city": "Oslo"})
    assert [turn.transcript().finished for turn in talk.turns()] == [True, True, False]
    assert [f for f in streamtape.check(talk) if f.severity == "error"] == []
    assert len(streamtape.stats(talk).each) >= 2


@pytest.mark.parametrize("as_bytes", [False, True])
def test_gemini_live(as_bytes: bool) -> None:
    """Its events are told by their one field, in text and in binary messages alike."""

    def live(**fields: Any) -> Message:
        return server(json.dumps(fields).encode()) if as_bytes else says(**fields)

    parts = [{"text": "Hel"}, {"text": "thinking", "thought": True}]
    talk = dialogue(
        asks(setup={"model": "models/gemini-live"}),
        live(setupComplete={}),
        asks(clientContent={"turns": [], "turnComplete": True}),
        live(serverContent={"modelTurn": {"parts": parts}}),
        live(serverContent={"modelTurn": {"parts": [{"text": "lo"}]}}),
        live(serverContent={"outputTranscription": {"text": "Hello"}}),
        live(toolCall={"functionCalls": [{"id": "c1", "name": "f", "args": {"a": 1}}]}),
        live(serverContent={"turnComplete": True}, usageMetadata={"totalTokenCount": 3}),
        url=LIVE,
    )
    transcript = talk.transcript()
    assert (transcript.dialect, transcript.text, transcript.reasoning) == (
        "gemini-live",
        "Hello",
        "thinking",
    )
    assert [part.text for part in transcript.of("transcript")] == ["Hello"]
    assert [(c.id, c.name, c.parsed) for c in transcript.tool_calls] == [("c1", "f", {"a": 1})]
    assert (transcript.usage, transcript.finished) == ({"totalTokenCount": 3}, True)
    assert [e.type for e in talk.events()][:4] == [
        "setup", "setupComplete", "clientContent", "serverContent"
    ]  # fmt: skip


def test_any_other_dialogue() -> None:
    """What is known of no provider has typed events where its JSON has a type, else its text."""
    talk = dialogue(client("ping"), server('{"type":"tick","n":1}'), server(b"\xff\x00"))
    assert [(e.type, e.payload) for e in talk.events()] == [
        ("message", "ping"),
        ("tick", {"type": "tick", "n": 1}),
        ("binary", base64.b64encode(b"\xff\x00").decode()),
    ]
    assert [turn.messages for turn in talk.turns()] == [talk.messages]
    assert streamtape.check(talk) == []


def test_fragments_are_one_event() -> None:
    """With the time of the last of them; one that was never ended is incomplete."""
    talk = dialogue(
        Message("server", 1, "text", b'{"type":', final=False),
        Message("client", 2, "ping", b""),
        Message("server", 3, "continuation", b'"a"}'),
        Message("server", 4, "text", b'{"type"', final=False),
    )
    first, second = talk.events()
    assert (first.type, first.at_us, first.frame and first.frame.chunk) == ("a", 3, 2)
    assert second.frame is not None
    assert not second.frame.complete


def test_no_event_is_lost_in_turns() -> None:
    """Every message of data is in one turn, in its order."""
    turns = list(TWO.turns())
    assert [m for turn in turns for m in turn.messages] == list(TWO.messages)
    assert list(dialogue().turns()) == [dialogue()]
