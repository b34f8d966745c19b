"""Finds which library opens a connection, and for which line of the program."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import FrameType

_STANDARD = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})
_PACKAGES = ("site-packages", "dist-packages")


def caller() -> tuple[str, str]:
    """The library nearest to the socket, and the program's own line; "" if it is not on the stack.

    A library that works through another one is named with it: "urllib3-future (used by niquests)".
    """
    libraries: list[str] = []
    standard = "socket"
    for module, file, line in _frames():
        kind = _kind_of(file)
        root = module.partition(".")[0]
        if kind == "program":
            return _named(libraries, standard), f"{_near(file)}:{line}"
        if root == "urllib3" and "urllib3.backend" in sys.modules:
            root = "urllib3-future"  # which niquests puts in the place of urllib3, for all
        if kind == "library" and root not in libraries:
            libraries.append(root)
        elif kind == "standard" and not libraries and root not in _PLUMBING:
            standard = root
    return _named(libraries, standard), ""


# Modules that stand below those that people call.
_PLUMBING = {
    "_socket", "asyncio", "concurrent", "contextlib", "contextvars", "runpy", "selectors", "socket",
    "ssl", "threading",
}  # fmt: skip


def _named(libraries: list[str], standard: str) -> str:
    if not libraries:
        return standard
    first, last = libraries[0], libraries[-1]
    return first if first == last else f"{first} (used by {last})"


def _frames() -> Iterator[tuple[str, str, int]]:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if not module.startswith("streamtape."):
            yield module, frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back


@lru_cache(maxsize=1024)
def _kind_of(file: str) -> str:
    if any(f"/{packages}/" in file.replace("\\", "/") for packages in _PACKAGES):
        return "library"
    if file.startswith(("<frozen", *_STANDARD)):
        return "standard"
    return "program"


def _near(file: str) -> str:
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return file
