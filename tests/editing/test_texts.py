"""Texts of answers, replaced in every dialect, however they are cut."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

import streamtape
from streamtape.tape.model import Interaction, Request
from tests.editing.streams import ALL, TEXT, chat, gemini, recording, responses, sse, whole_chat
from tests.streams import Writer

NEW = 'Tromsø "🦭"\n'
READ = {name: make for name, make in ALL.items() if name not in {"plain", "unknown"}}


def says(one: Interaction) -> str:
    """Everything that an interaction holds, as text: its escapes undone."""
    whole = one.content + b"".join(message.data for message in one.messages)
    return whole.decode("utf-8", "replace")


@pytest.mark.parametrize("make", READ.values(), ids=READ)
def test_a_text_over_several_deltas(make: Callable[[], Interaction]) -> None:
    """It is replaced where it is said and where it is repeated; the checks find no more."""
    one = make()
    (edited,) = streamtape.edit(one, text={"Oslo": NEW})
    assert edited.transcript().text == TEXT.replace("Oslo", NEW)
    assert "Oslo today" not in says(edited)
    assert [edit.what for edit in edited.edits] == ["text"]
    before, after = streamtape.check(one), streamtape.check(edited)
    assert [(f.rule, f.message) for f in after] == [(f.rule, f.message) for f in before]


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_chunks_keep_their_number_and_times(make: Callable[[], Interaction]) -> None:
    """And frames in which nothing changes keep every byte."""
    one = make()
    (edited,) = streamtape.edit(one, text={"It rains": "It snows a lot"})
    assert [chunk.at_us for chunk in edited.chunks] == [chunk.at_us for chunk in one.chunks]
    assert [m.at_us for m in edited.messages] == [m.at_us for m in one.messages]
    frames = zip(one.frames(), edited.frames(), strict=True)
    changed = [before.index for before, after in frames if before.data != after.data]
    assert 1 <= len(changed) < len(list(one.frames())) or make is whole_chat


@pytest.mark.parametrize("name", ["plain", "unknown"])
def test_streams_that_no_dialect_reads(name: str) -> None:
    """The texts at one path are one text."""
    (edited,) = streamtape.edit(ALL[name](), text={"Oslo": "Bodø"})
    text = "".join(re.findall(r'data: (?:.*"body": ")?([^"\n]*)', says(edited)))
    assert json.loads(f'"{text}"') == TEXT.replace("Oslo", "Bodø")


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_the_same_bytes_where_nothing_is_edited(make: Callable[[], Interaction]) -> None:
    """A text that is replaced by itself leaves the body as it was."""
    one = make()
    (edited,) = streamtape.edit(one, text={"Oslo": "Oslo"})
    assert edited.body == one.body
    assert edited.messages == one.messages


def test_tokens_follow() -> None:
    """Each token is what its delta says, and so are its bytes and its alternatives."""
    (edited,) = streamtape.edit(chat(), text={"Oslo": "Ålesund"})
    for event in edited.events():
        for choice in event.payload["choices"] if isinstance(event.payload, dict) else ():
            (token,) = (choice["logprobs"] or {}).get("content") or [None]
            if token is not None:
                assert token["token"] == choice["delta"]["content"]
                assert bytes(token["bytes"]).decode() == token["token"]
                assert token["top_logprobs"][0]["token"] == token["token"]


def test_offsets_follow() -> None:
    """A citation behind the edited place moves with its text."""
    one = Writer().message("Oslo is wet, says the weather office.").end().interaction()
    cited = {"type": "url_citation", "start_index": 13, "end_index": 17, "url": "u", "title": "t"}
    body = one.body.replace(b'"annotations": []', f'"annotations": [{json.dumps(cited)}]'.encode())
    chunks = streamtape.Chunks.of([streamtape.Chunk(1, body)])
    (edited,) = streamtape.edit(
        replace(one, chunks=chunks), text={"Oslo": "Longyearbyen"}, allow_findings=True
    )
    text = edited.transcript().text
    done = [e.payload for e in edited.events() if e.type == "response.output_item.done"]
    (note,) = done[0]["item"]["content"][0]["annotations"]
    assert text[note["start_index"] : note["end_index"]] == "says"


def test_a_later_request_that_repeats_the_answer() -> None:
    """A client that sends the edited answer back finds its recorded answer."""
    question = [{"role": "assistant", "content": TEXT}, {"role": "user", "content": "In Oslo?"}]
    second = recording(
        sse("[DONE]"), body={"model": "gpt-4.1", "messages": question, "stream": True}
    )
    cassette = streamtape.Cassette((chat(), second))
    edited = streamtape.edit(cassette, text={"Oslo": "Bergen"})
    messages = json.loads(edited[1].request.body)["messages"]
    assert messages[0]["content"] == "It rains in Bergen today."
    assert messages[1]["content"] == "In Oslo?"
    everywhere = streamtape.edit(cassette, text={"Oslo": "Bergen"}, where="both")
    assert b"Oslo" not in everywhere[1].request.body


def test_what_is_no_text_stays() -> None:
    """Words of the protocol that look like the text are not replaced."""
    one = Writer().message("completed", " in message").end().interaction()
    (edited,) = streamtape.edit(one, text={"completed": "ready", "message": "letter"})
    transcript = edited.transcript()
    assert (transcript.text, transcript.status) == ("ready in letter", "completed")


def test_halves_of_a_character_in_two_deltas() -> None:
    """A character that came in two pieces is found whole, and may be replaced."""
    half = r'data: {"choices": [{"index": 0, "delta": {"content": "%s"}}]}' + "\n\n"
    frames = [(half % piece).encode() for piece in (r"a \ud83e", r"\uddad b")]
    (edited,) = streamtape.edit(recording(frames), text={"🦭 b": "seal"})
    assert edited.transcript().text == "a seal"


def test_encoded_bodies_and_lengths() -> None:
    """A compressed body is compressed again; a length is that of the new body."""
    (edited,) = streamtape.edit(ALL["gzipped"](), text={"Oslo": "Bergen"})
    assert edited.head is not None
    assert edited.head.recoded
    assert edited.body.startswith(b"\x1f\x8b")
    (whole,) = streamtape.edit(whole_chat(), text={"Oslo": "Bergen"})
    assert whole.head is not None
    assert whole.head.get("content-length") == str(len(whole.body))
    request = Request("POST", "https://x.test", ((b"content-length", b"9"),), b'{"a":"b"}')
    (sent,) = streamtape.edit(replace(chat(), request=request), text={"b": "bcd"}, where="requests")
    assert sent.request.headers == ((b"content-length", b"11"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"Oslu": "x"}, "text 'Oslu' was not found: no answer says it; the nearest is 'Oslo'"),
        ({"zzzzzz": "x"}, "text 'zzzzzz' was not found: no answer says it"),
        ({"": "x"}, "a text to replace is empty"),
    ],
)
def test_refusals(text: dict[str, str], message: str) -> None:
    """A text that nobody said is an error that names the nearest."""
    with pytest.raises(streamtape.UsageError) as info:
        streamtape.edit(chat(), text=text)
    assert str(info.value) == message


def test_a_text_that_only_a_tool_is_reported() -> None:
    """The message names the option that is meant for it."""
    one = Writer().message("Hi").call("f", '{"town": "Bod', 'ø"}').end().interaction()
    with pytest.raises(streamtape.UsageError, match="it is only in the arguments of a tool"):
        streamtape.edit(one, text={"Bodø": "x"})


def test_secrets_in_new_texts_are_masked() -> None:
    """As those in what is recorded."""
    key = "sk-proj-" + "Ab3" * 16
    (edited,) = streamtape.edit(responses(), text={"Oslo": key}, allow_findings=True)
    assert key not in edited.transcript().text
    assert streamtape.scan(streamtape.Cassette((edited,))) == []


def test_an_edit_that_breaks_a_rule_is_refused() -> None:
    """The checks are asked before and after."""
    with pytest.raises(
        streamtape.UsageError, match=r"would violate further rules: .*total_tokens 9"
    ):
        streamtape.edit(
            Writer().message("Hi").end().interaction(), usage="input=1,output=1,total=9"
        )
    (edited,) = streamtape.edit(gemini(), usage="total=9", allow_findings=True)
    assert edited.edits
