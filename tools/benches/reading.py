"""The memory and time that commands take to read a cassette with one long body.

Each row is a process of its own, and the system says what it took at most (the resident set, as
wait4 gives it), beyond the same command with a short cassette.

    python tools/bench.py reading
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import streamtape
from streamtape.tape.model import Cassette, Chunk, Ending, Head, Interaction, Request

Row = dict[str, Any]
N_MB = 200
COMMANDS = ("show", "check", "stats", "scan", "view", "diff")
_PIECE = 1 << 16


def _bytes(n_mb: int) -> Iterator[bytes]:
    """A body that does not compress and holds no text."""
    block = bytes(0x80 | byte for byte in Random(1).randbytes(1 << 20))
    for n in range(n_mb * (1 << 20) // _PIECE):
        at = n * 4099 % (len(block) - _PIECE)
        yield block[at : at + _PIECE]


def _stream(n_mb: int) -> Iterator[bytes]:
    """A stream of chat completions."""
    event = (
        b'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":'
        b'[{"index":0,"delta":{"content":"word %d and so on "},"finish_reason":null}]}\n\n'
    )
    n = size = 0
    while size < n_mb << 20:
        piece = event % n
        n, size = n + 1, size + len(piece)
        yield piece
    yield b"data: [DONE]\n\n"


# 1 says that there are findings; 2 of stats, that there is no stream, and of diff, that a body is
# none and over 64 MiB.
_STATUSES = {
    ("check", "text/event-stream"): {0, 1},
    ("check", "application/octet-stream"): {0, 1},
    ("diff", "application/octet-stream"): {0, 2},
    ("stats", "application/octet-stream"): {2},
    ("stats", "text/event-stream"): {0, 2},
}
BODIES = {"application/octet-stream": _bytes, "text/event-stream": _stream}


def _save(path: Path, content_type: str, n_mb: int) -> None:
    url = "https://api.openai.com/v1/chat/completions"
    request = Request("POST", url, (), b'{"model":"m","stream":true}')
    head = Head(200, ((b"content-type", content_type.encode()),), 0)
    chunks = tuple(Chunk(n, data) for n, data in enumerate(BODIES[content_type](n_mb)))
    one = Interaction(request, head, chunks, Ending("complete", len(chunks)))  # type: ignore[arg-type]  # made Chunks
    streamtape.save(Cassette((one,)), path)


def _measured(command: str, path: Path, content_type: str) -> tuple[float, float]:
    """The peak in MB and the seconds of a command."""
    more = {"diff": [str(path)], "view": ["-o", str(path.with_suffix(".html"))]}.get(command, [])
    args = [sys.executable, "-m", "streamtape", command, str(path), *more]
    begun = time.perf_counter()
    process = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in _STATUSES.get((command, content_type), {0}):
        raise RuntimeError(f"{command} of {content_type} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / 1e6, time.perf_counter() - begun


def run(_repeat: int, *, quick: bool = False) -> list[Row]:
    """The rows of this section."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        for content_type in BODIES:
            n_mb = 20 if quick else N_MB if content_type != "text/event-stream" else N_MB // 5
            short, long = Path(name, "short.tape"), Path(name, "long.tape")
            _save(short, content_type, 0)
            _save(long, content_type, n_mb)
            for command in COMMANDS:
                own, _ = _measured(command, short, content_type)
                peak, took_s = _measured(command, long, content_type)
                what = f"{command}, {n_mb} MB of {content_type}"
                rows.append({"name": f"{what}, beyond a short", "value": peak - own, "unit": "MB"})
                rows.append({"name": what, "value": took_s, "unit": "s"})
                for row in rows[-2:]:
                    print(json.dumps(row), file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    run(1, quick="--quick" in sys.argv)
