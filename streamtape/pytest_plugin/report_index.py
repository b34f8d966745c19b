"""The index of `--tape-report=DIR`: written at the end of a run, where its reports come together.

What each failed test left comes with its report, so it is the same under pytest-xdist. A run in
which nothing failed writes nothing, unless there is an index of ours that says otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from streamtape.errors import StreamtapeError
from streamtape.pytest_plugin import settings

NAME = "index.html"
LEFT = "streamtape_left"  # the attribute of a report
_MARK = b'<meta name="generator" content="streamtape">'
_LOOKED_AT_BYTES = 4_096


class ReportIndex:
    """Collects what failed tests left."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._left: dict[str, dict[str, Any]] = {}
        self._tests: set[str] = set()
        self._failed: set[str] = set()
        self._line = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what one phase of one test left; of one that is run again, the last run counts."""
        if report.when == "setup":
            self._failed.discard(report.nodeid)
            self._left.pop(report.nodeid, None)
        self._tests.add(report.nodeid)
        if report.failed:
            self._failed.add(report.nodeid)
        left = getattr(report, LEFT, None)
        if left is not None:
            self._left[report.nodeid] = left

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the index, where there is something to say."""
        if not self._left and not self._is_ours():
            return
        from streamtape.report.failed_tests import FailedTest, index_page
        from streamtape.tape.store.disk import writing
        from streamtape.tape.store.ordinary import write_whole

        page = index_page(
            "Failed tests and their streams",
            [FailedTest.of(self._left[test]) for test in sorted(self._left)],
            n_tests=len(self._tests),
            n_failed=len(self._failed),
        )
        try:
            with writing(self._path):
                write_whole(self._path, [page.encode("utf-8", "backslashreplace")])
        except StreamtapeError as error:
            self._line = f"the index of failed tests could not be written: {error}"
            return
        if self._left:
            self._line = f"pages of failed tests: {os.path.relpath(self._path)}"

    def _is_ours(self) -> bool:
        from streamtape.stores.local import open_to_read

        try:
            with open(open_to_read(self._path), "rb") as file:  # noqa: PTH123 - a descriptor
                return _MARK in file.read(_LOOKED_AT_BYTES)
        except OSError:
            return False

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print its path."""
        if self._line:
            terminalreporter.section("streamtape: report")
            terminalreporter.line(self._line)


def register(config: pytest.Config) -> None:
    """Have an index written at the end of this run, if it is to leave what failed."""
    folder = settings.of(config).report
    if folder is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(ReportIndex(folder), "streamtape-report")
