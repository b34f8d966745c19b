"""Recordings that are killed lose nothing: the tool that counts, for a few rounds."""

import os
import subprocess
import sys

import pytest

from tests.patience import PATIENCE_S
from tests.shared import REPO


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the tool forks its recorders")
def test_killed_recordings_lose_nothing() -> None:
    """Nine recordings, killed at random moments: every chunk that a client had is recovered."""
    tool = [
        sys.executable,
        str(REPO / "tools" / "attacks" / "kill.py"),
        "--rounds",
        "9",
        "--seed",
        "7",
    ]
    done = subprocess.run(tool, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 lost" in done.stdout
