"""The decorator keeps the signature of what it decorates: read by type checkers, never run."""

from collections.abc import Callable, Coroutine
from typing import Any, assert_type

import streamtape


@streamtape.cassette
def bare(number: int, *, text: str = "") -> bytes:
    """A function with a signature of its own."""
    return b""


@streamtape.cassette("name.tape", speed=1.0, mode="once")
def named(number: int) -> str:
    """The same, decorated with options."""
    return ""


@streamtape.cassette()
async def later(number: int) -> str:
    """A coroutine function."""
    return ""


@streamtape.cassette
class TestIt:
    """A class of tests."""

    def __init__(self, number: int) -> None:
        self.number = number

    @streamtape.cassette(idle_limit=1.0)
    def test_it(self, text: str) -> float:
        """A method."""
        return 0.0


def usage() -> None:
    """What a caller sees."""
    assert_type(bare(1, text="x"), bytes)
    assert_type(named(1), str)
    _coroutine: Callable[[int], Coroutine[Any, Any, str]] = later
    assert_type(TestIt(1), TestIt)
    assert_type(TestIt(1).test_it("x"), float)
    assert_type(TestIt(1).number, int)
    bare("1")  # type: ignore[arg-type]  # the signature is kept, so this is an error
    streamtape.cassette(sped=1.0)  # type: ignore[call-overload]  # an unknown option is one, too
