"""Connections, look-ups and sends of this process, announced to listeners before they happen.

The methods of `socket.socket` and the look-ups of `socket` are replaced while somebody listens, and
put back exactly. That sees every library that makes its sockets in Python, in every thread and
event loop. What connects in C is not seen here; `transport.c_clients` announces what is known of
it. Unix sockets stay on this machine, and are ignored.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

_METHODS = ("connect", "connect_ex", "sendto", "sendmsg")
_SENDS = ("send", "sendall", "sendmsg", "sendfile")
_TLS_SENDS = ("send", "write")
_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_MISSING = object()


class Listener(Protocol):
    """What is called; what `connecting`, `sending` and `looking_up` raise stops the connection.

    `sock` is None where the connection is made in C by the library `opened_by`; `data` is what a
    datagram holds. `connected` follows `connecting` once there is a local address.
    """

    def connecting(
        self, sock: socket.socket | None, host: str, port: int, data: Any, opened_by: str
    ) -> None: ...
    def connected(self, sock: socket.socket) -> None: ...
    def sending(self, sock: socket.socket, data: Any) -> None: ...
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

    def announce(self, host: str, port: int, opened_by: str = "") -> None:
        """Say that a library is about to connect by other means than a socket of Python's."""
        for listener in self._listeners:
            listener.connecting(None, host, port, None, opened_by)

    def _install(self) -> None:
        for name in _SENDS:
            if hasattr(socket.socket, name):
                self._replace(socket.socket, name, self._send)
        ssl = sys.modules.get("ssl")
        for name in _TLS_SENDS if ssl is not None else ():
            self._replace(ssl.SSLSocket, name, self._send)  # type: ignore[union-attr]  # it is there
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
        connects = name.startswith("connect")

        def announced(sock: socket.socket, *args: Any) -> Any:
            # sendmsg has its address last, sendto too; both may have none on a connected socket.
            address = args[0] if connects else args[-1] if args else None
            if not is_internet(sock) or not isinstance(address, tuple):
                return original(sock, *args)
            try:
                for listener in self._listeners:
                    data = None if connects else args[0]
                    listener.connecting(sock, _text(address[0]), address[1], data, "")
            except BaseException:
                # Callers expect an OSError, and close their socket after nothing else.
                if connects:
                    sock.close()
                raise
            try:
                return original(sock, *args)
            finally:
                for listener in self._listeners:
                    listener.connected(sock)

        return announced

    def _send(self, original: Any, _name: str) -> Any:
        def announced(sock: socket.socket, data: Any, *args: Any, **kwargs: Any) -> Any:
            for listener in self._listeners:
                listener.sending(sock, data)
            return original(sock, data, *args, **kwargs)

        return announced

    def _lookup(self, original: Any, _name: str) -> Any:
        def wrapper(host: Any, *args: Any, **kwargs: Any) -> Any:
            name = "" if host is None else _text(host)
            for listener in self._listeners if name else ():
                listener.looking_up(name)
            found = original(host, *args, **kwargs)
            if name and not is_loopback(name):
                for listener in self._listeners:
                    listener.looked_up(name.lower(), _addresses(found))
            return found

        return wrapper


SOCKETS = Sockets()


def is_internet(sock: socket.socket) -> bool:
    """Whether a socket is one of IP, version 4 or 6."""
    return sock.family in {socket.AF_INET, socket.AF_INET6}


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine itself; "" is, where sockets connect to it."""
    host = host.lower().rstrip(".")
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    address = address_of(host)
    if address is None:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback or address.is_unspecified)


def address_of(host: str) -> Any:
    """The IP address that a text is, also in the short forms of `inet_aton`; None for a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.ip_address(socket.inet_aton(host)) if host[:1].isdigit() else None
    except OSError:
        return None


def _text(host: Any) -> str:
    """A host as callers of `socket` may give it."""
    return bytes(host).decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host


def _addresses(found: Any) -> Iterator[str]:
    """The addresses in what a look-up gave."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, tuple):
        yield from found[2]
    else:
        yield from (str(entry[4][0]).lower() for entry in found)
