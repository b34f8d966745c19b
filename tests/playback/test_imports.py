"""What a replay needs is imported when its session opens, not while the first request waits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import streamtape
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

PROGRAM = """
import json, sys, httpx, streamtape
options = json.loads(sys.argv[2])
with httpx.Client() as client:
    with streamtape.use_cassette(sys.argv[1], mode="none", clock="auto", **options):
        known = set(sys.modules)
        try:
            with client.stream("POST", "http://127.0.0.1:1/v1/responses", json={}) as response:
                for data in response.iter_raw():
                    late = set(sys.modules) - known
        except (httpx.TransportError, streamtape.ReplayEndError):
            pass
print(json.dumps(sorted(name for name in late if name.startswith("streamtape"))))
"""
SSE = ((b"content-type", b"text/event-stream"),)


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        (Ending("complete", 90_000), {"speed": 1.0}),
        (Ending("complete", 90_000), {"rechunk": "event", "speed": 2.0}),
        (Ending("complete", 90_000), {"pace": "tokens=20/s", "fault": "cut@event=5"}),
        (Ending("abandoned", 90_000), {"speed": 3.0}),
    ],
    ids=["pace", "cuts", "fault", "abandoned"],
)
def test_nothing_is_imported_while_a_request_waits(
    tmp_path: Path, ending: Ending, options: dict[str, object]
) -> None:
    """In a fresh process: the modules that are new when a chunk has come."""
    request = Request("POST", "http://127.0.0.1:1/v1/responses", (), b"{}")
    chunks = Chunks.of(Chunk(n * 1_000, b'data: {"n": %d}\n\n' % n) for n in range(8))
    kept = Interaction(request, Head(200, SSE), chunks, ending)
    streamtape.save(Cassette((kept,)), tmp_path / "run.tape")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "run.tape"), json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
