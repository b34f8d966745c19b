"""Real clients that speak earlier or later than the recorded one, in fragments, or with pings."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
import websockets.asyncio.client
import websockets.exceptions
import websockets.sync.client

import streamtape
from streamtape.session import patience
from streamtape.tape.messages import close_message
from tests.dialogues import URL, client, dialogue, server
from tests.patience import PATIENCE_S

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
                heard.append(str(ws.recv(timeout=PATIENCE_S)))
            elif one == "ping":
                pongs.append(ws.ping())
            else:
                ws.send(one.split("/") if "/" in one else one)
        assert all(pong.wait(PATIENCE_S) for pong in pongs)
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


BY_CLIENT = dialogue(client("one"), server("1"), close_message("client", 30_000, 1000),
                     close_message("server", 40_000, 1000))  # fmt: skip
BY_NOBODY = dialogue(client("one"), server("1"))
ENDS = {
    "the client closed": (BY_CLIENT, "the recorded client closed the connection here"),
    "nobody closed": (BY_NOBODY, "the recording ends here"),
}
ends = pytest.mark.parametrize(("recorded", "expected"), ENDS.values(), ids=ENDS)
waits = pytest.mark.parametrize("talk", [websockets_asyncio, aiohttp_client, websockets_sync])


def saved(recorded: streamtape.Interaction, folder: Path) -> Path:
    """A cassette with one dialogue."""
    streamtape.save(streamtape.Cassette((recorded,)), folder / "end.tape")
    return folder / "end.tape"


def all_messages(error: BaseException | None) -> str:
    """The messages of an error and of its causes."""
    texts = []
    while error is not None:
        texts.append(str(error))
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


@pytest.fixture
def short_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience with a client that does not close."""
    monkeypatch.setattr(patience, "END_S", 0.05)


@pytest.mark.usefixtures("short_end")
@ends
@waits
def test_a_client_that_waits_past_the_end(
    recorded: streamtape.Interaction,
    expected: str,
    talk: Talk,
    tmp_path: Path,
) -> None:
    """It doesn't wait for ever: it is told what the recorded client did, and what came last."""
    path = saved(recorded, tmp_path)
    with streamtape.use_cassette(path, mode="none"):
        if talk is aiohttp_client:  # it gives no exception but a closed connection
            assert talk(URL, ("one", "?", "?")) != ["1"]
            return
        with pytest.raises(websockets.exceptions.ConnectionClosedError) as caught:
            talk(URL, ("one", "?", "?"))
    text = all_messages(caught.value)
    assert expected in text
    assert "interaction 0 of" in text
    assert "last      1" in text


@ends
def test_a_virtual_clock_waits_for_nothing(
    recorded: streamtape.Interaction, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is over at once; beside a thread at work, which a test may leave, it takes time."""
    monkeypatch.setattr(patience, "END_S", 2.0)
    path = saved(recorded, tmp_path)
    with (
        streamtape.use_cassette(path, mode="none", clock="auto"),
        pytest.raises(websockets.exceptions.ConnectionClosedError) as caught,
    ):
        websockets_asyncio(URL, ("one", "?", "?"))
    assert expected in all_messages(caught.value)


@pytest.mark.usefixtures("short_end")
@ends
@pytest.mark.parametrize("talk", [websockets_sync, websockets_asyncio])
def test_the_replay_server_closes_with_1011(
    recorded: streamtape.Interaction,
    expected: str,
    talk: Talk,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its log has the whole story."""
    with (
        streamtape.ReplayServer(saved(recorded, tmp_path)) as running,
        pytest.raises(websockets.exceptions.ConnectionClosedError) as caught,
    ):
        talk(running.url.replace("http", "ws", 1) + "/v1/responses", ("one", "?", "?"))
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1011
    assert "nothing more was recorded" in caught.value.rcvd.reason
    assert expected in caplog.text


@ends
@waits
def test_a_client_that_closes_in_time(
    recorded: streamtape.Interaction, expected: str, talk: Talk, tmp_path: Path
) -> None:
    """Nothing is amiss, whatever pings it sends before."""
    with streamtape.use_cassette(saved(recorded, tmp_path), mode="none") as session:
        assert talk(URL, ("one", "?", "ping", "ping")) == ["1"]
    assert session.exchanges[0].progress.state == "complete"
