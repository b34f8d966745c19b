"""The way to upstreams: through the proxies of the environment, and past signatures."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from streamtape.server.exchange import RequestHead
from streamtape.server.headers import is_host_signed
from streamtape.server.proxy import RecordingProxy
from streamtape.server.upstreams import ExactURL
from streamtape.session.diagnostics import StreamtapeWarning
from tests.patience import PATIENCE_S
from tests.server.tapes import talk

AWS = (
    "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/bedrock/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date, Signature=ab"
)


class CorporateProxy(threading.Thread):
    """A forward proxy that answers by itself, and refuses tunnels; it keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.asked: list[str] = []
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
                self.asked.append(data.partition(b"\r\n")[0].decode())
                status = b"403 No" if data.startswith(b"CONNECT") else b"200 OK"
                sock.sendall(b"HTTP/1.1 %b\r\nContent-Length: 2\r\n\r\nhi" % status)

    def stop(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.join(PATIENCE_S)


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
    assert corporate.asked == [line]
    if scheme == "http":
        assert data.endswith(b"\r\n\r\nhi")
    else:
        assert b"502 Bad Gateway" in data
        assert b"ProxyError: 403 No" in data


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


def test_a_signature_that_can_not_hold_is_told(corporate: CorporateProxy, tmp_path: Path) -> None:
    """At the end, once for each upstream; the request was sent on all the same."""
    proxy = RecordingProxy(tmp_path / "x.tape", upstream="http://bedrock.example").start()
    for _ in range(2):
        httpx.get(f"{proxy.url}/model/x", headers={"Authorization": AWS}, trust_env=False)
    with pytest.warns(StreamtapeWarning, match="signature can't hold upstream") as warned:
        proxy.stop()
    assert len(warned) == 1
    assert len(corporate.asked) == 2
