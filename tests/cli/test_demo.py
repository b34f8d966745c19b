"""`streamtape demo`: the whole tour."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from streamtape.cli import demo_run
from streamtape.mock.server import MockServer
from streamtape.tape.store import load
from tests.cli.running import run


class Counted(MockServer):
    """An endpoint that notes how long it is told to wait between events."""

    gaps_us: ClassVar[list[int]] = []

    def __init__(self, *, gap_us: int, **options: Any) -> None:
        super().__init__(gap_us=gap_us, **options)
        self.gaps_us.append(gap_us)


def test_the_tour_proves_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded and replayed are the same events, the second run differs in one word."""
    monkeypatch.setattr(demo_run, "MockServer", Counted)
    result = run("demo", "--keep", tmp_path, "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["replayed_the_same"] is True
    assert report["events"] == 48
    # A tour of ten seconds: what it waits for, and a replay at that pace, take less than half.
    assert 0 < 2 * 48 * sum(Counted.gaps_us) < 5_000_000
    (change,) = report["diff"]["changes"]
    assert {"kind": "inserted", "text": "rubber"} in change["pieces"]
    assert report["broken_recorded_as"] == report["broken_replayed_as"] != None  # noqa: E711 - a chain
    assert [load(path)[0].ending.kind for path in report["files"]] == [
        "complete",
        "complete",
        "error",
    ]


def test_it_is_reported_in_a_pipe_and_without_the_sdk(
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
