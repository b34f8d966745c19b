"""`streamtape demo`: the whole tour."""

import json
import time
from pathlib import Path

import pytest

from streamtape.tape.store import load
from tests.cli.running import run


def test_the_tour_proves_what_it_says(tmp_path: Path) -> None:
    """Recorded and replayed are the same events, the second run differs in one word."""
    began = time.monotonic()
    result = run("demo", "--keep", tmp_path, "--json")
    assert result.exit_code == 0
    assert time.monotonic() - began < 20  # ten seconds on a machine that does nothing else
    told = json.loads(result.stdout)
    assert told["replayed_the_same"] is True
    assert told["events"] == 48
    (change,) = told["diff"]["changes"]
    assert {"kind": "inserted", "text": "rubber"} in change["pieces"]
    assert told["broken_recorded_as"] == told["broken_replayed_as"] != None  # noqa: E711 - a chain
    assert [load(path)[0].ending.kind for path in told["files"]] == [
        "complete",
        "complete",
        "error",
    ]


def test_it_is_told_in_a_pipe_and_without_the_sdk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the OpenAI SDK the program is one of httpx; in a pipe the tour is plain text."""
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    result = run("demo", "--keep", tmp_path)
    assert result.exit_code == 0
    assert "The program, with httpx" in result.stdout
    assert "the same events, one by one" in result.stdout
    assert "[-bubble-]{+rubber+}" in result.stdout
    assert "httpx.RemoteProtocolError" in result.stdout
    assert "\x1b" not in result.stdout
    assert "streamtape show" in result.stdout
