"""A clock that a test moves: ten minutes pass in milliseconds, with their timeouts."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest

import streamtape
from streamtape.errors import ClockError, UsageError
from streamtape.playback.read_timeout import with_read_timeout
from streamtape.playback.steps import Emit, Fail, Start, WaitUntil, steps
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.transport.clocks import SystemClock, VirtualClock, clock_of
from tests.patience import PATIENCE_S

URL = "http://upstream.test/slow"
SSE = ((b"content-type", b"text/event-stream"),)


def slow(path: Path, gap_s: float = 60, n: int = 11) -> Path:
    """A cassette of a stream with a minute between its events."""
    chunks = [Chunk(round(i * gap_s * 1e6), b"data: %d\n\n" % i) for i in range(n)]
    interaction = Interaction(
        Request("GET", URL), Head(200, SSE, 0), Chunks.of(chunks), Ending("complete", chunks[-1][0])
    )
    streamtape.save(Cassette((interaction,)), path)
    return path


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Both event loops."""
    return str(request.param)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_ten_minutes_in_no_time(library: Any, tmp_path: Path) -> None:
    """On a clock that jumps, the pace is the recorded one, and nobody waits for it."""
    begun = time.monotonic()
    with streamtape.use_cassette(slow(tmp_path / "x.tape"), mode="none", clock="auto") as tape:
        times = []
        with library.Client(timeout=None) as client, client.stream("GET", URL) as response:
            for _ in response.iter_raw():
                times.append(tape.clock.now_s)
    assert times == [60.0 * n for n in range(11)]
    assert time.monotonic() - begun < 600


@pytest.mark.anyio
async def test_ten_minutes_in_no_time_async(tmp_path: Path) -> None:
    """The same on asyncio and trio."""
    path = slow(tmp_path / "x.tape")
    async with streamtape.use_cassette(path, mode="none", clock="auto", speed=2.0) as tape:
        async with httpx.AsyncClient(timeout=None) as client:
            assert (await client.get(URL)).text.count("data") == 11
        assert tape.clock.now_s == 300


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_the_clients_read_timeout_counts(library: Any, tmp_path: Path) -> None:
    """A client with less patience than the stream has gaps gets its own ReadTimeout, on time."""
    path = slow(tmp_path / "x.tape")
    with streamtape.use_cassette(path, mode="none", clock="auto") as tape:
        seen = []
        with (
            pytest.raises(library.ReadTimeout),
            library.Client(timeout=30) as client,
            client.stream("GET", URL) as response,
        ):
            for data in response.iter_raw():
                seen.append(data)
        assert (len(seen), tape.clock.now_s) == (1, 30)


def test_the_loops_own_timeouts_count(tmp_path: Path) -> None:
    """asyncio.timeout expires on the clock that jumps, at its time and not after."""
    path = slow(tmp_path / "x.tape")

    async def main() -> tuple[int, float]:
        seen = 0
        async with streamtape.use_cassette(path, mode="none", clock="auto") as tape:
            loop = asyncio.get_running_loop()
            async with httpx.AsyncClient(timeout=None) as client:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(150), client.stream("GET", URL) as response:
                        async for _ in response.aiter_raw():
                            seen += 1
            tape.assert_closed_after(3)
            now_s = tape.clock.now_s
        assert "time" not in vars(loop)
        return seen, now_s

    seen, now_s = asyncio.run(main())
    assert seen == 3
    # The loop counts the real time, too; the next event would come at 180.
    assert 120 < now_s <= 150.01


def test_two_streams_on_one_clock(tmp_path: Path) -> None:
    """The earlier of two waits comes first."""
    one, other = slow(tmp_path / "1.tape", 60, 3), slow(tmp_path / "2.tape", 45, 3)
    clock = VirtualClock()
    order: list[tuple[str, float]] = []

    async def read(name: str, path: Path) -> None:
        transport = streamtape.ReplayTransport(path, clock=clock, speed=1.0)
        async with (
            httpx.AsyncClient(transport=transport, timeout=None) as client,
            client.stream("GET", URL) as response,
        ):
            async for _ in response.aiter_raw():
                order.append((name, round(clock.now_s)))

    async def main() -> None:
        await asyncio.gather(read("a", one), read("b", other))

    asyncio.run(main())
    assert sorted(order, key=lambda pair: pair[1]) == order
    assert order[-3:] == [("a", 60), ("b", 90), ("a", 120)]


def test_by_hand_from_another_thread(tmp_path: Path) -> None:
    """A clock that is moved by hand lets each chunk out when its time has come."""
    path = slow(tmp_path / "x.tape", n=3)
    clock = VirtualClock(auto=False, patience_s=PATIENCE_S)
    with streamtape.use_cassette(path, mode="none", clock=clock) as tape:
        seen: list[bytes] = []
        got = threading.Event()

        def read() -> None:
            with httpx.Client(timeout=None) as client, client.stream("GET", URL) as response:
                for data in response.iter_raw():
                    seen.append(data)
                    got.set()

        thread = threading.Thread(target=read)
        thread.start()
        for n in range(3):
            assert got.wait(PATIENCE_S)
            assert len(seen) == n + 1
            got.clear()
            tape.clock.advance(60)
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@pytest.mark.anyio
async def test_by_hand_from_another_task(tmp_path: Path) -> None:
    """The same within one event loop."""
    path = slow(tmp_path / "x.tape", n=3)
    clock = VirtualClock(auto=False, patience_s=PATIENCE_S)
    async with streamtape.use_cassette(path, mode="none", clock=clock) as tape:
        seen: list[bytes] = []

        async def read() -> None:
            async with (
                httpx.AsyncClient(timeout=None) as client,
                client.stream("GET", URL) as response,
            ):
                async for data in response.aiter_raw():
                    seen.append(data)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            for n in (1, 2, 3):
                with anyio.fail_after(PATIENCE_S):
                    while len(seen) < n:  # noqa: ASYNC110 - what is waited for is a list
                        await anyio.sleep(0.001)
                await anyio.sleep(0.005)
                assert len(seen) == n
                tape.clock.advance(60)


def test_a_clock_that_nobody_moves_says_so() -> None:
    """Waiting for it is an error that says how to move it, sync and async."""
    clock = VirtualClock(auto=False, patience_s=0.01)
    with pytest.raises(ClockError, match=r"is at 0 s.*due at 5 s.*advance"):
        clock.wait_until(5_000_000)
    with pytest.raises(ClockError, match="nobody moved it"):
        asyncio.run(clock.wait_until_async(5_000_000))
    clock.close()
    with pytest.raises(UsageError, match="does not go back"):
        clock.advance(-1)


def test_the_clocks_by_name() -> None:
    """An option names one, or is one."""
    own = VirtualClock()
    assert clock_of(own) is own
    assert isinstance(clock_of("system"), SystemClock)
    manual = clock_of("manual")
    assert isinstance(manual, VirtualClock)
    assert not manual.auto


def test_recording_has_real_times(tmp_path: Path) -> None:
    """A clock that jumps is for replays; what is recorded has the real times."""
    path = tmp_path / "x.tape"

    def answer(_request: httpx.Request) -> httpx.Response:
        time.sleep(0.002)
        return httpx.Response(200, content=b"x")

    with (
        streamtape.use_cassette(path, clock="auto"),
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
    ):
        client.get(URL)
    head = streamtape.load(path)[0].head
    assert head is not None
    assert (head.at_us or 0) >= 2000


def test_patience_is_a_function_over_steps() -> None:
    """The first gap over the limit becomes a ReadTimeout; shorter ones change nothing."""
    chunks = Chunks.of([Chunk(10, b"a"), Chunk(20, b"b"), Chunk(90, b"c")])
    whole = Interaction(Request("GET", URL), Head(200, (), 5), chunks, Ending("complete", 95))
    assert list(with_read_timeout(steps(whole), 70)) == list(steps(whole))
    cut = list(with_read_timeout(steps(whole), 50))
    assert [s.data for s in cut if isinstance(s, Emit)] == [b"a", b"b"]
    assert isinstance(cut[1], Start)
    assert cut[-2] == WaitUntil(70)
    assert isinstance(cut[-1], Fail)
    assert cut[-1].error.exception == "ReadTimeout"
