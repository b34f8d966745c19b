"""Acts on the whole screen of a terminal, with keys: `report.play` drawn by Textual.

Textual (the extra `play`) has what a screen needs that is not our job: keys and mouse of every
terminal, sizes that change, and the terminal as it was before, whatever ends us. What is shown and
where playing is comes from `report.play`, which knows no terminal; so all that is here is a widget
that draws lines, and keys that move the player.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from types import FrameType
from typing import TYPE_CHECKING

from streamtape.extras import install_command
from streamtape.report.play.scenes import Act

if TYPE_CHECKING:
    from streamtape.cli.play_app import PlayApp


def is_installed() -> bool:
    """Whether the library is there."""
    return find_spec("textual") is not None


def missing() -> str:
    """What to say where it is not."""
    return f"printed without keys; to pause, seek and more: {install_command(extra='play')}"


def play(acts: Sequence[Act], speed: float | None) -> int:
    """Play until the user leaves; the exit status. Without a speed, all is there at once."""
    app = player_app(acts, speed)
    with _leaving_by_signals(app):
        app.run()
    return app.return_code or 0


@contextmanager
def _leaving_by_signals(app: PlayApp) -> Iterator[None]:
    """Have signals that end a process end the application, which gives the terminal back."""

    def leave(number: int, frame: FrameType | None) -> None:
        app.leave(128 + number)

    numbers = [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]
    before = {number: signal.signal(number, leave) for number in dict.fromkeys(numbers)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def player_app(acts: Sequence[Act], speed: float | None) -> PlayApp:
    """The application, not yet running."""
    from streamtape.cli.play_app import PlayApp
    from streamtape.report.play.player import Player

    player = Player(acts, speed or 1.0)
    if speed is None:
        player.seek(player.act.length_us)
        player.is_playing = False
    return PlayApp(player, now_us=lambda: time.perf_counter_ns() // 1000)
