"""What is particular to http.client, urllib3 and what stands on them."""

import http.client
import io
import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import sseclient
import urllib3

import streamtape
from streamtape.errors import DamagedCassetteError, InstallError
from streamtape.framing.eventstream import encode_message
from streamtape.tape.model import Cassette
from streamtape.transport import patch
from streamtape.transport.http_readers import PlayedReader
from tests.playback.scores import SSE, numbered, recording
from tests.transport.scripted import END, HEAD, Scripted, chunk, free_url

LENGTH = (b"content-length", b"18")


class Handler(BaseHTTPRequestHandler):
    """Answers with the request as JSON; `/flaky` fails first, `/moved` moves, `/old` closes."""

    protocol_version = "HTTP/1.1"
    n_flaky = 0

    def _answer(self) -> None:
        length = self.headers.get("content-length")
        body = self.rfile.read(int(length)).decode() if length else self._chunks()
        status = 200
        if self.path == "/flaky":
            Handler.n_flaky += 1
            status = 503 if Handler.n_flaky % 2 else 200
        self.send_response(302 if self.path == "/moved" else status, "So be it")
        if self.path == "/moved":
            self.send_header("Location", "/echo")
        found = json.dumps({"method": self.command, "path": self.path, "body": body}).encode()
        if self.path == "/old":
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(found)))
        self.send_header("Set-Cookie", "theme=dark")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(found)

    def _chunks(self) -> str:
        if self.headers.get("transfer-encoding") != "chunked":
            return ""
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body.decode()

    do_GET = do_POST = do_HEAD = do_PUT = _answer  # noqa: N815 - the names that the server calls

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """A server of the standard library, with connections that are kept alive."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def many_ways(url: str) -> list[Any]:
    """What programs do with these libraries; the same must come of it however it is answered."""
    found: list[Any] = []
    with requests.Session() as session:
        session.trust_env = False
        moved = session.get(f"{url}/moved")
        found += [moved.json(), [one.status_code for one in moved.history], moved.reason]
        found += [session.post(f"{url}/echo", json={"a": 1}).json() for _ in range(2)]
        found.append(session.post(f"{url}/echo", data=iter([b"one", b"two"])).json())
        found.append(session.put(f"{url}/echo", data=io.BytesIO(b"file")).json())
        found.append(session.head(f"{url}/echo").headers["Content-Length"])
        found.append(session.get(f"{url}/old").json())
        found.append(session.get(f"{url}/echo", stream=True).raw.read(7))
    with urllib3.PoolManager() as pool:
        retries = urllib3.Retry(3, status_forcelist=[503], backoff_factor=0)
        response = pool.request("GET", f"{url}/flaky", retries=retries)
        found += [json.loads(response.data), response.status, response.version, response.reason]
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    for _ in range(2):
        connection.putrequest("POST", "/echo")
        connection.putheader("Content-Length", "5")
        connection.endheaders()
        connection.send(b"he")
        connection.send(b"llo")
        with connection.getresponse() as answer:
            found += [answer.status, json.load(answer), answer.headers["Content-Length"]]
    connection.close()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/moved") as answer:
        found += [answer.url, answer.read()]
    return found


def test_the_same_comes_of_it(url: str, tmp_path: Path) -> None:
    """Without a session, while recording, and replayed; retries and redirects are requests."""
    path = tmp_path / "x.tape"
    live = many_ways(url)
    with streamtape.use_cassette(path):
        recorded = many_ways(url)
    with streamtape.use_cassette(path, mode="none"):
        replayed = many_ways(url)
    assert live == recorded == replayed
    paths = [urlsplit(one.request.url).path for one in streamtape.load(path)]
    assert paths[:2] == ["/moved", "/echo"]
    assert [p for p in paths if p == "/flaky"] == ["/flaky"] * 2
    bodies = [one.request.body for one in streamtape.load(path)]
    assert b"onetwo" in bodies  # without the HTTP chunks that it was sent in
    assert all(one.ending.kind in {"complete", "abandoned"} for one in streamtape.load(path))


def test_a_connection_that_was_made_before(url: str, tmp_path: Path) -> None:
    """A pool's own connections are met at their next request, and work on afterwards."""
    path = tmp_path / "x.tape"
    with urllib3.PoolManager() as pool:
        before = pool.request("GET", f"{url}/echo").data
        with streamtape.use_cassette(path):
            assert pool.request("GET", f"{url}/echo").data == before
        assert pool.request("GET", f"{url}/echo").data == before
        with streamtape.use_cassette(path, mode="none"):
            assert pool.request("GET", f"{url}/echo").data == before
        assert pool.request("GET", f"{url}/echo").data == before
        assert pool.connection_from_url(url).num_connections == 1
    assert len(streamtape.load(path)) == 1


def test_a_chunk_that_comes_in_pieces_is_one_chunk(tmp_path: Path) -> None:
    """urllib3 gives it to its client as one; so the recording has it as one."""
    wire = chunk(numbered(1)[0])
    path = tmp_path / "x.tape"
    with Scripted(HEAD, wire[:6], wire[6:], END) as server, streamtape.use_cassette(path):
        with (
            requests.Session() as session,
            session.post(server.url, data=b'{"stream": true}', stream=True) as response,
        ):
            assert list(response.iter_content(3)) == [b"dat", b"a: ", b"0\n\n"]
    assert [data for _, data in streamtape.load(path)[0].chunks] == numbered(1)


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ((SSE, (b"transfer-encoding", b"chunked")), urllib3.exceptions.ProtocolError),
        ((SSE, LENGTH), urllib3.exceptions.ProtocolError),
        ((SSE,), urllib3.exceptions.ProtocolError),
    ],
    ids=["chunked", "length", "until-close"],
)
def test_a_cut_is_seen_whatever_the_framing(
    headers: Any, error: type[Exception], tmp_path: Path
) -> None:
    """Also where the end of the connection would be the end of the body (HTTP/2 recorded it)."""
    path = tmp_path / "x.tape"
    streamtape.save(Cassette((recording(*numbered(2), headers=headers),)), path)
    with streamtape.use_cassette(path, mode="none", fault="cut@event=1"):
        with urllib3.PoolManager() as pool, pytest.raises(error):
            pool.request("POST", "http://x/", retries=False)


@pytest.mark.parametrize("length", [b"9", b"18", b"99"])
def test_a_length_that_no_longer_holds(length: bytes, tmp_path: Path) -> None:
    """A converted recording may promise another length than its body has."""
    path = tmp_path / "x.tape"
    headers = (SSE, (b"content-length", length))
    streamtape.save(Cassette((recording(*numbered(2), headers=headers),)), path)
    with streamtape.use_cassette(path, mode="none"):
        assert requests.post("http://x/", timeout=60).content == b"".join(numbered(2))


def test_headers_that_are_several(tmp_path: Path) -> None:
    """A line break in a recorded value makes no second header."""
    path = tmp_path / "x.tape"
    bad = recording(headers=(SSE, (b"x-name", b"one\r\nset-cookie: two")))
    streamtape.save(Cassette((bad,)), path)
    with streamtape.use_cassette(path, mode="none"), pytest.raises(DamagedCassetteError):
        requests.post("http://x/", timeout=60)


def test_a_sender_that_waits_for_100_continue(tmp_path: Path) -> None:
    """It is told to go on, as a server would."""
    path = tmp_path / "x.tape"
    streamtape.save(Cassette((recording(*numbered(1), headers=(SSE,)),)), path)
    with streamtape.use_cassette(path, mode="none", match_on=("method", "url")):
        connection = http.client.HTTPConnection("x")
        connection.putrequest("POST", "/")
        connection.putheader("Expect", "100-continue")
        connection.putheader("Content-Length", "2")
        connection.endheaders()
        sock: Any = connection.sock
        with socket.socket(fileno=sock.fileno()) as readable:
            assert readable.recv(100).startswith(b"HTTP/1.1 100")
            readable.detach()
        assert sock.makefile("rb", 0).readline().startswith(b"HTTP/1.1 100")
        connection.send(b"hi")
        assert connection.getresponse().read() == numbered(1)[0]
        connection.close()


def test_a_plain_read_of_lines(tmp_path: Path) -> None:
    """A played response is a file like any other."""
    path = tmp_path / "x.tape"
    streamtape.save(Cassette((recording(*numbered(2), headers=(SSE,)),)), path)
    with streamtape.use_cassette(path, mode="none", allow_playback_repeats=True):
        for read in (list, lambda one: [one.readline() for _ in range(4)]):
            connection = http.client.HTTPConnection("x")
            connection.request("POST", "/")
            response = connection.getresponse()
            assert isinstance(response.fp, PlayedReader)
            assert read(response) == [b"data: 0\n", b"\n", b"data: 1\n", b"\n"]
            connection.close()


def test_events_by_sseclient(tmp_path: Path) -> None:
    """A library on top of requests."""
    path = tmp_path / "x.tape"
    with Scripted(HEAD, *map(chunk, numbered(3)), END) as server:
        for mode in ("once", "none"):
            with (
                streamtape.use_cassette(path, mode=mode),
                requests.Session() as session,
                session.post(server.url, data=b'{"stream": true}', stream=True) as response,
            ):
                events = [event.data for event in sseclient.SSEClient(response).events()]
            assert events == ["0", "1", "2"]


def _event(kind: str, value: Any) -> bytes:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return encode_message(headers, json.dumps(value).encode())


def test_bedrock_by_boto3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's own decoder reads the event stream; the signature that was sent is not kept."""
    boto3 = pytest.importorskip("boto3")
    events = [
        _event("messageStart", {"role": "assistant"}),
        *[
            _event("contentBlockDelta", {"delta": {"text": text}, "contentBlockIndex": 0})
            for text in ("bub", "bles")
        ],
        _event("messageStop", {"stopReason": "end_turn"}),
    ]
    signed: list[str] = []

    class Bedrock(Handler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            signed.append(self.headers["authorization"])
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.amazon.eventstream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for event in events:
                self.wfile.write(chunk(event))
            self.wfile.write(END)

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bedrock)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_address[1]}"

    def ask() -> list[Any]:
        client = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=endpoint)
        messages = [{"role": "user", "content": [{"text": "hi"}]}]
        response = client.converse_stream(modelId="m", messages=messages)
        return list(response["stream"])

    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path):
        recorded = ask()
    server.shutdown()
    server.server_close()
    thread.join()
    with streamtape.use_cassette(path, mode="none"):
        assert ask() == recorded
    assert len(recorded) == 4
    (one,) = streamtape.load(path)
    assert one.transcript().text == "bubbles"
    assert [data for _, data in one.chunks] == events
    assert signed[0].startswith("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/")
    assert "Signature" not in str(one.request)


def test_a_seam_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loud error with the library, its version and the place; nothing stays patched."""
    monkeypatch.setattr(patch, "_installation", patch.Installation())  # that no run holds
    before = http.client.HTTPConnection.connect
    monkeypatch.delattr(http.client.HTTPConnection, "putrequest")
    with pytest.raises(
        InstallError, match=r"http of Python 3\S+ has no HTTPConnection\.putrequest"
    ):
        streamtape.use_cassette(tmp_path / "x.tape").__enter__()
    assert http.client.HTTPConnection.connect is before


def test_nothing_stays_patched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither http.client's class nor those that derive from it."""
    monkeypatch.setattr(patch, "_installation", patch.Installation())
    kinds = [http.client.HTTPConnection, *http.client.HTTPConnection.__subclasses__()]
    assert len(kinds) > 2
    before = [dict(vars(kind)) for kind in kinds]
    with streamtape.use_cassette(tmp_path / "x.tape", allow_no_requests=True):
        assert [dict(vars(kind)) for kind in kinds] != before
    assert [dict(vars(kind)) for kind in kinds] == before


def test_a_refused_proxy(tmp_path: Path) -> None:
    """urllib3 says of the replay, too, that it was the proxy that could not be reached."""
    path, proxy = tmp_path / "x.tape", free_url()
    errors = []
    for mode in ("once", "none"):
        with streamtape.use_cassette(path, mode=mode):
            with urllib3.ProxyManager(proxy) as pool:
                with pytest.raises(urllib3.exceptions.ProxyError) as caught:
                    pool.request("GET", "https://x.test/", retries=False)
        errors.append(str(caught.value.original_error))
    assert errors[0] == errors[1]
    assert streamtape.load(path)[0].request.url == "https://x.test/"
