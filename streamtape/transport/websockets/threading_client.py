"""A replayed connection for the threading client of `websockets`: two sockets in this process.

The client has one end, and polls and reads it as it does any socket. At the other end one thread
takes what the client sends, and another one plays the dialogue.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any, cast

from streamtape.playback.steps import Await, Fail, WaitUntil
from streamtape.session.dialogue_player import Done, Listen
from streamtape.transport.intercept import Dialogue
from streamtape.transport.other_callers import OtherCallers
from streamtape.transport.websockets.peer import Peer

_READ_BYTES = 1 << 16


class ClientSocket(socket.socket):
    """The client's end: a connection to `address`, to all appearances; `failure` is its end."""

    address: tuple[str, int] = ("", 0)
    failure: BaseException | None = None

    def recv(self, *args: Any) -> bytes:
        """The next bytes; at the end, the failure is raised where there is one."""
        data = super().recv(*args)
        if not data and self.failure is not None:
            raise self.failure
        return data

    def setsockopt(self, *args: Any) -> None:
        """Options of TCP mean nothing here."""

    def getpeername(self) -> Any:
        """The address that the client believes to be connected to."""
        return self.address

    def getsockname(self) -> Any:
        """An address of this machine."""
        return ("127.0.0.1", 0)


class NoTLS:
    """Stands for the TLS of a connection that never leaves this process."""

    @staticmethod
    def wrap_socket(sock: socket.socket, **_options: Any) -> socket.socket:
        """Return the socket as it is."""
        return sock


def connected(dialogue: Dialogue, address: tuple[str, int]) -> ClientSocket:
    """A socket at whose other end the dialogue is played."""
    one, other = socket.socketpair()
    client = ClientSocket(fileno=one.detach())
    client.address = address
    _PeerThreads(client, other, dialogue).start()
    return client


class _PeerThreads:
    """The other end."""

    def __init__(self, client: ClientSocket, sock: socket.socket, dialogue: Dialogue) -> None:
        self._client = client
        self._sock = sock
        self._dialogue = dialogue
        self._peer = Peer(dialogue.player)
        self._changed = threading.Condition()  # holds everything below, and the peer
        self._is_gone = False
        self._sending = threading.Lock()

    def start(self) -> None:
        for run in (self._read, self._play):
            threading.Thread(target=run, daemon=True, name="streamtape-dialogue").start()

    def _read(self) -> None:
        peer = self._peer
        with contextlib.suppress(OSError):
            while data := self._sock.recv(_READ_BYTES):
                with self._changed:
                    peer.feed(data, self._dialogue.now_us())
                    self._changed.notify_all()
                self._flush()
        with self._changed:
            self._is_gone = True
            peer.feed_eof()
            self._dialogue.player.leave()
            self._changed.notify_all()
        self._close()

    def _play(self) -> None:
        try:
            error = self._obey()
        except Exception as failed:  # noqa: BLE001 - the client gets it, as the cause of its own
            self._client.failure = failed
            with self._changed:
                closes = self._peer.refuse()
            self._flush()
            if not closes:
                self._close()
            return  # the client closes, too, and that is the end
        if error is not None:
            # A cut comes as the end of the stream, everything else as its error.
            self._client.failure = None if isinstance(error, EOFError) else error
            self._flush()
            self._close()

    def _obey(self) -> BaseException | None:
        """Obey the steps; gives what the connection ends with, None where it stays open."""
        dialogue, player, peer = self._dialogue, self._dialogue.player, self._peer
        with self._changed:
            self._changed.wait_for(lambda: peer.has_request or self._is_gone)
        while not self._is_gone:
            with self._changed:
                action = player.next(dialogue.now_us())
                if action == Done():
                    peer.finish()
                elif isinstance(action, Listen | Done):
                    self._listen(action)
                elif isinstance(action, Fail):
                    return dialogue.failed(action.error, peer.has_answered)
                elif not isinstance(action, WaitUntil | Await):
                    peer.obey(action)
            if isinstance(action, WaitUntil):
                dialogue.clock.wait_until(dialogue.start_us + action.at_us)
            elif isinstance(action, Await):
                dialogue.order.wait(action, OtherCallers(tasks=False).nobody_left)
                player.wait_no_longer(dialogue.now_us())
            self._flush()
            if action == Done():
                break
        return None

    def _listen(self, action: Listen | Done) -> None:
        """Wait until the client says something, or for as long as the player has patience.

        That is real time: no virtual clock can know what other threads are about to do.
        """
        player = self._dialogue.player
        came = self._changed.wait_for(lambda: player.has_heard or self._is_gone, action.patience_s)
        if not came and action.patience_s is not None:
            player.listen_no_longer(action.patience_s)

    def _flush(self) -> None:
        """Send what the peer has to say; after its end, close."""
        with self._sending:
            with self._changed:
                out = self._peer.data_to_send()
            with contextlib.suppress(OSError):
                for data in out:
                    if data:
                        self._sock.sendall(data)
                    else:
                        self._sock.shutdown(socket.SHUT_WR)

    def _close(self) -> None:
        with self._sending, contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        cast(Any, self._sock).close()
