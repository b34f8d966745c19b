"""The server that the clients are tried against: the embedded endpoint, and more APIs beside it.

Every answer to a request is the same whenever it is asked for, 20 ms a chunk. With `cut` the
connection is closed after so many events, without the end of the body.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Iterator
from typing import Any
from zlib import crc32

from streamtape.mock.server import MockServer
from streamtape.server.exchange import Exchange
from streamtape.server.websocket.endpoint import WebSocket, accept

GAP_US = 20_000
CUT = 6
_WORDS = ("double ", "bubble ", "bath ") * 4
_SSE = b"text/event-stream"


class Upstream(MockServer):
    """The server, while its `with` block runs; `cut` breaks every stream after so many events."""

    def __init__(self, *, cut: int | None = None) -> None:
        super().__init__(gap_us=GAP_US, events=24, cut=cut, cors="*")
        self._cut = cut

    async def answer(self, exchange: Exchange) -> None:
        """Answer one request."""
        path = exchange.request.path.rstrip("/")
        for ending, (content_type, pieces) in _MORE.items():
            if path.endswith(ending):
                await self._send(exchange, content_type, pieces())
                return
        if path.endswith("BidiGenerateContent"):
            await self._live(exchange)
            return
        if exchange.request.method == "POST":
            # The same answer, however many came before. What is retrieved by GET is still there.
            self.spaces.forget("")
        await super().answer(exchange)

    async def _live(self, exchange: Exchange) -> None:
        """Gemini Live: a setup, then a response for each turn of the client."""
        socket = await accept(exchange)
        if socket is not None:
            async with socket:
                await self._talk(socket)

    async def _talk(self, socket: WebSocket) -> None:
        while (message := await socket.receive()) is not None:
            if message.kind not in {"text", "binary"}:
                continue
            if "setup" in json.loads(message.data):
                await socket.send("binary", b'{"setupComplete": {}}')
                continue
            for count, content in enumerate(_turn()):
                if count == self._cut:
                    await socket.cut()
                    return
                await asyncio.sleep(GAP_US / 1e6)
                await socket.send("binary", json.dumps({"serverContent": content}).encode())

    async def _send(self, exchange: Exchange, content_type: bytes, pieces: Iterator[bytes]) -> None:
        await exchange.start(200, [(b"Content-Type", content_type)])
        for count, piece in enumerate(pieces):
            if count == self._cut:
                await exchange.cut()
                return
            await asyncio.sleep(GAP_US / 1e6)
            await exchange.send(piece)
        await exchange.finish()


def _sse(payloads: Iterator[Any]) -> Iterator[bytes]:
    for payload in payloads:
        yield b"data: %b\n\n" % json.dumps(payload).encode()


def _transcription() -> Iterator[bytes]:
    deltas = ({"type": "transcript.text.delta", "delta": word} for word in _WORDS)
    yield from _sse(deltas)
    yield from _sse(iter([{"type": "transcript.text.done", "text": "".join(_WORDS)}]))


def _turn() -> Iterator[Any]:
    for word in _WORDS:
        yield {"modelTurn": {"role": "model", "parts": [{"text": word}]}}
    yield {"generationComplete": True}
    yield {"turnComplete": True}


def _cohere() -> Iterator[bytes]:
    def payloads() -> Iterator[Any]:
        yield {"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant"}}}
        for word in _WORDS:
            delta = {"message": {"content": {"text": word}}}
            yield {"type": "content-delta", "index": 0, "delta": delta}
        yield {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}

    for payload in payloads():
        yield b"event: %b\ndata: %b\n\n" % (
            payload["type"].encode(),
            json.dumps(payload).encode(),
        )


def _converse() -> Iterator[bytes]:
    yield aws_message("messageStart", {"role": "assistant"})
    for word in _WORDS:
        yield aws_message("contentBlockDelta", {"delta": {"text": word}, "contentBlockIndex": 0})
    yield aws_message("contentBlockStop", {"contentBlockIndex": 0})
    yield aws_message("messageStop", {"stopReason": "end_turn"})


def _invoke() -> Iterator[bytes]:
    """Anthropic's events in AWS's frames."""
    from base64 import b64encode

    head: dict[str, Any] = {
        "id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "m",
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }  # fmt: skip
    block = {"type": "text", "text": ""}
    payloads: list[dict[str, Any]] = [
        {"type": "message_start", "message": head},
        {"type": "content_block_start", "index": 0, "content_block": block},
    ]
    for word in _WORDS:
        delta = {"type": "text_delta", "text": word}
        payloads.append({"type": "content_block_delta", "index": 0, "delta": delta})
    payloads += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": head["usage"]},
        {"type": "message_stop"},
    ]
    for payload in payloads:
        yield aws_message("chunk", {"bytes": b64encode(json.dumps(payload).encode()).decode()})


def aws_message(kind: str, payload: Any) -> bytes:
    """One message of `application/vnd.amazon.eventstream`."""
    names = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + struct.pack(">H", len(value))
        + value.encode()
        for name, value in names.items()
    )
    data = json.dumps(payload).encode()
    prelude = struct.pack(">II", len(headers) + len(data) + 16, len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + data
    return message + struct.pack(">I", crc32(message))


_AWS = b"application/vnd.amazon.eventstream"
_MORE = {
    "/audio/transcriptions": (_SSE, _transcription),
    "/v2/chat": (_SSE, _cohere),
    "/converse-stream": (_AWS, _converse),
    "/invoke-with-response-stream": (_AWS, _invoke),
}
