"""A replay keeps the order between interactions: this chunk came after that request."""

import asyncio
import gc
import queue
import threading
import warnings
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import httpx2
import pytest

import streamtape
from streamtape import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.playback.ordering import Starts, ordered
from streamtape.playback.pacing import FixedRate, at_once, idle_limit, retimed, speed
from streamtape.playback.steps import Await, Emit, WaitUntil, steps
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.session.order import Order
from streamtape.transport import other_callers
from streamtape.transport.order_waits import wait_async
from streamtape.transport.other_callers import OtherCallers
from tests.patience import PATIENCE_S

URL = "http://mcp.example"
EVENTS = [(1_000, b"data: 0\n\n"), (50_000, b"data: 1\n\n"), (70_000, b"data: 2\n\n")]


def interaction(
    method: str,
    path: str,
    started_at_us: int,
    chunks: list[tuple[int, bytes]],
    ending: Ending,
) -> Interaction:
    """A recording that began at this time of day."""
    head = Head(200, ((b"content-type", b"text/event-stream"),), 500)
    body = Chunks.of(Chunk(at_us, data) for at_us, data in chunks)
    request = Request(method, f"{URL}{path}", (), b"")
    return Interaction(request, head, body, ending, started_at_us)


def dialogue(method: str = "GET") -> Cassette:
    """A long stream, and two requests beside it that its later events answer."""
    done = Ending("complete", 1_000)
    return Cassette((
        interaction(method, "/sse", 10**9, EVENTS, Ending("abandoned", 90_000)),
        interaction("POST", "/a", 10**9 + 30_000, [(900, b"ok")], done),
        interaction("POST", "/b", 10**9 + 60_000, [(900, b"ok")], done),
    ))  # fmt: skip


# A loop over httpx's async generators that is left leaves them to the collector; trio says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*async_generator:pytest.PytestUnraisableExceptionWarning"
)
PACES: list[dict[str, Any]] = [
    {}, {"speed": 1.0}, {"speed": 50.0}, {"idle_limit": 0.001, "speed": 1.0}, {"clock": "auto"},
    {"rechunk": "byte"}, {"rechunk": "event"}, {"pace": "rate=1ms"},
]  # fmt: skip
LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@LIBRARIES
@pytest.mark.parametrize("options", PACES, ids=str)
def test_an_answer_waits_for_its_question(library: Any, options: dict[str, Any]) -> None:
    """At every speed, and on every clock; the rest of the stream follows when it is asked for."""
    seen: list[bytes] = []
    arrived = asyncio.Event()

    async def listen(client: Any) -> None:
        async with client.stream("GET", f"{URL}/sse") as answer:
            async for piece in answer.aiter_raw():
                seen.append(piece)
                arrived.set()
                if b"".join(seen) == b"".join(data for _, data in EVENTS):
                    return

    async def main() -> None:
        async with library.AsyncClient(
            transport=streamtape.ReplayTransport(dialogue(), **options)
        ) as client:
            task = asyncio.create_task(listen(client))
            for n, path in enumerate(("/a", "/b"), 1):
                while b"".join(seen) != b"".join(data for _, data in EVENTS[:n]):
                    arrived.clear()
                    await arrived.wait()
                for _ in range(20):
                    await asyncio.sleep(0)
                assert b"".join(seen) == b"".join(data for _, data in EVENTS[:n])
                await client.post(f"{URL}{path}")
            await task

    asyncio.run(main())


@LIBRARIES
def test_it_waits_in_threads_too(library: Any) -> None:
    """A sync client in a thread of its own gets the answer when another thread has asked."""
    with library.Client(transport=streamtape.ReplayTransport(dialogue("POST"))) as client:
        seen: list[bytes] = []
        first = threading.Event()

        def listen() -> None:
            with client.stream("POST", f"{URL}/sse") as answer:
                pieces = answer.iter_raw()
                for _ in EVENTS:
                    seen.append(next(pieces))
                    first.set()

        thread = threading.Thread(target=listen)
        thread.start()
        first.wait()
        assert len(seen) == 1
        client.post(f"{URL}/a")
        client.post(f"{URL}/b")
        thread.join()
        assert seen == [data for _, data in EVENTS]


def test_trio_waits_too() -> None:
    """The same among the tasks of trio."""
    seen: list[bytes] = []

    async def main() -> None:
        transport = streamtape.ReplayTransport(dialogue())
        async with (
            httpx.AsyncClient(transport=transport) as client,
            anyio.create_task_group() as tg,
        ):

            async def listen() -> None:
                async with client.stream("GET", f"{URL}/sse") as answer:
                    pieces = aiter(answer.aiter_raw())
                    for _ in EVENTS:
                        seen.append(await anext(pieces))

            tg.start_soon(listen)
            await anyio.wait_all_tasks_blocked()
            assert len(seen) == 1
            await client.post(f"{URL}/a")
            await anyio.wait_all_tasks_blocked()
            assert len(seen) == 2
            await client.post(f"{URL}/b")

    anyio.run(main, backend="trio")
    gc.collect()
    assert len(seen) == 3


@pytest.fixture
def only_this_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that other tests of this process left behind make no requests here."""
    left = {*threading.enumerate()} - {threading.current_thread()}
    monkeypatch.setattr(
        other_callers, "live_threads", lambda: [t for t in threading.enumerate() if t not in left]
    )


@pytest.mark.usefixtures("only_this_program")
def test_nobody_is_waited_for_where_nobody_is() -> None:
    """A program that asks one thing after the other is not held up by what it asks later."""

    async def main() -> list[str]:
        transport = streamtape.ReplayTransport(dialogue())
        async with httpx.AsyncClient(transport=transport) as client:
            async with client.stream("GET", f"{URL}/sse") as answer:
                pieces = aiter(answer.aiter_raw())
                body = [await anext(pieces) for _ in EVENTS]
            await client.post(f"{URL}/a")
            assert not transport.session.order.given_up
        return [piece.decode() for piece in body]

    assert len(asyncio.run(main())) == 3


@pytest.mark.usefixtures("only_this_program")
def test_nobody_is_waited_for_once_all_others_have_ended() -> None:
    """Tasks that end without asking, also those that they start, do not hold a program up."""

    async def main() -> list[bytes]:
        started: list[asyncio.Task[None]] = []

        async def idle(more: int) -> None:
            await asyncio.sleep(0)
            if more:
                started.append(asyncio.create_task(idle(more - 1)))

        transport = streamtape.ReplayTransport(dialogue())
        async with httpx.AsyncClient(transport=transport) as client:
            async with client.stream("GET", f"{URL}/sse") as answer:
                pieces = aiter(answer.aiter_raw())
                body = [await anext(pieces)]
                started.append(asyncio.create_task(idle(3)))
                body += [await anext(pieces) for _ in EVENTS[1:]]
        assert not transport.session.order.given_up
        assert [task.done() for task in started] == [True] * 4
        return body

    assert asyncio.run(main()) == [data for _, data in EVENTS]


def ends(listening: threading.Event) -> None:
    """A thread that ends once somebody waits."""
    listening.wait()


def starts_another(listening: threading.Event) -> None:
    """A thread that leaves another one behind, which ends as well."""
    listening.wait()
    threading.Thread(target=threading.Event().wait, args=(0.01,)).start()


def leaves_a_pool(listening: threading.Event) -> None:
    """A thread that leaves a pool behind, whose threads have nothing to do."""
    pool = ThreadPoolExecutor(2)
    for done in [pool.submit(listening.wait) for _ in range(2)]:
        done.result()


@pytest.mark.usefixtures("only_this_program")
@pytest.mark.parametrize("in_a_task", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("other", [ends, starts_another, leaves_a_pool])
def test_threads_that_are_gone_are_not_waited_for(
    other: Callable[[threading.Event], None], *, in_a_task: bool
) -> None:
    """A stream goes on once no thread is left that could make the request it waits for."""
    listening = threading.Event()
    thread = threading.Thread(target=other, args=(listening,))
    thread.start()

    def listen() -> list[bytes]:
        transport = streamtape.ReplayTransport(dialogue("POST"))
        with (
            httpx.Client(transport=transport) as client,
            client.stream("POST", f"{URL}/sse") as answer,
        ):
            listening.set()
            pieces = answer.iter_raw()
            seen = [next(pieces) for _ in EVENTS]
        assert not transport.session.order.given_up
        return seen

    async def listen_async() -> list[bytes]:
        transport = streamtape.ReplayTransport(dialogue("POST"))
        async with (
            httpx.AsyncClient(transport=transport) as client,
            client.stream("POST", f"{URL}/sse") as answer,
        ):
            listening.set()
            pieces = aiter(answer.aiter_raw())
            seen = [await anext(pieces) for _ in EVENTS]
        assert not transport.session.order.given_up
        return seen

    seen = asyncio.run(listen_async()) if in_a_task else listen()
    assert seen == [data for _, data in EVENTS]
    thread.join()


@pytest.mark.usefixtures("only_this_program")
def test_threads_that_wait_for_one_another_go_on() -> None:
    """Each waits for a request that only the other could make: so nobody will make it."""
    order = Order(dialogue(), [3])

    def wait(number: int) -> None:
        order.wait(Await(number, 0, True), OtherCallers(tasks=False).nobody_left)

    thread = threading.Thread(target=wait, args=(1,))
    thread.start()
    wait(2)
    thread.join()
    assert not order.given_up


async def in_a_group(*waits: Callable[[], Awaitable[None]]) -> None:
    """Both in tasks of a group of anyio."""
    async with anyio.create_task_group() as group:
        for wait in waits:
            group.start_soon(as_coroutine, wait)


async def in_a_group_of_asyncio(*waits: Callable[[], Awaitable[None]]) -> None:
    """Both in tasks of a group of asyncio."""
    async with asyncio.TaskGroup() as group:
        for wait in waits:
            group.create_task(as_coroutine(wait))


async def gathered(*waits: Callable[[], Awaitable[None]]) -> None:
    """Both gathered."""
    await asyncio.gather(*(wait() for wait in waits))


async def one_awaited(*waits: Callable[[], Awaitable[None]]) -> None:
    """One in this task, which then waits for the other."""
    task = asyncio.create_task(as_coroutine(waits[0]))
    await waits[1]()
    await task


async def as_coroutine(wait: Callable[[], Awaitable[None]]) -> None:
    """What asyncio makes tasks of."""
    await wait()


@pytest.mark.usefixtures("only_this_program")
@pytest.mark.parametrize("both", [in_a_group, in_a_group_of_asyncio, gathered, one_awaited])
def test_tasks_that_wait_for_one_another_go_on(both: Callable[..., Awaitable[None]]) -> None:
    """The same among the tasks of an event loop, and with a task that waits for both to end."""
    order = Order(dialogue(), [3])

    def waiting(number: int) -> Callable[[], Awaitable[None]]:
        others = OtherCallers(tasks=True)
        return lambda: wait_async(order, Await(number, 0, True), None, others)

    async def main() -> None:
        await both(waiting(1), waiting(2))

    asyncio.run(main())
    assert not order.given_up


@pytest.mark.usefixtures("only_this_program")
@pytest.mark.parametrize("block", ["join", "event", "queue", "result"])
def test_a_thread_that_only_others_can_wake_is_not_waited_for(block: str) -> None:
    """It would make the request after what it waits for, which comes after the stream."""
    order = Order(dialogue(), [3])
    over = threading.Event()

    def listen() -> None:
        order.wait(Await(1, 0, True), OtherCallers(tasks=False).nobody_left)
        over.set()
        given.put(None)

    given: queue.Queue[None] = queue.Queue()
    with ThreadPoolExecutor(1) as pool:
        listening = threading.Thread(target=listen)
        if block == "result":
            pool.submit(listen).result()
        else:
            listening.start()
            blocks: dict[str, Callable[[], object]] = {
                "join": listening.join, "event": over.wait, "queue": given.get,
            }  # fmt: skip
            blocks[block]()
            listening.join()
    assert not order.given_up


@pytest.mark.usefixtures("only_this_program")
def test_a_thread_of_a_pool_that_is_at_work_is_waited_for() -> None:
    """It may make the request, and does: nothing comes before."""
    order = Order(dialogue(), [3])
    others = OtherCallers(tasks=False)
    go_on = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(go_on.wait, PATIENCE_S)
        assert not any(others.nobody_left(()) for _ in range(3))
        work.add_done_callback(lambda _: order.came(1))
        threading.Timer(0.0, go_on.set).start()
        order.wait(Await(1, 0, True), others.nobody_left)
        assert order.has_arrived(1)


def test_patience_comes_to_an_end(tmp_path: Any) -> None:
    """A request that is not made any more is told of, and costs the rest of the stream nothing."""
    path = tmp_path / "x.tape"
    streamtape.save(dialogue("POST"), path)

    async def main() -> None:
        other = asyncio.create_task(asyncio.Event().wait())
        async with httpx.AsyncClient() as client:
            async with client.stream("POST", f"{URL}/sse") as answer:
                pieces = aiter(answer.aiter_raw())
                assert [await anext(pieces) for _ in EVENTS] == [data for _, data in EVENTS]
        other.cancel()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with streamtape.use_cassette(path) as session:
            session.order.patience_s = 0.001
            asyncio.run(main())
    (text,) = [str(one.message) for one in caught if one.category is StreamtapeWarning]
    assert "interaction 1: POST http://mcp.example/a; interaction 2" in text


def test_a_server_keeps_the_order() -> None:
    """Clients in other processes get an answer when they have asked."""
    seen: list[bytes] = []
    first = threading.Event()
    with (
        streamtape.serve(dialogue(), port=0) as server,
        httpx.Client(base_url=server.url) as client,
    ):

        def listen() -> None:
            with client.stream("GET", "/sse") as answer:
                pieces = answer.iter_raw()
                while b"".join(seen) != b"".join(data for _, data in EVENTS):
                    seen.append(next(pieces))
                    first.set()

        thread = threading.Thread(target=listen)
        thread.start()
        first.wait()
        assert seen == [EVENTS[0][1]]
        client.post("/a")
        client.post("/b")
        thread.join()


def test_cassettes_beside_each_other_have_no_order() -> None:
    """A folder of recordings made at the same time is served one at a time."""
    alone = [Cassette((one,)) for one in dialogue("POST")]
    with streamtape.serve(*alone, port=0) as server:
        with httpx.Client(base_url=server.url) as client, client.stream("POST", "/sse") as answer:
            seen = b""
            for piece in answer.iter_raw():
                seen += piece
                if seen.endswith(b"2\n\n"):
                    break
        assert not server._cassettes.tape.order.given_up


def test_which_requests_are_waited_for() -> None:
    """Those that began while it went on; none where times or cuts are not known."""
    cassette = dialogue()
    starts = Starts(cassette)
    assert starts.within(0) == (Await(1, 30_000, True), Await(2, 60_000, True))
    assert starts.within(1) == starts.within(2) == ()
    undated = [interaction("GET", "/", 0, EVENTS, Ending("complete", 90_000))]
    assert Starts([*undated, *cassette[1:]]).within(0) == ()


SCORE = list(ordered(steps(dialogue()[0]), [Await(1, 30_000), Await(2, 60_000)]))


def test_the_waits_stand_before_what_came_after() -> None:
    """Each once, whatever is done to the pace; at their time by the pace."""
    kinds = [step for step in SCORE if isinstance(step, Await | Emit)]
    assert [type(step).__name__ for step in kinds] == ["Emit", "Await", "Emit", "Await", "Emit"]
    for paced in (
        at_once(SCORE),
        speed(SCORE, 2),
        idle_limit(SCORE, 5),
        retimed(SCORE, FixedRate(9)),
    ):
        again = list(paced)
        assert [type(s) for s in again if isinstance(s, Await | Emit)] == [type(s) for s in kinds]
        times = [step.at_us for step in again if isinstance(step, Await | WaitUntil)]
        assert times == sorted(times)
    assert Await(1, 15_000) in list(speed(SCORE, 2))
