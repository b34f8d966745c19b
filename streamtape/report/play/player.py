"""Where playing is: the act, the moment, the speed; moved by time that passes and by commands."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from streamtape.report.play.scenes import Act

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
HOLD_US = 1_500_000  # how long an act's end is shown before the next act begins
SEEK_SHARE = 20  # a seek moves by this fraction of the act


@dataclass(slots=True)
class Player:
    """Playing some acts, one after the other; times are microseconds of the act that plays."""

    acts: Sequence[Act]
    speed: float = 1.0
    at_us: float = 0.0
    number: int = 0
    is_playing: bool = True
    scroll: int = 0
    _waited_us: float = field(default=0.0)

    @property
    def act(self) -> Act:
        """The act that plays."""
        return self.acts[self.number]

    @property
    def is_at_end(self) -> bool:
        """Whether nothing is left to play of any act."""
        return self.number == len(self.acts) - 1 and self.at_us >= self.act.length_us

    def advance(self, elapsed_us: int) -> None:
        """Let so much time pass; the next act follows the end of one after a while."""
        if not self.is_playing:
            return
        left_us = self.act.length_us - self.at_us
        passed_us = elapsed_us * self.speed
        self.at_us += min(passed_us, left_us)
        if passed_us < left_us:
            return
        if self.is_at_end:
            self.is_playing = False
            return
        self._waited_us += (passed_us - left_us) / self.speed
        if self._waited_us >= HOLD_US:
            self.go_to(self.number + 1)

    def toggle(self) -> None:
        """Pause, or play on; at the very end, play again from the beginning of the act."""
        if not self.is_playing and self.is_at_end:
            self.at_us = 0.0
        self.is_playing = not self.is_playing

    def seek(self, at_us: float) -> None:
        """Go to a moment of the act."""
        self.at_us = min(max(at_us, 0.0), float(self.act.length_us))
        self._waited_us = 0.0
        self.scroll = 0

    def seek_by(self, parts: int) -> None:
        """Go on, or back, by so many twentieths of the act."""
        self.seek(self.at_us + parts * self.act.length_us / SEEK_SHARE)

    def step(self, by: int) -> None:
        """Pause, and go to the next event, or to the one before."""
        self.is_playing = False
        moments = self.act.moments_us
        if by > 0:
            place = bisect_right(moments, self.at_us)
            self.seek(moments[place] if place < len(moments) else self.act.length_us)
        else:
            place = bisect_left(moments, self.at_us) - 1
            self.seek(moments[place] if place >= 0 else 0)

    def skip_wait(self) -> None:
        """Go to the end of the wait that is going on, just before what ends it."""
        ends = [wait[1] for scene in self.act.playing if (wait := scene.wait_at(int(self.at_us)))]
        if ends:
            self.seek(min(ends))

    def change_speed(self, by: int) -> None:
        """Play at the next faster or slower speed."""
        if by > 0:
            self.speed = next((speed for speed in SPEEDS if speed > self.speed), self.speed)
        else:
            self.speed = next((s for s in reversed(SPEEDS) if s < self.speed), self.speed)

    def go_to(self, number: int) -> None:
        """Play another act from its beginning; numbers beyond the last one are that one."""
        self.number = min(max(number, 0), len(self.acts) - 1)
        self.seek(0)

    def scroll_by(self, lines: int) -> None:
        """Look back by so many lines, or forward again."""
        self.scroll = max(self.scroll + lines, 0)
