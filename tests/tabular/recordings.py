"""Recordings for the tests of tables: with times, of several kinds, in files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from streamtape.tape.model import (
    Cassette,
    Chunk,
    Chunks,
    Ending,
    Head,
    Interaction,
    Message,
    Messages,
    Request,
)
from streamtape.tape.store import save
from tests.streams import Writer

pytest.importorskip("pyarrow", reason="tables need pyarrow")
pytest.importorskip("duckdb", reason="SQL needs duckdb")

DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000  # 2026-01-01 00:00 UTC


def stream(run: int = 1, *, day: int = 0, gap_us: int = 10_000) -> Interaction:
    """A Responses stream of three words and a tool call, an event a chunk, begun on a day."""
    one = Writer(run).message("double ", "bubble ", "bath").call("wash", '{"a":', "1}")
    return timed(one.end().interaction(), day=day, gap_us=gap_us)


def timed(one: Interaction, *, day: int = 0, gap_us: int = 10_000) -> Interaction:
    """The interaction with its events so far apart, an event a chunk."""
    pieces = [piece + b"\n\n" for piece in one.body.split(b"\n\n") if piece]
    chunks = Chunks.of(Chunk((n + 2) * gap_us, piece) for n, piece in enumerate(pieces))
    assert one.head is not None
    return replace(
        one,
        chunks=chunks,
        head=replace(one.head, at_us=gap_us),
        ending=Ending("complete", (len(pieces) + 2) * gap_us),
        started_at_us=START_US + day * DAY_US + run_us(one),
    )


def run_us(one: Interaction) -> int:
    """Some microseconds that make the start of a stream its own."""
    return len(one.body) % 1000


def cut(run: int = 1) -> Interaction:
    """A stream whose connection broke in its midst."""
    one = stream(run)
    chunks = Chunks.of(list(one.chunks)[:5])
    ending = Ending("error", 99_000, exception="RemoteProtocolError", message="peer closed")
    return replace(one, chunks=chunks, ending=ending)


def refused() -> Interaction:
    """A request that was refused with a document."""
    request = Request("POST", "https://api.openai.com/v1/responses", (), b'{"model":"gpt-4.1"}')
    head = Head(429, ((b"content-type", b"application/json"),), 5_000)
    body = b'{"error":{"message":"slow down"}}'
    return Interaction(
        request, head, Chunks.of([Chunk(6_000, body)]), Ending("complete", 6_000), START_US
    )


def dialogue() -> Interaction:
    """A WebSocket with a question, an answer and a close."""
    payloads = [
        Message("client", 10_000, "text", b'{"type":"response.create","model":"gpt-realtime"}'),
        Message("server", 30_000, "text", b'{"type":"response.created","response":{"id":"r"}}'),
        Message("server", 50_000, "text", b'{"type":"response.done","response":{"id":"r"}}'),
        Message("client", 60_000, "close", b"\x03\xe8"),
    ]
    head = Head(101, ((b"upgrade", b"websocket"),), 5_000)
    return Interaction(
        Request("GET", "wss://api.openai.com/v1/realtime?model=gpt-realtime"),
        head,
        Chunks(),
        Ending("complete", 60_000, close_code=1000),
        START_US,
        messages=Messages.of(payloads),
    )


def sse(*payloads: object, url: str = "https://api.example.com/v1/x") -> Interaction:
    """A stream of SSE frames with these payloads, as of an unknown API."""
    body = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in payloads)
    head = Head(200, ((b"content-type", b"text/event-stream"),), 1_000)
    return Interaction(
        Request("POST", url), head, Chunks.of([Chunk(2_000, body)]), Ending("complete", 3_000)
    )


def saved(folder: Path, **named: Interaction | tuple[Interaction, ...]) -> Path:
    """A folder with a recording for each name."""
    for name, one in named.items():
        several = one if isinstance(one, tuple) else (one,)
        path = folder / f"{name}.tape"
        path.parent.mkdir(parents=True, exist_ok=True)
        save(Cassette(several), path)
    return folder
