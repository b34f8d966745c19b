"""WebSockets on the command line: a child recorded and replayed, a killed proxy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import websockets.sync.client

from streamtape.mock.server import MockServer
from streamtape.tape.store import load
from tests.cli.running import run
from tests.patience import PATIENCE_S

# Says its argument to the Responses API, and prints the types of the events that come back.
CHILD = """
import json, os, sys
from websockets.sync.client import connect

url = os.environ["OPENAI_BASE_URL"].replace("http", "ws", 1) + "/responses"
with connect(url) as socket:
    asked = {"type": "response.create", "model": "m?events=10", "input": sys.argv[1]}
    socket.send(json.dumps(asked))
    kinds = []
    while not kinds or kinds[-1] != "response.completed":
        kinds.append(json.loads(socket.recv())["type"])
print(len(kinds))
"""


def test_a_child_is_recorded_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its base URL; what it says differently is the exit status, and explained."""
    path, program = tmp_path / "x.tape", [sys.executable, "-c", CHILD]
    with MockServer(gap_us=0) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.base_url)
        done = run("record", "-o", path, "--", *program, "hi")
    assert done.exit_code == 0, done.stderr
    (only,) = load(path)
    assert len(only.messages) == 13
    assert run("replay", path, "--", *program, "hi").exit_code == 0
    other = run("replay", path, "--", *program, "ho")
    assert other.exit_code == 1
    assert "missed: WEBSOCKET /v1/responses" in other.stderr
    assert "differs   $.input" in other.stderr


def test_a_killed_proxy_is_recovered(tmp_path: Path) -> None:
    """Each message that a client has is in the journal, and those that it said."""
    path = tmp_path / "x.tape"
    command = [sys.executable, "-m", "streamtape", "record", "-o", str(path), "--json"]
    with MockServer(gap_us=0, stall=5) as endpoint:
        child = subprocess.Popen(
            [*command, "--port", "0", "--upstream", endpoint.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert child.stdout is not None
        url = json.loads(child.stdout.readline())["url"].replace("http", "ws", 1)
        with websockets.sync.client.connect(f"{url}/v1/responses") as client:
            client.send('{"type": "response.create"}')
            got = [str(client.recv()).encode() for _ in range(5)]
            child.kill()
            child.communicate(timeout=PATIENCE_S)
    assert run("recover", f"{path}.part").exit_code == 0
    (only,) = load(path)
    assert [m.data for m in only.messages] == [b'{"type": "response.create"}', *got]
    assert (only.ending.kind, only.head and only.head.status) == ("unfinished", 101)
