"""Whether any thread or task could still make the request that a replay waits for.

Other threads could, and other tasks of this event loop. Those could not that wait for a request
themselves, and threads that are blocked without a time limit until another thread wakes them: in a
join, on an event, in a pool without work; likewise tasks that wait for other tasks to end.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection
from types import FrameType
from typing import Any

_GROUPS = frozenset({"asyncio.taskgroups", "anyio._backends._asyncio"})


class OtherCallers:
    """The threads besides this one and, with `tasks`, the other tasks of its event loop.

    A thread counts as blocked once two looks have found it so: it may be about to go on.
    """

    def __init__(self, *, tasks: bool) -> None:
        self._tasks = tasks
        self._blocked: set[int | None] = set()

    def nobody_left(self, waiting: Collection[object]) -> bool:
        """Whether nobody is left, given the tasks and the idents of threads that wait themselves.

        False where that can't be known: trio doesn't tell which tasks there are.
        """
        here = threading.get_ident()
        others = {t.ident for t in live_threads() if t.ident != here and t.ident not in waiting}
        blocked = _blocked_ones(others) if others else set()
        blocked, self._blocked = blocked & self._blocked, blocked
        return others <= blocked and (not self._tasks or _no_other_task(waiting))


def live_threads() -> list[threading.Thread]:
    """All threads that have begun and not ended."""
    return threading.enumerate()


def current_task() -> object:
    """The entry of the task that runs here, in `waiting`."""
    asyncio = sys.modules.get("asyncio")
    try:
        task = asyncio and asyncio.current_task()
    except RuntimeError:  # not in an event loop of asyncio
        return object()
    return task or object()


def _no_other_task(waiting: Collection[object]) -> bool:
    asyncio = sys.modules.get("asyncio")
    try:
        here = asyncio and asyncio.current_task()
    except RuntimeError:
        return False
    if asyncio is None or here is None:
        return False
    tasks = asyncio.all_tasks() - {here}
    return all(task in waiting or _awaits_tasks(task, asyncio) for task in tasks)


def _awaits_tasks(task: Any, asyncio: Any) -> bool:
    """Whether a task goes on only when other tasks have ended, which count for themselves."""
    future = getattr(task, "_fut_waiter", None)
    if future is None or future.done():
        return False
    if isinstance(future, asyncio.Task) or hasattr(future, "_children"):  # those of `gather`
        return True
    inner = task.get_coro()
    while hasattr(getattr(inner, "cr_await", None), "cr_frame"):
        inner = inner.cr_await
    frame = getattr(inner, "cr_frame", None)
    if frame is None:
        return False
    module, where = frame.f_globals.get("__name__"), frame.f_code.co_qualname
    if (module, where) == ("asyncio.tasks", "_wait"):
        return frame.f_locals["timeout"] is None
    return module in _GROUPS and where == "TaskGroup.__aexit__"


def _blocked_ones(idents: Collection[int | None]) -> set[int | None]:
    frames = sys._current_frames()
    return {ident for ident in idents if ident in frames and _is_blocked(frames[ident])}


def _is_blocked(top: FrameType) -> bool:
    """Whether a thread goes on only when another one wakes it, which has not happened yet."""
    module, where, values = top.f_globals.get("__name__"), top.f_code.co_qualname, top.f_locals
    if (module, where) == ("concurrent.futures.thread", "_worker"):
        return values.get("work_item") is None and values["work_queue"].empty()
    if module != "threading":
        return False
    if where == "Condition.wait":  # also below Event.wait and Queue.get
        return values["timeout"] is None and values.get("waiter") in values["self"]._waiters
    # Up to Python 3.12, what a join waits in has a name of its own.
    joins = {"Thread._wait_for_tstate_lock": -1, "Thread.join": None}
    return where in joins and values["timeout"] == joins[where] and values["self"].is_alive()
