"""One test and its cassette: which one, with which options, and what its end means for the file.

The session is opened by a fixture, so that requests of other fixtures are recorded too, and closed
with it. What the cassette has to say about the test it says in the call phase, so that the test
fails; the end of the test decides whether a recording is kept.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from streamtape.errors import StreamtapeError, UsageError
from streamtape.pytest_plugin import item_marks, settings, stash
from streamtape.pytest_plugin.cassette_paths import path_for_item, spec_of_item
from streamtape.pytest_plugin.vacuous import UnprovenWarning, report_vacuous
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.transport import patch
from streamtape.transport.network_guard import Guard
from streamtape.transport.session_factory import disabled_session, open_session


def as_failure(error: BaseException | None) -> BaseException | None:
    """What a test ended with; the outcomes that pytest raises (fail, skip, xfail) as assertions."""
    return AssertionError(str(error)) if isinstance(error, _OUTCOMES) else error


_OUTCOMES = (pytest.fail.Exception, pytest.skip.Exception, pytest.xfail.Exception)


class NotEndedError(BaseException):
    """Stands for the end of a test that did not come to its end."""


class ItemSession:
    """The cassette of one test: `with Taping(item, config): ...` opens and closes it."""

    def __init__(self, item: pytest.Function, config: Mapping[str, Any]) -> None:
        self._item = item
        self._run = run = settings.of(item.config)
        self._guard: Guard | None = None
        self.spec = spec = spec_of_item(item)
        if not isinstance(config, Mapping):
            raise UsageError(f"tape_config must give a dict of options, got {config!r}")
        given = {**config, **spec.options}
        self.own = {key: given.pop(key) for key in settings.OWN_KEYS if key in given}
        self._allowed = item_marks.hosts_of(self.own)
        if not spec.explicit:
            given.setdefault("allow_no_requests", True)
        options = run.options(given)
        self.path = path_for_item(item, spec.cassette, anew=options.mode == "all")
        self.cassette_file = settings.absolute(self.path)
        again = f"pytest {item.nodeid!r} --tape-record=all"
        if run.presets.disabled:
            self.session = disabled_session(options)
        else:
            near = self._near() if isinstance(self.path, Path) else self.path
            self.session = open_session(near, options, again=again.replace("'", '"'))
        self._error: BaseException | None = NotEndedError("the test did not come to its end")

    def _near(self) -> str:
        """How messages call the file: from here, where it lies below."""
        return self.cassette_file.removeprefix(settings.absolute("") + os.sep)

    def __enter__(self) -> Self:
        self._before = patch.current()
        self._run.lend_keys(replays=not self.session.records and not self._run.presets.disabled)
        try:
            if not self._run.presets.disabled:
                self._run.retain_patches()
                patch.activate(self.session, self.spec)
                # unittest runs a test's coroutines in a context that it took before.
                context = getattr(self._item.instance, "_asyncioTestContext", None)
                if context is not None:
                    context.run(patch.bind, self.session)
            if self.own.get("block_network"):
                self._guard = Guard(self._allowed)
                self._guard.install()
        except BaseException as error:
            self.session.close(error)
            raise
        taping: ItemSession = self
        self._item.stash[stash.TAPING] = taping
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del self._item.stash[stash.TAPING]
        if self._guard is not None:
            self._guard.remove()
        patch.deactivate(self.session, self._before)
        session = self.session
        unplayed = set(map(id, session.unplayed))
        self._item.stash[stash.OUTCOME] = {
            "place": self.cassette_file,
            "n": len(session.cassette),
            "unplayed": [n for n, one in enumerate(session.cassette) if id(one) in unplayed],
            "n_requests": len(session.exchanges),
            "replays": not session.n_recorded,
            "passed": self._error is None,
        }
        session.close(as_failure(error or self._error))

    def call(self) -> Generator[None, Any, Any]:
        """The call phase: what the test leaves unsaid, its session says."""
        __tracebackhide__ = True
        try:
            result = yield
        except Exception as error:
            if not isinstance(error, StreamtapeError):
                problem = self.session.problem(error)
                if problem is not None:
                    raise problem from error
            raise
        if getattr(self._item, "_excinfo", None) or self._run.presets.disabled:
            return result  # unittest notes its failures there, and raises nothing
        problem = self.session.problem()
        if problem is not None:
            raise problem
        for text in self.session.remarks():
            self._warn(text, StreamtapeWarning)
        report_vacuous(self.session, self._warn, explicit=self.spec.explicit, run=self._run)
        return result

    def _warn(self, text: str, category: type[StreamtapeWarning]) -> None:
        """Warn at the line where the test begins."""
        line = (self._item.location[1] or 0) + 1
        warnings.warn_explicit(text, category, str(self._item.path), line)

    def saw(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Take down how a phase of the test ended; a failed one reports where its streams were."""
        if call.excinfo is not None and call.when != "teardown":
            error = call.excinfo.value
            # What proves nothing is no fault of the recording.
            self._error = None if isinstance(error, UnprovenWarning) else error
            if report.failed:
                from streamtape.pytest_plugin.failure_report import tell

                own = path_for_item(self._item, None, anew=True)
                failure = as_failure(self._error)
                reason = None if failure is None else self.session.spoiled(failure)
                tell(report, self.session, own.name, self._run.report, reason)
        elif call.when == "call":
            self._error = None
