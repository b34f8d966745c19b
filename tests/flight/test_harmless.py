"""What can go wrong in a FlightRecorder, and that the program does not notice."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest

import streamtape
from streamtape.flight import memory_journal
from streamtape.flight.recorder import FlightRecorder
from streamtape.flight.writer import Writer
from streamtape.tape.model import Interaction
from tests.patience import PATIENCE_S, until


class Stubborn:
    """A store that does something else before it takes what it is given."""

    url = "stubborn://here"

    def __init__(self, before: Callable[[int], None]) -> None:
        self.before = before
        self.n_writes = 0
        self.kept: dict[str, bytes] = {}

    def stat(self, name: str) -> streamtape.StoreEntry | None:
        data = self.kept.get(name)
        return None if data is None else streamtape.StoreEntry(name, str(hash(data)), len(data))

    def read(self, name: str) -> Iterator[bytes]:
        yield self.kept[name]

    def write(self, name: str, data: BinaryIO, *, replaces: str | None) -> str:
        self.n_writes += 1
        self.before(self.n_writes)
        self.kept[name] = data.read()
        return str(hash(self.kept[name]))

    def bodies(self, folder: Path) -> list[bytes]:
        """The bodies of all recordings."""
        found = []
        for number, data in enumerate(self.kept.values()):
            path = folder / f"{number}.tape"
            path.write_bytes(data)
            found += [one.body for one in streamtape.load(path)]
        return sorted(found)

    def list(self, folder: str) -> list[streamtape.StoreEntry]:
        return [entry for name in self.kept if (entry := self.stat(name))]


def ask(recorder: FlightRecorder, *bodies: bytes) -> None:
    """Have a client answered these, one request each, and look that it was."""
    for body in bodies:
        inner = httpx.MockTransport(lambda _, body=body: httpx.Response(200, content=body))
        with httpx.Client(transport=recorder.transport(inner)) as client:
            assert client.get("http://provider.test/").content == body


def recordings(folder: Path) -> list[Interaction]:
    """All that was written below a folder."""
    return [i for path in sorted(folder.rglob("*.tape")) for i in streamtape.load(path)]


@pytest.mark.parametrize(
    "raised",
    [OSError, PermissionError, ValueError, MemoryError, RuntimeError, SystemExit,
     KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, BaseException],
)  # fmt: skip
def test_a_store_may_raise_anything(raised: type[BaseException], tmp_path: Path) -> None:
    """It is tried again with the next file, and nothing is lost or written twice."""

    def fail_twice(number: int) -> None:
        if number <= 2:
            raise raised("no")

    store = Stubborn(fail_twice)
    recorder = FlightRecorder(streamtape.StorePath(store, "flights"), sample=1)
    for body in (b"a", b"b", b"c"):
        ask(recorder, body)
        recorder.flush(PATIENCE_S)
    assert recorder.stop(PATIENCE_S)
    assert store.bodies(tmp_path) == [b"a", b"b", b"c"]
    assert (recorder.counts.written, recorder.counts.dropped) == (3, 0)
    assert recorder.counts.n_failures == 2


def test_a_store_that_hangs_costs_recordings_not_memory() -> None:
    """The program goes on, what is held stays within the bound, and the end does not wait."""
    go_on = threading.Event()

    def hang(number: int) -> None:
        go_on.wait(PATIENCE_S)

    store = Stubborn(hang)
    recorder = FlightRecorder(
        streamtape.StorePath(store, "flights"), sample=1, max_bytes=50_000, file_bytes=1
    )
    ask(recorder, b"first")
    until(lambda: store.n_writes)
    ask(recorder, *[bytes(10_000)] * 20)
    assert recorder._journal.buffered_bytes <= 50_000
    assert recorder.counts.dropped >= 15
    assert not recorder.stop(0.01)
    go_on.set()


def test_a_store_that_is_down_is_not_tried_for_each_recording() -> None:
    """That would keep the processor busy with what can't be written."""

    def fail(number: int) -> None:
        raise ConnectionError("down")

    store = Stubborn(fail)
    recorder = FlightRecorder(streamtape.StorePath(store, "flights"), sample=1, file_bytes=1)
    ask(recorder, *[b"x"] * 30)
    assert not recorder.flush(PATIENCE_S)
    assert store.n_writes <= 2
    recorder.stop(PATIENCE_S)


def test_a_recording_that_no_file_can_hold_does_not_keep_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is dropped by itself."""
    record: Any = Writer._record

    def odd(self: Writer, path: Path, interactions: Any) -> None:
        if any(one.body == b"odd" for one in interactions):
            raise TypeError("odd")
        record(self, path, interactions)

    monkeypatch.setattr(Writer, "_record", odd)
    recorder = FlightRecorder(tmp_path, sample=1)
    ask(recorder, b"a", b"odd", b"b")
    recorder.flush(PATIENCE_S)
    assert recorder.stop(PATIENCE_S)
    assert [i.body for i in recordings(tmp_path)] == [b"a", b"b"]
    assert (recorder.counts.written, recorder.counts.dropped) == (2, 1)


@pytest.mark.parametrize("what", ["Flight", "Chunk"])
def test_a_fault_of_its_own_reaches_nobody(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it can't take down is counted; clients have their answers."""

    def fault(*_: object) -> None:
        raise MemoryError

    recorder = FlightRecorder(tmp_path, sample=1)
    with monkeypatch.context() as patch:
        patch.setattr(memory_journal, what, fault)
        ask(recorder, b"a", b"b")
    ask(recorder, b"c")
    recorder.stop(PATIENCE_S)
    assert [i.body for i in recordings(tmp_path)] == [b"c"]
    assert recorder.counts.dropped == 2
    assert recorder._journal.buffered_bytes == 0


@pytest.mark.parametrize("raised", [ValueError, SystemExit])
def test_rules_and_exporters_may_raise(raised: type[BaseException], tmp_path: Path) -> None:
    """A rule costs that recording, an exporter none; the ones after are kept."""

    def fail(interaction: Interaction) -> bool:
        if interaction.body == b"bad":
            raise raised
        return True

    recorder = FlightRecorder(tmp_path, sample=0, keep=[fail])
    ask(recorder, b"bad", b"good")
    recorder.stop(PATIENCE_S)
    assert [i.body for i in recordings(tmp_path)] == [b"good"]
    measured = FlightRecorder(tmp_path / "measured", sample=1)
    measured._start_writer()._measured = fail  # type: ignore[assignment]  # what it gives is ignored
    ask(measured, b"bad")
    measured.stop(PATIENCE_S)
    assert measured.counts.written == 1


FULL = """
    import resource, sys, httpx, streamtape
    sys.dont_write_bytecode = True  # which would be cut off, too
    recorder = streamtape.FlightRecorder(sys.argv[1], sample=1, file_s=1000)
    inner = httpx.MockTransport(lambda _: httpx.Response(200, content=bytes(range(256)) * 40))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    with recorder, httpx.Client(transport=recorder.transport(inner)) as client:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, limit[1]))
        assert len(client.get("http://provider.test/").content) == 10240
        assert not recorder.flush()
        if sys.argv[2] == "room":
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    print(recorder.counts.written, recorder.counts.dropped, recorder.counts.failure)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limit of file sizes")
@pytest.mark.parametrize(("then", "expected"), [("room", "1 0"), ("full", "0 1")])
def test_a_full_disk(then: str, expected: str, tmp_path: Path) -> None:
    """What waits is written once there is room; nothing half written is left."""
    command = [sys.executable, "-c", textwrap.dedent(FULL), os.fspath(tmp_path / "f"), then]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{expected} ")
    assert "too large" in done.stdout
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.suffix for path in left] == [".tape"] * (then == "room")


FORKED = """
    import os, sys, threading, httpx, streamtape
    recorder = streamtape.FlightRecorder(sys.argv[1], sample=1)
    inner = httpx.MockTransport(lambda _: httpx.Response(200, content=b"%d" % os.getpid()))
    client = httpx.Client(transport=recorder.transport(inner))
    held, forked = threading.Event(), threading.Event()
    def hold():
        with recorder._journal._lock, recorder._lock:
            held.set()
            forked.wait()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if not child:
        client.get("http://provider.test/")
        sys.exit(not recorder.stop())
    forked.set()
    thread.join()
    sys.exit(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_another_thread_records(tmp_path: Path) -> None:
    """The child does not wait for a lock that nobody there holds."""
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(FORKED), os.fspath(tmp_path)]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    assert len(recordings(tmp_path)) == 1


class Server:
    """What has set a handler as a server does, and is looked for by it."""

    should_exit = False

    def handle_exit(self, number: int, frame: object) -> None:
        self.should_exit = True


def test_the_handler_of_a_server_is_seen_through(tmp_path: Path) -> None:
    """It is called, and libraries find its server as before (sse-starlette looks there)."""
    server = Server()
    before = signal.signal(signal.SIGTERM, server.handle_exit)
    try:
        with FlightRecorder(tmp_path, sample=1):
            found: Any = signal.getsignal(signal.SIGTERM)
            assert found.__self__ is server
            signal.raise_signal(signal.SIGTERM)
        assert server.should_exit
        assert signal.getsignal(signal.SIGTERM) == server.handle_exit
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_server_that_takes_the_signal_later(tmp_path: Path) -> None:
    """As under gunicorn, which loads the application first: all is written at the signal still.

    Not only when the server has shut down: it may be killed before that.
    """
    recorder = FlightRecorder(tmp_path, sample=1, file_s=1_000)
    first = signal.getsignal(signal.SIGTERM)
    app = recorder.middleware(raw)
    ours = signal.getsignal(signal.SIGTERM)
    server = Server()
    signal.signal(signal.SIGTERM, server.handle_exit)
    try:
        asyncio.run(answered(app))

        async def terminated() -> None:
            signal.raise_signal(signal.SIGTERM)

        asyncio.run(terminated())  # in a loop, as a server's: nobody waits for the file
        assert server.should_exit
        until(lambda: recorder.counts.n_files == 1)
        assert len(recordings(tmp_path)) == 1
        assert recorder.stop()
        assert signal.getsignal(signal.SIGTERM) == server.handle_exit
    finally:
        signal.signal(signal.SIGTERM, ours)  # as the server does at its end
        recorder.stop()
        signal.signal(signal.SIGTERM, first)


async def answered(app: Any) -> None:
    """Have an application answer a request."""

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        pass

    scope = {"type": "http", "method": "GET", "path": "/x", "headers": [(b"host", b"a.test")]}
    await app(scope, receive, send)


async def raw(scope: Any, receive: Any, send: Any) -> None:
    """Knows no lifespan, as many applications."""
    assert scope["type"] == "http", "only http"
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"hi"})


async def starting(scope: Any, receive: Any, send: Any) -> None:
    """Knows one."""
    if scope["type"] != "lifespan":
        await raw(scope, receive, send)
        return
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def failing(scope: Any, receive: Any, send: Any) -> None:
    """Can't start, and says so."""
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})
    raise OSError("no database")


async def served(app: Any) -> list[str]:
    """Serve one request between startup and shutdown; the messages of the lifespan."""
    payloads: list[str] = []
    request = asyncio.Queue[Any]()
    started = asyncio.Event()

    async def send(message: Any) -> None:
        payloads.append(message["type"])
        started.set()

    request.put_nowait({"type": "lifespan.startup"})
    life = asyncio.ensure_future(app({"type": "lifespan"}, request.get, send))
    await started.wait()
    transport = httpx.ASGITransport(app)
    if "lifespan.startup.complete" in payloads:
        async with httpx.AsyncClient(transport=transport, base_url="http://me.test") as client:
            assert (await client.get("/")).content == b"hi"
    request.put_nowait({"type": "lifespan.shutdown"})
    await life
    return payloads


@pytest.mark.parametrize("app", [raw, starting])
def test_what_is_kept_is_written_when_a_server_shuts_down(app: Any, tmp_path: Path) -> None:
    """Before it learns that the application has, whether that knows a lifespan or not."""
    recorder = FlightRecorder(tmp_path, sample=1)
    output = asyncio.run(served(recorder.middleware(app)))
    assert output == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert [i.body for i in recordings(tmp_path)] == [b"hi"]
    recorder.stop()


def test_an_application_that_cannot_start_does_not(tmp_path: Path) -> None:
    """Its failure is its server's to see."""
    recorder = FlightRecorder(tmp_path, sample=1)
    with pytest.raises(OSError, match="no database"):
        asyncio.run(served(recorder.middleware(failing)))
    recorder.stop()


def test_odd_messages_are_between_application_and_server(tmp_path: Path) -> None:
    """They arrive as they were sent, and WebSockets pass by."""
    odd: list[Any] = [{}, {"type": "http.response.start", "headers": 7}, {"type": "other"}]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert await receive() == {"kind": "odd"}
        for message in odd:
            await send(message)

    async def receive() -> Any:
        return {"kind": "odd"}

    async def collect(kind: str) -> list[Any]:
        got: list[Any] = []

        async def send(message: Any) -> None:
            got.append(message)

        scope = {"type": kind, "method": "GET", "path": "/"}
        await recorder.middleware(app)(scope, receive, send)
        return got

    recorder = FlightRecorder(tmp_path, sample=1)
    assert asyncio.run(collect("http")) == odd
    assert asyncio.run(collect("websocket")) == odd
    recorder.stop()


SERVICE = """
    import asyncio, streamtape
    from sse_starlette import EventSourceResponse
    from starlette.applications import Starlette
    from starlette.routing import Route

    async def events():
        while True:
            yield "tick"
            await asyncio.sleep(0.01)

    async def endless(request):
        return EventSourceResponse(events())

    recorder = streamtape.FlightRecorder("flights", sample=1, file_s=1000)
    app = recorder.middleware(Starlette(routes=[Route("/", endless)]))
"""


def test_a_service_that_is_stopped_amid_a_stream(tmp_path: Path) -> None:
    """Uvicorn ends at SIGTERM as it does without a recorder, and what it sent is written."""
    pytest.importorskip("uvicorn")
    pytest.importorskip("sse_starlette")
    (tmp_path / "service.py").write_text(textwrap.dedent(SERVICE))
    command = [sys.executable, "-m", "uvicorn", "service:app", "--port", "0", "--no-access-log"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        line = next(line for line in server.stderr if "running on" in line)
        url = next(word for word in line.split() if word.startswith("http://"))
        with httpx.stream("GET", url, timeout=PATIENCE_S) as response:
            pieces = response.iter_raw()
            got = next(pieces)
            server.send_signal(signal.SIGTERM)
            with contextlib.suppress(httpx.RemoteProtocolError):  # the server cuts it off
                for piece in pieces:
                    got += piece
        server.stderr.read()
        assert server.wait(PATIENCE_S) in {0, -signal.SIGTERM}
    (one,) = recordings(tmp_path / "flights")
    assert one.body.startswith(got[:10])
    assert one.body.startswith(b"data: tick")
