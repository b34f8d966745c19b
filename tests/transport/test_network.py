"""The network is blocked at the sockets: whatever the library, and names are not looked up."""

import asyncio
import socket
import urllib.request
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from streamtape.errors import NetworkBlockedError
from streamtape.transport.carried import carried
from streamtape.transport.network_guard import Guard
from tests.patience import PATIENCE_S

OUTSIDE = "192.0.2.1"  # an address that is for documentation only


@pytest.fixture
def guard() -> Iterator[Guard]:
    """A guard that stands, and is gone afterwards."""
    guard = Guard(["allowed.test", "*.fine.test", "198.51.100.0/24"])
    before = (socket.socket.connect, socket.getaddrinfo)
    guard.install()
    yield guard
    guard.remove()
    assert (socket.socket.connect, socket.getaddrinfo) == before
    assert "connect" not in vars(socket.socket)


def connect() -> None:
    """A socket of one's own."""
    with socket.socket() as sock:
        sock.connect((OUTSIDE, 80))


def connect_ex() -> None:
    """The same without an exception."""
    with socket.socket() as sock:
        sock.connect_ex((OUTSIDE, 80))


def udp() -> None:
    """A datagram."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", (OUTSIDE, 53))


def lookup() -> None:
    """A look-up by name."""
    socket.getaddrinfo("example.com", 443)


def old_lookup() -> None:
    """An older one."""
    socket.gethostbyname("example.com")


def by_urllib() -> None:
    """The standard library."""
    urllib.request.urlopen(f"http://{OUTSIDE}/", timeout=PATIENCE_S)


def by_aiohttp() -> None:
    """An asynchronous library."""

    async def main() -> None:
        async with aiohttp.ClientSession() as client, client.get("http://example.com/"):
            pass

    asyncio.run(main())


@pytest.mark.parametrize(
    "way", [connect, connect_ex, udp, lookup, old_lookup, by_urllib, by_aiohttp]
)
@pytest.mark.usefixtures("guard")
def test_every_way_out_is_blocked(way: Any) -> None:
    """Each raises our error, with the host and what to do."""
    with pytest.raises(NetworkBlockedError, match="--tape-allow-host="):
        way()


@pytest.mark.usefixtures("guard")
def test_loopback_and_unix_sockets_pass() -> None:
    """A local server can be reached, by any of its names."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "localhost", b"localhost"):
            socket.create_connection((host, port), timeout=PATIENCE_S).close()  # type: ignore[arg-type]  # bytes are looked up, too
    one, other = socket.socketpair()
    one.send(b"x")
    assert other.recv(1) == b"x"
    one.close()
    other.close()


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("allowed.test", True),
        ("ALLOWED.test.", True),
        ("not.allowed.test", False),
        ("a.fine.test", True),
        ("198.51.100.7", True),
        ("203.0.113.7", False),
        ("::1", True),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", True),
        ("x.localhost", True),
    ],
)
def test_allowed_hosts(guard: Guard, host: str, allowed: bool) -> None:
    """Names, patterns, networks, and loopback in every spelling."""
    assert guard.allows(host) is allowed


def test_the_addresses_of_an_allowed_host_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an allowed name was looked up to can be connected to."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.113.9", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    guard = Guard(["allowed.test"])
    guard.install()
    try:
        assert not guard.allows("203.0.113.9")
        assert socket.getaddrinfo("allowed.test", 443) == found
        assert guard.allows("203.0.113.9")
    finally:
        guard.remove()


def test_what_a_session_sends_passes(guard: Guard) -> None:
    """A host is let through while a session records from it, and not afterwards."""
    with carried("api.example.com"):
        assert guard.allows("api.example.com")
    assert not guard.allows("api.example.com")
