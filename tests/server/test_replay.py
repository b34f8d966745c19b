"""The replay server: matching, playing, and what it says when nothing answers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest

import streamtape
from streamtape.errors import CassetteNotFoundError, ServerError, UsageError
from streamtape.playback.steps import Emit, Start, Step, steps
from streamtape.server.exchange import Limits
from streamtape.server.replay import ReplayServer, serve
from streamtape.session.nearest import NearestRequest
from streamtape.tape.model import Ending, Head, Interaction
from tests.patience import PATIENCE_S
from tests.server.tapes import ASK, CUT, RESET, SILENT, SSE, URL, events, post, talk, tape, taped

CONNECT = b"CONNECT x:443 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
JSON = ((b"Content-Type", b"application/json"), (b"Content-Length", b"4"))


def chunks_of(wire: bytes) -> list[bytes]:
    """The HTTP chunks of a body."""
    body = wire.partition(b"\r\n\r\n")[2]
    found = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        found.append(rest[: int(size, 16)])
        body = rest[int(size, 16) + 2 :]
    return found


def test_recorded_cuts_become_http_chunks() -> None:
    """Chunks, status, reason and headers are those of the recording, less hop-by-hop ones."""
    headers = (*SSE, (b"Set-Cookie", b"a"), (b"Set-Cookie", b"b"), (b"Connection", b"x"))
    pieces = [b"data: 1", b"\n", b"\ndata: 2\n\n"]
    with serve(tape(taped(pieces, headers=headers, status=299))) as server:
        wire, end = talk(server.url, post(), until=b"0\r\n\r\n")
    assert wire.startswith(
        b"HTTP/1.1 299 Fine\r\nContent-Type: text/event-stream\r\nSet-Cookie: a\r\n"
        b"Set-Cookie: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    assert (chunks_of(wire), end) == ([*pieces, b""], "open")


@pytest.mark.parametrize(
    ("ending", "how", "error"),
    [
        (CUT, "fin", httpx.RemoteProtocolError),
        (RESET, "rst", httpx.ReadError),
        (Ending("abandoned", 30), "fin", httpx.RemoteProtocolError),
        (Ending("unfinished"), "fin", httpx.RemoteProtocolError),
        (Ending("error", 30, "Unheard"), "fin", httpx.RemoteProtocolError),
    ],
)
def test_a_broken_recording_breaks(ending: Ending, how: str, error: type[Exception]) -> None:
    """Every ending but a complete one is seen by the client, after all that was recorded."""
    cassette = tape(taped(events(3), ending=ending))
    with serve(cassette, repeat=True) as server:
        wire, end = talk(server.url, post())
        assert (wire.count(b"data: "), end) == (3, how)
        assert not wire.endswith(b"0\r\n\r\n")
        with pytest.raises(error):
            httpx.post(f"{server.url}/v1/responses", json=ASK)


def test_a_miss_holds_up_no_other_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one is being explained, which takes a while of many interactions, others are served."""
    searched, served = threading.Event(), threading.Event()
    explain = NearestRequest.find

    def slowly(*arguments: Any) -> int:
        searched.set()
        assert served.wait(PATIENCE_S)
        return explain(*arguments)

    monkeypatch.setattr(NearestRequest, "find", slowly)
    with serve(tape(taped(events(3)))) as server:
        missed: list[httpx.Response] = []
        thread = threading.Thread(
            target=lambda: missed.append(httpx.post(f"{server.url}/v1/responses", json={}))
        )
        thread.start()
        assert searched.wait(PATIENCE_S)
        answer = httpx.post(f"{server.url}/v1/responses", json=ASK)
        served.set()
        thread.join(PATIENCE_S)
    assert (answer.status_code, missed[0].status_code) == (200, 404)
    assert "nearest" in missed[0].text


def test_a_timeout_is_silence() -> None:
    """A recorded read timeout lets the client's own fire."""
    with (
        serve(tape(taped(events(1), ending=SILENT))) as server,
        pytest.raises(httpx.ReadTimeout),
    ):
        short = httpx.Timeout(PATIENCE_S, read=0.05)
        httpx.post(f"{server.url}/v1/responses", json=ASK, timeout=short)


def test_a_failure_before_the_head() -> None:
    """A request that got no response gets none."""
    failed = Interaction(
        taped([]).request, None, taped([]).chunks, Ending("error", 1, "ConnectError")
    )
    with serve(tape(failed)) as server:
        assert talk(server.url, post()) == (b"", "rst")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_ordinary_answers_keep_their_length(method: str) -> None:
    """A body with a Content-Length is served with it, one that was cut too."""
    pieces = [] if method == "HEAD" else [b"12", b"34"]
    whole = taped(pieces, method=method, body=None, headers=JSON)
    with serve(tape(whole, taped([b"1"], body=None, method="PUT", headers=JSON, ending=CUT))) as s:
        answer = httpx.request(method, f"{s.url}/v1/responses")
        assert answer.headers["content-length"] == "4"
        assert answer.content == b"".join(pieces)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.put(f"{s.url}/v1/responses")


def test_equal_requests_in_order_and_repeats() -> None:
    """Equal requests get their recordings in order; then none, or the last again."""
    cassette = tape(taped([b"one"]), taped([b"two"]))
    for repeat, third in ((False, 404), (True, 200)):
        with serve(cassette, repeat=repeat) as server:
            answers = [httpx.post(f"{server.url}/v1/responses", json=ASK) for _ in range(3)]
            assert [a.text for a in answers[:2]] == ["one", "two"]
            assert answers[2].status_code == third
            assert len(server.played) == 2
            expected = [miss.text for miss in server.misses]
        assert len(expected) == (0 if repeat else 1)
        assert all("already played" in text for text in expected)


def test_paths_of_other_bases() -> None:
    """A mount's prefix and a shorter base are found; the host does not matter, the path does."""
    cassette = tape(taped([b"one"], url="https://gateway.example/x/v1/responses"))
    with serve(cassette, repeat=True) as server:
        for path in ("/x/v1/responses", "/v1/responses", "/responses", "/openai/v1/responses"):
            assert httpx.post(server.url + path, json=ASK).text == "one"
        for path in ("/other/v1/responses", "/sponses", "/"):
            assert httpx.post(server.url + path, json=ASK).status_code == 404


def test_a_forward_proxy_request_is_understood() -> None:
    """A client that uses the server as its proxy is answered, too."""
    with serve(tape(taped([b"one"]))) as server:
        wire, _ = talk(server.url, post("http://api.openai.com/v1/responses"), until=b"0\r\n\r\n")
    assert chunks_of(wire) == [b"one", b""]


def test_a_miss_says_where_it_differs() -> None:
    """The SDKs raise at once, without retries, with the first differing path in the message."""
    with serve(tape(taped([b"x"]))) as server:
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key="k") as client:
            with pytest.raises(openai.NotFoundError, match=r"body \$\.input"):
                client.responses.create(model="m", input="hi", stream=True)
        with (
            anthropic.Anthropic(base_url=server.url, api_key="k") as other,
            pytest.raises(anthropic.NotFoundError, match="no recorded interaction"),
        ):
            other.messages.create(model="m", max_tokens=1, messages=[])
        assert [m.line for m in server.misses] == ["POST /v1/responses", "POST /v1/messages"]
        assert server.unplayed == server.interactions


def test_ignored_paths_and_own_matchers() -> None:
    """Matching takes the options of a session."""
    url = "/v1/responses"
    with serve(tape(taped([b"x"])), ignore_json_paths=["$.model"]) as server:
        assert httpx.post(server.url + url, json={**ASK, "model": "n"}).text == "x"
    with serve(tape(taped([b"x"])), match_on=["host", "method"]) as server:
        assert httpx.post(server.url + "/any").text == "x"


def test_pace() -> None:
    """At a speed, chunks come at their times; at once, they don't wait."""
    gap_s = 2 * PATIENCE_S
    slow = tape(taped([b"a", b"b"], gap_us=int(gap_s * 1e6)))
    for speed, least_s in ((gap_s / 0.031, 0.03), (None, 0.0)):
        with serve(slow, speed=speed) as server:
            took = httpx.post(f"{server.url}/v1/responses", json=ASK).elapsed.total_seconds()
        assert least_s <= took < gap_s


def test_a_score_of_ones_own() -> None:
    """`score` makes the steps: faults and other cuts work over HTTP as in process."""

    def doubled(interaction: Interaction) -> Iterator[Step]:
        for step in steps(interaction):
            yield step
            if isinstance(step, Emit):
                yield step

    def refused(interaction: Interaction) -> Iterator[Step]:
        yield Start(Head(429, ((b"Retry-After", b"1"),)))

    length = (*JSON[:1], (b"Content-Length", b"1"))
    with serve(tape(taped([b"a"], headers=length)), score=doubled) as server:
        assert httpx.post(f"{server.url}/v1/responses", json=ASK).text == "aa"
    with serve(tape(taped([b"a"])), score=refused) as server:
        assert httpx.post(f"{server.url}/v1/responses", json=ASK).status_code == 429


def test_the_status_page() -> None:
    """`/` shows what was played, what is left and what was missed, and escapes it."""
    with serve(tape(taped([b"a"]), taped([b"b"], url=URL + "?<b>"))) as server:
        httpx.post(f"{server.url}/v1/responses", json=ASK)
        httpx.get(f"{server.url}/<script>")
        page = httpx.get(server.url)
        value = httpx.get(server.url, headers={"Accept": "application/json"}).json()
    assert page.headers["content-type"].startswith("text/html")
    assert "1 of 2 interactions played, 1 request missed" in page.text
    assert "<script>" not in page.text
    assert "?<b>" not in page.text
    assert 'rel="icon"' in page.text  # else a browser asks for one, which would be a miss
    assert [row["played"] for row in value["interactions"]] == [1, 0]
    assert value["misses"][0]["request"] == "GET /%3Cscript%3E"


def test_strangers_are_refused() -> None:
    """A Host that a web page could have made up is refused, unless it was allowed."""
    for names, status in (((), 421), (("evil.example",), 200)):
        with serve(tape(taped([b"a"])), allowed_hosts=names) as server:
            url = f"{server.url}/v1/responses"
            answer = httpx.post(url, json=ASK, headers={"Host": "evil.example:1"})
            assert answer.status_code == status
            assert talk(server.url, CONNECT)[0][9:12] == b"403"


def test_cors_when_asked() -> None:
    """Pages of other origins may read the answers only where it was asked for."""
    origin = {"Origin": "http://page.example"}
    recorded = (*SSE, (b"Access-Control-Allow-Origin", b"*"))
    cassette = tape(taped([b"a"], headers=recorded))
    allowed: list[list[Any]] = []
    for cors in ((), "*"):
        with serve(cassette, cors=cors) as server:
            url = f"{server.url}/v1/responses"
            answers = httpx.options(url, headers=origin), httpx.post(url, json=ASK, headers=origin)
            allowed.append([a.headers.get("access-control-allow-origin") for a in answers])
    assert allowed == [[None, None], [origin["Origin"]] * 2]


def test_limits() -> None:
    """A body over the limit is told in the provider's shape."""
    with serve(tape(taped([b"a"])), limits=Limits(max_body_bytes=10)) as server:
        answer = httpx.post(f"{server.url}/v1/responses", json=ASK)
    assert answer.status_code == 413
    assert "limit of 10 bytes" in answer.json()["error"]["message"]


def test_files_and_folders(tmp_path: Path) -> None:
    """Cassettes come from files and folders, at any depth, in the order of their names."""
    streamtape.save(tape(taped([b"one"])), tmp_path / "a.tape")
    (tmp_path / "sub").mkdir()
    streamtape.save(tape(taped([b"two"])), tmp_path / "sub" / "b.tape")
    with serve(tmp_path) as server:
        answers = [httpx.post(f"{server.url}/v1/responses", json=ASK).text for _ in range(2)]
        missed = httpx.post(f"{server.url}/v1/responses", json={"model": "n", "stream": True}).text
    assert answers == ["one", "two"]
    assert f"interaction 0 is number 0 of {tmp_path / 'a.tape'}" in missed
    with pytest.raises(CassetteNotFoundError, match="there is no file or folder"):
        serve(tmp_path / "sub" / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CassetteNotFoundError, match=r"\*\.tape"):
        serve(tmp_path / "empty")


@pytest.mark.parametrize(
    "target", ["/../secret.tape", "/..%2fsecret.tape", "/%2e%2e/secret.tape", "//etc/passwd"]
)
def test_a_path_names_no_file(target: str, tmp_path: Path) -> None:
    """Paths are matched with recorded ones: nothing outside the cassettes can be asked for."""
    folder = tmp_path / "tapes"
    folder.mkdir()
    streamtape.save(tape(taped([b"a"])), folder / "a.tape")
    (tmp_path / "secret.tape").write_text("secret")
    with serve(folder) as server:
        request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        got, _ = talk(server.url, request.encode())
    assert got.startswith(b"HTTP/1.1 404")
    assert b"root:" not in got


def test_wrong_options_are_refused() -> None:
    """A port that is none or in use, a speed of nothing, an unknown matcher."""
    with pytest.raises(UsageError, match=r"port must be .*, got 70000"):
        serve(port=70000)
    with pytest.raises(UsageError, match="speed"):
        serve(speed=0.0)
    with pytest.raises(UsageError, match="matcher"):
        serve(match_on=["hats"])
    with serve() as server, pytest.raises(ServerError, match="choose another"):
        serve(port=server.port)


def test_async_with() -> None:
    """The server works in an event loop, beside an async client."""

    async def run() -> str:
        async with serve(tape(taped(events(3)))) as server, httpx.AsyncClient() as client:
            return (await client.post(f"{server.url}/v1/responses", json=ASK)).text

    assert asyncio.run(run()).count("data: ") == 3


def test_many_clients_at_once() -> None:
    """A hundred streams at once are each whole."""
    whole = b"".join(events(20))

    async def run(server: ReplayServer) -> list[bytes]:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None)) as client:
            posts = [client.post(f"{server.url}/v1/responses", json=ASK) for _ in range(100)]
            return [answer.content for answer in await asyncio.gather(*posts)]

    with serve(tape(taped(events(20))), repeat=True, speed=1.0) as server:
        assert set(asyncio.run(run(server))) == {whole}


def test_stopping_cuts_open_streams() -> None:
    """A stream that is still playing is cut when the server stops, and never ends cleanly."""
    failures: list[BaseException] = []
    begun = threading.Event()

    def read(url: str) -> None:
        try:
            with httpx.stream("POST", f"{url}/v1/responses", json=ASK) as answer:
                for _ in answer.iter_raw():
                    begun.set()
        except httpx.HTTPError as error:
            failures.append(error)

    with serve(tape(taped(events(2), gap_us=60_000_000)), speed=1.0) as server:
        thread = threading.Thread(target=read, args=[server.url])
        thread.start()
        assert begun.wait(PATIENCE_S)
    thread.join(PATIENCE_S)
    assert isinstance(failures[0], httpx.ReadError | httpx.RemoteProtocolError)


def test_the_sdk_sees_its_events() -> None:
    """A recorded Responses stream, served, is the SDK's stream again."""
    payload = {"type": "response.output_text.delta", "delta": "hi", "sequence_number": 0}
    frame = f"event: {payload['type']}\ndata: {json.dumps(payload)}\n\n".encode()
    body = {"model": "m", "input": "x", "stream": True}
    with (
        serve(tape(taped([frame], body=body))) as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="k") as client,
    ):
        found = list(client.responses.create(model="m", input="x", stream=True))
    assert [e.type for e in found] == ["response.output_text.delta"]


def test_the_page_loads_and_runs_nothing() -> None:
    """Its policy allows its own style and no more, whatever a cassette makes it show."""
    hostile = taped([b"a"], url="http://h/<script>alert(1)</script>\x1b[2J")
    with serve(tape(hostile)) as server:
        answer = httpx.get(server.url, headers={"accept": "text/html"})
    policy = answer.headers["content-security-policy"]
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
    assert "<script" not in answer.text
    assert "\x1b" not in answer.text
