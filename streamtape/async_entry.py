"""`async with` for context managers that never wait: it does the same as `with`."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class _Context(Protocol[T_co]):
    def __enter__(self) -> T_co: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class AsyncEntry:
    """Adds `async with` to a class that supports `with`."""

    __slots__ = ()

    async def __aenter__(self: _Context[T_co]) -> T_co:
        return self.__enter__()

    async def __aexit__(
        self: _Context[T_co],
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)
