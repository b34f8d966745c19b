"""How long a replayed dialogue waits for the client's message before the server goes on.

A client may speak twice before the server answers; another client of the same recording waits for
the answer first. So the next message of the server is given once the client has been silent for
long enough. Each direction keeps its order.

The client of a recording that was pipelined gets the next message soon. Where the server had
answered already, the client is more likely to be busy, and has longer; and where the recorded
client took its time after that answer, the server was silent, and nothing is given. What ends the
connection is given late, and only to a client that waits for an answer: a client that is slow could
not go on.

Where nothing more is to come of either side, the client is expected to close. One that neither
closes nor says anything for as long as that waits for a message that never comes.
"""

from __future__ import annotations

from streamtape.playback.steps import Fail, Receive, Send, Start, Step

PIPELINED_S = 1.0  # after a message of the client
ANSWERED_S = 4.0  # after a message of the server
END_S = 30.0  # before the connection ends
BUSY_US = 1_000_000  # a client that was silent for longer was not interrupting the server
LEAST_PIPELINED_S = 0.25
_LEAST_S = 0.02  # between messages sent without an answer


class Patience:
    """The silence of one client, in seconds. Each message given in vain halves what comes next."""

    def __init__(self) -> None:
        self._waited_s = 0.0
        self._base_s = 0.0
        self._is_pipelined = False
        self._n_runs = 0  # runs of pipelined messages that were not waited for
        self._n_given = 0

    def left_s(self, step: Step, last: Step | None, *, overdue: bool) -> float | None:
        """How long the client may still be silent before `step` is given; None for ever.

        `step` is what the server does next, or what the client says next. `last` is what came
        before; `overdue` says that there are messages that the client has not said.
        """
        if isinstance(step, Receive) and step.message.kind == "close":
            return self.left_at_end_s(overdue=overdue)
        if not overdue:
            self._is_pipelined = isinstance(last, Receive)
            if not self._is_pipelined and _gap_us(last, step) > BUSY_US:
                return None
            shortest_s = max(LEAST_PIPELINED_S, PIPELINED_S * 0.5**self._n_runs)
            self._base_s = shortest_s if self._is_pipelined else ANSWERED_S
            needed_s = self._base_s
        elif _ends(step):
            if not self._is_pipelined:
                return None
            needed_s = END_S
        else:
            needed_s = max(_LEAST_S, self._base_s * 0.5**self._n_given)
        return max(0.0, needed_s - self._waited_s)

    def left_at_end_s(self, *, overdue: bool) -> float | None:
        """How long the client may still be silent where only its close is to come.

        None (for ever) where it still has something to say.
        """
        return None if overdue else max(0.0, END_S - self._waited_s)

    def wait(self, seconds: float) -> None:
        """Note that the client has been silent for so long."""
        self._waited_s += seconds

    def give(self) -> None:
        """Note that the server's next message is given though the client has not spoken."""
        self._n_runs += self._is_pipelined and not self._n_given
        self._n_given += 1
        self._waited_s = 0.0

    def reset(self, *, overdue: bool) -> None:
        """Note that the client has spoken."""
        self._waited_s = 0.0
        if not overdue:
            self._n_given = 0


def _gap_us(last: Step | None, step: Step) -> int:
    """How long the client was silent when recorded; 0 where that is not known."""
    if not isinstance(step, Receive) or step.message.at_us is None:
        return 0
    before_us: int | None = None
    if isinstance(last, Send):
        before_us = last.message.at_us
    elif isinstance(last, Start):
        before_us = last.head.at_us
    return 0 if before_us is None else step.message.at_us - before_us


def _ends(step: Step) -> bool:
    return isinstance(step, Fail) or (isinstance(step, Send) and step.message.kind == "close")
