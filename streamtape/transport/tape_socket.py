"""Replaces the socket of one http.client connection while a session is open."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable, Iterable
from typing import Any

from streamtape.errors import DamagedCassetteError
from streamtape.playback.failures import failure_kind
from streamtape.session.session import Session
from streamtape.tape.http_values import head_problem
from streamtape.tape.model import Head, Headers, Request, header
from streamtape.tape.store.spool import PIECE_BYTES, Spool
from streamtape.transport.carried import carried
from streamtape.transport.http_failures import failure_of
from streamtape.transport.http_readers import PlayedReader, RecordingReader, partial_chunk
from streamtape.transport.http_wire import RequestMessage, content_length
from streamtape.transport.intercept import Call, intercept, passes_by
from streamtape.transport.patches import SessionOf

# What urllib3 says of a connection once it is made.
_VERIFIED_FIELDS = ("is_verified", "proxy_is_verified", "_has_connected_to_proxy")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Outgoing:
    """One request while it is written: `wire` as it is sent, `passes` where it just goes out."""

    def __init__(self, connection: Any, session: Session | None) -> None:
        self.session = session
        self.passes = session is None
        self.wire = Spool()
        self.method = ""
        self.call: Call | None = None
        self.reader: PlayedReader | None = None
        self.error: OSError | None = None  # raised while sending it
        self.answered = False
        self._connection = connection
        self._url = ""
        self._headers: Headers = ()
        self._body = Spool()
        self._message = RequestMessage(self._on_head, self._body.add)

    @property
    def is_whole(self) -> bool:
        """Whether all of it has been written."""
        return self._message.state == "done"

    @property
    def awaits_continue(self) -> bool:
        """Whether its sender looks for a 100 Continue before it sends the body."""
        waits = (header(self._headers, "expect") or "").lower() == "100-continue"
        return waits and not self.is_whole and not self._body.n_bytes

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self.wire.add(data)
        at = 0
        while at < len(data) and not self.passes:
            at += self._message.scan(data, at)

    def _on_head(self, start: bytes, headers: Headers) -> None:
        method, target, _ = (*start.decode("latin-1").split(" "), "", "")[:3]
        self.method, self._headers = method, headers
        self._url = url_of(self._connection, target)
        upgrade = "upgrade" in (header(headers, "connection") or "").lower()
        assert self.session is not None, "a request that passes is not looked at"
        self.passes = passes_by(self.session, method, self._url, upgrade=upgrade)

    def close(self) -> None:
        """Record that it could not be sent, if so, and nobody looked for a response."""
        recording = None if self.call is None or self.answered else self.call.recording
        if self.error is not None and recording is not None:
            recording.failed(self.error)

    def take_wire(self) -> Iterable[bytes]:
        """What was written, which is then forgotten: in one piece, if it is short."""
        wire, self.wire = self.wire.body(), Spool()
        return wire.pieces() if isinstance(wire, Spool) else (wire,)

    def request(self) -> Request:
        """The request as a value; a long body stays on disk."""
        body = self._body.body()
        if isinstance(body, Spool):
            return Request.stored(self.method, self._url, self._headers, body)
        return Request(self.method, self._url, self._headers, body)


def url_of(connection: Any, target: str) -> str:
    """The URL that a request of this connection goes to, with or without a proxy between."""
    if target.startswith(("http://", "https://")):
        return target
    is_tls = connection.default_port == http.client.HTTPS_PORT
    scheme, usual = ("https", 443) if is_tls else ("http", 80)
    tunnel = getattr(connection, "_tunnel_host", None)
    host = tunnel or connection.host
    port = connection._tunnel_port if tunnel else connection.port
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"{scheme}://{host}{'' if port in {usual, None} else f':{port}'}{target}"


class TapeSocket:
    """Takes requests, and gives what answers them: a recording, or a real socket's response.

    `connect` is how the connection's class connects; `real` is the socket that it had before.
    """

    def __init__(
        self,
        connection: Any,
        session_of: SessionOf,
        connect: Callable[[], Any] | None,
        real: Any = None,
    ) -> None:
        self._connection = connection
        self._session_of = session_of
        self._connect = connect
        self._real = real
        self._outgoing: Outgoing | None = None
        self._stand_in: tuple[socket.socket, socket.socket] | None = None
        timeout = connection.timeout
        known = timeout is None or isinstance(timeout, int | float)
        self._timeout: float | None = timeout if known else socket.getdefaulttimeout()
        self._text = {name: vars(connection).get(name) for name in _VERIFIED_FIELDS if real is None}
        if self._text and hasattr(connection, "is_verified"):
            self._pretend()

    def _pretend(self) -> None:
        """Have urllib3 believe in the connection: it would warn of one that is not verified."""
        connection = self._connection
        requirement = str(getattr(connection, "cert_reqs", None))
        connection.is_verified = requirement.rpartition(".")[2] not in {"CERT_NONE", "0"}
        connection._has_connected_to_proxy = True

    def _pretend_no_more(self) -> None:
        for name, value in self._text.items():
            if hasattr(self._connection, name):
                setattr(self._connection, name, value)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Take bytes of a request; the last ones have it answered or sent."""
        del flags
        view = memoryview(data).cast("B")
        outgoing = self._outgoing
        if outgoing is None or outgoing.answered:
            outgoing = self._outgoing = Outgoing(self._connection, self._session_of())
        for at in range(0, len(view), PIECE_BYTES):
            outgoing.write(bytes(view[at : at + PIECE_BYTES]))
        if outgoing.passes:
            with carried(self._connection.host):
                for piece in outgoing.take_wire():
                    self._connected().sendall(piece)
        elif outgoing.is_whole and outgoing.call is None:
            self._decide(outgoing)

    def send(self, data: Any, flags: int = 0) -> int:
        """Take bytes of a request as `sendall` does; returns their number."""
        self.sendall(data, flags)
        return memoryview(data).nbytes

    def _decide(self, outgoing: Outgoing) -> None:
        assert outgoing.session is not None, "it does not pass"

        def failure(ending: Any, started: bool) -> Exception:
            return failure_of(self._connection, ending, started)

        call = outgoing.call = intercept(outgoing.session, outgoing.request(), failure)
        if call.recording is None:
            if is_unconnected(call):
                # Clients learn of that while they send.
                self._pretend_no_more()
                outgoing.reader = self._played(outgoing, call)
                outgoing.reader.peek()
            return
        with call.upstream():
            real = self._connected()
        try:
            with carried(self._connection.host):
                for piece in outgoing.take_wire():
                    real.sendall(piece)
        except OSError as error:
            # urllib3 reads on after a broken pipe: there may be a response all the same.
            outgoing.error = error
            raise

    def _connected(self) -> Any:
        if self._real is None:
            connection = self._connection
            connection.sock = None
            self._pretend_no_more()
            assert self._connect is not None, "without a real socket there is a way to get one"
            with carried(connection.host):
                self._connect()
            self._real, connection.sock = connection.sock, self
            self._real.settimeout(self._timeout)
        return self._real

    def makefile(self, mode: str = "r", buffering: int | None = None, **options: Any) -> Any:
        """The file that the response is read from."""
        outgoing = self._outgoing
        if outgoing is not None and not outgoing.passes and not outgoing.answered:
            if outgoing.call is not None:
                outgoing.answered = True
                return self._answer(outgoing, outgoing.call)
            if outgoing.awaits_continue:
                return io.BytesIO(_CONTINUE)
        return self._connected().makefile(mode, buffering, **options)

    def _answer(self, outgoing: Outgoing, call: Call) -> Any:
        if call.recording is not None:
            reader = RecordingReader(self._real.makefile("rb"), call.recording, outgoing.method)
            if not call.must_rehearse:
                return reader
            reader.drain()
            self._real.close()
            self._real = None
            call.play_back()
        return outgoing.reader or self._played(outgoing, call)

    def _played(self, outgoing: Outgoing, call: Call) -> PlayedReader:
        if self._real is None:
            self._connection.sock = None  # the next request begins anew
            self._close_stand_in()
        assert call.play is not None, "it is played"
        assert outgoing.session is not None, "it does not pass"
        same = not outgoing.session.alters
        return PlayedReader(
            call.player(self._timeout),
            lambda head: _headers(head, call, outgoing),
            partial_chunk(call.play.interaction) if same else None,
        )

    def settimeout(self, timeout: float | None) -> None:
        """How long to wait for the next bytes."""
        self._timeout = timeout
        if self._real is not None:
            self._real.settimeout(timeout)

    def gettimeout(self) -> float | None:
        """The timeout that `settimeout` set."""
        return self._timeout

    def fileno(self) -> int:
        """The real socket's; without one, that of a socket that says nothing, or 100 Continue."""
        if self._real is not None:
            return int(self._real.fileno())
        if self._stand_in is None:
            self._stand_in = socket.socketpair()
        if self._outgoing is not None and self._outgoing.awaits_continue:
            self._stand_in[1].send(_CONTINUE)
        return self._stand_in[0].fileno()

    def shutdown(self, how: int) -> None:
        """Shut the real socket down, if there is one."""
        if self._real is not None:
            self._real.shutdown(how)

    def close(self) -> None:
        """Close the real socket; a request that could not be sent has failed for good."""
        if self._outgoing is not None:
            self._outgoing.close()
        self._close_stand_in()
        if self._real is not None:
            self._real.close()

    def _close_stand_in(self) -> None:
        for one in self._stand_in or ():
            one.close()
        self._stand_in = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self._real is None:
            raise AttributeError(
                f"a connection that streamtape answers has no socket, so no {name!r}"
            )
        return getattr(self._real, name)


def is_unconnected(call: Call) -> bool:
    """Whether a recording says that there was no connection."""
    played = None if call.play is None else call.play.interaction
    if played is None or played.head is not None or played.ending.kind != "error":
        return False
    return failure_kind(played.ending) in {"connect", "connect timeout", "write timeout"}


def _headers(head: Head, call: Call, outgoing: Outgoing) -> Headers:
    """The headers that a client gets: a length only where the body that is played has it."""
    problem = head_problem(head)
    if problem is not None:
        raise DamagedCassetteError(f"the recorded response can't be replayed: {problem}")
    assert call.play is not None, "it is played"
    assert outgoing.session is not None, "it does not pass"
    played, options = call.play.interaction, outgoing.session.options
    length = content_length(head.headers)
    if length is None or outgoing.method == "HEAD" or played.head is None:
        return head.headers
    recorded = head.headers == played.head.headers
    longer = recorded and any(not fault.breaks for fault in options.faults)
    whole = recorded and played.ending.kind == "complete"
    if longer or (whole and length != played.chunks.n_bytes):
        return tuple(pair for pair in head.headers if pair[0].lower() != b"content-length")
    return head.headers
