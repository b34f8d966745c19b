"""Records a WebSocket by the bytes that its client sends and gets, whatever the library.

Two observers read the frames of the two directions, unmasked and with compression undone; nothing
is ever sent from here. The response to the handshake is read by h11, which also reads the body of a
refusal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import h11
from websockets.exceptions import ConnectionClosedError
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame
from websockets.headers import parse_extension
from websockets.protocol import OPEN, Protocol, Side

from streamtape.tape.messages import NO_STATUS, Direction, Message
from streamtape.tape.model import Head, header
from streamtape.transport.response_recorder import ResponseRecorder
from streamtape.transport.websockets.tap import KINDS

_DEFAULT_BITS = "15"


class ByteTap:
    """One connection: its bytes are recorded at once, before anybody gets them."""

    def __init__(self, recording: ResponseRecorder) -> None:
        self._recording = recording
        self._http = h11.Connection(h11.CLIENT)
        upgrade = [("host", "any"), ("upgrade", "websocket"), ("connection", "upgrade")]
        self._http.send(h11.Request(method="GET", target="/", headers=upgrade))
        self._sides: dict[Direction, _Observer] | None = None
        self._closes: dict[Direction, Message] = {}
        self._is_over = self._has_eof = False

    def sent(self, data: bytes) -> None:
        """The client sends this; what comes before the response is its handshake."""
        if self._sides is not None and not self._is_over:
            self._sides["client"].receive_data(data)

    def received(self, data: bytes) -> None:
        """The client gets this."""
        if self._is_over:
            return
        if self._sides is not None:
            self._sides["server"].receive_data(data)
            return
        self._http.receive_data(data)
        self._read_response()

    def eof(self) -> None:
        """The server sends nothing more."""
        self._has_eof = True

    def lost(self, error: BaseException | None) -> None:
        """The connection has ended, with an error or without one."""
        if self._is_over:
            return
        self._is_over = True
        recorder, at_us = self._recording.recorder, self._recording.elapsed()
        if error is not None:
            recorder.lose(error, at_us)
        elif self._has_eof:
            recorder.lose(ConnectionClosedError(None, None), at_us)
        else:
            recorder.abandon(at_us)

    def _read_response(self) -> None:
        while not self._is_over:
            event = self._http.next_event()
            if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                head = self._head(event)
                self._sides = _observers(head, self._take)
                rest, _ = self._http.trailing_data
                if rest:
                    self.received(bytes(rest))
                return
            if isinstance(event, h11.Response):
                self._head(event)
            elif isinstance(event, h11.Data):
                self._recording.feed(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._is_over = True
                self._recording.complete()
            elif event in (h11.NEED_DATA, h11.PAUSED):
                return

    def _head(self, event: h11.InformationalResponse | h11.Response) -> Head:
        headers = tuple((bytes(n), bytes(v)) for n, v in event.headers.raw_items())
        reason = bytes(event.reason).decode("latin-1")
        head = Head(event.status_code, headers, self._recording.elapsed(), reason=reason)
        self._recording.record_head(head)
        return head

    def _take(self, direction: Direction, frame: Frame) -> None:
        kind, at_us = KINDS[int(frame.opcode)], self._recording.elapsed()
        message = Message(direction, at_us, kind, bytes(frame.data), frame.fin)
        self._recording.recorder.message(message)
        if kind == "close":
            self._closes[direction] = message
            if len(self._closes) == len(_SIDES):
                self._is_over = True
                close = self._closes["server"]
                code = NO_STATUS if close.code is None else close.code
                self._recording.recorder.complete(at_us, code, close.reason)


_SIDES: tuple[Direction, Direction] = ("client", "server")


class _Observer(Protocol):
    """Reads the frames of one direction, and does nothing about them."""

    def __init__(
        self, receiver: Side, extensions: list[Any], take: Callable[[Frame], None]
    ) -> None:
        super().__init__(receiver, state=OPEN, max_size=None)
        self.extensions = extensions
        self._take = take

    def recv_frame(self, frame: Frame) -> None:
        """Hand a frame on."""
        self._take(frame)


def _observers(head: Head, take: Callable[[Direction, Frame], None]) -> dict[Direction, _Observer]:
    def of(direction: Direction) -> _Observer:
        receiver = Side.SERVER if direction == "client" else Side.CLIENT
        return _Observer(
            receiver, _inflaters(head, direction), lambda frame: take(direction, frame)
        )

    return {direction: of(direction) for direction in _SIDES}


def _inflaters(head: Head, sender: Direction) -> list[Any]:
    """What undoes the compression that a side was allowed to use (RFC 7692)."""
    agreed = header(head.headers, "sec-websocket-extensions")
    if not agreed:
        return []
    parameters = dict(parse_extension(agreed)[0][1])
    bits = int(parameters.get(f"{sender}_max_window_bits") or _DEFAULT_BITS)
    fresh = f"{sender}_no_context_takeover" in parameters
    return [PerMessageDeflate(fresh, True, bits, int(_DEFAULT_BITS))]


class TappedProtocol(asyncio.Protocol):
    """Stands before the protocol of a transport, and tells a tap what comes in."""

    def __init__(self, inner: Any, tap: ByteTap) -> None:
        self._inner = inner
        self._tap = tap

    def data_received(self, data: bytes) -> None:
        """Hand data on, once it is recorded."""
        self._tap.received(bytes(data))
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand the end on."""
        self._tap.eof()
        result: bool | None = self._inner.eof_received()
        return result

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand the loss on."""
        self._tap.lost(exc)
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Hand it on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Hand it on."""
        self._inner.resume_writing()


class TappedTransport:
    """Stands before a transport, and tells a tap what goes out."""

    def __init__(self, inner: Any, tap: ByteTap) -> None:
        self._inner = inner
        self._tap = tap

    def write(self, data: Any) -> None:
        """Send data, once it is recorded."""
        self._tap.sent(bytes(data))
        self._inner.write(data)

    def writelines(self, list_of_data: Any) -> None:
        """Send several pieces, each once it is recorded."""
        for data in list_of_data:
            self.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
