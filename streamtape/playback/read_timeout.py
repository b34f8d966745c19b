"""A client's read timeout, as a function from steps to steps.

As on a network, a client whose timeout is shorter than a silence in the recording gets a
ReadTimeout. This includes stalls, and needs no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamtape.playback.steps import Await, Fail, Step, WaitUntil
from streamtape.tape.model import Ending

BASES = ("TimeoutException", "TransportError", "RequestError", "HTTPError")


def with_read_timeout(steps: Iterable[Step], timeout_us: int) -> Iterator[Step]:
    """Cut the steps at the first silence longer than `timeout_us`, and end them with a ReadTimeout.

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
