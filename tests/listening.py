"""How a test's own server in an event loop stops listening, so that no connection is lost."""

import asyncio
import socket

TURNS = 10


async def take_no_more(*listening: socket.socket) -> None:
    """Accept no further connection on these sockets, and finish what has been accepted.

    asyncio needs some turns of the loop to make a transport of a connection that it has accepted.
    If its server is closed between them, the connection's socket is never closed, and the warning
    about it comes up in whatever test runs when it is collected.
    """
    loop = asyncio.get_running_loop()
    for sock in listening:
        loop.remove_reader(sock.fileno())
    for _ in range(TURNS):
        await asyncio.sleep(0)
