"""Blocks the network at the sockets, for every library: aiohttp, requests, urllib.

While a Guard is up, only loopback, Unix sockets and the hosts that were allowed can be reached or
looked up; everything else raises NetworkBlockedError at once. What a session sends to be recorded
passes. Of libraries that connect in C, those that `transport.c_clients` knows are blocked as well
while its hooks are in place.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterable
from fnmatch import fnmatchcase

from streamtape.errors import NetworkBlockedError
from streamtape.stores.traffic import is_own
from streamtape.transport.carried import carries, carries_look_up
from streamtape.transport.sockets import SOCKETS, is_loopback


class Guard:
    """Blocks the network between `install` and `remove`. `allowed`: names, patterns, networks."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self.allowed = tuple(host.strip().lower() for host in allowed if host.strip())
        self._addresses: set[str] = set()
        self._lock = threading.Lock()

    def install(self) -> None:
        """Start blocking."""
        SOCKETS.add(self)

    def remove(self) -> None:
        """Stop blocking."""
        SOCKETS.remove(self)

    def connecting(
        self, sock: socket.socket | None, host: str, port: int, data: object, opened_by: str
    ) -> None:
        """Refuse a connection to a host that is not allowed."""
        del sock, data, opened_by
        if is_own():
            return
        self._check(host, f"connect to {host}, port {port}")

    def connected(self, sock: socket.socket) -> None:
        """Do nothing: the connection is allowed."""

    def sending(self, sock: socket.socket, data: object) -> None:
        """What was connected before the block stays connected."""

    def looking_up(self, name: str) -> None:
        """Refuse a look-up of such a host."""
        if carries_look_up(name):
            return
        self._check(name, f"look up {name}")

    def looked_up(self, name: str, addresses: Iterable[str]) -> None:
        """Allow the addresses of a host that is allowed; what only a store looked up is not."""
        if not self.allows(name):
            return
        with self._lock:
            self._addresses.update(addresses)

    def _check(self, host: str, what: str) -> None:
        if self.allows(host):
            return
        raise NetworkBlockedError(
            f"a test was about to {what}; the network is blocked. Record it through a cassette, "
            f"allow it (--tape-allow-host={host}), or lift the block"
        )

    def allows(self, host: str) -> bool:
        """Whether a host, by name or address, can be reached."""
        host = host.lower().rstrip(".")
        with self._lock:
            if host in self._addresses or carries(host):
                return True
        return is_loopback(host) or any(_fits(host, pattern) for pattern in self.allowed)


def _fits(host: str, pattern: str) -> bool:
    if fnmatchcase(host, pattern):
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False
