"""`sdk_events`: what the SDKs of OpenAI and Anthropic make of the same bytes."""

import dataclasses
import sys
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from openai.types.responses import ResponseTextDeltaEvent

import streamtape
from streamtape.errors import UsageError
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tests.corpus import Recorded, streams
from tests.shared import SHARED, needs_corpus

URLS = {
    "responses": "https://api.openai.com/v1/responses",
    "chat": "https://api.openai.com/v1/chat/completions",
    "messages": "https://api.anthropic.com/v1/messages",
}
TEXT = (
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
    b'"item_id":"m","output_index":0,"content_index":0,"delta":"Hi","sequence_number":1,'
    b'"logprobs":[]}\n\n'
)
CREATED = b'event: response.queued\ndata: {"type":"response.queued","response":{}}\n\n'
CHUNK = b'data: {"id":"c","object":"chat.completion.chunk","choices":[]}\n\n'


def interaction(
    *pieces: bytes, api: str = "responses", media: str = "text/event-stream", **more: Any
) -> Interaction:
    """A recorded stream."""
    head = Head(200, ((b"content-type", media.encode()),), 500)
    chunks = Chunks.of(Chunk(1000 + n, piece) for n, piece in enumerate(pieces))
    request = Request(more.pop("method", "POST"), URLS[api], (), b"{}")
    return Interaction(request, head, chunks, more.get("ending", Ending("complete", 5000)))


def by_the_sdk(body: bytes, api: str) -> Iterator[Any]:
    """The events that the SDK gives to a program that asks a server which sends these bytes."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    if api == "messages":
        anthropic_client = anthropic.Anthropic(api_key="x", http_client=http, max_retries=0)
        yield from anthropic_client.messages.create(
            model="m", max_tokens=1, messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        return
    client = openai.OpenAI(api_key="x", http_client=http, max_retries=0)
    if api == "responses":
        yield from client.responses.create(model="m", input="Hi", stream=True)
    else:
        yield from client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
        )


def drained(events: Iterator[Any]) -> tuple[list[Any], str | None]:
    """All events, and the class and text of the error that ended them."""
    found = []
    try:
        for event in events:
            found.append(event)
    except (openai.OpenAIError, anthropic.AnthropicError) as error:
        return found, f"{type(error).__name__}: {error}"
    return found, None


def comparable(recorded: Recorded) -> str | None:
    """The API by which the SDK would ask for a stream of the corpus; None for others."""
    apis = {"responses": "responses", "chat-completions": "chat", "messages": "messages"}
    return apis.get(recorded.api)


@needs_corpus
def test_they_are_equal_over_the_corpus() -> None:
    """Every stream of the three APIs gives the objects, or the error, that the SDK gives."""
    n_events = 0
    for recorded in streams(SHARED / "corpus" / "core"):
        api = comparable(recorded)
        one = recorded.interaction
        media = (one.head.get("content-type") if one.head else None) or ""
        if api is None or "json" in media:
            continue
        expected, failed = drained(by_the_sdk(one.content, api))
        found, error = drained(one.sdk_events())
        assert [type(e) for e in found] == [type(e) for e in expected], recorded.label
        assert found == expected, recorded.label
        assert (error is None) == (failed is None), recorded.label
        n_events += len(found)
    assert n_events > 1000


@pytest.mark.parametrize(
    ("api", "body"),
    [("responses", CREATED + TEXT), ("chat", CHUNK + b"data: [DONE]\n\n"), ("responses", b"")],
)
def test_they_are_the_sdks_objects(api: str, body: bytes) -> None:
    """However the bytes were cut."""
    expected, _ = drained(by_the_sdk(body, api))
    pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
    dialect = {"responses": "openai-responses", "chat": "openai-chat"}[api]
    assert list(interaction(*pieces, api=api).sdk_events(dialect=dialect)) == expected


def test_one_class_of_them() -> None:
    """Given a class, only its objects come, and they have its type."""
    (event,) = interaction(CREATED, TEXT).sdk_events(ResponseTextDeltaEvent)
    assert event.delta == "Hi"


def test_a_stream_that_was_resumed_by_get() -> None:
    """The method of the request does not matter."""
    assert len(list(interaction(CREATED, TEXT, method="GET").sdk_events())) == 2


def test_a_cut_is_raised_after_what_came() -> None:
    """As the client raises it while reading the real stream."""
    ending = Ending("error", 6000, "RemoteProtocolError", "cut", "httpx2")
    events = interaction(CREATED, TEXT, ending=ending).sdk_events()
    found, error = drained(events)
    assert len(found) == 2
    assert error is not None
    assert error.startswith("APIConnectionError")


def test_what_has_no_sdk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another dialect, an answer that is no stream, a package that is not installed."""
    with pytest.raises(UsageError, match="dialect 'generic'"):
        interaction(TEXT).sdk_events(dialect="generic")
    with pytest.raises(UsageError, match="not a stream"):
        interaction(b"{}", media="application/json").sdk_events()
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(UsageError, match="'openai', which is not installed"):
        interaction(TEXT).sdk_events()


def test_a_transcript_of_the_first_events() -> None:
    """What the stream had said by then; `parsed` is as far as the JSON had grown."""
    deltas = [TEXT.replace(b'"Hi"', piece) for piece in (b'"{\\"a\\": [1"', b'", 2]"', b'"}"')]
    one = interaction(*deltas)
    grown = [one.transcript(n_events=n).parsed for n in range(4)]
    assert grown == [None, {"a": []}, {"a": [1, 2]}, {"a": [1, 2]}]
    assert one.transcript().parsed_complete
    assert one.transcript(n_events=99) == one.transcript()
    assert dataclasses.asdict(streamtape.Transcript("x"))["parsed"] is None
    with pytest.raises(UsageError, match="0 or more, got -1"):
        one.transcript(n_events=-1)
