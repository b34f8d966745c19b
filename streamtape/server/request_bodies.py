"""The whole body of a request that came over a socket: in memory, or on disk if it is long."""

from __future__ import annotations

from streamtape.server.exchange import Exchange
from streamtape.tape.store.spool import Spool


async def spooled_body(exchange: Exchange) -> bytes | Spool:
    """Take the whole body; RequestTooLargeError where it is over the limit."""
    spool = Spool()
    while (piece := await exchange.next_piece()) is not None:
        spool.add(piece)
    return spool.body()
