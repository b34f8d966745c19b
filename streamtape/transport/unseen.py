"""Connections that no seam carries, noticed at the sockets while a session is open.

A session that sends nothing refuses them, before a name is looked up; one that records notes them,
and reports them when it ends. Loopback, ignored hosts, DNS and what sessions themselves send pass.
Two exceptions never do: a host and port that the session or its cassette has interactions of, since
another library asks what should have been recorded or replayed; and a proxy that the environment
names, since what goes through it leaves this machine.

A connection that was opened before the session is noticed when it is first sent on, where it leads
to such a place or to a port of HTTP.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary, ref

from streamtape.session.session import Session
from streamtape.session.unseen import Address, Unseen
from streamtape.tape.http_values import split_url
from streamtape.transport.carried import carries_look_up, is_carried
from streamtape.transport.connection_callers import caller
from streamtape.transport.sockets import address_of, is_internet, is_loopback

_HTTPS = 443
_HTTP_PORTS = {80, _HTTPS}
_DNS = {53, 853}
_KINDS = 0xF  # mask of a socket's type, without the flags that Linux adds
_PORTS = {"http": 80, "https": _HTTPS, "ws": 80, "wss": _HTTPS}
_PROXY_PORT = 1080  # default port of a proxy's URL, as for curl
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy")
_LOOPBACK = "loopback"
# A first packet of QUIC has a long header with one of these versions (RFC 9000 and 9369).
_QUIC_VERSIONS = {b"\x00\x00\x00\x01", b"\x6b\x33\x43\xcf"}
_QUIC_LONG = 0xC0


class UnseenWatch:
    """Listens at the sockets. `session_of` gives the session that a connection belongs to."""

    def __init__(self, session_of: Callable[[], Session | None]) -> None:
        self._session_of = session_of
        self._names: dict[str, set[str]] = {}  # keyed by address
        self._lock = threading.Lock()
        self._known: WeakKeyDictionary[Session, tuple[int, int, set[Address]]]
        self._known = WeakKeyDictionary()
        # Which session has judged a connection: by socket, and by local address, since what wraps
        # a socket in TLS makes another socket of it.
        self._judged: WeakKeyDictionary[socket.socket, ref[Session]] = WeakKeyDictionary()
        self._opened: dict[Any, ref[Session]] = {}

    def connecting(
        self, sock: socket.socket | None, host: str, port: int, data: Any, opened_by: str
    ) -> None:
        """Pass, note or refuse a connection; UnseenConnectionError where it is refused."""
        session = None if is_carried() else self._session_of()
        if session is None or session.options.unseen == "allow":
            return
        # Datagrams are HTTP where they are QUIC; a socket that is only connected has sent nothing.
        if sock is not None and not _is_stream(sock) and port != _HTTPS and not is_quic(data):
            return
        self._judge(session, host, port, opened_by)

    def connected(self, sock: socket.socket) -> None:
        """Remember which session has judged this connection."""
        session = self._session_of()
        try:
            local = sock.getsockname()[:2]
        except OSError:  # it was closed meanwhile
            return
        if session is None:
            self._opened.pop(local, None)
        else:
            self._judged[sock] = self._opened[local] = ref(session)

    def sending(self, sock: socket.socket, data: Any) -> None:
        """Notice a connection that was opened before the session, when it is first sent on."""
        session = self._session_of()
        if session is None or session.options.unseen == "allow":
            return
        judge = self._judged.get(sock)
        if judge is not None and judge() is session and _is_stream(sock):
            return
        if is_carried() or self._is_new(sock, session, data):
            self._judged[sock] = ref(session)

    def _is_new(self, sock: socket.socket, session: Session, data: Any) -> bool:
        """Judge a connection that this session has not seen being made; True where it passes."""
        if not is_internet(sock):
            return True
        try:
            local, peer = sock.getsockname()[:2], sock.getpeername()
        except OSError:
            return True
        if not _is_stream(sock):
            if is_quic(data):
                self._judge(session, peer[0], peer[1], "")
            return True
        opener = self._opened.get(local, _nobody)()
        if opener is not None and not opener.closed:
            return True
        place = (_spelled(peer[0]), peer[1])
        if peer[1] in _HTTP_PORTS or place in self._known_to(session) or place in proxies():
            self._judge(session, peer[0], peer[1], "")
        return True

    def looking_up(self, name: str) -> None:
        """Refuse a look-up that a refused connection would follow."""
        session = None if is_carried() else self._session_of()
        if session is None or not session.refuses_unseen or carries_look_up(name):
            return
        name = name.lower().rstrip(".")
        if address_of(name) is not None or is_loopback(name) or _is_this_machine(name):
            return
        if any(session.passes(f"{scheme}://{name}/") for scheme in ("http", "https")):
            return
        library, line = caller()
        session.note_unseen(Unseen(library, name, None, line))

    def looked_up(self, name: str, addresses: Iterable[str]) -> None:
        """Keep which addresses have which names."""
        with self._lock:
            for address in addresses:
                self._names.setdefault(address, set()).add(name.rstrip("."))

    def _judge(self, session: Session, host: str, port: int, opened_by: str) -> None:
        if port in _DNS:
            return
        host = host.lower()
        with self._lock:
            names = {host, *self._names.get(host, ())}
        if self._passes(session, names, port):
            return
        name = min(names, key=lambda one: (address_of(one) is not None, one))
        name = host if is_loopback(host) else name
        library, line = caller()
        session.note_unseen(Unseen(opened_by or library, name, port, line))

    def _passes(self, session: Session, names: set[str], port: int) -> bool:
        for name in names:
            host = f"[{name}]" if ":" in name else name
            if any(session.passes(f"{scheme}://{host}:{port}/") for scheme in ("http", "https")):
                return True
        places = {(_spelled(name), port) for name in names}
        if places & self._known_to(session) or places & proxies():
            return False
        return any(_spelled(name) == _LOOPBACK for name in names)

    def _known_to(self, session: Session) -> set[Address]:
        """The hosts and ports that a session has interactions of."""
        n_exchanges, n_recorded, known = self._known.get(session, (0, 0, set()))
        exchanges, interactions = session.exchanges, session.cassette.interactions
        if (len(exchanges), len(interactions)) != (n_exchanges, n_recorded):
            urls = (one.request.url for one in exchanges[n_exchanges:])
            known |= {destination_of(url) for url in urls}
            known |= {destination_of(one.request.url) for one in interactions}
            self._known[session] = len(exchanges), len(interactions), known
        return known


def destination_of(url: str) -> Address:
    """The host and port that a URL leads to; all names of this machine are one."""
    parts = split_url(url)
    return _spelled(parts.hostname or ""), parts.port or _PORTS.get(parts.scheme, 0)


def proxies() -> set[Address]:
    """The hosts and ports of the proxies that the environment names."""
    urls = [os.environ.get(name) or os.environ.get(name.upper()) for name in _PROXIES]
    found = set()
    for url in filter(None, urls):
        try:
            parts = split_url(url if "://" in url else f"http://{url}")
            port = parts.port or _PORTS.get(parts.scheme, _PROXY_PORT)
        except ValueError:  # nobody can use it
            continue
        found.add((_spelled(parts.hostname or ""), port))
    return found


def is_quic(data: Any) -> bool:
    """Whether a datagram begins a connection of QUIC, and so of HTTP/3."""
    try:
        start = bytes(memoryview(data)[:5])
    except TypeError:  # the pieces of sendmsg
        start = b"".join(bytes(one) for one in data or ())[:5]
    return len(start) == 5 and start[0] >= _QUIC_LONG and start[1:] in _QUIC_VERSIONS


def _is_stream(sock: socket.socket) -> bool:
    return sock.type & _KINDS == socket.SOCK_STREAM


def _spelled(host: str) -> str:
    return _LOOPBACK if is_loopback(host) or _is_this_machine(host) else host.lower()


def _is_this_machine(name: str) -> bool:
    return name.lower() == socket.gethostname().lower()


def _nobody() -> None:
    """The session that has opened a connection, where none has."""
