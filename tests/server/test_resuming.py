"""Streams taken up again, after a sequence number or a Last-Event-ID."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import httpx
import pytest

from streamtape.server.replay import ReplayServer, serve
from tests.server.tapes import ASK, CUT, SSE, URL, events, tape, taped
from tests.shared import SHARED, needs_corpus

ENDLESS = "http://h/events"


def resume(server: ReplayServer, query: str, name: str = "resp_1") -> httpx.Response:
    """Ask for the rest of a response."""
    return httpx.get(f"{server.url}/v1/responses/{name}?{query}")


def numbers(text: str) -> list[int]:
    """The sequence numbers of a stream."""
    lines = [line for line in text.split("\n") if line.startswith("data: ")]
    return [json.loads(line[6:])["sequence_number"] for line in lines]


@pytest.mark.parametrize(("after", "rest"), [("2", [3, 4]), ("-1", [0, 1, 2, 3, 4]), ("4", [])])
def test_after_a_sequence_number(after: str, rest: list[int]) -> None:
    """The rest of a stream comes from whichever interaction began it, cut or whole."""
    other = taped([b"data: {}\n\n"])
    with serve(tape(other, taped(events(5), ending=CUT, gap_us=7))) as server:
        url = f"{server.url}/v1/responses/resp_1?stream=true&starting_after={after}"
        if rest:
            with pytest.raises(httpx.RemoteProtocolError):
                httpx.get(url)
    broken = taped([b"no gzip at all"], headers=(*SSE, (b"Content-Encoding", b"gzip")))
    with serve(tape(other, broken, taped(events(5)))) as server:
        answer = resume(server, f"stream=true&starting_after={after}")
        assert numbers(answer.text) == rest
        assert answer.headers["content-type"] == "text/event-stream"


def test_compressed_streams_resume_plain() -> None:
    """A compressed recording is served decoded from the middle, and says so."""
    headers = (*SSE, (b"Content-Encoding", b"gzip"))
    packed = gzip.compress(b"".join(events(4)))
    with serve(tape(taped([packed[:30], packed[30:]], headers=headers))) as server:
        answer = resume(server, "stream=true&starting_after=1")
    assert "content-encoding" not in answer.headers
    assert numbers(answer.text) == [2, 3]


@pytest.mark.parametrize(
    "query", ["stream=true&starting_after=x", "starting_after=1", "stream=true&starting_after=1"]
)
def test_nothing_to_resume(query: str) -> None:
    """Nonsense, no stream, or a response that nobody recorded: a miss."""
    name = "resp_1" if "x" in query or "stream" not in query else "resp_2"
    with serve(tape(taped(events(3)))) as server:
        assert resume(server, query, name).status_code == 404
        assert len(server.misses) == 1


def test_a_recorded_resumption_goes_first() -> None:
    """Where the resumption itself was recorded, it is what is played."""
    url = f"{URL}/resp_1?stream=true&starting_after=0"
    recorded = taped([b"data: recorded\n\n"], url=url, method="GET", body=None)
    with serve(tape(taped(events(3)), recorded)) as server:
        query = "stream=true&starting_after=0"
        assert resume(server, query).text == "data: recorded\n\n"
        assert numbers(resume(server, query).text) == [1, 2]


def event_source(server: ReplayServer, last: str | None) -> httpx.Response:
    """Connect as EventSource does."""
    headers = {"Last-Event-ID": last} if last else {}
    return httpx.get(f"{server.url}/events", headers=headers)


def test_after_a_last_event_id() -> None:
    """EventSource goes on after the event that it saw last; at the end it is told to stop."""
    frames = [*events(4, numbered=False), b"data: without an id\n\n"]
    with serve(tape(taped(frames, url=ENDLESS, method="GET", body=None))) as server:
        assert event_source(server, None).content == b"".join(frames)
        rest = event_source(server, "1").text
        assert rest.startswith("id: 2\n")
        assert rest.count("data: ") == 3
        assert event_source(server, "3").text == "data: without an id\n\n"
        assert event_source(server, "unheard").status_code == 404
    with serve(tape(taped(frames[:4], url=ENDLESS, method="GET", body=None))) as server:
        assert event_source(server, "3").status_code == 204


def test_a_recorded_reconnection_goes_first() -> None:
    """Where the reconnection was recorded with its id, it is what is played."""
    frames = events(4, numbered=False)
    again = taped(
        [b"data: again\n\n"],
        url=ENDLESS,
        method="GET",
        body=None,
        asked_headers=((b"Last-Event-ID", b"1"),),
    )
    with serve(tape(taped(frames, url=ENDLESS, method="GET", body=None), again)) as server:
        assert event_source(server, None).content == b"".join(frames)
        assert event_source(server, "1").text == "data: again\n\n"
        assert event_source(server, "1").text.startswith("id: 2\n")


def pairs() -> list[tuple[Path, Path, int]]:
    """Recorded streams, and recorded resumptions of them."""
    found = []
    folder = SHARED / "corpus" / "core" / "openai" / "responses"
    for rest in sorted(folder.glob("*.json")):
        url = json.loads(rest.read_text())["request"].get("url") or ""
        if "starting_after=" in url:
            name = url.partition("/responses/")[2].partition("?")[0]
            whole = next(
                p for p in folder.glob("*.sse") if p.stem != rest.stem and name in p.read_text()
            )
            found.append((whole, rest.with_suffix(".sse"), int(url.rpartition("=")[2])))
    return found


@needs_corpus
def test_real_resumptions() -> None:
    """A made resumption has the very data that OpenAI sent."""
    assert pairs()
    for whole, rest, after in pairs():
        name = whole.read_text().partition('"id":"')[2].partition('"')[0]
        with serve(tape(taped([whole.read_bytes()], body=ASK))) as server:
            made = resume(server, f"stream=true&starting_after={after}", name).text
        assert numbers(made) == numbers(rest.read_text())
        assert len(numbers(made)) > 100
