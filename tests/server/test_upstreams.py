"""The way to upstreams: through the proxies of the environment, and past signatures."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.sync.server import ServerConnection

import streamtape
from streamtape.mock.server import MockServer
from streamtape.server.exchange import RequestHead
from streamtape.server.headers import is_host_signed
from streamtape.server.proxy import RecordingProxy
from streamtape.server.upstreams import ExactURL
from streamtape.session.diagnostics import StreamtapeWarning
from tests.patience import PATIENCE_S
from tests.server.tapes import talk
from tests.server.websockets_raw import RawClient, frame, opening, serving
from tests.tools_present import needs

AWS = (
    "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/bedrock/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date, Signature=ab"
)


class CorporateProxy(threading.Thread):
    """A forward proxy that answers by itself; it keeps what it was asked.

    It refuses tunnels, unless `tunnel` says where all of them lead.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.tunnel: tuple[str, int] | None = None
        self.heads: list[bytes] = []
        self.requests: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.start()

    def run(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with sock:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += sock.recv(1 << 16)
                self.requests.append(data.partition(b"\r\n")[0].decode())
                self.heads.append(data)
                if data.startswith(b"CONNECT") and self.tunnel is not None:
                    with socket.create_connection(self.tunnel) as there:
                        sock.sendall(b"HTTP/1.1 200 Joined\r\n\r\n")
                        _join(sock, there)
                    continue
                status = b"403 No" if data.startswith(b"CONNECT") else b"200 OK"
                sock.sendall(b"HTTP/1.1 %b\r\nContent-Length: 2\r\n\r\nhi" % status)

    def stop(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.join(PATIENCE_S)


def _join(one: socket.socket, other: socket.socket) -> None:
    def pour(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=pour, args=(other, one))
    back.start()
    pour(one, other)
    back.join(PATIENCE_S)


@pytest.fixture
def corporate(monkeypatch: pytest.MonkeyPatch) -> Iterator[CorporateProxy]:
    """A proxy that the environment names for everything."""
    proxy = CorporateProxy()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.setenv(name, "" if name == "NO_PROXY" else proxy.url)
        monkeypatch.setenv(name.lower(), "" if name == "NO_PROXY" else proxy.url)
    yield proxy
    proxy.stop()


@pytest.mark.parametrize(
    ("scheme", "line"),
    [
        ("http", "GET http://api.example/v1/a%2Fb/../c?x=%7e HTTP/1.1"),
        ("https", "CONNECT api.example:443 HTTP/1.1"),
    ],
)
def test_behind_a_proxy(scheme: str, line: str, corporate: CorporateProxy, tmp_path: Path) -> None:
    """Plain HTTP is asked for in absolute form, as it was spelled; for TLS, a tunnel."""
    with RecordingProxy(tmp_path / "x.tape", upstream=f"{scheme}://api.example") as proxy:
        ask = b"GET /v1/a%2Fb/../c?x=%7e HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        data, _ = talk(proxy.url, ask)
    assert corporate.requests == [line]
    if scheme == "http":
        assert data.endswith(b"\r\n\r\nhi")
    else:
        assert b"502 Bad Gateway" in data
        assert b"ProxyError: 403 No" in data


@pytest.mark.parametrize("credentials", ["", "user:secret@"])
def test_a_websocket_behind_a_proxy(
    credentials: str, corporate: CorporateProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain one too goes through a tunnel: a proxy would drop the upgrade."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, corporate.url.replace("//", f"//{credentials}"))
    with MockServer(gap_us=0, allowed_hosts=["api.example"]) as endpoint:
        address = urlsplit(endpoint.url)
        corporate.tunnel = str(address.hostname), int(address.port or 0)
        with RecordingProxy(tmp_path / "x.tape", upstream="http://api.example:81") as proxy:
            with RawClient(f"{proxy.url}/v1/responses") as client:
                client.send(frame(1, b"{}"))
                seen = client.read(messages=1)
                client.send(frame(8))
                client.read()
    assert corporate.requests == ["CONNECT api.example:81 HTTP/1.1"]
    basic = b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"
    assert (basic in corporate.heads[0]) is bool(credentials)
    assert "unknown_message_type" in str(seen.messages)
    (only,) = streamtape.load(tmp_path / "x.tape")
    assert (only.request.url, len(only.messages)) == ("ws://api.example:81/v1/responses", 4)


def certificate(
    folder: Path, monkeypatch: pytest.MonkeyPatch, host: str = "api.example"
) -> ssl.SSLContext:
    """What a server of this name shows, which clients from now on trust."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    name = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *files, *name], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


@needs("openssl")
def test_a_websocket_over_tls_behind_a_proxy(
    corporate: CorporateProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `wss:` upstream with a private CA, in a tunnel: what passes is recorded."""
    context = certificate(tmp_path, monkeypatch)

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with serving(echo, ssl=context) as url:
        address = urlsplit(url)
        corporate.tunnel = str(address.hostname), int(address.port or 0)
        with RecordingProxy(tmp_path / "x.tape", upstream="https://api.example") as proxy:
            with RawClient(f"{proxy.url}/talk") as client:
                client.send(frame(1, b"hi"), frame(9, b"?"))
                seen = client.read(messages=1)
                client.send(frame(8))
                client.read()
    assert seen.messages == ["hi"]
    assert corporate.requests == ["CONNECT api.example:443 HTTP/1.1"]
    (only,) = streamtape.load(tmp_path / "x.tape")
    assert only.request.url == "wss://api.example/talk"
    assert sorted((m.direction, m.kind) for m in only.messages) == [
        (who, kind)
        for who, kinds in (("client", "close ping text"), ("server", "close pong text"))
        for kind in kinds.split()
    ]


def test_a_websocket_that_a_proxy_refuses(corporate: CorporateProxy, tmp_path: Path) -> None:
    """A 502 that says so."""
    with RecordingProxy(tmp_path / "x.tape", upstream="http://api.example") as proxy:
        came, _ = talk(proxy.url, opening(), until=b"with status 403")
    assert came.startswith(b"HTTP/1.1 502")
    assert corporate.requests == ["CONNECT api.example:80 HTTP/1.1"]


def test_a_url_goes_out_as_it_is_spelled() -> None:
    """No dots resolved, nothing decoded or encoded again; all else is as httpx has it."""
    url = ExactURL("https://user@API.example:444/a%2fb/./c/../d?x=%7e+y")
    assert url.raw_path == b"/a%2fb/./c/../d?x=%7e+y"
    assert (url.host, url.port, url.scheme) == ("api.example", 444, "https")
    assert ExactURL("https://h").raw_path == b"/"


@pytest.mark.parametrize(
    ("headers", "query", "signed"),
    [
        ({}, "", False),
        ({"Authorization": "Bearer abc"}, "", False),
        ({"Authorization": AWS}, "", True),
        ({"Authorization": AWS.replace("host;", "")}, "", False),
        ({"Authorization": "ACS3-HMAC-SHA256 SignedHeaders=host,Signature=x"}, "", True),
        ({}, "X-Amz-SignedHeaders=content-type%3Bhost&X-Amz-Signature=ab", True),
        ({}, "a=b&X-Goog-SignedHeaders=host&X-Goog-Signature=ab", True),
        ({}, "X-Amz-SignedHeaders=x-hosts", False),
        ({"Signature-Input": 'sig1=("@method" "@authority");created=1'}, "", True),
        ({"Signature-Input": 'sig1=("@method" "@path");created=1'}, "", False),
    ],
)
def test_signatures_over_the_host(headers: dict[str, str], query: str, signed: bool) -> None:
    """They name what they cover."""
    pairs = tuple((name.encode(), value.encode()) for name, value in headers.items())
    assert is_host_signed(RequestHead("POST", f"/x?{query}", pairs, "1.1")) is signed


def test_a_signature_that_can_not_hold_is_reported(
    corporate: CorporateProxy, tmp_path: Path
) -> None:
    """At the end, once for each upstream; the request was sent on all the same."""
    proxy = RecordingProxy(tmp_path / "x.tape", upstream="http://bedrock.example").start()
    for _ in range(2):
        httpx.get(f"{proxy.url}/model/x", headers={"Authorization": AWS}, trust_env=False)
    with pytest.warns(StreamtapeWarning, match="signature can't hold upstream") as warned:
        proxy.stop()
    assert len(warned) == 1
    assert len(corporate.requests) == 2
