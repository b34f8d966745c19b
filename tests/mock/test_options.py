"""What a request asks of the mock by its model's name or URL, on sockets, in httpx and the SDKs."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import urlsplit

import anthropic
import httpx
import openai
import pytest
from openai.types.responses import ResponseStreamEvent

from streamtape.errors import UsageError
from streamtape.mock.options import Options
from streamtape.mock.scripts import SCRIPTS
from streamtape.mock.server import MockServer
from tests.patience import PATIENCE_S, before_reading, until

TERMINAL = {"response.completed", "response.failed", "response.incomplete", "error"}
GUIDING = [{"role": "user", "content": "Say 'double bubble bath' ten times fast."}]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[MockServer]:
    """An endpoint that does not wait between events."""
    with MockServer(gap_us=0) as running:
        yield running


def client_of(endpoint: MockServer) -> openai.OpenAI:
    """An OpenAI client of the endpoint."""
    return openai.OpenAI(base_url=endpoint.base_url, api_key="none", max_retries=0)


def payloads(endpoint: MockServer, model: str, **body: Any) -> list[dict[str, Any]]:
    """The events of one stream as plain JSON."""
    answer = httpx.post(
        f"{endpoint.base_url}/responses", json={"model": model, "stream": True, **body}
    )
    frames = [frame.split("\n") for frame in answer.text.split("\n\n") if frame]
    found = [json.loads(lines[1].removeprefix("data: ")) for lines in frames]
    assert [lines[0] for lines in frames] == [f"event: {p['type']}" for p in found]
    return found


def raw_exchange(endpoint: MockServer, body: dict[str, Any]) -> tuple[bytes, str]:
    """What came over the wire of one request, and how it ended: `fin` or `rst`."""
    data = json.dumps(body).encode()
    address = urlsplit(endpoint.url)
    assert address.hostname
    with socket.create_connection(
        (address.hostname, address.port or 0), timeout=PATIENCE_S
    ) as sock:
        head = (
            f"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        sock.sendall(head.encode() + data)
        taken = b""
        while not taken.endswith(b"0\r\n\r\n"):
            try:
                more = sock.recv(65536)
            except ConnectionResetError:
                return taken, "rst"
            if not more:
                return taken, "fin"
            taken += more
    return taken, "whole"


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_lifecycles_are_valid(endpoint: MockServer, script: str) -> None:
    """Numbers are contiguous, items stand where they say, deltas join up, one event ends it."""
    events = payloads(endpoint, f"scripted:{script}")
    assert [e["sequence_number"] for e in events] == list(range(len(events)))
    assert events[0]["type"] == "response.created"
    assert [e["type"] in TERMINAL for e in events] == [False] * (len(events) - 1) + [True]
    where: dict[str, int] = {}
    joined: dict[tuple[Any, ...], str] = {}
    for event in events:
        kind = event["type"]
        if kind == "response.output_item.added":
            where[event["item"]["id"]] = event["output_index"]
        if "item_id" in event:
            assert where[event["item_id"]] == event["output_index"]
        index = [event.get(k) for k in ("output_index", "content_index", "summary_index")]
        key = (kind.rpartition(".")[0], *index)
        if kind.endswith(".delta") and isinstance(event["delta"], str):
            joined[key] = joined.get(key, "") + event["delta"]
        elif kind.endswith(".done") and key in joined:
            done = [event[k] for k in _DONE if isinstance(event.get(k), str)]
            assert done in ([joined[key]], [])
    if events[-1]["type"] in ("response.completed", "response.incomplete"):
        items = [e["item"] for e in events if e["type"] == "response.output_item.done"]
        assert events[-1]["response"]["output"] == items
        assert events[-1]["response"]["usage"]["total_tokens"] > 0


_DONE = ("text", "arguments", "refusal", "code", "input", "command")


def test_every_event_type_is_sent_and_typed(endpoint: MockServer) -> None:
    """The scripts send all that the SDK knows, and each fills its model's required fields."""
    union = get_args(get_args(ResponseStreamEvent)[0])
    models = {get_args(m.model_fields["type"].annotation)[0]: m for m in union}
    seen = set()
    with client_of(endpoint) as client:
        for script in SCRIPTS:
            for event in client.responses.create(model=f"scripted:{script}", input="", stream=True):
                assert isinstance(event, models[event.type])
                models[event.type].model_validate(event.to_dict())  # strict about what is missing
                seen.add(event.type)
    assert seen >= models.keys()


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_the_sdk_helper_accumulates(endpoint: MockServer, script: str) -> None:
    """`responses.stream` takes every script to its end."""
    with (
        client_of(endpoint) as client,
        client.responses.stream(model=f"scripted:{script}", input="") as stream,
    ):
        assert list(stream)[-1].type in TERMINAL


def test_the_guiding_program(endpoint: MockServer) -> None:
    """An ordinary model says it ten times, in 48 events."""
    with client_of(endpoint) as client:
        stream = client.responses.create(model="gpt-4.1", input=GUIDING, stream=True)  # type: ignore[arg-type]  # plain dicts, as users write them
        events: list[Any] = list(stream)
    assert len(events) == 48
    assert events[-1].response.output_text.split() == ["double", "bubble", "bath"] * 10


def test_runs_differ_only_where_real_ones_do() -> None:
    """Two requests differ in ids and cuts, not in text; the same seed gives the same stream."""
    with MockServer(gap_us=0) as one, MockServer(gap_us=0) as other:
        first, second = (payloads(one, "gpt-4.1") for _ in range(2))
        again = payloads(other, "gpt-4.1")
        word = payloads(one, "gpt-4.1?word=hubble")[-1]["response"]["output"]
    assert first == again != second
    assert first[0]["response"]["id"] != second[0]["response"]["id"]
    assert [e.get("delta") for e in first] != [e.get("delta") for e in second]
    texts = [e[-1]["response"]["output"][0]["content"][0]["text"] for e in (first, second)]
    assert texts[0] == texts[1]
    assert word[0]["content"][0]["text"].split().count("hubble") == 1


@pytest.mark.parametrize("events", [9, 48, 5_008])
def test_the_number_of_events_is_chosen(endpoint: MockServer, events: int) -> None:
    """`events=N` gives exactly so many."""
    assert len(payloads(endpoint, f"gpt-4.1?events={events}")) == events


def test_scripts_are_chosen_by_what_is_asked(endpoint: MockServer) -> None:
    """A function tool is called with arguments that its schema allows; a schema is obeyed."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    tool = {"type": "function", "name": "count", "parameters": schema}
    called = payloads(endpoint, "m", tools=[tool])[-1]["response"]["output"][0]
    assert (called["name"], json.loads(called["arguments"])) == ("count", {"n": 10})
    text = {"format": {"type": "json_schema", "name": "a", "schema": schema}}
    message = payloads(endpoint, "m", text=text)[-1]["response"]["output"][0]
    assert json.loads(message["content"][0]["text"]) == {"n": 10}


def test_one_http_chunk_an_event(endpoint: MockServer) -> None:
    """Each event is one HTTP chunk, and the last chunk ends the body."""
    wire, end = raw_exchange(endpoint, {"stream": True})
    assert end == "whole"
    assert wire.count(b"\r\nevent: ") == 48  # each right behind its chunk's size
    assert wire.endswith(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize(("option", "ending"), [("cut", "fin"), ("reset", "rst")])
def test_cuts_come_after_their_events(endpoint: MockServer, option: str, ending: str) -> None:
    """A cut is a FIN and a reset is an RST, both with all events before them delivered."""
    wire, end = raw_exchange(endpoint, {"stream": True, "model": f"m?{option}=12"})
    assert (wire.count(b"event: "), end) == (12, ending)
    assert not wire.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize(
    ("option", "error"), [("cut", httpx.RemoteProtocolError), ("reset", httpx.ReadError)]
)
def test_clients_see_what_they_see_for_real(
    endpoint: MockServer, option: str, error: type[Exception]
) -> None:
    """The exceptions name a cut and a reset as it does on a real connection."""
    body = {"stream": True}
    taken = b""
    url = f"{endpoint.base_url}/responses?{option}=12"
    with (
        pytest.raises(error),
        httpx.stream("POST", url, json=body) as answer,
    ):
        for piece in answer.iter_raw():
            taken += piece
    assert taken.count(b"event: ") == 12


def test_a_stall_ends_in_the_clients_timeout() -> None:
    """After its events the stream falls silent; the endpoint still shuts down at once."""
    with MockServer(gap_us=0) as endpoint:
        url = f"{endpoint.base_url}/responses?stall=3"
        short = httpx.Timeout(PATIENCE_S, read=0.05)
        # A connection that is left before it was served is none that a stream was left on.
        asking = before_reading(lambda: until(lambda: endpoint.requests))
        with (
            pytest.raises(httpx.ReadTimeout),
            httpx.Client(timeout=short) as client,
            client.stream("POST", url, json={"stream": True}, extensions=asking) as answer,
        ):
            for _ in answer.iter_raw():
                pass
        assert endpoint.wait_for(disconnects=1, timeout_s=PATIENCE_S)


def test_chunks_and_encodings(endpoint: MockServer) -> None:
    """Events share chunks, are split over chunks, or come compressed and flushed one by one."""
    plain = httpx.post(f"{endpoint.base_url}/responses?seed=7", json={"stream": True}).content
    for query, n_chunks in (("per_chunk=4", 12), ("pieces=3", 144), ("gzip=1", 49)):
        url = f"{endpoint.base_url}/responses?seed=7&{query}"
        with httpx.stream("POST", url, json={"stream": True}) as answer:
            raw = list(answer.iter_raw())
        body = b"".join(raw)
        assert (gzip.decompress(body) if "gzip" in query else body) == plain
        assert len(raw) == n_chunks


def test_cookies_are_two_headers(endpoint: MockServer) -> None:
    """`cookies=2` sends Set-Cookie twice."""
    answer = httpx.post(f"{endpoint.base_url}/responses?cookies=2", json={"stream": True})
    assert len(answer.headers.get_list("set-cookie")) == 2


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, openai.AuthenticationError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
def test_http_errors(endpoint: MockServer, status: int, error: type[Exception]) -> None:
    """`status=N` answers with the provider's error instead of a stream."""
    with client_of(endpoint) as client, pytest.raises(error) as caught:
        client.responses.create(model=f"m?status={status}", input="", stream=True)
    assert isinstance(caught.value, openai.APIStatusError)
    assert caught.value.response.headers.get("retry-after") == ("1" if status == 429 else None)


def test_unknown_wishes_are_refused(endpoint: MockServer) -> None:
    """An unknown script, option or value is an error that lists what there is."""
    for model, word in (("scripted:x", "tour"), ("m?x=1", "gap_us"), ("m?cut=-1", "whole number")):
        answer = httpx.post(f"{endpoint.base_url}/responses", json={"model": model, "stream": True})
        assert answer.status_code == 400
        assert word in answer.json()["error"]["message"]
    assert httpx.get(f"{endpoint.base_url}/nothing").status_code == 404
    assert httpx.post(f"{endpoint.base_url}/responses", content=b"{").status_code == 400
    with pytest.raises(UsageError, match="unknown option"):
        MockServer(colour="blue")


def test_answers_that_do_not_stream(endpoint: MockServer) -> None:
    """Without `stream` each dialect answers in one piece."""
    with client_of(endpoint) as client:
        assert client.responses.create(model="m", input="").output_text.startswith("double")
        chat = client.chat.completions.create(model="m", messages=[])
    assert (chat.choices[0].message.content or "").count("bath") == 10
    with anthropic.Anthropic(base_url=endpoint.url, api_key="none") as claude:
        whole = claude.messages.create(model="m", max_tokens=99, messages=[])
        short = claude.messages.create(model="m", max_tokens=9, messages=[])
    assert (whole.stop_reason, short.stop_reason) == ("end_turn", "max_tokens")
    answer = httpx.post(f"{endpoint.url}/api/chat", json={"stream": False}).json()
    assert answer["done"] is True


def test_chat_completions(endpoint: MockServer) -> None:
    """The SDK takes text, a tool call and usage from a Chat Completions stream."""
    function: Any = {"type": "function", "function": {"name": "say"}}
    with client_of(endpoint) as client:
        for tools in ([], [function]):
            options: Any = {"include_usage": True}
            with client.chat.completions.stream(
                model="m", messages=[], tools=tools, stream_options=options
            ) as stream:
                whole = stream.get_final_completion()
            assert whole.choices[0].finish_reason == ("tool_calls" if tools else "stop")
            assert whole.usage is not None


def test_messages(endpoint: MockServer) -> None:
    """The Anthropic SDK takes text and a tool use from a Messages stream."""
    tool: Any = {"name": "say", "input_schema": {"type": "object"}}
    with anthropic.Anthropic(base_url=endpoint.url, api_key="none") as client:
        for tools in ([], [tool]):
            with client.messages.stream(
                model="m", max_tokens=99, messages=[], tools=tools
            ) as stream:
                whole = stream.get_final_message()
            assert whole.stop_reason == ("tool_use" if tools else "end_turn")
            assert whole.content[0].type == ("tool_use" if tools else "text")


def test_ndjson(endpoint: MockServer) -> None:
    """The NDJSON route streams unless told otherwise, a line an event."""
    lines = httpx.post(f"{endpoint.url}/api/chat", json={"model": "m"}).text.splitlines()
    assert [json.loads(line)["done"] for line in lines] == [False] * 47 + [True]


def test_a_stream_resumes(endpoint: MockServer) -> None:
    """After a cut, `starting_after` gives the rest of the same stream."""
    wire, _ = raw_exchange(endpoint, {"stream": True, "model": "m?cut=12&seed=3"})
    name = wire.partition(b'"id":"')[2].partition(b'"')[0].decode()
    query = "stream=true&starting_after=11"
    rest = httpx.get(f"{endpoint.base_url}/responses/{name}?{query}").text
    numbers = [json.loads(x[6:])["sequence_number"] for x in rest.split("\n") if x[:5] == "data:"]
    assert numbers == list(range(12, 48))


def test_an_early_break_reaches_the_endpoint() -> None:
    """A client that stops reading is noticed between two events, not after the last."""
    with MockServer(gap_us=60_000_000) as endpoint:
        with client_of(endpoint) as client:
            for _ in client.responses.create(model="m", input="", stream=True):
                break
        assert endpoint.wait_for(disconnects=1, timeout_s=PATIENCE_S)
        assert (len(endpoint.requests), endpoint.finished) == (1, 0)


def test_it_shuts_down_at_once_with_open_streams() -> None:
    """The end of the block does not wait for streams: their clients are cut off."""
    failures: list[Exception] = []

    def read(url: str) -> None:
        try:
            httpx.post(f"{url}/responses", json={"stream": True})
        except httpx.HTTPError as error:
            failures.append(error)

    with MockServer(gap_us=60_000_000) as endpoint:
        threads = [threading.Thread(target=read, args=[endpoint.base_url]) for _ in range(5)]
        for thread in threads:
            thread.start()
        until(lambda: len(endpoint.requests) == 5)
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(failures) == 5


async def _many(endpoint: MockServer, count: int) -> list[bytes]:
    limits = httpx.Limits(max_connections=count)
    async with httpx.AsyncClient(limits=limits) as client:
        post = [
            client.post(f"{endpoint.base_url}/responses?seed=1", json={"stream": True})
            for _ in range(count)
        ]
        return [answer.content for answer in await asyncio.gather(*post)]


def test_many_clients_at_once(endpoint: MockServer) -> None:
    """A hundred streams at once are each whole."""
    assert len(set(asyncio.run(_many(endpoint, 100)))) == 1


def test_options_are_documented() -> None:
    """Every option is explained where the options are declared."""
    words = (Options.__doc__ or "").replace(",", " ").replace(":", " ").split()
    assert set(Options.__dataclass_fields__) <= set(words)


def test_an_event_source_reads_to_the_end(endpoint: MockServer) -> None:
    """`GET /events` gives ids, goes on after the last one seen, and says when there is no more."""
    url = f"{endpoint.url}/events?seed=1"
    whole = httpx.get(url).text
    assert whole.count("\nid: ") == 48
    rest = httpx.get(url, headers={"Last-Event-ID": "40"}).text
    assert rest
    assert whole.endswith(rest.removeprefix("retry: 50\n"))
    assert httpx.get(url, headers={"Last-Event-ID": "47"}).status_code == 204
