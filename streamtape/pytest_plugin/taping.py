"""One test and its cassette: which one, with which options, and what its end means for the file.

The session is opened by a fixture, so that requests of other fixtures are recorded too, and closed
with it. What the cassette has to say about the test it says in the call phase, so that the test
fails; the end of the test decides whether a recording is kept.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from streamtape.errors import StreamtapeError, UsageError
from streamtape.pytest_plugin import settings
from streamtape.session.modes import Options
from streamtape.transport import install
from streamtape.transport.decorator import Wanted, wanted_by
from streamtape.transport.naming import name_of_test, place_of
from streamtape.transport.opening import open_session


class NotEndedError(BaseException):
    """Stands for the end of a test that did not come to its end."""


class Taping:
    """The cassette of one test: `with Taping(item, config): ...` opens and closes it."""

    def __init__(self, item: pytest.Function, config: Mapping[str, Any]) -> None:
        self._item = item
        wanted = _marked(item)
        run = settings.of(item.config)
        _check_config(config)
        options = {**run.defaults, **config, **wanted.options, **run.overrides}
        self.path = _place(item, wanted.cassette)
        self.wanted = wanted
        self.session = open_session(self.path, Options.of(**options))
        self._error: BaseException | None = NotEndedError("the test did not come to its end")

    def __enter__(self) -> Self:
        self._before = install.current()
        try:
            install.activate(self.session, self.wanted)
        except BaseException as error:
            self.session.close(error)
            raise
        taping: Taping = self
        self._item.stash[settings.TAPING] = taping
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del self._item.stash[settings.TAPING]
        install.deactivate(self.session, self._before)
        self.session.close(error or self._error)

    def call(self) -> Generator[None, Any, Any]:
        """The call phase: what the test leaves unsaid, its session says."""
        try:
            result = yield
        except Exception as error:
            if not isinstance(error, StreamtapeError):
                problem = self.session.problem(error)
                if problem is not None:
                    raise problem from error
            raise
        problem = None if getattr(self._item, "_excinfo", None) else self.session.problem()
        if problem is not None:
            raise problem
        return result

    def saw(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Take down how a phase of the test ended."""
        if call.excinfo is not None and call.when != "teardown":
            self._error = call.excinfo.value
        elif call.when == "call":
            self._error = None


def _marked(item: pytest.Function) -> Wanted:
    wanted = wanted_by(item.obj) or Wanted()
    for mark in item.iter_markers(settings.MARKER):
        if len(mark.args) > 1:
            raise UsageError(
                f"@pytest.mark.streamtape takes one name and options, not {mark.args!r}"
            )
        Options.of(**mark.kwargs)
        wanted = wanted.over(Wanted(str(mark.args[0]) if mark.args else None, dict(mark.kwargs)))
    return wanted


def _check_config(config: Mapping[str, Any]) -> None:
    if not isinstance(config, Mapping):
        raise UsageError(f"the fixture tape_config gives {config!r}; a dict of options is wanted")
    Options.of(**config)


def _place(item: pytest.Function, name: str | None) -> Path:
    names = [*_classes(item), item.originalname]
    parameters = item.callspec.id if hasattr(item, "callspec") else None
    parent = item.parent.obj if isinstance(item.parent, pytest.Class | pytest.Module) else None
    default = name_of_test(names, parameters, dir(parent))
    return place_of(name, item.path, default)


def _classes(item: pytest.Function) -> list[str]:
    return [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
