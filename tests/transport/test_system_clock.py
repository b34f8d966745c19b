"""The machine's clock: what it asks of an event loop."""

import anyio
import anyio.lowlevel
import pytest

from streamtape.transport.clocks import SystemClock


class Slow(SystemClock):
    """A machine on which each look at the time costs 100 us."""

    now = 0

    def now_us(self) -> int:
        self.now += 100
        return self.now


def test_a_wait_ends_at_its_deadline_and_not_at_the_next_millisecond(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The loop sleeps the whole milliseconds, then goes round until the time has come."""
    clock, naps = Slow(), list[float]()

    async def nap(seconds: float = 0) -> None:
        naps.append(seconds)
        clock.now += round(seconds * 1e6)

    monkeypatch.setattr(anyio, "sleep", nap)
    monkeypatch.setattr(anyio.lowlevel, "checkpoint", nap)
    anyio.run(clock.wait_until_async, 7_800)
    assert naps == [0.007, 0, 0, 0, 0, 0, 0]
    assert clock.now == 7_800
    naps.clear()
    anyio.run(clock.wait_until_async, 7_000)
    assert naps == []
