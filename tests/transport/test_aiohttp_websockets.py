"""`ws_connect` of aiohttp in a session: recorded by its bytes, and replayed without the server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

import streamtape
from streamtape.errors import MissError
from streamtape.tape.messages import Message
from tests.dialogues import client, dialogue, server, websocket_server
from tests.patience import PATIENCE_S
from tests.transport.test_websockets import answer, choose, refuse, run_sync

_ENDS = {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server that answers."""
    options = {"select_subprotocol": choose, "process_request": refuse}
    with websocket_server(answer, **options) as url:
        yield f"{url}?let-me-in=1"


def run(url: str, *sent: str | bytes, **options: Any) -> list[Any]:
    """What a client sees: each message, and how it was closed."""

    async def talk() -> list[Any]:
        seen: list[Any] = []
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url, protocols=["chat"], **options) as ws:
                seen.append((ws.protocol, ws.compress))
                for message in sent:
                    send = ws.send_bytes if isinstance(message, bytes) else ws.send_str
                    await send(message)
                    for _ in range(2):
                        got = await ws.receive(timeout=PATIENCE_S)
                        seen.append((got.type, got.data, got.extra))
                        if got.type in _ENDS:
                            break
            seen.append((ws.close_code, repr(ws.exception())))
        return seen

    return asyncio.run(talk())


@pytest.mark.parametrize(
    ("expected", "code", "compress"),
    [(("a", b"bc"), 1000, 0), (("a" * 400, "ü"), 1000, 15), (("a", "close"), 4001, 0),
     (("a", "cut"), 1006, 0), ((), 1000, 12)],
)  # fmt: skip
def test_a_replay_is_the_same_to_its_client(
    url: str, tmp_path: Path, expected: tuple[str, ...], code: int, compress: int
) -> None:
    """Messages, subprotocol, compression and close: without the server, as with it."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path, mode="all"):
        live = run(url, *expected, compress=compress)
    (one,) = streamtape.load(path)
    assert one.ending.close_code == code
    assert one.request.url.startswith("ws://")
    assert [m.text for m in one.messages if m.direction == "client" and m.is_data][:1] == [
        *expected[:1]
    ]
    with streamtape.use_cassette(path, mode="none") as session:
        assert run(url, *expected, compress=compress) == live
    assert session.exchanges[0].progress.state == ("failed" if code == 1006 else "complete")


def test_one_cassette_for_both_libraries(url: str, tmp_path: Path) -> None:
    """What was recorded of one library is replayed to the other, and ws is http in aiohttp."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path, mode="all"):
        live = run(url.replace("ws:", "http:"), "a")
    with streamtape.use_cassette(path, mode="none"):
        assert run_sync(url, "a", subprotocols=["chat"])[1:] == [data for _, data, _ in live[1:3]]


def test_a_refused_handshake(url: str, tmp_path: Path) -> None:
    """It is an ordinary response, its body included, and the same exception again."""
    path, found = tmp_path / "x.tape", []
    for mode in ("once", "none"):
        with streamtape.use_cassette(path, mode=mode):
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                run(url.partition("?")[0])
        found.append((caught.value.status, caught.value.message))
    assert found[0] == found[1] == (401, "Invalid response status")
    (one,) = streamtape.load(path)
    assert (one.is_dialogue, one.head and one.head.status) == (False, 401)


def test_nobody_is_there(tmp_path: Path) -> None:
    """The connector's error, live and replayed."""
    path, found = tmp_path / "x.tape", []
    for mode in ("once", "none"):
        with streamtape.use_cassette(path, mode=mode):
            with pytest.raises(aiohttp.ClientConnectorError) as caught:
                run("ws://127.0.0.1:9/")
        found.append(str(caught.value))
    assert found[0] == found[1]


def test_a_miss_closes_the_connection(url: str, tmp_path: Path) -> None:
    """With a code that says so; the session warns of a program that goes on."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path, mode="all"):
        run(url, '{"a":1}')
    with pytest.warns(streamtape.StreamtapeWarning, match=r"\$\.a"):
        with streamtape.use_cassette(path, mode="none"):
            seen = run(url, '{"a":2}')
    assert seen[-1][0] == 1008
    with pytest.raises(MissError):
        with streamtape.use_cassette(path, mode="none"):
            run(f"{url}&other=1")


def test_fragments_and_pings_of_the_server(tmp_path: Path) -> None:
    """Fragments are one message to aiohttp; a ping is answered, and no message."""
    talk = dialogue(
        client("hi"),
        Message("server", 20_000, "text", b"fr", final=False),
        Message("server", 21_000, "ping", b"?"),
        Message("server", 22_000, "continuation", b"ag"),
        server("two"),
    )
    path = tmp_path / "x.tape"
    streamtape.save(streamtape.Cassette((talk,)), path)
    with streamtape.use_cassette(path, mode="none", clock="auto"):
        seen = run(talk.request.url, "hi")
    assert [data for _, data, _ in seen[1:3]] == ["frag", "two"]


def test_faults(url: str, tmp_path: Path) -> None:
    """What the client sees of them is what it would of a server's."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path, mode="all"):
        run(url, "a")
    for fault, code in (("close=1013@event=2", 1013), ("cut@event=2", 1006)):
        with streamtape.use_cassette(path, mode="none", fault=fault):
            assert run(url, "a")[-1][0] == code
