"""A pytest plugin that runs each test alone: in a process that is forked once tests are collected.

    python -m pytest -p tools.alone tests/stores      finds tests that need another one to have run

No test has what another one of its module or session has set up, registered or imported, as on a
worker of pytest-xdist that gets only this one of a file. Fixtures of modules are made anew for each
test, so this takes longer than a usual run. It needs `fork`, and pytest in one process (-n 0).
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import Any

import pytest
from _pytest.runner import runtestprotocol


def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the folder of temporary files once, for all the processes."""
    session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]  # there is no public way


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool:
    """Run a test in a child, and report what it reports."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for data in _in_child(item):
        report = item.config.hook.pytest_report_from_serializable(config=item.config, data=data)
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _in_child(item: pytest.Item) -> list[Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            with os.fdopen(writer, "wb") as out:
                out.write(pickle.dumps(_reports(item)))
        finally:
            os._exit(0)  # nothing of pytest's own end: that is the parent's
    os.close(writer)
    with os.fdopen(reader, "rb") as ended:
        reports = ended.read()
    _, status = os.waitpid(child, 0)
    if not reports:
        sys.exit(f"{item.nodeid}: its process ended with status {status} and without a report")
    return list(pickle.loads(reports))


def _reports(item: pytest.Item) -> list[Any]:
    serialized = item.config.hook.pytest_report_to_serializable
    reports = runtestprotocol(item, nextitem=None, log=False)
    return [serialized(config=item.config, report=report) for report in reports]
