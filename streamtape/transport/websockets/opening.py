"""How a connection of `websockets` is opened in a session: what is requested, and what fails."""

from __future__ import annotations

import builtins
import socket
import ssl
from typing import Any

from streamtape.playback.failures import failure_kind
from streamtape.playback.steps import Fail
from streamtape.session.session import Session
from streamtape.tape.model import Ending, Request
from streamtape.transport.intercept import Call, intercept

_ELSEWHERE = {"gaierror": socket.gaierror, "SSLError": ssl.SSLError}
_NOT_CONNECTED = {"connect", "connect timeout"}
_LATE_US = 1 << 62


def begin(session: Session, protocol: Any, uri: str, headers: Any, user_agent: str | None) -> Call:
    """Decide what becomes of a connection, by the handshake that its client protocol would send.

    MissError where nothing recorded answers it and it may not go out; whatever a recorded
    connection failed with before it was there.
    """
    request = protocol.connect()
    if headers is not None:
        request.headers.update(headers)
    if user_agent:
        request.headers.setdefault("User-Agent", user_agent)
    pairs = tuple(
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in request.headers.raw_items()
    )
    call = intercept(session, Request("GET", uri, pairs), failure)
    play = call.play
    if play is not None and play.interaction.head is None:
        ending = play.interaction.ending
        if failure_kind(ending) in _NOT_CONNECTED:
            dialogue = call.dialogue()
            action = dialogue.player.next(_LATE_US)
            error = action.error if isinstance(action, Fail) else ending
            raise dialogue.failed(error, False)
    return call


def address_of(ws_uri: Any) -> tuple[str, int]:
    """Host and port that a client believes to be connected to."""
    return ws_uri.host, ws_uri.port


def failure(ending: Ending, started: bool) -> Exception:
    """What the end of a connection is to the library: EOFError for one that was just cut."""
    message = ending.message or ""
    kind = failure_kind(ending)
    if kind == "reset":
        return ConnectionResetError(message or "[Errno 104] Connection reset by peer")
    if kind in _NOT_CONNECTED and not started:
        name = ending.exception or ""
        found = _ELSEWHERE.get(name) or getattr(builtins, name, None)
        if isinstance(found, type) and issubclass(found, OSError):
            return found(message)
        return TimeoutError(message) if kind == "connect timeout" else ConnectionError(message)
    return EOFError(message)
