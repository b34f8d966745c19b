"""A tunnel, as a CONNECT request asks for: two places joined byte by byte, not looked into."""

from __future__ import annotations

import asyncio
import contextlib

from streamtape.server.exchange import Exchange, Link

_READ_AHEAD = 1 << 18


async def tunnel(exchange: Exchange, host: str, port: int) -> None:
    """Join the client with a place on the network, until either side ends.

    OSError, with nothing sent, where the place can't be reached.
    """
    reader, writer = await asyncio.open_connection(host, port)
    try:
        link = await exchange.take_over(200, reason="Connection established")
        up = asyncio.ensure_future(_pour(link, writer))
        down = asyncio.ensure_future(_pour_back(reader, link))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            up.cancel()
            down.cancel()
            await asyncio.wait({up, down})
    finally:
        writer.close()


async def _pour(link: Link, writer: asyncio.StreamWriter) -> None:
    """Pass on what the client sends, no faster than it is taken."""
    with contextlib.suppress(ConnectionError):
        while data := await link.next_bytes():
            writer.write(data)
            await writer.drain()


async def _pour_back(reader: asyncio.StreamReader, link: Link) -> None:
    """Pass on what comes back; it ends for the client as it ends there."""
    try:
        while data := await reader.read(_READ_AHEAD):
            if not link.write(data):
                await link.drained()
        await link.cut()
    except ConnectionError:
        await link.reset()
