"""The other end of a replayed connection, as bytes: what a server would send and understand.

It is the library's own server protocol, which sends what the player of a dialogue decides. No I/O
here: bytes of the client go into `feed`, and what comes out of `data_to_send` goes to the client.
"""

from __future__ import annotations

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeader
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.headers import parse_extension
from websockets.http11 import Request, Response
from websockets.protocol import CONNECTING, OPEN
from websockets.server import ServerProtocol

from streamtape.playback.steps import Emit, Send, Start
from streamtape.session.dialogue_player import CLOSE_CODE, CLOSE_REASON, DialoguePlayer
from streamtape.tape.messages import Message, MessageKind
from streamtape.tape.model import Head
from streamtape.transport.websockets.tap import KINDS

_OPCODES = {kind: Opcode(number) for number, kind in KINDS.items()}
_PER_CONNECTION = {"sec-websocket-accept", "sec-websocket-extensions"}
_OF_THE_BODY = {"content-length", "transfer-encoding", "content-encoding"}


class Peer:
    """One replayed connection. `has_request` says that the client has sent its handshake."""

    def __init__(self, player: DialoguePlayer) -> None:
        self.player = player
        self._protocol = ServerProtocol(max_size=None)
        self._request: Request | None = None
        self._parts: list[bytes] = []  # fragments of a message that is coming in
        self._kind: MessageKind = "text"
        self._refusal: Head | None = None
        self._body = b""

    @property
    def has_request(self) -> bool:
        """Whether the handshake has come in."""
        return self._request is not None

    @property
    def has_answered(self) -> bool:
        """Whether the client has the head of the response."""
        return self._protocol.state is not CONNECTING

    def feed(self, data: bytes, now_us: int) -> None:
        """Take bytes of the client."""
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._request = event
            elif isinstance(event, Frame):
                self._hear(event, now_us)
        if self._protocol.close_rcvd is not None:  # it was answered just now, or before
            self.player.close(now_us)

    def feed_eof(self) -> None:
        """The client sends nothing more."""
        self._protocol.receive_eof()

    def _hear(self, frame: Frame, now_us: int) -> None:
        kind, data = KINDS[int(frame.opcode)], bytes(frame.data)
        if kind in {"ping", "pong", "close"}:
            self.player.hear(Message("client", now_us, kind, data), now_us)
            return
        self._kind = self._kind if kind == "continuation" else kind
        self._parts.append(data)
        if frame.fin:
            whole, self._parts = b"".join(self._parts), []
            self.player.hear(Message("client", now_us, self._kind, whole), now_us)

    def obey(self, action: Start | Emit | Send) -> None:
        """Give the client what a step gives it."""
        if isinstance(action, Start):
            if action.head.status == 101:
                self._protocol.send_response(self._accepted(action.head))
            else:
                self._refusal = action.head
        elif isinstance(action, Emit):
            self._body += action.data
        elif self._protocol.state is OPEN:  # a client that has closed gets nothing more
            self._say(action.message)

    def finish(self) -> None:
        """All steps were played: a refusal is whole now."""
        if self._refusal is not None:
            head, self._refusal = self._refusal, None
            self._protocol.send_response(_refusal(head, self._body))

    def refuse(self) -> bool:
        """Close as a server does whose client says something that it can't answer.

        False where there is nothing that could be closed: the connection just ends.
        """
        if self._protocol.state is not OPEN:
            return False
        self._protocol.send_close(CLOSE_CODE, CLOSE_REASON)
        return True

    def data_to_send(self) -> list[bytes]:
        """What is to be sent to the client; an empty item is the end."""
        return list(self._protocol.data_to_send())

    def _say(self, message: Message) -> None:
        if message.kind == "close":
            self._protocol.send_close(message.code if message.data else None, message.reason)
            return
        self._protocol.send_frame(Frame(_OPCODES[message.kind], message.data, message.final))

    def _accepted(self, head: Head) -> Response:
        """The recorded response, with what depends on this client's own handshake."""
        assert self._request is not None, "the handshake has come in"
        if agreed := head.get("sec-websocket-extensions"):
            self._protocol.available_extensions = _factories(agreed)
        response = self._protocol.accept(self._request)
        if response.status_code != 101:
            return response
        own = [
            (name, value)
            for name, value in response.headers.raw_items()
            if name.lower() in _PER_CONNECTION
        ]
        recorded = _pairs(head, _PER_CONNECTION | _OF_THE_BODY)
        return _response(101, head.reason or "Switching Protocols", [*recorded, *own], b"")


def _factories(agreed: str) -> list[ServerPerMessageDeflateFactory]:
    """What agrees on the recorded compression, and, for a client that offers other, on its own."""
    try:
        name, given = parse_extension(agreed)[0]
    except InvalidHeader:
        return []
    if name != ServerPerMessageDeflateFactory.name:
        return []  # the library knows no other; messages were recorded without it
    options = dict(given)

    def bits(side: str) -> int | None:
        value = options.get(f"{side}_max_window_bits") or ""
        return int(value) if value.isdigit() else None

    recorded = ServerPerMessageDeflateFactory(
        server_no_context_takeover="server_no_context_takeover" in options,
        client_no_context_takeover="client_no_context_takeover" in options,
        server_max_window_bits=bits("server"),
        client_max_window_bits=bits("client"),
    )
    return [recorded, ServerPerMessageDeflateFactory()]


def _refusal(head: Head, body: bytes) -> Response:
    headers = [*_pairs(head, _OF_THE_BODY), ("Content-Length", str(len(body)))]
    return _response(head.status, head.reason, headers, body)


def _pairs(head: Head, without: set[str]) -> list[tuple[str, str]]:
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
    return [(name, value) for name, value in pairs if name.lower() not in without]


def _response(status: int, reason: str, pairs: list[tuple[str, str]], body: bytes) -> Response:
    headers = Headers()
    for name, value in pairs:
        headers[name] = value
    return Response(status, reason, headers, body)
