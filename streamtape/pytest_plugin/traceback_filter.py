"""Shortens tracebacks of streamtape's errors: they end at the user's last line.

What lies below that line (the client's library, and us) says nothing about a request that no
cassette answers; the message does. Where no line is the user's, the message is alone. pytest's
`--full-trace` and `--tb=native` show everything.
"""

from __future__ import annotations

import sysconfig
from functools import lru_cache
from pathlib import Path
from types import TracebackType

import pytest
from _pytest._code.code import TerminalRepr

import streamtape
from streamtape.errors import StreamtapeError

_SHOWN_WHOLE = ("native", "no")


def shortened(item: pytest.Item, call: pytest.CallInfo[None]) -> TerminalRepr | None:
    """Cut the traceback of an error of ours after the user's last line.

    If there is no such line, get what is to be shown instead: the message.
    """
    option = item.config.option
    info = call.excinfo
    if info is None or not isinstance(info.value, StreamtapeError):
        return None
    if option.fulltrace or option.tbstyle in _SHOWN_WHOLE:
        return None
    last: TracebackType | None = None
    frame: TracebackType | None = info.tb
    while frame is not None:
        if not _is_library(frame.tb_frame.f_code.co_filename):
            last = frame
        frame = frame.tb_next
    if last is not None:
        last.tb_next = None
        return None
    shown = info.getrepr(style="value")
    entry = shown.reprtraceback.reprentries[-1]
    entry.lines = [f"E   {line}" for line in info.exconly().splitlines()]
    return shown


@lru_cache(maxsize=512)
def _is_library(file: str) -> bool:
    return file.startswith(("<", *_libraries())) or "site-packages" in Path(file).parts


@lru_cache(maxsize=1)
def _libraries() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    ours = Path(streamtape.__file__).parent
    return (paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"], str(ours))
