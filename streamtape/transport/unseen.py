"""Connections that no seam carries, noticed at the sockets while a session is open.

A session that sends nothing refuses them, before a name is looked up; one that records notes them,
and says so when it ends. Loopback, ignored hosts, DNS and what sessions themselves send pass. A
host and port that the session or its cassette has interactions of never does: another library asks
what should have been recorded or replayed.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from streamtape.session.session import Session
from streamtape.session.unseen import Address, Unseen
from streamtape.tape.http_values import split_url
from streamtape.transport.carried import carries, is_carried
from streamtape.transport.connection_callers import caller
from streamtape.transport.sockets import address_of, is_loopback

_HTTPS = 443
_DNS = {53, 853}
_KINDS = 0xF  # of a socket, without the flags that Linux adds
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_LOOPBACK = "loopback"


class UnseenWatch:
    """Listens at the sockets. `session_of` gives the session that a connection belongs to."""

    def __init__(self, session_of: Callable[[], Session | None]) -> None:
        self._session_of = session_of
        self._names: dict[str, set[str]] = {}  # by address
        self._lock = threading.Lock()
        self._known: WeakKeyDictionary[Session, tuple[int, int, set[Address]]]
        self._known = WeakKeyDictionary()

    def connecting(self, sock: socket.socket, host: str, port: int) -> None:
        """Pass, note or refuse a connection; UnseenConnectionError where it is refused."""
        session = None if is_carried() else self._session_of()
        if session is None or session.options.unseen == "allow":
            return
        # Datagrams are HTTP on one port alone (QUIC); one that is connected has sent nothing.
        if sock.type & _KINDS != socket.SOCK_STREAM and port != _HTTPS:
            return
        if port in _DNS:
            return
        host = host.lower()
        with self._lock:
            names = {host, *self._names.get(host, ())}
        if self._passes(session, names, port):
            return
        name = min(names, key=lambda one: (address_of(one) is not None, one))
        library, line = caller()
        session.note_unseen(Unseen(library, name, port, line))

    def looking_up(self, name: str) -> None:
        """Refuse a look-up that a refused connection would follow."""
        session = None if is_carried() else self._session_of()
        if session is None or not session.refuses_unseen or carries(name):
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
                if is_loopback(address):
                    continue
                self._names.setdefault(address, set()).add(name.rstrip("."))

    def _passes(self, session: Session, names: set[str], port: int) -> bool:
        for name in names:
            host = f"[{name}]" if ":" in name else name
            if any(session.passes(f"{scheme}://{host}:{port}/") for scheme in ("http", "https")):
                return True
        if any(self._is_expected(session, (_spelled(name), port)) for name in names):
            return True
        known = self._known_to(session)
        if any((_spelled(name), port) in known for name in names):
            return False
        return any(is_loopback(name) or _is_this_machine(name) for name in names)

    def _is_expected(self, session: Session, place: Address) -> bool:
        """Whether this is the connection of a request that was seen, and passes by."""
        with self._lock:
            expected = bool(session.let_past[place] > 0)
            session.let_past[place] -= expected
        return expected

    def _known_to(self, session: Session) -> set[Address]:
        """The hosts and ports that a session has interactions of."""
        n_asked, n_recorded, known = self._known.get(session, (0, 0, set()))
        exchanges, interactions = session.exchanges, session.cassette.interactions
        if (len(exchanges), len(interactions)) != (n_asked, n_recorded):
            asked = (one.request.url for one in exchanges[n_asked:])
            known |= {place_of(url) for url in asked}
            known |= {place_of(one.request.url) for one in interactions}
            self._known[session] = len(exchanges), len(interactions), known
        return known


def place_of(url: str) -> Address:
    """The host and port that a URL leads to; all names of this machine are one."""
    parts = split_url(url)
    return _spelled(parts.hostname or ""), parts.port or _PORTS.get(parts.scheme, 0)


def _spelled(host: str) -> str:
    return _LOOPBACK if is_loopback(host) else host.lower()


def _is_this_machine(name: str) -> bool:
    return name == socket.gethostname().lower()
