"""A line on stderr that counts the names in the list of a store, while that is read.

As the bar of `parallel`, it is shown only where stderr is a terminal, only after a moment, and is
gone at the end. Some stores give their names a thousand an answer, others all at once, after
minutes: the line is there meanwhile.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from streamtape.printable import printable_line

if TYPE_CHECKING:
    from rich.text import Text

SHOWN_AFTER_S = 0.4
# A global: a terminal has one last line, whoever wants to write there.
_n_taken = [0]


def is_watched() -> bool:
    """Whether somebody may be looking: stderr is a terminal that can rewrite a line."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def no_other_line() -> Iterator[None]:
    """Take the last line of the terminal: lists are not shown meanwhile."""
    _n_taken[0] += 1
    try:
        yield
    finally:
        _n_taken[0] -= 1


class ListProgress:
    """Shows that a list is read, from which store, and how many names it gave so far."""

    def __init__(self, where: str) -> None:
        self._where = printable_line(where)
        self._n_names = 0
        self._timer: threading.Timer | None = None
        self._shown: Any = None

    def __enter__(self) -> Callable[[int], None]:
        if is_watched() and not _n_taken[0]:
            self._timer = threading.Timer(SHOWN_AFTER_S, self._show)
            self._timer.daemon = True
            self._timer.start()
        return self._count

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        if self._shown is not None:
            self._shown.stop()

    def _count(self, n_names: int) -> None:
        self._n_names = n_names

    def _show(self) -> None:
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        self._shown = Live(get_renderable=self.line, console=console, transient=True)
        self._shown.start(refresh=True)

    def line(self) -> Text:
        """The line as it is now."""
        from rich.text import Text

        read = f": {self._n_names:,} names" if self._n_names else ""
        return Text(f"listing {self._where}{read}", no_wrap=True, overflow="ellipsis")
