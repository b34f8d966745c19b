"""Blocking the network at the sockets, so that every library is caught: aiohttp, requests, urllib.

While a Guard stands, only loopback, Unix sockets and the hosts that were allowed can be reached or
looked up; everything else raises NetworkBlockedError at once. What a session sends to be recorded
passes. Libraries that make sockets in C (uvloop, c-ares) are not seen.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fnmatch import fnmatchcase
from typing import Any

from streamtape.errors import NetworkBlockedError

_METHODS = ("connect", "connect_ex", "sendto", "sendmsg")
_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_MISSING = object()


class Guard:
    """Blocks the network between `install` and `remove`. `allowed`: names, patterns, networks."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self.allowed = tuple(host.strip().lower() for host in allowed if host.strip())
        self._addresses: set[str] = set()
        self._let: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._before: list[tuple[Any, str, Any]] = []

    def install(self) -> None:
        """Stand guard."""
        for name in _METHODS:
            if hasattr(socket.socket, name):
                self._replace(socket.socket, name, self._method)
        for name in _LOOKUPS:
            self._replace(socket, name, self._lookup)
        _standing.append(self)

    def remove(self) -> None:
        """Let everything pass again."""
        for owner, name, before in reversed(self._before):
            if before is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        self._before.clear()
        if self in _standing:
            _standing.remove(self)

    def _replace(self, owner: Any, name: str, wrap: Callable[[Any, str], Any]) -> None:
        self._before.append((owner, name, vars(owner).get(name, _MISSING)))
        setattr(owner, name, wrap(getattr(owner, name), name))

    def _method(self, original: Any, name: str) -> Any:
        def guarded(sock: socket.socket, *args: Any) -> Any:
            # sendmsg has its address last, sendto too; both may have none on a connected socket.
            address = args[0] if name.startswith("connect") else args[-1] if args else None
            if sock.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
                self._check(str(address[0]), f"connect to {address[0]}, port {address[1]}")
            return original(sock, *args)

        return guarded

    def _lookup(self, original: Any, _name: str) -> Any:
        def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
            name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
            if name:
                self._check(name, f"look up {name}")
            found = original(host, *args, **kwargs)
            if name and not _is_loopback(name):
                with self._lock:
                    self._addresses.update(_addresses(found))
            return found

        return guarded

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
            if host in self._addresses or self._let[host]:
                return True
        return _is_loopback(host) or any(_fits(host, pattern) for pattern in self.allowed)

    @contextmanager
    def let(self, host: str) -> Iterator[None]:
        """Let one host pass for the time being."""
        host = host.lower()
        with self._lock:
            self._let[host] += 1
        try:
            yield
        finally:
            with self._lock:
                self._let[host] -= 1


_standing: list[Guard] = []


def let(host: str) -> AbstractContextManager[None]:
    """Let what a session sends to this host pass the guard, if one stands."""
    return _standing[-1].let(host) if _standing else nullcontext()


def _fits(host: str, pattern: str) -> bool:
    if fnmatchcase(host, pattern):
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or address.is_unspecified


def _addresses(found: Any) -> Iterator[str]:
    """The addresses in what a lookup gave."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, tuple):
        yield from found[2]
    else:
        yield from (str(entry[4][0]).lower() for entry in found)
