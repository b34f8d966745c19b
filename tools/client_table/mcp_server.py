"""A real MCP server for the clients: streamable HTTP at /mcp, SSE at /sse.

    python mcp_server.py         prints its URL once it listens

`shout` tells of its progress and logs before it answers. `push_later` answers at once, and a while
later a notification comes that belongs to no call.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette

try:
    from mcp.server.mcpserver import Context, MCPServer
except ImportError:  # releases before 2
    from mcp.server.fastmcp import Context
    from mcp.server.fastmcp import FastMCP as MCPServer

server: Any = MCPServer("shouting")


async def shout(text: str, ctx: Context) -> str:
    """Shout, letter by letter."""
    for number, letter in enumerate(text):
        await asyncio.sleep(0.02)
        await ctx.report_progress(number + 1, len(text))
        await ctx.info(f"{letter}")
    await asyncio.sleep(0.05)  # a client may drop what it has not looked at when the answer comes
    return text.upper()


async def push_later(ctx: Context) -> str:
    """Answer, and push a notification a while later."""
    session = ctx.session

    async def push() -> None:
        await asyncio.sleep(0.1)
        await session.send_tool_list_changed()

    running.add(asyncio.create_task(push()))
    return "soon"


for tool in (shout, push_later):
    server.tool()(tool)
running: set[asyncio.Task[None]] = set()


def application() -> Starlette:
    """Both transports in one application."""
    http, sse = server.streamable_http_app(), server.sse_app()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    return Starlette(routes=[*http.routes, *sse.routes], lifespan=lifespan)


def main() -> None:
    """Serve on a free port until the process is ended."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        config = uvicorn.Config(application(), log_level="error", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
