"""Ports for servers that take a number and no socket: nobody else gets one meanwhile."""

import os
import socket

# Systems give ports above these to whoever asks for any.
FIRST, LAST = 20_000, 32_000
_reserved: list[int] = []


def free_port() -> int:
    """A port of loopback at which nobody listens, and that no other test gets.

    A datagram socket of the same number reserves it, in every process, as long as this one lives.
    """
    begin = FIRST + os.getpid() * 61 % (LAST - FIRST)
    port: int
    for port in [*range(begin, LAST), *range(FIRST, begin)]:
        mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            mark.bind(("127.0.0.1", port))
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            mark.close()
            continue
        _reserved.append(mark.detach())  # the process's end closes it
        return port
    raise RuntimeError(f"every port from {FIRST} to {LAST} is taken")
