"""Options that a test run sets for the sessions that a program opens itself.

The pytest plugin puts it here before any test runs; `use_cassette` and the decorator ask for it.
It is a module of its own so that setting it imports nothing heavy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any


class RunDefaults:
    """`defaults` hold where a program says nothing, `overrides` (a command line) whatever it says.

    `disabled` lets everything pass by, unrecorded. `opened` is notified of every cassette, `began`
    of every session that a program opens. `config` gives what a fixture says, above `defaults`.
    `store` is the URL or folder below which tests have their cassettes, each where its file lies
    below `root`; "" where they lie beside the tests. (No dataclass: making one takes a millisecond
    of every test run's start.)
    """

    __slots__ = ("began", "config", "defaults", "disabled", "opened", "overrides", "root", "store")

    def __init__(
        self,
        defaults: Mapping[str, Any] | None = None,
        overrides: Mapping[str, Any] | None = None,
        disabled: bool = False,
        opened: Callable[[str | os.PathLike[str]], None] = lambda _path: None,
        *,
        store: str = "",
        root: str = "",
    ) -> None:
        self.began: Callable[[Any], None] = lambda _session: None
        self.config: Callable[[], Mapping[str, Any]] = dict
        self.defaults = defaults or {}
        self.overrides = overrides or {}
        self.disabled = disabled
        self.opened = opened
        self.store = store
        self.root = root

    def options(self, least: Mapping[str, Any] | None = None, **given: Any) -> dict[str, Any]:
        """The options that hold where a program wants these, and `least` where nobody says more."""
        return {**(least or {}), **self.defaults, **self.config(), **given, **self.overrides}


def default_mode(environ: Mapping[str, str] = os.environ) -> str:
    """The record mode of tests: `none` where CI is set (and not to empty, 0 or false)."""
    return "once" if environ.get("CI", "").lower() in {"", "0", "false"} else "none"


# A global: any code under test may open a session. The last entry is in force.
_stack = [RunDefaults()]


def current() -> RunDefaults:
    """The defaults in force."""
    return _stack[-1]


def push(presets: RunDefaults) -> None:
    """Put defaults in force until `pop`; a run inside a run has its own."""
    _stack.append(presets)


def pop(presets: RunDefaults) -> None:
    """Remove the defaults of a run; those of the run around it are in force again."""
    if presets in _stack[1:]:
        _stack.remove(presets)
