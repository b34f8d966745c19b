"""Modes, order, age and hosts, and what a test sees of its session: over real clients."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import streamtape
from streamtape.errors import (
    ExpiredError,
    MissError,
    NothingRecordedError,
    ReplayEndError,
    UsageError,
    VerifyError,
)
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from tests.fake_network import FakeNetwork

SSE = ((b"content-type", b"text/event-stream"),)
URL = "http://upstream.test/v1/stream"


def frame(n: int) -> bytes:
    """One event."""
    return b'data: {"type": "tick", "n": %d}\n\n' % n


def upstream(frames: list[bytes]) -> Any:
    """A transport that answers with these chunks, whatever is asked."""

    def answer(_request: httpx.Request) -> httpx.Response:
        def body() -> Iterator[bytes]:
            yield from frames

        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body())

    return FakeNetwork(answer)


def get(frames: list[bytes] | None = None, url: str = URL, stop: int | None = None) -> bytes:
    """Ask for the stream; read all of it, or `stop` chunks."""
    body = b""
    with (
        httpx.Client(transport=upstream(frames or [frame(n) for n in range(5)])) as client,
        client.stream("GET", url) as response,
    ):
        for number, chunk in enumerate(response.iter_raw(), 1):
            body += chunk
            if number == stop:
                break
    return body


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """A cassette of one stream of five events."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path):
        get()
    return path


def test_verify_sends_compares_and_changes_nothing(tape: Path) -> None:
    """What comes is as it was: fine. It is not: an error with the difference. The file stays."""
    before = tape.read_bytes()
    with streamtape.use_cassette(tape, mode="verify") as session:
        get()
        assert len(session.played) == 1
    with (
        pytest.raises(VerifyError, match=r"(?s)changed nothing.*99") as caught,
        streamtape.use_cassette(tape, mode="verify"),
    ):
        get([frame(0), frame(99), frame(2), frame(3), frame(4)])
    assert caught.value.comparison is not None
    with pytest.raises(VerifyError), streamtape.use_cassette(tape, mode="verify"):
        get(url=URL + "/other")
    assert tape.read_bytes() == before
    assert [p.name for p in tape.parent.iterdir()] == ["x.tape"]


def test_verify_wants_a_cassette(tmp_path: Path) -> None:
    """There must be something to compare with."""
    with (
        pytest.raises(streamtape.CassetteNotFoundError, match="'verify'"),
        streamtape.use_cassette(tmp_path / "no.tape", mode="verify"),
    ):
        pass


def aged(tape: Path, days: float) -> None:
    """Make a cassette older."""
    found = streamtape.load(tape)
    older = [
        replace(i, started_at_us=(i.started_at_us or 0) - round(days * 86400e6)) for i in found
    ]
    streamtape.save(Cassette(tuple(older)), tape)


def test_expired_cassettes(tape: Path) -> None:
    """A cassette older than max_age warns, fails, or is recorded again."""
    aged(tape, 40)
    with streamtape.use_cassette(tape, max_age="60d"):
        get()
    with (
        pytest.warns(StreamtapeWarning, match="40 days old"),
        streamtape.use_cassette(tape, max_age="30d"),
    ):
        get()
    with (
        pytest.raises(ExpiredError, match="30d"),
        streamtape.use_cassette(tape, max_age="30d", on_expired="fail"),
    ):
        pass
    with streamtape.use_cassette(tape, max_age="30d", on_expired="record") as session:
        get()
    assert session.n_recorded == 1
    with streamtape.use_cassette(tape, max_age="30d"):
        get()


def test_expired_cassettes_are_not_recorded_in_mode_none(tape: Path) -> None:
    """Mode none never sends, so it can only warn."""
    aged(tape, 2)
    with (
        pytest.warns(StreamtapeWarning, match="2 days old"),
        streamtape.use_cassette(tape, mode="none", max_age=3600, on_expired="record") as session,
    ):
        get()
    assert session.n_recorded == 0


def test_ignored_hosts_pass_by(tmp_path: Path) -> None:
    """Requests to ignored hosts are neither recorded nor replayed, in any mode."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path, ignore_hosts=("*.telemetry.test",), ignore_localhost=True):
        get()
        get(url="http://a.telemetry.test/")
        get(url="http://localhost:9/")
        get(url="http://127.0.0.2/")
    assert len(streamtape.load(path)) == 1
    with streamtape.use_cassette(path, mode="none", ignore_hosts=["a.telemetry.test"]):
        assert get(url="http://a.telemetry.test/").count(b"tick") == 5
        get()
    with pytest.raises(MissError), streamtape.use_cassette(path, mode="none"):
        get(url="http://a.telemetry.test/")


def test_strict_order(tmp_path: Path) -> None:
    """In strict order the second request can't come first; else it can."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path):
        get(url=URL + "/1")
        get(url=URL + "/2")
    with streamtape.use_cassette(path):
        get(url=URL + "/2")
        get(url=URL + "/1")
    with (
        pytest.raises(MissError, match="order is strict"),
        streamtape.use_cassette(path, strict_order=True),
    ):
        get(url=URL + "/2")


def test_filters_stand_before_matching(tmp_path: Path) -> None:
    """A filter changes what is matched, not what is written; one that gives nonsense is told."""
    path = tmp_path / "x.tape"

    def without_query(request: Request) -> Request:
        return replace(request, url=request.url.partition("?")[0])

    with streamtape.use_cassette(path, filters=(without_query,)):
        get(url=URL + "?n=1")
    assert streamtape.load(path)[0].request.url == URL + "?n=1"
    with streamtape.use_cassette(path, mode="none", filters=(without_query,)):
        get(url=URL + "?n=2")

    def nonsense(request: Request) -> Any:
        return None

    with (
        pytest.raises(UsageError, match="filter nonsense returned None"),
        streamtape.use_cassette(path, filters=(nonsense,)),
    ):
        get()


@pytest.mark.parametrize("recording", [True, False])
def test_what_a_test_sees_inside(tmp_path: Path, recording: bool) -> None:
    """Streams, requests, events and transcript are the same while recording and replaying."""
    path = tmp_path / "x.tape"
    if not recording:
        with streamtape.use_cassette(path):
            get()
    with streamtape.use_cassette(path) as session:
        get()
        assert [r.url for r in session.requests] == [URL]
        assert len(session.interactions) == len(session.played) == 1
        assert [e.n for e in session.events("tick")] == [0, 1, 2, 3, 4]
        assert session.events("tock") == ()
        assert session.transcript().n_events == 5
        with pytest.raises(UsageError, match="no stream 1"):
            session.transcript(1)
        session.assert_all_played()
    assert session.n_recorded == recording
    assert len(session.played) == 1


def test_what_was_not_played_is_reported(tape: Path) -> None:
    """assert_all_played names what is left."""
    with streamtape.use_cassette(tape, mode="new_episodes") as session:
        get(url=URL + "/other")
        with pytest.raises(AssertionError, match=r"1 interaction of .* was not played"):
            session.assert_all_played()
        assert [i.request.url for i in session.unplayed] == [URL]


@pytest.mark.parametrize("recording", [True, False])
def test_closing_early_is_tested(tmp_path: Path, recording: bool) -> None:
    """A client that stops after two events closed the upstream there, and not elsewhere."""
    path = tmp_path / "x.tape"
    if not recording:
        with streamtape.use_cassette(path):
            get()
            get(url=URL + "/whole")
    with streamtape.use_cassette(path) as session:
        get(stop=2)
        session.assert_closed_after(2)
        with pytest.raises(AssertionError, match=r"after 2 events \(2 chunks\), not after 3"):
            session.assert_closed_after(3)
        assert session.seen[0].body == frame(0) + frame(1)
        get(url=URL + "/whole")
        with pytest.raises(AssertionError, match="was read to its end"):
            session.assert_closed_after(2)
        session.assert_closed_after(2, index=0)


def test_buffering_is_tested(tape: Path) -> None:
    """A program that hands on as it reads buffers one event; one that collects, all five."""

    def streaming() -> Iterator[bytes]:
        with (
            httpx.Client(transport=upstream([])) as client,
            client.stream("GET", URL) as response,
        ):
            yield from response.iter_raw()

    with streamtape.use_cassette(tape) as session:
        with pytest.raises(UsageError, match=r"tape\.watch"):
            session.assert_max_buffered(1)
        assert len(list(session.watch(streaming()))) == 5
        session.assert_max_buffered(1)
    with streamtape.use_cassette(tape) as session:
        list(session.watch(iter(list(streaming()))))
        with pytest.raises(AssertionError, match="read 5 events before its output item 0"):
            session.assert_max_buffered(4)
        session.assert_max_buffered(5)


def test_no_requests_can_be_allowed(tmp_path: Path) -> None:
    """A session that saw nothing is an error, unless it may."""
    with pytest.raises(NothingRecordedError), streamtape.use_cassette(tmp_path / "x.tape"):
        pass
    with streamtape.use_cassette(tmp_path / "x.tape", allow_no_requests=True):
        pass
    with streamtape.use_cassette(tmp_path / "x.tape", mode="none", allow_no_requests=True):
        pass
    with (
        pytest.raises(MissError, match="there is no such file, mode 'none'"),
        streamtape.use_cassette(tmp_path / "x.tape", mode="none", allow_no_requests=True),
    ):
        get()
    assert list(tmp_path.iterdir()) == []


def slow_tape(path: Path, gap_s: float, n: int) -> Path:
    """A cassette of a stream with long gaps."""
    chunks = [Chunk(round(i * gap_s * 1e6), frame(i)) for i in range(n)]
    last_us = chunks[-1].at_us
    interaction = Interaction(
        Request("GET", URL), Head(200, SSE, 0), Chunks.of(chunks), Ending("complete", last_us)
    )
    streamtape.save(Cassette((interaction,)), path)
    return path


def test_an_early_end_is_still_an_error(tmp_path: Path) -> None:
    """Reading past where the recording's client stopped is no clean end."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path):
        get(stop=2)
    with pytest.raises(ReplayEndError), streamtape.use_cassette(path):
        get()


def test_json_lists_in_marks_become_tuples() -> None:
    """Options take lists too; one text for many is refused."""
    options = streamtape.Options.of(ignore_hosts=json.loads('["a", "b"]'))
    assert options.ignore_hosts == ("a", "b")
    with pytest.raises(UsageError, match="a list or tuple"):
        streamtape.Options.of(ignore_hosts="a")
    for wrong in ({"max_age": "soon"}, {"max_age": 0}, {"clock": "sundial"}, {"on_expired": "x"}):
        with pytest.raises(UsageError):
            streamtape.Options.of(**wrong)
