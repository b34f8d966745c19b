"""Virtual environments for the benches: made and filled by uv where it works, by pip where not.

A machine may have no uv, or a shim of that name that starts nothing; an environment that uv made
has no pip of its own. What an installer prints is shown only where it failed.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

# Why something can't be measured here, by its name; each is told once, and goes into the report.
MISSING: dict[str, str] = {}


def leave_out(name: str, why: str) -> None:
    """Name a peer that can't be measured here, on stderr and in the report."""
    if name not in MISSING:
        MISSING[name] = why
        print(f"missing: {name}: {why}", file=sys.stderr)


@cache
def uv() -> tuple[str, ...]:
    """The command that starts uv; empty where none works."""
    for command in ((sys.executable, "-m", "uv"), ("uv",)):
        try:
            found = subprocess.run([*command, "--version"], capture_output=True, check=False)
        except OSError:
            continue
        if found.returncode == 0:
            return command
    return ()


def make(folder: Path) -> Path:
    """The Python of the environment in a folder, which is made where it is missing."""
    python = folder / "bin" / "python"
    if not python.exists():
        command = [*uv(), "venv", "-q"] if uv() else [sys.executable, "-m", "venv"]
        subprocess.run([*command, str(folder)], check=True)
    return python


def install(python: Path, *what: str) -> str:
    """Install packages into an environment; gives why that failed, or an empty text."""
    if uv():
        command = [*uv(), "pip", "install", "-q", "--python", str(python)]
    else:
        _give_pip(python)
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    done = subprocess.run([*command, *what], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or [f"status {done.returncode}"])[-1]


def _give_pip(python: Path) -> None:
    """Put pip into an environment that was made without it."""
    command = [str(python), "-m", "pip", "--version"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        subprocess.run([str(python), "-m", "ensurepip"], capture_output=True, check=False)
