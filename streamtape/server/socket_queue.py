"""How many bytes a client has yet to read, if the system can tell.

TCP says what the client's kernel has taken, not what the client has. Only a client on this machine
has its own end of the connection in the table of sockets, with the bytes that wait there: Linux
shows that table to everybody, as text. Elsewhere, and for clients elsewhere, nothing is known.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

_TABLES = {socket.AF_INET: "/proc/net/tcp", socket.AF_INET6: "/proc/net/tcp6"}


def unread_bytes(sock: socket.socket) -> int:
    """The bytes that wait for the client of a connection to read them; 0 if that is not known."""
    table = _TABLES.get(sock.family)
    if table is None or sys.platform != "linux":
        return 0
    try:
        theirs = _spelled(sock.family, sock.getpeername())
        ours = _spelled(sock.family, sock.getsockname())
        rows = Path(table).read_text("ascii").splitlines()[1:]
    except OSError:  # the client has gone, or there is no such table
        return 0
    for row in rows:
        _, local, remote, _, queues, *_ = row.split()
        if (local, remote) == (theirs, ours):
            return int(queues.partition(":")[2], 16)
    return 0


def _spelled(family: int, address: tuple[str, int]) -> str:
    """An address as the table has it: words of four bytes in the machine's order, and the port."""
    packed = socket.inet_pton(family, address[0].partition("%")[0])
    words = [packed[at : at + 4] for at in range(0, len(packed), 4)]
    host = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{host}:{address[1]:04X}"
