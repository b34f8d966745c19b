"""The Textual application of `streamtape play`: one widget that draws lines, and the keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Footer

from streamtape.cli.errors import INTERRUPTED
from streamtape.report.lines import Line, styled
from streamtape.report.play.frames import speed_note
from streamtape.report.play.player import Player
from streamtape.report.play.screens import View, screen

FRAMES_A_SECOND = 30
_SCROLL_LINES = 3
_MAX_ELAPSED_US = 1_000_000  # a process that was stopped goes on where it was


class Moment(Widget):
    """Draws the player's moment; a click on the bar goes there, the wheel scrolls."""

    DEFAULT_CSS = "Moment { height: 1fr; width: 1fr; }"

    def __init__(self, player: Player) -> None:
        super().__init__()
        self.player = player
        self._lines: list[Line] = []

    def redraw(self) -> None:
        """Draw the rows that differ from what is on the screen."""
        before, self._lines = self._lines, self._moment()
        if len(before) != len(self._lines):
            self.refresh()
            return
        rows = [
            n for n, (old, new) in enumerate(zip(before, self._lines, strict=True)) if old != new
        ]
        if rows:
            self.refresh(*(Region(0, row, self.size.width, 1) for row in rows))

    def on_resize(self) -> None:
        """Lay the text out anew."""
        self._lines = []
        self.redraw()

    def _moment(self) -> list[Line]:
        return screen(self.player.act, int(self.player.at_us), self.view)

    def render_line(self, y: int) -> Strip:
        """One row."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width)
        row = Strip(styled(self._lines[y]).render(self.app.console))
        return row.adjust_cell_length(self.size.width)

    @property
    def view(self) -> View:
        """The size, and what the player says."""
        player = self.player
        return View(
            self.size.width,
            self.size.height,
            scroll=player.scroll,
            state="▸" if player.is_playing else "‖",
            note=speed_note(player.speed),
            place=(player.number, len(player.acts)),
        )

    def on_click(self, event: events.Click) -> None:
        """Go to where the bar was clicked."""
        if event.y == self.size.height - 2 and self.size.width > 1:
            self.player.seek(event.x / (self.size.width - 1) * self.player.act.length_us)
            self.redraw()

    def on_mouse_scroll_up(self) -> None:
        """Look back."""
        self.player.scroll_by(_SCROLL_LINES)
        self.redraw()

    def on_mouse_scroll_down(self) -> None:
        """Look forward again."""
        self.player.scroll_by(-_SCROLL_LINES)
        self.redraw()


class PlayApp(App[None]):
    """Plays until the user leaves."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: transparent; }"
    # Where two keys go together the first one is listed for both.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "pause"),
        Binding("left", "seek(-1)", "seek", key_display="← →"),
        Binding("right", "seek(1)", "seek", show=False),
        Binding("comma", "step(-1)", "event", key_display=", ."),
        Binding("full_stop", "step(1)", "event", show=False),
        Binding("minus,less_than_sign", "speed(-1)", "speed", key_display="- +"),
        Binding("plus,equals_sign,greater_than_sign", "speed(1)", "speed", show=False),
        Binding("left_square_bracket,p", "act(-1)", "interaction", key_display="[ ]"),
        Binding("right_square_bracket,n", "act(1)", "interaction", show=False),
        Binding("w", "skip", "skip wait"),
        Binding("up", "scroll(1)", "scroll", key_display="↑ ↓"),
        Binding("down", "scroll(-1)", "scroll", show=False),
        Binding("pageup", "scroll(10)", "scroll", show=False),
        Binding("pagedown", "scroll(-10)", "scroll", show=False),
        Binding("home", "to(0)", "start", show=False),
        Binding("end", "to(10)", "end", show=False),
        *(Binding(str(n), f"to({n})", f"{n}0 %", show=False) for n in range(10)),
        Binding("q,escape", "quit", "quit", key_display="q"),
        Binding("ctrl+c", "interrupt", "quit", show=False, priority=True),
    ]

    def __init__(self, player: Player, *, now_us: Callable[[], int]) -> None:
        super().__init__(ansi_color=True)
        self.player = player
        self._now_us = now_us
        self._status: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last_us = now_us()

    def compose(self) -> ComposeResult:
        """The recording, and the keys below it."""
        yield Moment(self.player)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to play."""
        self._loop = asyncio.get_running_loop()
        if self._status is not None:
            self.exit(return_code=self._status)
        self._last_us = self._now_us()
        self.set_interval(1 / FRAMES_A_SECOND, self.tick)

    def tick(self) -> None:
        """Let the time pass that has passed since the last tick."""
        now_us = self._now_us()
        was = self.player.is_playing
        self.player.advance(min(now_us - self._last_us, _MAX_ELAPSED_US))
        self._last_us = now_us
        if was:
            self.draw()

    def draw(self) -> None:
        """Redraw the screen, if it is mounted already."""
        for moment in self.query(Moment):
            moment.redraw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """List only keys that do something with this recording."""
        if action == "act":
            return len(self.player.acts) > 1
        if action == "skip":
            return any(scene.waits for act in self.player.acts for scene in act.playing)
        return True

    def action_pause(self) -> None:
        """Pause or play on."""
        self.player.toggle()
        self.draw()

    def action_seek(self, parts: int) -> None:
        """Go on or back."""
        self.player.seek_by(parts)
        self.draw()

    def action_step(self, by: int) -> None:
        """Go to the next event or the one before."""
        self.player.step(by)
        self.draw()

    def action_speed(self, by: int) -> None:
        """Play faster or slower."""
        self.player.change_speed(by)
        self.draw()

    def action_act(self, by: int) -> None:
        """Go to another interaction."""
        self.player.go_to(self.player.number + by)
        self.draw()

    def action_skip(self) -> None:
        """Skip the wait that is going on."""
        self.player.skip_wait()
        self.draw()

    def action_scroll(self, lines: int) -> None:
        """Look back, or forward again."""
        self.player.scroll_by(lines)
        self.draw()

    def action_to(self, tenths: int) -> None:
        """Go to a tenth of the recording."""
        self.player.seek(tenths * self.player.act.length_us / 10)
        self.draw()

    def action_interrupt(self) -> None:
        """Leave as after Ctrl-C."""
        self.exit(return_code=INTERRUPTED)

    def leave(self, status: int) -> None:
        """Leave with an exit status; may be called by a handler of signals, at any time."""
        self._status = status
        if self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: self.exit(return_code=status))
