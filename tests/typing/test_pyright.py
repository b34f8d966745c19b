"""The usage files mean the same to pyright as to mypy (which the suite runs anyway)."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(shutil.which("pyright") is None, reason="pyright is not installed")
def test_pyright_agrees() -> None:
    """The decorator keeps signatures under pyright too."""
    done = subprocess.run(
        ["pyright", str(HERE / "decorator.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
