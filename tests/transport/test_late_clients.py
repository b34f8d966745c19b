"""Real clients that speak earlier or later than the recorded one, in fragments, or with pings."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
import websockets.asyncio.client
import websockets.sync.client

import streamtape
from streamtape.session import patience
from tests.dialogues import client, dialogue, server

Script = tuple[str, ...]
Talk = Callable[[str, Script], list[str]]
TALK = dialogue(
    client("one"), client("two"), server("1"), server("2"), client("three"), server("3")
)
# What a client says, and "?" where it waits for the next message of the server.
SCRIPTS: dict[str, Script] = {
    "as recorded": ("one", "two", "?", "?", "three", "?"),
    "waits for the answer first": ("one", "?", "two", "?", "three", "?"),
    "waits for all answers": ("one", "?", "?", "two", "three", "?"),
    "waits as long as it can": ("one", "?", "?", "?", "two", "three"),
    "says all at once": ("one", "two", "three", "?", "?", "?"),
    "pings": ("ping", "one", "ping", "?", "ping", "two", "?", "three", "ping", "?", "ping"),
    "speaks in fragments": ("o/n/e", "?", "tw/o", "?", "th/ree", "?"),
}


def websockets_sync(url: str, script: Script) -> list[str]:
    """What the threading client hears; its older releases read no pong behind an unread message."""
    heard, pongs = [], []
    with websockets.sync.client.connect(url) as ws:
        for one in script:
            if one == "?":
                heard.append(str(ws.recv(timeout=60)))
            elif one == "ping":
                pongs.append(ws.ping())
            else:
                ws.send(one.split("/") if "/" in one else one)
        assert all(pong.wait(60) for pong in pongs)
    return heard


def websockets_asyncio(url: str, script: Script) -> list[str]:
    """What the asyncio client hears."""

    async def talk() -> list[str]:
        heard = []
        async with websockets.asyncio.client.connect(url, ping_interval=None) as ws:
            for one in script:
                if one == "?":
                    heard.append(str(await ws.recv()))
                elif one == "ping":
                    await (await ws.ping())
                else:
                    await ws.send(one.split("/") if "/" in one else one)
        return heard

    return asyncio.run(talk())


def aiohttp_client(url: str, script: Script) -> list[str]:
    """What aiohttp hears; it has no fragments."""

    async def talk() -> list[str]:
        heard = []
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
            for one in script:
                if one == "?":
                    heard.append((await ws.receive()).data)
                elif one == "ping":
                    await ws.ping()
                else:
                    await ws.send_str(one.replace("/", ""))
        return heard

    return asyncio.run(talk())


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience, for what waits in real time."""
    monkeypatch.setattr(patience, "PIPELINED_S", 0.02)
    monkeypatch.setattr(patience, "LEAST_PIPELINED_S", 0.02)
    monkeypatch.setattr(patience, "ANSWERED_S", 0.04)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cassette with the dialogue."""
    path = tmp_path / "x.tape"
    streamtape.save(streamtape.Cassette((TALK,)), path)
    return path


scripts = pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)


@pytest.mark.parametrize("talk", [websockets_asyncio, aiohttp_client])
@scripts
def test_event_loops_on_a_virtual_clock(path: Path, talk: Talk, script: Script) -> None:
    """Patience is over at once, since the clock jumps; nothing depends on the machine."""
    with streamtape.use_cassette(path, mode="none", clock="auto") as session:
        assert talk(TALK.request.url, script) == ["1", "2", "3"]
    assert session.exchanges[0].progress.state != "failed"


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("talk", [websockets_asyncio, aiohttp_client, websockets_sync])
@pytest.mark.parametrize("speed", [None, 1.0])
@scripts
def test_clients_in_process(path: Path, talk: Talk, speed: float | None, script: Script) -> None:
    """Each direction has its order, at once and at the pace of the recording."""
    with streamtape.use_cassette(path, mode="none", speed=speed) as session:
        assert talk(TALK.request.url, script) == ["1", "2", "3"]
    assert session.exchanges[0].progress.state == ("complete" if speed is None else "closed")


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("talk", [websockets_sync, aiohttp_client])
@scripts
def test_clients_of_the_replay_server(path: Path, talk: Talk, script: Script) -> None:
    """The same for whoever asks it."""
    with streamtape.ReplayServer(path) as running:
        assert talk(running.url.replace("http", "ws", 1) + "/v1/responses", script) == list("123")
        assert not running.misses
