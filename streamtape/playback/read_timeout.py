"""A client's read timeout, as a function from steps to steps.

A recording that was made with more patience than the client has now does to it what the network
would have done: where nothing comes for longer than its timeout, it gets a ReadTimeout then. The
same goes for a stall, and needs no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamtape.playback.steps import Await, Fail, Step, WaitUntil
from streamtape.tape.model import Ending

BASES = ("TimeoutException", "TransportError", "RequestError", "HTTPError")


def with_read_timeout(steps: Iterable[Step], timeout_us: int) -> Iterator[Step]:
    """Give the steps up to the first silence that is longer than `timeout_us`, then a ReadTimeout.

    Silence counts from the last thing that the client got, over all waits between.
    """
    got_us = now_us = 0
    for step in steps:
        if isinstance(step, WaitUntil):
            now_us = step.at_us
            if now_us - got_us > timeout_us:
                give_up_us = got_us + timeout_us
                yield WaitUntil(give_up_us)
                yield Fail(Ending("error", give_up_us, "ReadTimeout", "timed out", bases=BASES))
                return
        elif not isinstance(step, Await):
            got_us = now_us
        yield step
