"""How long a test waits for what should come at once.

A limit on failure alone: nothing that passes waits for it. What a test asserts never depends on how
fast the machine is; where time itself is tested, it is on a clock of the test's own, or by a bound
that only a program that really waits can miss. STREAMTAPE_PATIENCE_S=20 shows sooner what fails.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx
import httpx2
import pytest

from streamtape.errors import NothingRecordedError

PATIENCE_S = float(os.environ.get("STREAMTAPE_PATIENCE_S", "300"))
T = TypeVar("T")


@pytest.fixture(autouse=True)
def patient_clients() -> Iterator[None]:
    """The clients of a folder's tests give up on a server after that long, not after 5 s."""
    with pytest.MonkeyPatch.context() as patch:
        for library in (httpx, httpx2):
            # One object for all clients that name no timeout: there is no public way to set it.
            default = library._config.DEFAULT_TIMEOUT_CONFIG
            for part in ("connect", "read", "write", "pool"):
                patch.setattr(default, part, PATIENCE_S)
        yield


def until(enough: Callable[[], object]) -> None:
    """Wait until something holds that nothing tells of."""
    give_up = time.monotonic() + PATIENCE_S
    while not enough():
        assert time.monotonic() < give_up, "it does not come to hold"
        time.sleep(0.001)


def eventually(read: Callable[[], T], expected: object) -> T:
    """Wait until what is read equals what is expected, and return it; fail with what it is."""
    give_up = time.monotonic() + PATIENCE_S
    while (found := read()) != expected:
        if time.monotonic() > give_up:
            raise AssertionError(f"it stays {found!r}, expected {expected!r}")
        time.sleep(0.001)
    return found


def patiently(attempt: Callable[[float], T]) -> T:
    """Try with a short limit, in seconds, and with longer ones where that is too short.

    For limits of others (a client's on its server) that count how long the machine itself takes:
    what is asserted in `attempt` holds once the limit is longer than that.
    """
    for limit_s in (0.1, 1.0, 10.0):
        # Nothing is recorded where the limit ends before a request is made.
        with contextlib.suppress(AssertionError, NothingRecordedError):
            return attempt(limit_s)
    return attempt(PATIENCE_S / 4)


def before_reading(wait: Callable[[], object]) -> dict[str, Any]:
    """Extensions of a request that begins to wait for its answer after `wait` has returned.

    So a read timeout as short as one likes counts from when the server is known to be silent.
    """

    def traced(stage: str, expected: object) -> None:
        if stage == "http11.receive_response_headers.started":
            wait()

    return {"trace": traced}
