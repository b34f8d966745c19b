"""The clients of `websockets` in a session: recorded, and replayed without their server."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import websockets.asyncio.client
import websockets.sync.client
from websockets.exceptions import ConnectionClosed, InvalidStatus

import streamtape
from streamtape import StreamtapeWarning
from streamtape.errors import MissError, NothingRecordedError
from tests.dialogues import client, dialogue, server, websocket_server
from tests.patience import PATIENCE_S
from tests.ports import free_port

# By its name, before any session: as programs have it.
from websockets.sync.client import connect as sync_connect  # isort: skip

Run = Callable[..., list[Any]]
HAS_TRIO = find_spec("websockets.trio") is not None  # from release 17 on


async def answer(ws: Any) -> None:
    """Two messages for each; closes, cuts or goes silent where it is told to."""
    async for message in ws:
        if message == "close":
            await ws.close(4001, "see you")
        elif message == "cut":
            ws.transport.abort()
        elif message == "fragments":
            await ws.send(["frag", "ments"])
        else:
            await ws.send(json.dumps({"echo": str(message)}))
            await ws.send(b"\0" + len(message).to_bytes(2))


def refuse(connection: Any, request: Any) -> Any:
    """A server that lets nobody in without a key."""
    if "let-me-in" not in request.path:
        return connection.respond(401, "no such key\n")
    return None


def choose(connection: Any, offered: Any) -> Any:
    """The subprotocol of a server that needs none."""
    return "chat" if "chat" in offered else None


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server that answers."""
    options = {"select_subprotocol": choose, "process_request": refuse}
    with websocket_server(answer, **options) as url:
        yield f"{url}?let-me-in=1"


def run_sync(url: str, *sent: str | bytes, **options: Any) -> list[Any]:
    """What a threading client sees."""
    seen: list[Any] = []
    with sync_connect(url, **options) as ws:
        seen.append((ws.subprotocol, ws.response and ws.response.status_code))
        try:
            for message in sent:
                ws.send(message)
                seen += [ws.recv(timeout=PATIENCE_S), ws.recv(timeout=PATIENCE_S)]
            ws.ping().wait()
        except ConnectionClosed as closed:
            seen.append((type(closed).__name__, str(closed), repr(closed.__cause__)))
    return seen


def run_async(url: str, *sent: str | bytes, **options: Any) -> list[Any]:
    """What an asyncio client sees."""

    async def run() -> list[Any]:
        seen: list[Any] = []
        async with websockets.asyncio.client.connect(url, **options) as ws:
            seen.append((ws.subprotocol, ws.response and ws.response.status_code))
            try:
                for message in sent:
                    await ws.send(message)
                    seen += [await ws.recv(), await ws.recv()]
                await (await ws.ping())
            except ConnectionClosed as closed:
                seen.append((type(closed).__name__, str(closed), repr(closed.__cause__)))
        return seen

    return asyncio.run(run())


both = pytest.mark.parametrize("run", [run_sync, run_async])


def recorded(path: Path, run: Run, *args: Any, **options: Any) -> list[Any]:
    """Record a run; what its client saw."""
    with streamtape.use_cassette(path, mode="all"):
        return run(*args, **options)


@both
@pytest.mark.parametrize(
    ("expected", "code"),
    [(("a", b"bc"), 1000), (("a", "close"), 4001), (("a", "cut"), 1006), ((), 1000)],
)
def test_a_replay_is_the_same_to_its_client(
    url: str, tmp_path: Path, run: Run, expected: tuple[str, ...], code: int
) -> None:
    """Messages, subprotocol, close and its exception, pings: without the server, as with it."""
    path = tmp_path / "x.tape"
    compression = "deflate" if code == 1000 else None
    options: dict[str, Any] = {"subprotocols": ["chat"], "compression": compression}
    live = recorded(path, run, url, *expected, **options)
    (one,) = streamtape.load(path)
    assert one.ending.close_code == code
    assert one.ending.kind == ("error" if code == 1006 else "complete")
    assert one.request.url.startswith("ws://127.0.0.1:")
    assert one.head is not None
    deflated = "permessage-deflate" in (one.head.get("sec-websocket-extensions") or "")
    assert deflated == (compression == "deflate")
    with streamtape.use_cassette(path, mode="none") as session:
        assert run(url, *expected, **options) == live
    assert session.exchanges[0].progress.state == ("failed" if code == 1006 else "complete")
    replayed = [m for m in session.seen[0].messages if m.is_data]
    assert replayed == [m for m in one.messages if m.is_data]


@both
def test_a_refused_handshake(url: str, tmp_path: Path, run: Run) -> None:
    """It is an ordinary response, and the same exception in a replay."""
    path, refused = tmp_path / "x.tape", url.partition("?")[0]
    found = []
    for mode in ("all", "none"):
        with streamtape.use_cassette(path, mode=mode):
            with pytest.raises(InvalidStatus) as caught:
                run(refused)
        response = caught.value.response
        found.append((response.status_code, response.body, response.headers["Content-Type"]))
    assert found == [(401, b"no such key\n", "text/plain; charset=utf-8")] * 2
    (one,) = streamtape.load(path)
    assert (one.is_dialogue, one.body) == (False, b"no such key\n")


@both
def test_nobody_is_there(tmp_path: Path, run: Run, unused_tcp_port: int) -> None:
    """A connection that fails is recorded, and fails again with the same exception."""
    path, found = tmp_path / "x.tape", []
    for mode in ("all", "none"):
        with streamtape.use_cassette(path, mode=mode):
            with pytest.raises(ConnectionRefusedError) as caught:
                run(f"ws://127.0.0.1:{unused_tcp_port}/")
        found.append(str(caught.value))
    assert found[0] == found[1]


@pytest.fixture
def unused_tcp_port() -> int:
    """A port at which nobody listens."""
    return free_port()


@both
def test_mode_none_lets_nothing_out(url: str, tmp_path: Path, run: Run) -> None:
    """A handshake that nothing answers is a miss, and no connection is made."""
    with pytest.raises(MissError, match="no recorded interaction"):
        with streamtape.use_cassette(tmp_path / "x.tape", mode="none", allow_no_requests=True):
            run(url)


@both
def test_a_miss_closes_the_connection(url: str, tmp_path: Path, run: Run) -> None:
    """The client sees its connection closed, with the miss as the cause."""
    path = tmp_path / "x.tape"
    recorded(path, run, url, '{"a":1}')
    with pytest.warns(StreamtapeWarning, match=r"\$\.a"):
        with streamtape.use_cassette(path, mode="none"):
            seen = run(url, '{"a":2}')
    assert "received 1008 (policy violation)" in seen[1][1]
    assert "MissError" in seen[1][2]


def test_a_miss_that_nobody_catches(url: str, tmp_path: Path) -> None:
    """The session raises it, in the place of what the client got."""
    path = tmp_path / "x.tape"
    recorded(path, run_sync, url, '{"a":1}')
    with pytest.raises(MissError, match=r"\$\.a"):
        with streamtape.use_cassette(path, mode="none"):
            with sync_connect(url) as ws:
                ws.send('{"a":2}')
                ws.recv()


@both
def test_wss_needs_no_tls_in_a_replay(tmp_path: Path, run: Run) -> None:
    """Nothing leaves the process, so nobody has to have a certificate."""
    path = tmp_path / "x.tape"
    talk = dialogue(client("hi"), server('{"n":1}'), server(b"\1"))
    streamtape.save(streamtape.Cassette((talk,)), path)
    with streamtape.use_cassette(path, mode="none"):
        assert run(talk.request.url, "hi") == [(None, 101), '{"n":1}', b"\1"]


@both
def test_recordings_play_at_their_pace(tmp_path: Path, run: Run) -> None:
    """On a clock that jumps, ten minutes are over at once."""
    talk = dialogue(client("hi", 1), server("a", 300_000_000), server("b", 600_000_000))
    path = tmp_path / "x.tape"
    streamtape.save(streamtape.Cassette((talk,)), path)
    with streamtape.use_cassette(path, mode="none", clock="auto") as session:
        # The keepalive of the library would wake up many times, by the virtual time.
        assert run(talk.request.url, "hi", ping_interval=None) == [(None, 101), "a", "b"]
    assert session.clock.now_s == pytest.approx(600, abs=1)


@pytest.mark.parametrize("ending", ["abandoned", "unfinished"])
@both
def test_a_client_that_reads_on(tmp_path: Path, run: Run, ending: Any) -> None:
    """Where nobody knows what came next, the connection ends, and the cause says why."""
    talk = dialogue(client("hi"), server("a"), ending=streamtape.Ending(ending))
    path = tmp_path / "x.tape"
    streamtape.save(streamtape.Cassette((talk,)), path)
    with streamtape.use_cassette(path, mode="none"):
        seen = run(talk.request.url, "hi")
    assert seen[-1][0] == "ConnectionClosedError"
    assert "ReplayEndError" in seen[-1][2]


def test_a_client_that_goes_away(url: str, tmp_path: Path) -> None:
    """An asyncio client that is cancelled leaves without a close: the dialogue is abandoned."""
    path = tmp_path / "x.tape"

    async def run() -> None:
        ws = await websockets.asyncio.client.connect(url)
        await ws.send("a")
        await ws.recv()
        ws.transport.abort()
        await asyncio.sleep(0)

    with streamtape.use_cassette(path, mode="all"):
        asyncio.run(run())
    (one,) = streamtape.load(path)
    assert (one.ending.kind, one.ending.close_code) == ("abandoned", None)


def test_fragments_come_as_they_came(url: str, tmp_path: Path) -> None:
    """`recv_streaming` gives the same pieces in a replay."""

    async def run() -> list[str | bytes]:
        async with websockets.asyncio.client.connect(url) as ws:
            await ws.send(["frag", "ments"])
            return [piece async for piece in ws.recv_streaming()]

    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path, mode="all"):
        live = asyncio.run(run())
    with streamtape.use_cassette(path, mode="none"):
        assert asyncio.run(run()) == live
    assert live[:2] == ["frag", "ments"]


def test_a_client_that_reconnects(url: str, tmp_path: Path) -> None:
    """`async for ws in connect(...)`: each connection is an interaction of its own."""

    async def run() -> list[Any]:
        seen: list[Any] = []
        async for ws in websockets.asyncio.client.connect(url):
            try:
                await ws.send(f"round {len(seen)}")
                seen.append(await ws.recv())
                if len(seen) == 2:
                    return seen
                await ws.send("close")
                while True:
                    await ws.recv()
            except ConnectionClosed:
                continue
        return seen

    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path, mode="all"):
        live = asyncio.run(run())
    assert len(streamtape.load(path)) == 2
    with streamtape.use_cassette(path, mode="none"):
        assert asyncio.run(run()) == live


def test_secrets_never_reach_the_tape(url: str, tmp_path: Path) -> None:
    """Neither those of the handshake nor those of messages, in either direction."""
    key = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0"  # made up
    path = tmp_path / "x.tape"
    headers = {"Authorization": f"Bearer {key}"}
    with streamtape.use_cassette(path, mode="all"):
        live = run_sync(f"{url}&api_key={key}", key, additional_headers=headers)
    assert key in live[1]
    assert key.encode() not in b"".join(m.data for m in streamtape.load(path)[0].messages)
    assert streamtape.scan(streamtape.load(path)) == []
    other = key[:-1] + "1"
    with streamtape.use_cassette(path, mode="none"):
        assert "*" * len(key) in run_sync(f"{url}&api_key={other}", other)[1]


def test_ignored_hosts_pass_by(url: str, tmp_path: Path) -> None:
    """They are neither recorded nor replayed."""
    with pytest.raises(NothingRecordedError):
        with streamtape.use_cassette(tmp_path / "x.tape", mode="all", ignore_localhost=True):
            assert len(run_sync(url, "a")) == 3


@pytest.mark.filterwarnings("ignore:websockets.legacy is deprecated")
@pytest.mark.parametrize(
    "name", ["websockets.legacy.client", *(["websockets.trio.client"] if HAS_TRIO else [])]
)
def test_other_clients_are_noticed(tmp_path: Path, name: str) -> None:
    """Mode none refuses them, and recording says that they pass by, and what to use."""
    module, path = import_module(name), tmp_path / "x.tape"

    async def run() -> None:  # the legacy client asks for an event loop when it is made
        module.connect("ws://h.test/")

    with pytest.raises(MissError, match=r"use websockets\.asyncio\.client"):
        with streamtape.use_cassette(path, mode="none", allow_no_requests=True):
            asyncio.run(run())
    with streamtape.use_cassette(path, mode="once", allow_no_requests=True):
        with pytest.warns(StreamtapeWarning, match="it is sent unrecorded"):
            asyncio.run(run())


def test_the_patches_are_undone(url: str, tmp_path: Path) -> None:
    """After a session the library is what it was before."""
    connect = websockets.asyncio.client.connect
    before = dict(vars(connect)), sync_connect.__code__, sync_connect.__kwdefaults__
    recorded(tmp_path / "x.tape", run_sync, url, "a")
    assert (dict(vars(connect)), sync_connect.__code__, sync_connect.__kwdefaults__) == before


def test_the_decorator_and_the_tests_of_pytest(pytester: pytest.Pytester, url: str) -> None:
    """A marked test records its dialogue, and replays it in the next run."""
    pytester.makepyfile(
        f"""
        import pytest
        from websockets.sync.client import connect

        @pytest.mark.streamtape
        def test_dialogue(tape):
            with connect({url!r}) as ws:
                ws.send("hi")
                assert ws.recv() == '{{"echo": "hi"}}'
            assert len(tape.played[0].messages) >= 3
        """
    )
    for mode in ("once", "none"):
        result = pytester.runpytest_subprocess("--tape-record", mode, "-p", "no:cacheprovider")
        result.assert_outcomes(passed=1)


@both
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("cut@event=2", "ConnectionClosedError"),
        ("close=1013@event=2", r"received 1013 \(try again later\)"),
        ("close=1000@event=2", "ConnectionClosedOK"),
        ("utf8@event=1", "1007|UnicodeDecodeError"),  # the latter of websockets 13
    ],
)
def test_faults_are_what_the_client_sees(
    url: str, tmp_path: Path, run: Run, fault: str, expected: str
) -> None:
    """As exceptions of the library, with the messages before them."""
    path = tmp_path / "x.tape"
    recorded(path, run, url, "grün")
    with streamtape.use_cassette(path, mode="none", fault=fault) as session:
        try:
            last = " ".join(run(url, "grün")[-1])
        except UnicodeDecodeError as error:
            last = type(error).__name__
    assert re.search(expected, last)
    assert [str(one) for one in session.struck] == [fault]


def test_faults_do_not_strike_what_is_recorded(url: str, tmp_path: Path) -> None:
    """The first run says so; the second one is broken as asked."""
    path, options = tmp_path / "x.tape", {"fault": "cut@event=1"}
    with pytest.warns(StreamtapeWarning, match="recorded a WebSocket without them"):
        with streamtape.use_cassette(path, **options):  # type: ignore[arg-type]  # the same twice
            live = run_sync(url, "a")
    with streamtape.use_cassette(path, **options):  # type: ignore[arg-type]  # the same twice
        assert run_sync(url, "a") != live


def test_a_handshake_is_refused_once(url: str, tmp_path: Path) -> None:
    """An HTTP error strikes the first try; the next one gets the dialogue."""
    path = tmp_path / "x.tape"
    live = recorded(path, run_sync, url, "a")
    with streamtape.use_cassette(path, mode="none", fault="http=503"):
        with pytest.raises(InvalidStatus, match="503"):
            run_sync(url, "a")
        assert run_sync(url, "a") == live


@pytest.mark.parametrize("mode", ["once", "none"])
def test_a_failing_test_says_where_its_dialogue_was(
    pytester: pytest.Pytester, url: str, mode: str
) -> None:
    """How many messages had gone by, and what the last of them were."""
    if mode == "none":
        name = "test_a_failing_test_says_where_its_dialogue_was"
        with streamtape.use_cassette(pytester.path / "cassettes" / name / "x.tape"):
            run_sync(url, "hi")
    pytester.makepyfile(
        f"""
        import pytest
        from websockets.sync.client import connect

        @pytest.mark.streamtape("x.tape")
        def test_dialogue(tape):
            with connect({url!r}) as ws:
                ws.send("hi")
                ws.recv()
            assert False
        """
    )
    result = pytester.runpytest_subprocess("--tape-record", mode, "-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*GET ws://127.0.0.1:*", "*messages*", "*echo*"])
    assert "RuntimeError" not in result.stdout.str()


@both
def test_equal_handshakes_are_kept_apart(url: str, tmp_path: Path, run: Run) -> None:
    """By what the client says first: in any order, one after the other."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path):
        live = {word: run(url, word, "more") for word in ("one", "two", "three")}
    with streamtape.use_cassette(path, mode="none") as session:
        for word in ("three", "one", "two"):
            assert run(url, word, "more") == live[word]
    assert [one.progress.state for one in session.exchanges] == ["complete"] * 3
    openings = [one.interaction and one.interaction.messages[0].data for one in session.exchanges]
    assert openings == [b"three", b"one", b"two"]


def test_open_connections_with_equal_handshakes(url: str, tmp_path: Path) -> None:
    """All are open before one of them speaks, and they speak in another order than was recorded."""
    path, words = tmp_path / "x.tape", [f"word {n}" for n in range(6)]

    async def talk(order: list[str]) -> dict[str, Any]:
        connect = websockets.asyncio.client.connect
        talks = [await connect(url) for _ in order]
        seen = {}
        for word, ws in zip(order, talks, strict=True):
            await ws.send(word)
            seen[word] = [await ws.recv(), await ws.recv()]
        for ws in talks:
            await ws.close()
        return seen

    with streamtape.use_cassette(path):
        live = asyncio.run(talk(words))
    for order in (words[::-1], words[3:] + words[:3]):
        with streamtape.use_cassette(path, mode="none") as session:
            assert asyncio.run(talk(order)) == live
        assert all(one.progress.state == "complete" for one in session.exchanges)


@both
def test_an_opening_of_none(url: str, tmp_path: Path, run: Run) -> None:
    """What no dialogue begins with misses the one that was next; so it is where order is strict."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path):
        run(url, "one")
        run(url, "two")
    for word, options in (("other", {}), ("two", {"strict_order": True})):
        with pytest.warns(StreamtapeWarning, match=r"interaction 0 [\s\S]*recorded  one"):
            with streamtape.use_cassette(path, mode="none", **options):  # type: ignore[arg-type]  # one body for both
                run(url, word)


def test_a_server_tells_equal_handshakes_apart(url: str, tmp_path: Path) -> None:
    """The same for clients of the replay server."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path):
        live = {word: run_sync(url, word) for word in ("one", "two")}
    with streamtape.ReplayServer(path) as server:
        place = server.url.replace("http", "ws", 1) + "/v1/x?let-me-in=1"
        assert {word: run_sync(place, word) for word in ("two", "one")} == live
