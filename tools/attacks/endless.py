"""What the tools that kill recorders share: an endless stream to record, and their command line.

The server runs in a process of its own, on a free port of loopback. Every path streams events
without end, but for `/megabytes/N`, which answers N MB at once, to make a cassette long to write.
A WebSocket gets text messages without end; an upload is taken before the stream begins.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha1
from itertools import count

# Does one round, of the number, against the port; gives counts, and what was lost.
Round = Callable[[int, int, random.Random], tuple[Counter[str], list[str]]]


_STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_ACCEPT_SALT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


def _event(n: int) -> bytes:
    return b"data: %d %s\n\n" % (n, b"x" * (n * 7 % 300))


async def _messages(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Accept a WebSocket, and send text messages."""
    key = re.search(rb"(?i)\r\nsec-websocket-key: *([^\r]+)", head)
    assert key is not None
    accept = b64encode(sha1(key[1] + _ACCEPT_SALT).digest())
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n")
    writer.write(b"Connection: Upgrade\r\nSec-WebSocket-Accept: %b\r\n\r\n" % accept)
    for n in count():
        data = _event(n)  # its end begins no key, which a killed recorder would leave masked
        size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big")
        writer.write(b"\x81" + size + data)
        await writer.drain()
        await asyncio.sleep(0.0005)


async def _take(head: bytes, reader: asyncio.StreamReader) -> None:
    """Take an upload whose length is known."""
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    assert length is not None
    left = int(length[1])
    while left:
        left -= len(await reader.readexactly(min(left, 1 << 16)))


async def _serve(report: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET /megabytes/"):
                size = int(head.split()[1].rpartition(b"/")[2]) << 20
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                writer.write(random.randbytes(size))
                await writer.drain()
                return
            if b"\r\nsec-websocket-key:" in head.lower():
                await _messages(head, writer)
            if head.startswith(b"POST "):
                await _take(head, reader)
            writer.write(_STREAM)
            for n in count():
                data = _event(n)
                writer.write(b"%x\r\n%s\r\n" % (len(data), data))
                await writer.drain()
                await asyncio.sleep(0.0005)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    os.write(report, str(server.sockets[0].getsockname()[1]).encode())
    await server.serve_forever()


@contextmanager
def endless_server() -> Iterator[int]:
    """A forked server that streams without end; gives its port, and kills it at the end."""
    reading, report = os.pipe()
    pid = os.fork()
    if not pid:
        asyncio.run(_serve(report))
        os._exit(0)
    try:
        port = int(os.read(reading, 16))
        os.close(reading)
        os.close(report)
        yield port
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def count_rounds(one_round: Round, port: int, rounds: int, seed: int) -> Counter[str]:
    """Do so many rounds, and print what each of them lost; gives the sums of their counts."""
    rng = random.Random(seed)
    counts = Counter({"rounds": rounds, "with chunks": 0, "bytes seen": 0, "lost": 0})
    for number in range(rounds):
        found, lost = one_round(number, port, rng)
        counts.update(found)
        counts["with chunks"] += found["bytes seen"] > 0
        counts["lost"] += len(lost)
        for what in lost:
            print(f"round {number}: lost a chunk: {what}", file=sys.stderr)
    return counts


def main(doc: str | None, run: Callable[[int, int], Counter[str]], rounds: int) -> int:
    """Read `--rounds` (by default `rounds`) and `--seed`, run, print the counts.

    The exit code is 1 where something was lost, and where no round had a chunk: it showed nothing.
    """
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    counts = run(options.rounds, options.seed)
    print(f"seed {options.seed}:", ", ".join(f"{value} {name}" for name, value in counts.items()))
    return 1 if counts["lost"] or not counts["with chunks"] else 0
