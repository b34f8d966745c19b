"""A transport that a test answers itself, and that stands for the network.

httpx's MockTransport is known never to leave the process, so it is called in every run; this one
is a transport of somebody's own, recorded and replayed as the network is.
"""

import inspect
from collections.abc import Callable
from typing import Any, Self


class FakeNetwork:
    """Answers requests of either library's clients, sync and async, by a function."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self._answer = answer

    def handle_request(self, request: Any) -> Any:
        """Answer a sync client."""
        request.read()
        return self._answer(request)

    async def handle_async_request(self, request: Any) -> Any:
        """Answer an async client."""
        await request.aread()
        answer = self._answer(request)
        return await answer if inspect.isawaitable(answer) else answer

    def close(self) -> None:
        """Nothing is held."""

    async def aclose(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is held."""
