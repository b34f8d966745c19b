"""Events sent as an endpoint was asked to send them: paced, packed, cut up, broken off.

A stream is an iterator of texts, one an event. Deadlines are absolute, so that gaps do not add up.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from itertools import islice

from streamtape.mock.options import Options
from streamtape.server.exchange import Exchange


async def send_events(
    exchange: Exchange, content_type: bytes, events: Iterator[str], options: Options
) -> None:
    """Send events at their pace, in the chunks that were requested, up to the end or the fault."""
    headers = [(b"Content-Type", content_type), (b"Cache-Control", b"no-cache")]
    headers += [(b"Set-Cookie", b"crumb%d=1; Path=/" % n) for n in range(options.cookies)]
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16) if options.gzip else None
    if packer is not None:
        headers.append((b"Content-Encoding", b"gzip"))
    await exchange.start(200, headers)
    stops = [n for n in (options.cut, options.reset, options.stall) if n is not None]
    limited = islice(events, min(stops)) if stops else events
    loop = asyncio.get_running_loop()
    began = loop.time()
    count = 0
    while batch := list(islice(limited, options.per_chunk)):
        due = began + count * options.gap_us / 1e6
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        count += len(batch)
        data = "".join(batch).encode()
        if packer is not None:
            data = packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)
        size = -(-len(data) // options.pieces)
        for start in range(0, len(data), size):
            await exchange.send(data[start : start + size])
    await _end(exchange, options, packer.flush() if packer is not None else b"")


async def _end(exchange: Exchange, options: Options, rest: bytes) -> None:
    if options.cut is not None:
        await exchange.cut()
    elif options.reset is not None:
        await exchange.reset()
    elif options.stall is not None:
        await asyncio.get_running_loop().create_future()
    else:
        await exchange.send(rest)
        await exchange.finish()
