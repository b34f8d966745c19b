"""What servers answer to requests that hold secrets: statuses, headers, bodies, the status page."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import httpx

import streamtape
from streamtape.server.proxy import RecordingProxy
from streamtape.server.replay import ReplayServer
from streamtape.server.service import Service
from tools.attacks.planted.sample import (
    NOWHERE,
    Secret,
    address,
    body,
    encoded,
    error_text,
    everything,
    headers,
    save_unmasked,
)

_WEBSOCKET = ("Upgrade: websocket", "Connection: upgrade")


def _ask(base: str, secret: Secret, method: str = "POST", **more: str) -> bytes:
    """A response of a server, its head and its body, to a request that holds the secret."""
    data, sent = body(secret) + b" ", headers(secret) | more
    with contextlib.suppress(httpx.TransportError):  # played as it was recorded, or cut
        answer = httpx.request(
            method, address(secret, base), content=data, headers=sent, trust_env=False, timeout=20
        )
        return repr((answer.reason_phrase, answer.headers.raw)).encode() + answer.content
    return b""


def _send(port: int, line: str, *lines: str) -> bytes:
    """What a server answers to the head of a request, as it is."""
    data = "\r\n".join([line, "Host: h", "Connection: close", *lines, "", ""]).encode()
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def _past(server: Service, secrets: Sequence[Secret]) -> bytes:
    """Answers to what goes past the base URLs: absolute targets, tunnels, targets that are none."""
    answers = b""
    for secret in secrets:
        free, target = quote(secret.free, ""), f"/?api_key={secret.quoted}"
        answers += _send(server.port, f"GET {address(secret)} HTTP/1.1")
        answers += _send(server.port, f"CONNECT {free}.example:443 HTTP/1.1")
        answers += _send(server.port, f"GET {target} HTTP/1.1", "X: \x00")
        answers += _send(server.port, f"GET {target} HTTP/1.1", *_WEBSOCKET)
    return answers


def replay_server(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """A replay server whose cassette was never masked, asked for what it does not have."""
    raw = save_unmasked(secrets, folder / "raw.tape")
    with ReplayServer(raw) as server:
        url = server.url
        yield "replay server: 404", b"".join(_ask(url, s, "PUT") for s in secrets)
        origins = [_ask(url, s, origin=f"https://h/?api_key={s.text}") for s in secrets]
        yield "replay server: 403, Origin", b"".join(origins)
        hosts = [_ask(url, s, host=f"{s.free}.example") for s in secrets]
        yield "replay server: 421, Host", b"".join(hosts)
        yield "replay server: past the base URLs", _past(server, secrets)
        for kind in ("text/html", "application/json"):
            page = httpx.get(url, headers={"accept": kind}, trust_env=False)
            yield f"status page: {kind}", repr(page.headers.raw).encode() + page.content
        yield "replay server: misses", encoded(server.misses)


def proxy(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """A recording proxy without an upstream, or that may not ask one, or that knows no path."""
    answers, target = b"", folder / "proxy.tape"
    for secret in secrets:
        upstream = address(secret, NOWHERE, user=True).partition("?")[0]
        try:
            with RecordingProxy(target, upstream=upstream, mode="all") as server:
                answers += _ask(server.url, secret) + _past(server, [secret])
        except streamtape.StreamtapeError as error:
            answers += error_text(error)
        answers += everything(target)
    yield "proxy: 502", answers
    raw = save_unmasked(secrets, folder / "raw.tape")
    with RecordingProxy(raw, upstream="http://h.example", mode="none") as server:
        answers = b"".join(_ask(server.url, s) for s in secrets) + _past(server, secrets)
        yield "proxy: 404, not recorded", answers + encoded(server.session.misses)
        server.session.misses.clear()
    server = RecordingProxy(target, providers=["openai"], mode="all")
    with contextlib.suppress(streamtape.NothingRecordedError), server:
        yield "proxy: 404, not mounted", b"".join(_ask(server.url, s) for s in secrets)


def logs(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What streamtape logs, at every level, amid all of that; and where a handler fails."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logger = logging.getLogger("streamtape")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(1)
    try:
        for _ in replay_server(secrets, folder):
            pass
        for _ in proxy(secrets, folder):
            pass
        with ReplayServer(save_unmasked(secrets, folder / "raw.tape")) as server:

            async def fail(exchange: object) -> None:
                raise ValueError(f"Illegal header value {headers(failing)}")

            server.answer = fail  # type: ignore[method-assign]  # as a fault of ours would be
            for failing in secrets:
                _ask(server.url, failing)
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
    assert "a handler failed" in written.getvalue()
    yield "log of streamtape", encoded([written.getvalue()])
