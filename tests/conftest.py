"""On continuous integration a skip is a failure: `.ci/run` installs every tool that tests need.

Only the streams that were recorded elsewhere may be absent there (they are not the project's), and
the privilege to mount a file system.
"""

import pytest

from tests.tools_present import IN_CI

ALLOWED = (
    "no recorded streams in",
    "no conformance cases at",
    # Privileges are no tools: who is not root, or is it in a container, can't mount.
    "mounting a small tmpfs needs root",
    "this system mounts no tmpfs",
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Fail the run for each skip that is not allowed."""
    if not IN_CI:
        return
    for report in terminalreporter.stats.get("skipped", []):
        *_, reason = report.longrepr if isinstance(report.longrepr, tuple) else (report.longrepr,)
        reason = str(reason).removeprefix("Skipped: ")
        if not reason.startswith(ALLOWED):
            terminalreporter.write_line(f"skipped on CI: {report.nodeid}: {reason}", red=True)
            terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED  # type: ignore[union-attr]  # there is no public way to fail a run that late
