"""Runs the command line in this process, and makes cassettes for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from streamtape.cli.app import cli
from streamtape.tape.model import (
    Cassette,
    Chunk,
    Chunks,
    Ending,
    Head,
    Interaction,
    Redaction,
    Request,
)
from streamtape.tape.store import save

REQUEST = '{"model": "gpt-4.1", "input": "Say it.", "stream": true}'


def run(*args: str | Path, stdin: str | None = None) -> Result:
    """The result of `streamtape ARGS...`; an exception that is no exit is raised here.

    What a command adds to `sys.path`, for its process, is gone afterwards.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", list(sys.path))
        result = CliRunner().invoke(cli, [str(arg) for arg in args], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def recording(path: Path, url: str) -> subprocess.Popen[bytes]:
    """A `streamtape record` of a Responses stream, in a process of its own."""
    command = ["-m", "streamtape", "record", "-o", str(path), f"{url}/responses", "-d", REQUEST]
    return subprocess.Popen(
        [sys.executable, *command],
        bufsize=0,  # what one reads is what there is: no bytes wait in between
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def refused(*args: str | Path) -> str:
    """The message of a command that ends in trouble: status 2, nothing on stdout."""
    result = run(*args)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr


def sse(*events: dict[str, Any] | str) -> list[bytes]:
    """The bytes of SSE events, one a chunk, named by their type."""
    return [
        f"data: {event}\n\n".encode()
        if isinstance(event, str)
        else f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
        for event in events
    ]


def responses(*words: str, run_id: str = "1") -> list[bytes]:
    """A small Responses stream whose text is the words, a delta each."""
    item = {"id": f"msg_{run_id}", "type": "message", "role": "assistant", "content": []}
    deltas: list[dict[str, Any]] = [
        {
            "type": "response.output_text.delta",
            "item_id": f"msg_{run_id}",
            "output_index": 0,
            "content_index": 0,
            "delta": word,
        }
        for word in words
    ]
    done = {**item, "content": [{"type": "output_text", "text": "".join(words)}]}
    head: dict[str, Any] = {"id": f"resp_{run_id}", "model": "gpt-4.1"}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**head, "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        *deltas,
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {
            "type": "response.completed",
            "response": {**head, "status": "completed", "output": [done]},
        },
    ]
    return sse(*({**event, "sequence_number": n} for n, event in enumerate(events)))


def interaction(
    pieces: Sequence[bytes],
    *,
    gap_us: int | None = 1_000,
    ending: Ending | None = None,
    url: str = "https://api.example.com/v1/responses",
    content_type: bytes = b"text/event-stream",
) -> Interaction:
    """An interaction whose chunks are the pieces, so far apart."""
    times = [None if gap_us is None else (n + 1) * gap_us for n in range(len(pieces))]
    last_us = times[-1] if times else None
    return Interaction(
        Request("POST", url, ((b"authorization", b"[redacted]"),), REQUEST.encode()),
        Head(200, ((b"content-type", content_type),), gap_us, reason="OK"),
        Chunks.of(Chunk(at, data) for at, data in zip(times, pieces, strict=True)),
        ending or Ending("complete", last_us),
        started_at_us=None if gap_us is None else 1_767_225_600_000_000,
        redactions=(Redaction("request.header:authorization", "name"),),
    )


def tape(path: Path, *interactions: Interaction) -> Path:
    """A cassette of the interactions on disk."""
    save(Cassette(interactions), path)
    return path
