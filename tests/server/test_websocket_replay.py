"""Dialogues from the replay server: played up to where the client spoke, and matched there."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import httpx
import openai
import pytest
import websockets.sync.client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.typing import Subprotocol

import streamtape
from streamtape.mock.server import MockServer
from streamtape.server.proxy import RecordingProxy
from streamtape.server.replay import ReplayServer
from streamtape.tape.messages import Message, close_message
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from tests.dialogues import URL, client, dialogue, server
from tests.patience import PATIENCE_S, until
from tests.server.tapes import tape
from tests.server.websockets_raw import RawClient, close, frame, opening

# The SDK names releases of websockets below 16; in newer ones its way to connect is deprecated.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:connect\(\) must be used as a context manager:DeprecationWarning"
)
TEXT, CLOSE, PING = 1, 8, 9
HELLO = dialogue(
    client('{"say": "hello"}'),
    server("one"),
    server("two"),
    client('{"say": "more"}'),
    server("three"),
)


@contextmanager
def connected(
    *interactions: Interaction, offers: Any = None, **options: Any
) -> Iterator[tuple[ReplayServer, ClientConnection]]:
    """A server of these dialogues, and a client of it."""
    with ReplayServer(tape(*interactions), **options) as running:
        url = running.url.replace("http", "ws", 1)
        with websockets.sync.client.connect(f"{url}/v1/responses", subprotocols=offers) as one:
            yield running, one


def end_of(connection: ClientConnection) -> tuple[int | None, str]:
    """The code and the reason with which a connection ends."""
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            connection.recv()
    close_ = caught.value.rcvd
    return (None, "") if close_ is None else (close_.code, close_.reason)


def talk(url: str) -> list[str]:
    """What the SDK sees of two responses on a connection, the second built on the first."""
    seen = []
    with openai.OpenAI(base_url=f"{url}/v1", api_key="sk-secret") as sdk:
        with sdk.responses.connect() as connection:
            previous: Any = openai.omit
            for _ in range(2):
                connection.response.create(
                    model="gpt-4.1?pieces=2", input="hi", previous_response_id=previous
                )
                for event in connection:
                    seen.append(str(event))
                    if event.type == "response.completed":
                        previous = event.response.id
                        break
    return seen


async def talk_async(url: str) -> list[str]:
    """The same through the async SDK."""
    seen = []
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="sk-secret") as sdk:
        async with sdk.responses.connect() as connection:
            await connection.response.create(model="gpt-4.1", input="hi")
            async for event in connection:
                seen.append(str(event))
                if event.type == "response.completed":
                    break
    return seen


@pytest.mark.parametrize("use", [talk, lambda url: asyncio.run(talk_async(url))])
def test_the_sdk_sees_the_same(use: Callable[[str], list[str]], tmp_path: Path) -> None:
    """Recorded through the proxy, then replayed with no upstream, by server and by proxy."""
    path = tmp_path / "x.tape"
    with MockServer(gap_us=0) as endpoint:
        with RecordingProxy(path, upstream=endpoint.url) as proxy:
            recorded = use(proxy.url)
        upstream = endpoint.url
    assert len(recorded) in {48, 96}
    assert b"sk-secret" not in path.read_bytes()
    with streamtape.serve(path) as running:
        assert use(running.url) == recorded
        assert not running.misses
        assert not running.unplayed
    with RecordingProxy(path, upstream=upstream, mode="none") as proxy:
        assert use(proxy.url) == recorded


def test_the_server_waits_for_the_client() -> None:
    """Nothing comes before the client has said what was recorded before it."""
    with connected(HELLO) as (running, one):
        with pytest.raises(TimeoutError):
            one.recv(timeout=0.01)
        one.send('{ "say":"hello" }')  # the same JSON
        assert [one.recv(), one.recv()] == ["one", "two"]
        with pytest.raises(TimeoutError):
            one.recv(timeout=0.01)
        one.send('{"say": "more"}')
        assert one.recv() == "three"
        one.close()
        assert not running.misses
        assert running.played


@pytest.mark.parametrize(
    ("expected", "path", "in_text"),
    [
        (['{"say": "helo"}'], "$.say", '"helo"'),
        (['{"say": "hello", "more": [1]}'], "$.more[0]", "$.more"),
        ([b'{"say": "hello"}'], "kind", "binary"),
        (["no json"], "", "no json"),
        (['{"say": "hello"}', '{"say": "less"}'], "$.say", "message   1 of the client"),
    ],
)
def test_a_client_that_says_something_else(
    expected: list[str | bytes], path: str, in_text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is closed with 1008 and the path; the log, the page and `misses` say the rest."""
    with connected(HELLO) as (running, one):
        for message in expected:
            one.send(message)
        code, reason = end_of(one)
        until(lambda: running.misses)
        page = httpx.get(running.url, headers={"Accept": "application/json"}).json()
    assert code == 1008
    assert reason.startswith("streamtape: not what was recorded")
    assert reason.endswith(path)
    (miss,) = running.misses
    assert miss.line == "WEBSOCKET /v1/responses"
    assert in_text in miss.text
    assert miss.text in caplog.text
    assert page["misses"] == [{"request": miss.line, "why": miss.text}]


def test_a_long_path_is_shortened() -> None:
    """A reason has room for 123 bytes."""
    with connected(dialogue(client(json.dumps({"é" * 200: 1})), server("one"))) as (_, one):
        one.send(json.dumps({"é" * 200: 2}))
        code, reason = end_of(one)
    assert code == 1008
    assert 120 < len(reason.encode()) <= 123


def test_a_client_that_says_more() -> None:
    """After all that was recorded, one more message is a miss."""
    with connected(dialogue(client("hi"), server("one"))) as (running, one):
        one.send("hi")
        assert one.recv() == "one"
        one.send("and now?")
        assert end_of(one)[0] == 1008
        until(lambda: running.misses)
    assert "the client says more than was recorded" in running.misses[0].text


def test_a_client_that_closes_early() -> None:
    """It may: no miss."""
    with connected(HELLO) as (running, one):
        one.send('{"say": "hello"}')
        assert one.recv() == "one"
        one.close()
        assert not running.misses


def test_ignored_paths_and_repeats() -> None:
    """What the client says is matched by the options of requests."""
    options: Any = {"ignore_json_paths": ["$.say"], "repeat": True}
    with ReplayServer(tape(HELLO), **options) as running:
        for word in ("a", "b"):
            url = f"{running.url.replace('http', 'ws', 1)}/v1/responses"
            with websockets.sync.client.connect(url) as one:
                one.send(json.dumps({"say": word}))
                assert one.recv() == "one"
        assert not running.misses


@pytest.mark.parametrize(
    ("ending", "how"),
    [
        (Ending("error", 1, "RemoteProtocolError", "", "httpx"), "fin"),
        (Ending("error", 1, "ReadError", "", "httpx", ("NetworkError",)), "rst"),
        (Ending("error", 1, "ConnectionClosedError", "", "websockets"), "fin"),
        (Ending("abandoned", 1), "fin"),
        (Ending("unfinished", 1), "fin"),
    ],
)
def test_endings_without_a_close(ending: Ending, how: str) -> None:
    """After the last message, the connection ends as it did: code 1006."""
    recorded = dialogue(client("hi"), server("one"), ending=ending)
    with ReplayServer(tape(recorded)) as running:
        with RawClient(f"{running.url}/v1/responses") as one:
            one.send(frame(TEXT, b"hi"))
            seen = one.read()
    assert (seen.messages, seen.code, seen.end) == (["one"], None, how)


def test_a_recorded_timeout_is_silence() -> None:
    """The connection stays open, and pings are answered, until the client has had enough."""
    ending = Ending("error", 1, "ReadTimeout", "", "httpx", ("TimeoutException",))
    with connected(dialogue(client("hi"), server("one"), ending=ending)) as (_, one):
        one.send("hi")
        assert one.recv() == "one"
        assert one.ping().wait(PATIENCE_S)
        with pytest.raises(TimeoutError):
            one.recv(timeout=0.01)


@pytest.mark.parametrize("code", [1000, 1011, 4001])
def test_a_recorded_close(code: int) -> None:
    """The server closes with its code and its reason."""
    closes = close_message("server", 9, code, "wärum")
    recorded = dialogue(client("hi", 1), server("one", 2), closes._replace(at_us=30_000))
    with connected(recorded) as (running, one):
        one.send("hi")
        assert end_of(one) == (code, "wärum")
        assert not running.misses


def test_a_close_without_a_code() -> None:
    """Is one: the client sees 1005."""
    with ReplayServer(tape(dialogue(close_message("server", 9)))) as running:
        with RawClient(f"{running.url}/v1/responses") as one:
            assert one.read().code == 1005


def test_fragments_and_pings_of_the_server() -> None:
    """They come as they were recorded; the client's own pings are answered, and need no match."""
    recorded = dialogue(
        Message("server", 1, "text", b"a", final=False),
        Message("server", 2, "ping", b"?"),
        Message("client", 3, "pong", b"?"),
        Message("client", 4, "ping", b"!"),
        Message("server", 5, "pong", b"!"),
        Message("server", 6, "continuation", b"b"),
    )
    with ReplayServer(tape(recorded)) as running:
        with RawClient(f"{running.url}/v1/responses") as one:
            one.send(frame(PING, b"mine"))
            seen = one.read(messages=1)
            one.send(frame(CLOSE, close(1000)))
            one.read()
    assert (seen.messages, seen.pings) == (["ab"], [b"?"])
    assert not running.misses


@pytest.mark.parametrize("fragments", [["hi"], ["h", "i"], ["", "hi", ""]])
def test_what_a_client_says_in_fragments(fragments: list[str]) -> None:
    """Is matched whole, however it was cut when recorded, and is now."""
    first = Message("client", 1, "text", b"h", final=False)
    rest = Message("client", 2, "continuation", b"i")
    with connected(dialogue(first, rest, server("one", 3))) as (_, one):
        one.send(fragments)
        assert one.recv() == "one"


@pytest.mark.parametrize("offered", [["b", "a"], ["b"], []])
def test_the_subprotocol_is_the_recorded_one(offered: list[str]) -> None:
    """Where the client offers it; a client may not be given one that it did not offer."""
    head = Head(101, ((b"Sec-WebSocket-Protocol", b"a"), (b"X-Own", b"1")), 1)
    recorded = Interaction(
        Request("GET", URL), head, Chunks(), Ending("complete"), messages=HELLO.messages
    )
    offers = [Subprotocol(name) for name in offered] or None
    with connected(recorded, offers=offers) as (_, one):
        assert one.subprotocol == ("a" if "a" in offered else None)
        assert one.response
        assert one.response.headers["X-Own"] == "1"


@pytest.mark.parametrize("value", [None, b"permessage-deflate"])
def test_compression_is_as_recorded(value: bytes | None) -> None:
    """Agreed on anew with each client, where the recorded server agreed to it."""
    headers = () if value is None else ((b"Sec-WebSocket-Extensions", value),)
    head = Head(101, headers, 1)
    recorded = Interaction(
        Request("GET", URL), head, Chunks(), Ending("complete"), messages=HELLO.messages
    )
    with connected(recorded) as (_, one):
        one.send('{"say": "hello"}')
        assert one.recv() == "one"
        assert one.response
        assert ("Sec-WebSocket-Extensions" in one.response.headers) is (value is not None)


def test_a_refused_handshake_is_refused_again() -> None:
    """With its status and its body."""
    head = Head(401, ((b"Content-Type", b"application/json"), (b"Content-Length", b"2")), 1)
    refused = Interaction(
        Request("GET", URL), head, Chunks.of([Chunk(2, b"{}")]), Ending("complete", 3)
    )
    with pytest.raises(InvalidStatus) as caught, connected(refused):
        pass
    assert (caught.value.response.status_code, caught.value.response.body) == (401, b"{}")


def test_http_and_websockets_of_one_path() -> None:
    """A GET is not answered by a dialogue, nor a handshake by a GET."""
    plain = Interaction(
        Request("GET", URL.replace("wss", "https")),
        Head(200, (), 1),
        Chunks.of([Chunk(2, b"plain")]),
        Ending("complete", 3),
    )
    for interactions in ((plain, HELLO), (HELLO, plain)):
        with connected(*interactions) as (running, one):
            assert httpx.get(f"{running.url}/v1/responses").text == "plain"
            assert httpx.get(f"{running.url}/v1/responses").status_code == 404
            one.send('{"say": "hello"}')
            assert one.recv() == "one"


def test_a_handshake_that_nothing_answers() -> None:
    """Is a miss as any other: 404, with the nearest interaction."""
    with ReplayServer(tape(HELLO)) as running:
        with RawClient(running.url, opening("/v1/realtime")) as one:
            assert one.head.startswith(b"HTTP/1.1 404")
        assert "/v1/responses" in running.misses[0].text


def test_the_pace_follows_the_client() -> None:
    """At the recorded pace, an answer is as long after the client's message as it was."""
    recorded = dialogue(client("hi", 1_000), server("one", 51_000), server("two", 101_000))
    with connected(recorded, speed=1.0) as (_, one):
        began = time.monotonic()
        one.send("hi")
        assert [one.recv(), one.recv()] == ["one", "two"]
        assert time.monotonic() - began >= 0.09


def test_at_once() -> None:
    """Without a speed nothing is waited for but the client."""
    hour = 3_600_000_000
    with connected(dialogue(client("hi", 1), server("one", hour), server("two", 2 * hour))) as (
        _,
        one,
    ):
        one.send("hi")
        assert [one.recv(), one.recv()] == ["one", "two"]


def test_a_client_that_closes_while_the_server_waits() -> None:
    """It is let go at once, not after the recorded pause."""
    with connected(dialogue(server("late", 3_600_000_000)), speed=1.0) as (running, one):
        one.close()
    assert not running.misses


def test_a_server_that_stops(caplog: pytest.LogCaptureFixture) -> None:
    """Open dialogues end with 1001."""
    caplog.set_level(logging.WARNING)
    with connected(HELLO) as (running, one):
        one.send('{"say": "hello"}')
        assert one.recv() == "one"
        running.stop()
        assert end_of(one)[0] == 1001
    assert caplog.text == ""


@pytest.mark.parametrize("cors", [(), "https://page.example"])
def test_pages_of_other_origins(cors: Literal["https://page.example"] | tuple[()]) -> None:
    """They are refused, unless they were let in."""
    with ReplayServer(tape(HELLO), cors=cors) as running:
        head = opening("/v1/responses", Origin="https://page.example")
        with RawClient(running.url, head) as one:
            assert one.head.startswith(b"HTTP/1.1 101" if cors else b"HTTP/1.1 403")


@pytest.mark.parametrize(
    ("fault", "got", "code"),
    [
        ("cut@event=2", ["one"], None),
        ("cut@event=2:rst", ["one"], None),
        ("close=1011@event=2", ["one"], 1011),
        ("drop@event=1", ["two"], 1000),
        ("double@event=1", ["one", "one", "two"], 1000),
        ("swap@event=1", ["two", "one"], 1000),
        ("utf8@event=1", [], 1007),
    ],
)
def test_faults(fault: str, got: list[str], code: int | None) -> None:
    """A dialogue is broken at its messages; a client that goes on talking is answered."""
    text = dialogue(client("hi"), server("öne"), server("two")) if "utf8" in fault else HELLO
    says = "hi" if "utf8" in fault else '{"say": "hello"}'
    with connected(text, fault=fault) as (_, one):
        one.send(says)
        if code == 1000:
            assert [one.recv() for _ in got] == got
            one.send('{"say": "more"}')
            assert one.recv() == "three"
            return
        seen = []
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                seen.append(one.recv())
    assert seen == got
    end = caught.value.sent if code == 1007 else caught.value.rcvd
    assert (end.code if end else None) == code


def test_a_refused_handshake_as_a_fault() -> None:
    """`http=429` refuses the first handshake; the next one is answered."""
    with ReplayServer(tape(HELLO), fault="http=429") as running:
        url = f"{running.url.replace('http', 'ws', 1)}/v1/responses"
        with pytest.raises(InvalidStatus) as caught, websockets.sync.client.connect(url):
            pass
        assert caught.value.response.status_code == 429
        with websockets.sync.client.connect(url) as one:
            one.send('{"say": "hello"}')
            assert one.recv() == "one"


def test_a_cassette_of_dialogues_has_a_page() -> None:
    """The page at `/` lists them."""
    with ReplayServer(Cassette((HELLO,))) as running:
        page = httpx.get(running.url, headers={"Accept": "text/html"}).text
        rows = httpx.get(running.url, headers={"Accept": "application/json"}).json()
    assert "/v1/responses" in page
    assert [row["messages"] for row in rows["interactions"]] == [5]
