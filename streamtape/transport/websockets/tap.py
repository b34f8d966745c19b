"""Records a connection of the library `websockets`: handshake, messages, and how it ended.

Both clients of the library, asyncio's and the one with threads, drive one protocol object that
knows no I/O. Frames pass through it in both directions, unmasked and with compression undone; here
they are taken down before anybody gets them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamtape.tape.messages import Direction, Message, MessageKind
from streamtape.tape.model import Head
from streamtape.transport.response_recorder import ResponseRecorder

KINDS: dict[int, MessageKind] = {
    0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong",
}  # fmt: skip


class Tap:
    """What is recorded of one connection. `error` is what ended it, where an error did.

    `is_local` says that the client ended it by itself, without the other side.
    """

    def __init__(self, recording: ResponseRecorder, protocol: Any) -> None:
        self.error: BaseException | None = None
        self.is_local = False
        self._recording = recording
        self._protocol = protocol
        self._is_open = self._is_over = False
        for name in ("process_response", "recv_frame", "send_frame", "receive_eof"):
            setattr(protocol, name, getattr(self, f"_{name}")(getattr(protocol, name)))

    def _process_response(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def process_response(response: Any) -> Any:
            at_us = self._recording.elapsed()
            self._recording.record_head(head_of(response, at_us))
            self._is_open = response.status_code == 101
            if not self._is_open:
                self._is_over = True
                if response.body:
                    self._recording.feed(bytes(response.body))
                self._recording.complete()
            return original(response)

        return process_response

    def _recv_frame(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def recv_frame(frame: Any) -> Any:
            self._take("server", frame)
            return original(frame)

        return recv_frame

    def _send_frame(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def send_frame(frame: Any) -> Any:
            self._take("client", frame)
            return original(frame)

        return send_frame

    def _receive_eof(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def receive_eof() -> Any:
            result = original()
            self._end()
            return result

        return receive_eof

    def _take(self, direction: Direction, frame: Any) -> None:
        if not self._is_over:
            kind, at_us = KINDS[int(frame.opcode)], self._recording.elapsed()
            message = Message(direction, at_us, kind, bytes(frame.data), frame.fin)
            self._recording.recorder.message(message)

    def _end(self) -> None:
        """Take down how it ended; only the first end counts."""
        if self._is_over:
            return
        self._is_over = True
        recorder, at_us, protocol = (
            self._recording.recorder,
            self._recording.elapsed(),
            self._protocol,
        )
        close = protocol.close_rcvd
        if not self._is_open:
            error = self.error or protocol.handshake_exc
            if error is None or self.is_local:
                recorder.abandon(at_us)
            else:
                recorder.fail(error, at_us)
        elif close is not None:
            recorder.complete(at_us, int(close.code), close.reason)
        elif self.is_local and self.error is None:
            recorder.abandon(at_us)
        else:
            recorder.lose(self.error or protocol.close_exc, at_us)


def head_of(response: Any, at_us: int | None) -> Head:
    """The head of a handshake's response."""
    headers = tuple(
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in response.headers.raw_items()
    )
    return Head(response.status_code, headers, at_us, reason=response.reason_phrase)
