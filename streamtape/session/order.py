"""Which interactions were requested, and which requests others wait for.

What came after another request began is not given before that request is made. A program that no
longer makes it would wait for ever, so whoever waits in vain gives up: each time after half as long
as the time before. A stream that a server pushes is silent for long, as it would be in earnest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from itertools import accumulate

from streamtape.playback.ordering import Starts
from streamtape.playback.steps import Await
from streamtape.tape.model import Interaction

PATIENCE_S = 4.0
PUSHED_PATIENCE_S = 300.0
LOOK_S = 0.05  # how often to check whether anybody can still make the request
NobodyLeft = Callable[[Collection[object]], bool]


class Order:
    """The interactions by number; `sizes` are those of the cassettes that they come from.

    `given_up` are those that others waited for in vain.
    """

    def __init__(self, interactions: Sequence[Interaction], sizes: Sequence[int]) -> None:
        self.given_up: list[int] = []
        self.patience_s = PATIENCE_S
        self._interactions = interactions
        self._sizes = sizes
        self._came: set[int] = set()
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, Callable[[], None]]] = []
        self._blocked: dict[object, int] = {}  # who waits for which request

    @cached_property
    def _starts(self) -> list[Starts]:
        firsts = [0, *accumulate(self._sizes)]
        pairs = zip(firsts, self._sizes, strict=False)
        return [Starts(self._interactions[at : at + size], at) for at, size in pairs]

    def others(self, number: int) -> tuple[Await, ...]:
        """The requests that began while this interaction went on, and have not been made yet."""
        if len(self._came) == len(self._interactions):
            return ()
        for first, starts in zip(accumulate([0, *self._sizes]), self._starts, strict=False):
            if number < first + len(starts):
                return tuple(o for o in starts.within(number) if o.number not in self._came)
        return ()

    def came(self, number: int) -> None:
        """Say that an interaction was requested."""
        with self._changed:
            self._came.add(number)
            woken = [wake for n, wake in self._waiting if n == number]
            self._waiting = [pair for pair in self._waiting if pair[0] != number]
            self._changed.notify_all()
        for wake in woken:
            wake()

    def has_arrived(self, number: int) -> bool:
        """Whether an interaction was requested, or nobody waits for it any more."""
        return number in self._came

    def patience(self, step: Await) -> float:
        """How long to wait, in seconds."""
        return PUSHED_PATIENCE_S if step.pushed else self.patience_s

    def give_up(self, number: int) -> None:
        """Wait for an interaction no longer."""
        with self._changed:
            if number in self._came:
                return
            self.given_up.append(number)
            self.patience_s /= 2
        self.came(number)

    def wait(self, step: Await, nobody_left: NobodyLeft) -> None:
        """Block until the request is made, until nobody can make it, or until patience ends.

        `have_gone` tells whether all others have gone who could make it, given those who wait.
        """
        here, left_s = threading.get_ident(), self.patience(step)
        self.begin_waiting(here, step.number)
        try:
            while left_s > 0:
                if self.stop_waiting_alone(here, nobody_left):
                    return
                with self._changed:
                    if self._changed.wait_for(
                        lambda: self.has_arrived(step.number), min(LOOK_S, left_s)
                    ):
                        return
                left_s -= LOOK_S
        finally:
            self.stop_waiting(here)
        self.give_up(step.number)

    def begin_waiting(self, who: object, number: int) -> None:
        """Take down that a thread or a task waits for a request, and makes none meanwhile."""
        with self._changed:
            self._blocked[who] = number

    def stop_waiting(self, who: object) -> None:
        """Take down that a thread or a task goes on."""
        with self._changed:
            self._blocked.pop(who, None)

    def stop_waiting_alone(self, who: object, nobody_left: NobodyLeft) -> bool:
        """Whether nobody is left who could make the request; `who` then waits no longer.

        Of several that wait for one another one goes on, and the others wait for it.
        """
        with self._changed:
            alone = nobody_left({one for one, n in self._blocked.items() if n not in self._came})
            if alone:
                self._blocked.pop(who, None)
        return alone

    def when(self, number: int, wake: Callable[[], None]) -> None:
        """Have `wake` called, in whichever thread, once an interaction is requested."""
        with self._changed:
            if number not in self._came:
                self._waiting.append((number, wake))
                return
        wake()
