"""Tests that need a tool from outside Python's own world: skipped with a reason where it is absent.

On continuous integration (CI=true) nothing is skipped: `.ci/run` installs every tool, and a test
whose tool is missing fails there.
"""

import importlib.util
import os
import shutil

import pytest

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


def needs(*tools: str) -> pytest.MarkDecorator:
    """Skip where a command (`node`) is not on the PATH, or a module (`:numpy`) not installed."""
    missing = [tool for tool in tools if not _present(tool)]
    return pytest.mark.skipif(
        bool(missing) and not IN_CI, reason=f"not installed here: {', '.join(missing)}"
    )


def _present(tool: str) -> bool:
    if tool.startswith(":"):
        return importlib.util.find_spec(tool[1:]) is not None
    return shutil.which(tool) is not None


def memory_has_room(folder: str) -> bool:
    """Whether a folder of files in memory is there, has 4 GiB free, and may hold programs."""
    try:
        found = os.statvfs(folder)
    except (AttributeError, OSError):  # Windows has no such call, macOS no such folder
        return False
    usable = os.access(folder, os.W_OK) and not found.f_flag & os.ST_NOEXEC
    return usable and found.f_bavail * found.f_frsize >= 4 << 30
