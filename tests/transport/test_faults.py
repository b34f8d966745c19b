"""Pace, cuts and faults in process: what clients of both libraries get."""

import time
from typing import Any

import anyio
import httpx
import httpx2
import openai
import pytest

import streamtape
from streamtape.errors import UsageError
from streamtape.playback.faults import parse_fault
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.tape.model import Cassette
from tests.playback.scores import numbered, recording
from tests.streams import Writer

TAPE = Cassette((recording(*numbered(4)),))
URL = "http://x/"


class ByHand:
    """A clock that jumps over every wait and remembers the deadlines."""

    def __init__(self) -> None:
        self.now = 0
        self.deadlines: list[int] = []

    def now_us(self) -> int:
        return self.now

    def wait_until(self, deadline_us: int) -> None:
        self.deadlines.append(deadline_us)
        self.now = max(self.now, deadline_us)

    async def wait_until_async(self, deadline_us: int) -> None:
        self.wait_until(deadline_us)


def sync(library: Any, transport: Any, got: list[bytes], **options: Any) -> None:
    """Read the stream with a sync client, chunk by chunk."""
    with library.Client(transport=transport, **options) as client:
        with client.stream("POST", URL) as response:
            got.extend(response.iter_raw())


def asynchronous(library: Any, transport: Any, got: list[bytes], **options: Any) -> None:
    """Read the stream with an async client."""

    async def run() -> None:
        async with library.AsyncClient(transport=transport, **options) as client:
            async with client.stream("POST", URL) as response:
                async for chunk in response.aiter_raw():
                    got.append(chunk)

    anyio.run(run)


FOUR_WAYS = [
    pytest.param(library, read, id=f"{library.__name__}-{name}")
    for library in (httpx, httpx2)
    for name, read in (("sync", sync), ("async", asynchronous))
]


@pytest.mark.parametrize(("library", "read"), FOUR_WAYS)
@pytest.mark.parametrize(
    ("fault", "exception", "n"),
    [
        ("cut@event=2", "RemoteProtocolError", 2),
        ("cut@event=2:rst", "ReadError", 2),
        ("cut@head", "RemoteProtocolError", 0),
        ("cut@head:rst", "ReadError", 0),
        ("stall=30s@event=3", "ReadTimeout", 3),
        ("stall=30s@head", "ReadTimeout", 0),
    ],
)
def test_a_fault_is_the_clients_own_exception(
    library: Any, read: Any, fault: str, exception: str, n: int
) -> None:
    """As many events as said, then the exception of the client's library, with a note of why."""
    got: list[bytes] = []
    with pytest.raises(getattr(library, exception)) as caught:
        read(library, streamtape.ReplayTransport(TAPE, fault=fault), got, timeout=5)
    assert got == numbered(n)
    assert caught.value.__notes__ == [f"streamtape broke this replay on request: {fault}"]


@pytest.mark.parametrize("timeout", [1000.5, None])
def test_a_client_with_patience_gets_it_all_at_once(timeout: float | None) -> None:
    """A stall that is shorter than the read timeout costs nothing in a replay at once."""
    got: list[bytes] = []
    before = time.monotonic()
    transport = streamtape.ReplayTransport(TAPE, fault="stall=1000s@event=3")
    sync(httpx, transport, got, timeout=timeout)
    assert got == numbered(4)
    assert time.monotonic() - before < 1000


def test_a_stall_is_waited_for_at_a_pace() -> None:
    """At the recorded pace a stall takes its time, and a read timeout fires when it would."""
    clock, got = ByHand(), list[bytes]()
    stall = "stall=30s@event=3"
    sync(httpx, streamtape.ReplayTransport(TAPE, clock=clock, fault=stall), got, timeout=60)
    assert clock.now == 30_090_000
    clock = ByHand()
    with pytest.raises(httpx.ReadTimeout):
        sync(httpx, streamtape.ReplayTransport(TAPE, clock=clock, fault=stall), got, timeout=5)
    assert clock.now == 5_030_000


def test_a_recorded_gap_can_be_too_long_for_a_client() -> None:
    """A client with less patience than the recorded one times out, at the recorded pace."""
    clock = ByHand()
    slow = Cassette((recording(*numbered(3), gap_us=3_000_000),))
    transport = streamtape.ReplayTransport(slow, clock=clock, speed=1.0)
    with pytest.raises(httpx.ReadTimeout):
        sync(httpx, transport, [], timeout=2)
    assert clock.now == 2_005_000


def test_a_recorded_gap_is_no_silence_at_once() -> None:
    """Where no time passes, a gap longer than the client's read timeout is not one."""
    got: list[bytes] = []
    slow = Cassette((recording(*numbered(2), gap_us=3_000_000),))
    sync(httpx, streamtape.ReplayTransport(slow), got, timeout=2)
    assert len(got) == 2


def test_silence_counts_over_all_waits() -> None:
    """A stall and the recorded gap behind it are one silence to the client."""
    clock = ByHand()
    slow = Cassette((recording(*numbered(3), gap_us=3_000_000),))
    stalled = streamtape.ReplayTransport(slow, clock=clock, speed=1.0, fault="stall=3s@event=1")
    got: list[bytes] = []
    with pytest.raises(httpx.ReadTimeout):
        sync(httpx, stalled, got, timeout=4)
    assert (got, clock.now) == (numbered(1), 7_000_000)


def test_a_pace_of_ones_own() -> None:
    """A replay at a fixed rate waits for each chunk, whatever was recorded."""
    clock = ByHand()
    sync(httpx, streamtape.ReplayTransport(TAPE, clock=clock, pace="rate=1s"), [])
    assert clock.deadlines[1:] == [5000, 1_005_000, 2_005_000, 3_005_000, 3_055_000]


@pytest.mark.parametrize(("library", "read"), FOUR_WAYS)
def test_other_cuts(library: Any, read: Any) -> None:
    """The client gets the same bytes in other chunks."""
    got: list[bytes] = []
    read(library, streamtape.ReplayTransport(TAPE, rechunk="bytes=10"), got)
    assert got == [b"data: 0\n\nd", b"ata: 1\n\nda", b"ta: 2\n\ndat", b"a: 3\n\n"]


RESPONSES = Cassette((Writer().message("bub", "bles").end().interaction(),))


def openai_client(**options: Any) -> openai.OpenAI:
    """An OpenAI client that replays."""
    transport = streamtape.ReplayTransport(RESPONSES, match_on=("method", "url"), **options)
    return openai.OpenAI(api_key="k", http_client=httpx2.Client(transport=transport), max_retries=2)


def ask(client: openai.OpenAI) -> str:
    """The text that a client gets."""
    stream = client.responses.create(model="gpt-4.1", input="hi", stream=True)
    return "".join(e.delta for e in stream if e.type == "response.output_text.delta")


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the OpenAI client wanted to sleep between its tries; it does not."""
    slept: list[float] = []
    monkeypatch.setattr("openai._base_client.time.sleep", slept.append)
    return slept


def test_a_retry_gets_the_good_take(naps: list[float]) -> None:
    """429 with Retry-After, then 503, then the stream: the SDK waits as told, and succeeds."""
    client = openai_client(fault="http=429,retry_after=7; http=503,times=2")
    assert ask(client) == "bubbles"
    assert naps[0] == 7
    assert len(naps) == 2


def test_a_fault_that_stays_outlasts_all_retries(naps: list[float]) -> None:
    """With times=all the SDK gives up, with its own exception, and no request is a miss."""
    with pytest.raises(openai.RateLimitError):
        ask(openai_client(fault="http=429,times=all"))
    assert len(naps) == 2
    with pytest.raises(openai.APIConnectionError) as caught:
        ask(openai_client(fault="cut@head"))
    assert isinstance(caught.value.__cause__, httpx2.RemoteProtocolError)


def test_a_cut_stream_can_be_asked_for_again() -> None:
    """The stream that was cut once comes whole the second time, and is then played."""
    client = openai_client(fault="cut@event=6,times=1")
    with pytest.raises(openai.APIConnectionError) as cut:
        ask(client)
    assert isinstance(cut.value.__cause__, httpx2.RemoteProtocolError)
    assert ask(client) == "bubbles"
    with pytest.raises(streamtape.MissError, match="already played"):
        ask(client)


def test_only_one_of_several_interactions_is_struck() -> None:
    """`of` breaks the second turn and leaves the first alone."""
    two = Cassette(tuple(recording(*numbered(2), url=f"http://x/{n}") for n in (1, 2)))
    client = httpx.Client(transport=streamtape.ReplayTransport(two, fault="cut@event=1,of=1"))
    assert client.post("http://x/1").content == b"".join(numbered(2))
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("http://x/2")


def test_a_session_says_that_no_fault_struck() -> None:
    """A fault whose place the stream never reaches is no silent success."""
    transport = streamtape.ReplayTransport(TAPE, fault="cut@event=12")
    with pytest.warns(StreamtapeWarning, match=r"no fault struck .*cut@event=12"):
        sync(httpx, transport, [])


def test_faults_hold_in_a_session(tmp_path: Any) -> None:
    """use_cassette takes them too, as one text, a list or values."""
    streamtape.save(TAPE, tmp_path / "x.tape")
    for fault in ("cut@event=1", ["cut@event=1"], parse_fault("cut@event=1")):
        with streamtape.use_cassette(tmp_path / "x.tape", fault=fault) as session:
            with pytest.raises(httpx.RemoteProtocolError):
                httpx.post(URL)
        assert list(map(str, session.struck)) == ["cut@event=1"]
        (seen,) = session.seen
        assert (seen.body, seen.ending.exception) == (b"data: 0\n\n", "RemoteProtocolError")
        assert session.unplayed == ()


@pytest.mark.parametrize(
    "options",
    [{"fault": "explode@event=1"}, {"rechunk": "evnt"}, {"pace": "fast"}, {"seed": "x"}],
    ids=str,
)
def test_unknown_ones_are_refused_at_the_door(options: dict[str, Any]) -> None:
    """Before any request, with what there is."""
    with pytest.raises(UsageError):
        streamtape.ReplayTransport(TAPE, **options)
