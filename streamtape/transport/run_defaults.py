"""What a test run says about the sessions that a program opens itself.

The pytest plugin puts it here before any test runs; `use_cassette` and the decorator ask for it.
It stands in a module of its own so that saying it imports nothing heavy.
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


# A global: a session may be opened by any code under test. The last one holds.
_held = [RunDefaults()]


def held() -> RunDefaults:
    """What holds now."""
    return _held[-1]


def hold(presets: RunDefaults) -> None:
    """Let it hold from now on, until `drop`; a run inside a run holds its own."""
    _held.append(presets)


def drop(presets: RunDefaults) -> None:
    """Let what held before hold again."""
    if presets in _held[1:]:
        _held.remove(presets)
