"""The fixture `tape_mock`: a provider that a test tells what to say, and the SDKs pointed at it.

    def test_the_agent(tape_mock):
        tape_mock.reply([Call("get_weather", {"city": "Oslo"})], contains="weather", then="12 °C")
        assert agent("How is the weather?") == "12 °C"

One server serves all tests of a process, each with an address of its own. While a test runs, the
environment points SDKs there. A request that no rule of the test answers fails it at its end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from streamtape.mock.server import MockServer
from streamtape.mock.views import MockTest


@contextmanager
def mocking(server: MockServer, name: str) -> Iterator[MockTest]:
    """One test's part of the server, with the environment that points at it."""
    view = server.test(name)
    view.reset()
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in view.variables(os.environ).items():
            patch.setenv(variable, value)
        yield view
    misses = view.misses
    view.reset()
    if misses and not view.allow_misses:
        pytest.fail(f"tape_mock: {misses[-1]}", pytrace=False)
