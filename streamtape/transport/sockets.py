"""Connections and look-ups of this process, told to whoever listens before they happen.

The methods of `socket.socket` and the look-ups of `socket` are replaced while somebody listens, and
put back exactly. That sees every library that makes its sockets in Python, in every thread and
event loop; what is made in C (uvloop, gRPC, libcurl, c-ares) is not seen. Unix sockets stay on this
machine, and are none of this.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

_METHODS = ("connect", "connect_ex", "sendto", "sendmsg")
_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_MISSING = object()


class Listener(Protocol):
    """What is told; what `connecting` and `looking_up` raise stops the connection."""

    def connecting(self, sock: socket.socket, host: str, port: int) -> None: ...
    def looking_up(self, name: str) -> None: ...
    def looked_up(self, name: str, addresses: Iterable[str]) -> None: ...


class Sockets:
    """Who listens. The first one installs the hooks, the last one takes them out."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._before: list[tuple[Any, str, Any]] = []
        self._lock = threading.Lock()

    def add(self, listener: Listener) -> None:
        """Tell a listener of everything from now on."""
        with self._lock:
            if not self._listeners:
                self._install()
            self._listeners += (listener,)

    def remove(self, listener: Listener) -> None:
        """Tell it no more."""
        with self._lock:
            left = tuple(one for one in self._listeners if one is not listener)
            if self._listeners and not left:
                self._uninstall()
            self._listeners = left

    def _install(self) -> None:
        for name in _METHODS:
            if hasattr(socket.socket, name):
                self._replace(socket.socket, name, self._method)
        for name in _LOOKUPS:
            self._replace(socket, name, self._lookup)

    def _uninstall(self) -> None:
        for owner, name, before in reversed(self._before):
            if before is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        self._before.clear()

    def _replace(self, owner: Any, name: str, wrap: Callable[[Any, str], Any]) -> None:
        self._before.append((owner, name, vars(owner).get(name, _MISSING)))
        setattr(owner, name, wrap(getattr(owner, name), name))

    def _method(self, original: Any, name: str) -> Any:
        def told(sock: socket.socket, *args: Any) -> Any:
            # sendmsg has its address last, sendto too; both may have none on a connected socket.
            address = args[0] if name.startswith("connect") else args[-1] if args else None
            if sock.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
                try:
                    for listener in self._listeners:
                        listener.connecting(sock, str(address[0]), address[1])
                except BaseException:
                    # Callers expect an OSError, and close their socket after nothing else.
                    if name.startswith("connect"):
                        sock.close()
                    raise
            return original(sock, *args)

        return told

    def _lookup(self, original: Any, _name: str) -> Any:
        def told(host: Any, *args: Any, **kwargs: Any) -> Any:
            name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
            for listener in self._listeners if name else ():
                listener.looking_up(name)
            found = original(host, *args, **kwargs)
            if name and not is_loopback(name):
                for listener in self._listeners:
                    listener.looked_up(name.lower(), _addresses(found))
            return found

        return told


SOCKETS = Sockets()


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine itself."""
    host = host.lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = address_of(host)
    if address is None:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback or address.is_unspecified)


def address_of(host: str) -> Any:
    """The IP address that a text is; None for a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _addresses(found: Any) -> Iterator[str]:
    """The addresses in what a look-up gave."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, tuple):
        yield from found[2]
    else:
        yield from (str(entry[4][0]).lower() for entry in found)
