"""Cassettes that were made to do harm: what they hold does not become another response."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import h11
import httpx
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamtape
from streamtape.errors import ServerError
from streamtape.server.exchange import Exchange, Limits, RequestHead
from streamtape.server.replay import serve
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.tape.model import Head, Interaction
from tests.server.tapes import talk, tape, taped

SPLIT = b"v\r\nSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n<script>"
ASK_AGAIN = b"GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def headed(**changed: Any) -> Interaction:
    """A recorded answer to a GET whose head was tampered with."""
    one = taped([b"data: a\n\n"], method="GET", body=None)
    assert one.head is not None
    return replace(one, head=replace(one.head, **changed))


HOSTILE: dict[str, dict[str, Any]] = {
    "value": {"headers": ((b"x", SPLIT),)},
    "line feed": {"headers": ((b"x", b"a\nInjected: b"),)},
    "name": {"headers": ((b"x: y\r\nInjected", b"z"),)},
    "length": {"headers": ((b"Content-Length ", b"0"),)},
    "reason": {"reason": "OK\r\nInjected: 1"},
    "negative": {"status": -5},
    "huge": {"status": 10**18},
    "switching": {"status": 101},
    "early": {"status": 103},
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_http_can_not_carry_is_an_error_of_ours(what: str) -> None:
    """The client gets one whole response that says what is wrong with the recording."""
    with serve(tape(headed(**HOSTILE[what]))) as server:
        data, _ = talk(server.url, ASK_AGAIN)
    assert data.startswith(b"HTTP/1.1 500 ")
    assert data.count(b"HTTP/1.1 ") == 1
    assert b"can't be sent over HTTP" in data
    assert b"\nInjected" not in data
    assert b"\nSet-Cookie" not in data


def test_a_body_without_a_head_is_not_sent() -> None:
    """An import may hold one; on the wire it would be the head that it looks like."""
    one = taped([b"HTTP/1.1 200 OK\r\nSet-Cookie: evil=1\r\n\r\n"], method="GET", body=None)
    with serve(tape(replace(one, head=None))) as server:
        data, _ = talk(server.url, ASK_AGAIN)
    assert data == b""


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("what", [name for name in HOSTILE if name not in {"switching", "early"}])
def test_in_process_it_is_an_error_too(what: str, library: Any) -> None:
    """No program gets a header that no server can have sent."""
    transport = streamtape.ReplayTransport(tape(headed(**HOSTILE[what])))
    with (
        library.Client(transport=transport) as client,
        pytest.raises(streamtape.DamagedCassetteError, match="can't be replayed"),
    ):
        client.get("https://api.openai.com/v1/responses")


@given(
    st.lists(st.tuples(st.binary(max_size=8), st.binary(max_size=12)), max_size=3),
    st.text(max_size=8),
    st.integers(-10, 1200),
)
def test_any_head_is_one_response(
    headers: list[tuple[bytes, bytes]], reason: str, status: int
) -> None:
    """Whatever a head holds, a strict parser finds one response, with no header that is made up."""
    data = sent(Head(status, tuple(headers), 0, "HTTP/1.1", reason))
    if data is None:
        return
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    parser.receive_data(data)
    head = parser.next_event()
    assert isinstance(head, h11.Response)
    framing = 0 if status in {204, 304} else 1  # Content-Length
    assert (head.status_code, len(head.headers)) == (status, len(headers) + framing)


def sent(head: Head) -> bytes | None:
    """The bytes of a response with this head and an empty body; None where it is refused."""
    written: list[bytes] = []

    class Wire:
        limits = Limits()
        body_read = True
        client = "?"

        def write(self, data: bytes) -> bool:
            written.append(data)
            return True

    exchange = Exchange(Wire(), RequestHead("GET", "/", (), "1.1"), 0)  # type: ignore[arg-type]  # only writes
    try:
        asyncio.run(exchange.start(head.status, head.headers, reason=head.reason, length=0))
    except ServerError:
        assert not written
        return None
    return b"".join(written)


@pytest.mark.parametrize("url", ["http://[/", "http://h:99999/v1/responses"])
def test_urls_that_can_not_be_read(url: str) -> None:
    """They answer nothing; all else of the cassette is served and replayed."""
    good = taped([b"data: a\n\n"], method="GET", body=None)
    bad = replace(good, request=replace(good.request, url=url))
    cassette = tape(bad, good)
    with serve(cassette) as server:
        assert httpx.get(f"{server.url}/v1/responses").status_code == 200
        page = httpx.get(f"{server.url}/", headers={"accept": "text/html"})
        assert "1 of 2 interactions played" in page.text
        data, _ = talk(
            server.url, b"GET http://[/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        assert data.startswith((b"HTTP/1.1 421 ", b"HTTP/1.1 404 "))
    transport = streamtape.ReplayTransport(cassette)
    with (
        pytest.warns(StreamtapeWarning, match="1 request was not answered"),
        httpx.Client(transport=transport) as client,
    ):
        assert client.get("https://api.openai.com/v1/responses").status_code == 200
        with pytest.raises(streamtape.MissError):
            client.get("https://api.openai.com/other")
