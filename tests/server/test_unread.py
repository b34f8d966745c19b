"""What a client has yet to read."""

from __future__ import annotations

import socket
import sys

import pytest

from streamtape.server import socket_queue
from streamtape.server.socket_queue import unread_bytes
from tests.patience import until

HOSTS = ["127.0.0.1", "::1"] if socket.has_dualstack_ipv6() else ["127.0.0.1"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows its sockets")
@pytest.mark.parametrize("host", HOSTS)
def test_what_waits_at_a_client_of_this_machine(host: str) -> None:
    """Bytes count until they are read."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, 0), family=family) as server,
        socket.create_connection(server.getsockname()[:2]) as client,
        server.accept()[0] as ours,
    ):
        assert unread_bytes(ours) == 0
        ours.sendall(b"data: 1\n\n")
        until(lambda: unread_bytes(ours) == 9)
        client.recv(5)
        assert unread_bytes(ours) == 4
        client.recv(4)
        assert unread_bytes(ours) == 0


def test_where_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another kind of socket, one without a client, and a system without the table: nothing."""
    one, other = socket.socketpair()
    with one, other:
        other.sendall(b"x")
        assert unread_bytes(one) == 0
    with socket.socket() as alone:
        assert unread_bytes(alone) == 0
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()),
        server.accept()[0] as ours,
    ):
        ours.sendall(b"x")
        monkeypatch.setattr(socket_queue, "_TABLES", {socket.AF_INET: "/no/such/table"})
        assert unread_bytes(ours) == 0
