"""How late timers are: in our server itself, and in a process that does nothing else.

What a client sees of a chunk's lateness is the server's, its own, and the machine's: an idle core
of a virtual machine takes a while to wake. So the server's own timers are measured where they fire,
and beside them one that only waits, at the same rate as one client's chunks.

    python -m tools.benches.lateness PATH replay run.tape   # streamtape, measured, into PATH
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_PERIOD_S = 0.04


def watch_loop(path: Path) -> None:
    """Take down how late each timer of this process's event loops fires, in milliseconds."""
    late_ms: list[float] = []
    call_at = asyncio.SelectorEventLoop.call_at

    def watched(
        loop: asyncio.SelectorEventLoop, when: float, callback: Callable[..., Any], *more: Any
    ) -> asyncio.TimerHandle:
        def fire() -> None:
            late_ms.append((time.monotonic() - when) * 1e3)
            callback(*more)

        return call_at(loop, when, fire)

    asyncio.SelectorEventLoop.call_at = watched  # type: ignore[assignment,method-assign]  # the bench's own process
    atexit.register(lambda: path.write_text(json.dumps(late_ms)))


@contextlib.contextmanager
def timer_alone() -> Iterator[list[float]]:
    """A process that only waits; the list has its lateness in milliseconds, at the end."""
    command = [sys.executable, "-m", "tools.benches.lateness"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    late_ms: list[float] = []
    try:
        yield late_ms
    finally:
        output, _ = process.communicate()
        late_ms += json.loads(output)


def _wait() -> list[float]:
    """Wait again and again until stdin ends."""
    late_ms: list[float] = []
    due = time.monotonic() + _PERIOD_S
    while not select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
        late_ms.append((time.monotonic() - due) * 1e3)
        due = max(due, time.monotonic()) + _PERIOD_S
    return late_ms


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(json.dumps(_wait()))
    else:
        watch_loop(Path(sys.argv.pop(1)))
        from streamtape.cli import main

        main()
