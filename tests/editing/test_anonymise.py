"""Recordings made fit to be published: nothing of what was said remains, everything else does."""

import base64
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import streamtape
from streamtape.editing.neutral import _WORDS, filler, neutral, neutral_json, neutral_number
from streamtape.tape.codec import encode
from streamtape.tape.messages import Message, close_message
from streamtape.tape.model import (
    Cassette,
    Chunk,
    Chunks,
    Edit,
    Ending,
    Head,
    Interaction,
    Messages,
    Redaction,
    Request,
)
from tests.dialogues import dialogue
from tests.editing.streams import ALL, anthropic, chat, recording, responses, sse
from tests.streams import Writer

PLANTED = "Zyx9Qwvut"
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{8,}={0,2}")


def anonymised(one: Interaction) -> Interaction:
    """One interaction, anonymised."""
    (after,) = streamtape.edit(one, anonymise=True)
    return after


def holds(one: Interaction) -> Iterator[bytes]:
    """Everything that an interaction holds, its encodings undone, and what is packed in it."""
    assert b"".join(encode([one]))  # it can be saved
    parts = [repr(replace(one, chunks=Chunks(), messages=Messages())).encode()]
    parts += [one.content, one.request.body, *(message.data for message in one.messages)]
    for part in parts:
        yield part
        yield part.decode("utf-8", "replace").encode("ascii", "backslashreplace")
        for packed in _BASE64.findall(part):
            yield base64.b64decode(packed[: len(packed) // 4 * 4])


def findings(one: Interaction) -> Counter[tuple[str, str]]:
    """How often each rule finds something."""
    return Counter((found.rule, found.severity) for found in streamtape.check(one))


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_the_shape_stays(make: Callable[[], Interaction]) -> None:
    """Frames, their types, chunks, times, lengths of texts, counts, and what the checks say."""
    one = make()
    after = anonymised(one)
    assert [(f.event, f.at_us, f.chunk) for f in after.frames()] == [
        (f.event, f.at_us, f.chunk) for f in one.frames()
    ]
    before, transcript = one.transcript(), after.transcript()
    types = [(e.type, f.type) for e, f in zip(one.events(), after.events(), strict=True)]
    assert len(set(types)) == len({before for before, _ in types})
    assert make.__name__ == "unknown" or all(before == now for before, now in types)
    assert [(p.channel, p.key, p.cuts) for p in transcript.parts] == [
        (p.channel, p.key, p.cuts) for p in before.parts
    ]
    assert [len(part.text) for part in transcript.parts] == [len(p.text) for p in before.parts]
    assert (transcript.usage, transcript.finish_reason) == (before.usage, before.finish_reason)
    assert [c.at_us for c in after.chunks] == [c.at_us for c in one.chunks]
    assert findings(after) == findings(one)
    assert after.edits == (Edit("anonymised"),)


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_no_word_is_left(make: Callable[[], Interaction]) -> None:
    """Neither of the answer nor of the request, its tools and their arguments."""
    everything = b"\n".join(holds(anonymised(make())))
    for word in (b"rains", b"Oslo", b"today", b"get_weather", b"Weather"):
        assert word not in everything


def test_names_and_ids_stay_kept_apart() -> None:
    """The same stand for the same, in requests, too; arguments have the names of their schema."""
    schema = {"type": "object", "properties": {"town": {"type": "string", "enum": ["Oslo"]}},
              "required": ["town"]}  # fmt: skip
    tool = {"type": "function", "name": "find", "parameters": schema}
    first = Writer().call("find", '{"town": "Oslo"}').end().interaction()
    call = {"type": "function_call", "call_id": "call_1_0", "name": "find",
            "arguments": '{"town": "Oslo"}'}  # fmt: skip
    output = {"type": "function_call_output", "call_id": "call_1_0", "output": "wet"}
    body = {"model": "gpt-4.1", "tools": [tool], "input": [call, output]}
    request = replace(first.request, body=json.dumps(body).encode())
    second = replace(Writer(run=2).message("Wet.").end().interaction(), request=request)
    one, two = streamtape.edit(Cassette((first, second)), anonymise=True)
    (made,) = one.transcript().tool_calls
    sent = json.loads(two.request.body)
    echoed, answered = sent["input"]
    assert (echoed["call_id"], echoed["name"], echoed["arguments"]) == (
        made.id,
        made.name,
        made.arguments,
    )
    assert answered["call_id"] == made.id
    assert sent["tools"][0]["name"] == made.name
    (name,) = sent["tools"][0]["parameters"]["properties"]
    assert made.parsed == {name: sent["tools"][0]["parameters"]["properties"][name]["enum"][0]}
    assert sent["tools"][0]["parameters"]["required"] == [name]
    assert one.transcript().id != two.transcript().id


P = PLANTED
PNG = "data:image/png;base64," + base64.b64encode(f"{P} {P} {P} {P}".encode()).decode()
IN_EVENTS: dict[str, Any] = {
    "an unknown field": {"x_new": P},
    "the name of a field": {P: 1, "x_deep": {P: {P: [P]}}},
    "a known field": {"system_fingerprint": f"fp_{P}", "user": P, "service_tier": P},
    "an id": {"id": f"chatcmpl-{P}"},
    "metadata": {"metadata": {P: P, "n": {"deep": P}}},
    "encrypted content": {"encrypted_content": base64.b64encode(P.encode() * 9).decode()},
    "an image": {"image_url": PNG, "b64_json": PNG.partition(",")[2]},
    "a model": {"model": f"ft:gpt-4.1:{P}::1"},
    "an error": {"error": {"message": f"no {P}", "code": P, "type": P, "param": P}},
    "an address": {"url": f"https://{P}.example/{P}?{P}={P}#{P}"},
    "JSON in a text": {"output": json.dumps({P: P, "n": [P, {"x": P}]})},
    "cut JSON in a text": {"output": f'{{"a": "{P}", "{P}": "{P}'},
    "escapes": {"text": f'"{P}"\n\\{P}\té{P}🦭{P}'},
    "a name twice": {},
}


@pytest.mark.parametrize("fields", IN_EVENTS.values(), ids=IN_EVENTS)
@pytest.mark.parametrize("make", [responses, chat, anthropic])
def test_nothing_planted_in_events_is_left(
    make: Callable[[], Interaction], fields: dict[str, Any]
) -> None:
    """Whatever the field, known or not."""
    payloads = [event.payload for event in make().events() if isinstance(event.payload, dict)]
    planted = [{**payload, **fields} for payload in payloads]
    frames = sse(*planted)
    frames.append(f'data: {{"type": "{P}", "text": "{P}", "text": "b"}}\n\n'.encode())
    one = recording(frames, url=make().request.url, body={"input": P, **fields})
    assert P.casefold().encode() not in b"\n".join(holds(anonymised(one))).lower()


LINES = {
    "a comment": f": {P}\n\n",
    "an event": f"event: {P}\ndata: {{}}\n\n",
    "an id": f"id: {P}\ndata: {{}}\n\n",
    "an unknown line": f"{P}: {P}\n{P}\ndata: {{}}\n\n",
    "a retry": f"retry: {P}\ndata: {{}}\n\n",
    "plain text": f"data: {P}\ndata: {P}\n\n",
    "several lines": f'data: {{"a":\ndata: "{P}"}}\n\n',
    "no JSON": f'data: {{"a": {P}, "{P}"\n\n',
    "a cut frame": f'event: message\ndata: {{"type": "x", "text": "{P}',
    "a type": f'data: {{"type": "{P}"}}\n\n',
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_nothing_planted_in_lines_is_left(line: str) -> None:
    """Nor in what is no data."""
    one = recording([b'data: {"type": "message_start"}\n\n', line.encode()])
    after = anonymised(one)
    assert P.casefold().encode() not in b"\n".join(holds(after)).lower()
    assert len(list(after.frames())) == len(list(one.frames()))


BODIES: dict[str, tuple[bytes, bytes]] = {
    "a form": (b"application/x-www-form-urlencoded", f"a={P}&{P}=b".encode()),
    "a multipart form": (
        f'multipart/form-data; boundary="{P}"'.encode(),
        f'--{P}\r\ncontent-disposition: form-data; name="{P}"\r\n\r\n{P}\r\n--{P}--'.encode(),
    ),
    "text": (b"text/plain", f"say {P}".encode()),
    "bytes": (f"x-{P}/y".encode(), b"\xff\x00" + P.encode()),
    "packed": (b"application/json", gzip.compress(json.dumps({"input": P}).encode())),
    "not packed": (b"application/json", P.encode()),
}


@pytest.mark.parametrize(("media", "body"), BODIES.values(), ids=BODIES)
def test_nothing_planted_in_requests_is_left(media: bytes, body: bytes) -> None:
    """Whatever was sent, to whatever address."""
    packed = ((b"content-encoding", b"gzip"),) if b"json" in media else ()
    headers = (
        (b"content-type", media), (b"x-user", P.encode()), (P.encode(), b"1"),
        (b"cookie", P.encode()), (b"user-agent", P.encode()), (b"accept", P.encode()), *packed,
    )  # fmt: skip
    url = f"https://{P}:{P}@{P}.openai.azure.com/openai/deployments/{P}/chat/completions?{P}={P}"
    request = Request(P, f"{url}&api-version=2024-10-21#{P}", headers, body)
    after = anonymised(replace(chat(), request=request))
    assert P.casefold().encode() not in b"\n".join(holds(after)).lower()
    assert ".openai.azure.com/openai/deployments/" in after.request.url
    assert "api-version=2024-10-21" in after.request.url
    assert len(after.request.body) >= len(body) - 20 or not packed


def test_nothing_planted_beside_the_body_is_left() -> None:
    """Heads, endings, notes of masks, messages of control, bytes that are no text."""
    head = Head(
        200, ((b"content-type", f"text/event-stream; x={P}".encode()), (b"server", P.encode()),
              (b"x-request-id", P.encode())), 500, reason=P,
    )  # fmt: skip
    ending = Ending("error", 9000, P, f"it broke: {P}", P, (P,))
    redactions = (Redaction(f"request.header:{P}", P, "3fa1"),)
    one = replace(
        chat(), head=head, ending=ending, redactions=redactions, edits=(Edit(P), Edit("text", 2))
    )
    after = anonymised(one)
    assert P.casefold().encode() not in b"\n".join(holds(after)).lower()
    assert after.edits == (Edit("text", 2), Edit("anonymised"))
    assert after.ending.kind == "error"
    interaction = dialogue(
        Message("client", 1000, "text", json.dumps({"type": "session.update", "x": P}).encode()),
        Message("client", 2000, "ping", P.encode()),
        Message("server", 3000, "binary", b"\x01" + P.encode()),
        Message("server", 4000, "text", P.encode()[:4], final=False),
        Message("server", 5000, "continuation", P.encode()[4:]),
        close_message("server", 6000, 1011, P),
        ending=Ending("complete", 7000, close_code=1011, close_reason=P),
    )
    after = anonymised(interaction)
    assert P.casefold().encode() not in b"\n".join(holds(after)).lower()
    assert [len(m.data) for m in after.messages] == [len(m.data) for m in interaction.messages]
    assert after.messages[-1].code == 1011


def test_a_body_that_nobody_can_read() -> None:
    """It is as long as it was, and says nothing."""
    head = Head(200, ((b"content-encoding", b"gzip"),), 1)
    one = replace(chat(), head=head, chunks=Chunks.of([Chunk(1000, P.encode())]))
    assert anonymised(one).body == bytes(len(P))


def test_a_request_without_an_answer() -> None:
    """There is no head, and nothing to read."""
    ending = Ending("error", 10, "ConnectError", f"no {P}", "httpx", ("TransportError",))
    one = replace(chat(), head=None, chunks=Chunks(), ending=ending)
    after = anonymised(one)
    assert P.casefold().encode() not in b"\n".join(holds(after)).lower()
    assert (after.ending.exception, after.ending.module) == ("ConnectError", "httpx")


def test_the_calendar() -> None:
    """Recordings begin at a fixed moment; what lies between two stays."""
    first = chat()
    second = replace(first, started_at_us=(first.started_at_us or 0) + 5_000_000)
    one, two = streamtape.edit(Cassette((first, second)), anonymise=True)
    assert (two.started_at_us or 0) - (one.started_at_us or 0) == 5_000_000
    assert next(one.events()).payload["created"] == 1_735_689_600
    unknown = anonymised(replace(first, started_at_us=None))
    assert next(unknown.events()).payload["created"] == 1_735_689_600


def test_twice_is_once() -> None:
    """What is anonymous stays so, and the mark is not hidden."""
    once = anonymised(chat())
    again = anonymised(once)
    assert [edit.what for edit in again.edits] == ["anonymised", "anonymised"]
    assert again.transcript().usage == once.transcript().usage


FILLER = {word for pair in _WORDS for word in pair}


@settings(max_examples=40)
@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("lorem0aaaaa")
def test_neutral_texts_take_the_same_room(text: str) -> None:
    """As many characters and bytes, and the same for the same."""
    new = neutral(text)
    assert len(new) == len(text)
    assert len(new.encode()) == len(text.encode())
    words = set(re.findall(r"[A-Za-z]{3,}", text)) - FILLER
    assert not words & set(re.findall(r"[A-Za-z]{3,}", new))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside),
    max_leaves=6,
)  # fmt: skip


def shape(value: Any) -> Any:
    """A JSON value without what it says."""
    if isinstance(value, dict):
        return [shape(one) for one in value.values()]
    return [shape(one) for one in value] if isinstance(value, list) else type(value)


@settings(max_examples=40)
@given(VALUES, st.booleans())
def test_neutral_json_has_the_same_shape(value: Any, ascii_only: bool) -> None:
    """It is JSON again, of the same types."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    new = neutral_json(text, lambda name: name)
    assert len(new) == len(text)
    assert shape(json.loads(new)) == shape(value)


@pytest.mark.parametrize(
    ("old", "new"),
    [("0", "1"), ("11", "22"), ("-3.50e+10", "-1.11e+01"), ("-1", "-2"), ("12.11", "11.22")],
)
def test_neutral_numbers(old: str, new: str) -> None:
    """Of the same form, and another."""
    assert neutral_number(old) == new


def test_media_keep_their_length() -> None:
    """Base64 stays Base64."""
    packed = base64.b64encode(b"x" * 40).decode()
    assert filler(packed) == "A" * (len(packed) - 2) + "=="
    assert filler(f"data:image/png;base64,{packed}") == f"data:image/png;base64,{filler(packed)}"
    assert filler("no Base64") is None
