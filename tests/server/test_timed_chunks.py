"""Runs of chunks and waits are played by the loop's timer, and everything else by the task."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from streamtape.playback.steps import Emit, Fail, Step, WaitUntil
from streamtape.server.exchange import Exchange, Limits, RequestHead
from streamtape.server.schedule import Schedule
from streamtape.server.timed_chunks import TimedChunks
from streamtape.session.exchange import Progress
from streamtape.tape.model import Ending

FAIL = Fail(Ending("error"))
GET = RequestHead("GET", "/", (), "1.1")


class Link:
    """A client that takes down what it gets, and reads on when it is told to."""

    limits, body_read, client, is_closing = Limits(), True, "test", False

    def __init__(self, *, reads: bool = True) -> None:
        self.got: list[bytes] = []
        self.reads = reads
        self.n_waits = 0

    def write(self, data: bytes) -> bool:
        self.got.append(data)
        return self.reads

    async def drained(self) -> None:
        self.n_waits += 1


def played(score: Iterator[Step], link: Any, late_us: int = 0) -> tuple[Step | None, Progress]:
    """What the task gets of a score after its first step, and how far the client came."""

    async def play() -> tuple[Step | None, Progress]:
        progress = Progress()
        exchange = Exchange(link, GET, asyncio.get_running_loop().time())
        first = next(score)
        assert isinstance(first, Emit | WaitUntil)
        return await TimedChunks(exchange, score, progress).play(first, late_us), progress

    return asyncio.run(play())


def test_chunks_come_in_order_and_the_rest_is_the_tasks() -> None:
    """A step of another kind ends the run; nothing after it is taken."""
    score: Iterator[Step] = iter(
        [WaitUntil(0), Emit(b"a"), WaitUntil(200), Emit(b"b"), FAIL, Emit(b"c")]
    )
    link = Link()
    step, progress = played(score, link)
    assert (step, link.got, progress.n_chunks) == (FAIL, [b"a", b"b"], 2)
    assert progress.n_bytes == 2
    assert next(score) == Emit(b"c")


def test_more_chunks_than_a_turn_holds_are_played_to_the_end() -> None:
    """Others have their turn in between, and None says that the score has ended."""
    link = Link()
    step, progress = played(iter([Emit(b"x")] * 300), link)
    assert (step, len(link.got), progress.n_chunks) == (None, 300, 300)


def test_a_client_that_does_not_read_is_waited_for() -> None:
    """Each chunk is written once, and counted once the client has room for more."""
    link = Link(reads=False)
    step, progress = played(iter([Emit(b"a"), WaitUntil(0), Emit(b"b")]), link)
    assert (step, link.got, link.n_waits, progress.n_chunks) == (None, [b"a", b"b"], 2, 2)


def test_what_a_score_raises_is_raised_where_it_is_played() -> None:
    """A recording that can't be read any more ends the answer, not the loop."""

    def score() -> Iterator[Step]:
        yield Emit(b"a")
        raise ValueError("damaged")

    link = Link()
    with pytest.raises(ValueError, match="damaged"):
        played(score(), link)
    assert link.got == [b"a"]


def test_nothing_is_written_once_the_task_is_cancelled() -> None:
    """A client that left gets no more, though a chunk was due."""
    link: Any = Link()

    async def cancel() -> None:
        exchange = Exchange(link, GET, asyncio.get_running_loop().time())
        chunks = TimedChunks(exchange, iter([Emit(b"late")]), Progress())
        task = asyncio.ensure_future(chunks.play(WaitUntil(60_000_000), 0))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert chunks.next_call is not None
        assert not Schedule.of(asyncio.get_running_loop()).waiting

    asyncio.run(cancel())
    assert not link.got
