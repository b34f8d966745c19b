"""Streams taken up again, after a sequence number or a Last-Event-ID."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

import streamtape
from streamtape.server.replay import ReplayServer, serve
from streamtape.tape.model import Cassette
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
    failed = taped([b"no gzip at all"], headers=(*SSE, (b"Content-Encoding", b"gzip")))
    with serve(tape(other, failed, taped(events(5)))) as server:
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
        request_headers=((b"Last-Event-ID", b"1"),),
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


MCP = "https://mcp.example/mcp"
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}


def messages(*ids: str) -> list[bytes]:
    """Events with ids, one a chunk."""
    return [f"event: message\nid: {one}\ndata: {{}}\n\n".encode() for one in ids]


def mcp_tape() -> Cassette:
    """Two calls, each answered by a stream, and the stream that a server keeps open for itself."""
    return tape(
        taped(messages("a1", "a2"), url=MCP, body=CALL),
        taped(messages("b1", "b2", "b3"), url=MCP, body={**CALL, "id": 2}),
        taped(messages("g1"), url=MCP, method="GET", body=None),
    )


@pytest.fixture(params=["server", "httpx", "httpx2"])
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the server, and of either library in process: recovery is the same."""
    if request.param == "server":
        with (
            serve(mcp_tape(), fault="cut@event=1") as server,
            httpx.Client(base_url=server.url) as one,
        ):
            yield one
        return
    library = {"httpx": httpx, "httpx2": httpx2}[request.param]
    transport = streamtape.ReplayTransport(mcp_tape(), fault="cut@event=1", allow_no_requests=True)
    with library.Client(base_url="https://mcp.example", transport=transport) as one:
        yield one


def test_a_post_is_resumed_by_a_get(client: Any) -> None:
    """MCP resumes any stream by a GET that names the last event; no fault strikes the rest."""
    for number, first, rest in ((1, "a1", ["a2"]), (2, "b1", ["b2", "b3"])):
        with client.stream("POST", "/mcp", json={**CALL, "id": number}) as answer:
            pieces = answer.iter_raw()
            assert f"id: {first}" in next(pieces).decode()
            with pytest.raises(Exception, match=r"."):
                next(pieces)
        again = client.get("/mcp", headers={"Last-Event-ID": first})
        assert again.status_code == 200
        assert [f"id: {one}" in again.text for one in (first, *rest)] == [
            False,
            *[True] * len(rest),
        ]
    assert client.get("/mcp", headers={"Last-Event-ID": "b3"}).status_code == 204


def test_a_recorded_get_goes_before_the_rest_of_a_post() -> None:
    """Where the resumption itself was recorded, it is played once; then the rest is made."""
    recorded = taped(
        messages("a9"),
        url=MCP,
        method="GET",
        body=None,
        request_headers=((b"Last-Event-ID", b"a1"),),
    )
    with serve(tape(*mcp_tape(), recorded)) as server:
        body = {"Last-Event-ID": "a1"}
        texts = [httpx.get(f"{server.url}/mcp", headers=body).text for _ in range(3)]
    assert "id: g1" in texts[0]
    assert "id: a9" in texts[1]
    assert "id: a2" in texts[2]


def test_other_addresses_and_unknown_events_resume_nothing() -> None:
    """An id is of one endpoint; what is not known is matched as any other request."""
    with serve(mcp_tape()) as server:
        body = {"Last-Event-ID": "a1"}
        assert httpx.get(f"{server.url}/other", headers=body).status_code == 404
        assert httpx.post(f"{server.url}/mcp", json={}, headers=body).status_code == 404
        unknown = httpx.get(f"{server.url}/mcp", headers={"Last-Event-ID": "zz"})
        assert "id: g1" in unknown.text
