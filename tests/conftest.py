"""What holds for every test: nothing is skipped on continuous integration, nothing hurried.

`.ci/run` installs every tool that tests need, so a skip there is a failure. Only the streams that
were recorded elsewhere may be absent (they are not the project's), and the privilege to mount a
file system. How long an example of Hypothesis takes is no finding, wherever it runs; on continuous
integration the examples are the same in every run, and fewer where coverage is measured.

Signals that whoever started the run has ignored (nohup, `pytest &` in a script) are not: children
inherit that, and the tests of Ctrl-C and of a closed terminal would wait for nothing.

Temporary files are in memory where there is room: tests write thousands of files that are synced to
the disk, which takes milliseconds each. TMPDIR names another place.
"""

import gc
import os
import signal
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
from _pytest import pytester
from hypothesis import HealthCheck, settings

import streamtape
from tests.certificates import trust_one
from tests.tools_present import IN_CI, memory_has_room
from tools.leftovers import LeftoverCheck

# Where time counts more than examples: coverage is measured, or the quick tests of tools run.
FEW_EXAMPLES = bool({"COVERAGE_RUN", "STREAMTAPE_FEW_EXAMPLES"} & os.environ.keys())

settings.register_profile(
    "unhurried",
    parent=settings.get_profile("ci" if IN_CI or FEW_EXAMPLES else "default"),
    max_examples=20 if FEW_EXAMPLES else 100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unhurried")

for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    number = getattr(signal, name, None)  # Windows has no SIGHUP
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

MEMORY = "/dev/shm"
if "TMPDIR" not in os.environ and memory_has_room(MEMORY):
    os.environ["TMPDIR"] = MEMORY
    tempfile.tempdir = None  # it is read anew

trust_one()

# Coverage measures the workers of xdist, which it starts by this variable. Their children (servers,
# command lines, hundreds of interpreters) would start at half the speed with it.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


INSTALLED = (*sysconfig.get_paths().values(), *streamtape.__path__)


def installed(module: ModuleType) -> bool:
    """Whether a module is a library's or our own, and not a test's."""
    names = getattr(module, "__dict__", {})  # a test may have put something else there
    locations = [names.get("__file__"), *names.get("__path__", ())]
    found = [location for location in locations if location]
    return bool(found) and all(location.startswith(INSTALLED) for location in found)


class LastingModules(pytester.SysModulesSnapshot):
    """Forgets the modules of a run inside a run, one by one, but for those of libraries.

    Those cost some 0.2 s each time: one of ours imports Redis and OpenTelemetry where they are
    installed.

    The base class empties `sys.modules` first: a server's thread that imports at that moment gets a
    second `io`, whose errors are others than those that everyone catches.
    """

    def __init__(self, preserve: Callable[[str], bool] | None = None) -> None:
        self._preserve = preserve or (lambda _name: False)
        self._saved = dict(sys.modules)

    def restore(self) -> None:
        for name, module in list(sys.modules.items()):
            if name not in self._saved and not self._preserve(name) and not installed(module):
                sys.modules.pop(name, None)
        for name, module in self._saved.items():
            if not (self._preserve(name) and name in sys.modules):
                sys.modules[name] = module


pytester.SysModulesSnapshot = LastingModules  # type: ignore[misc]  # there is no public way


def pytest_configure(config: pytest.Config) -> None:
    """Fail a file that leaves anything behind: some 0.2 ms for each of them."""
    config.pluginmanager.register(LeftoverCheck())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the longest tests to workers first."""
    if hasattr(config, "workerinput"):
        from tests.scheduling import long_first  # needs xdist, which is there

        items[:] = long_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give whole files to workers."""
    from tests.scheduling import FileScheduling  # needs xdist, which is there

    return FileScheduling(config, log) if config.option.dist == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Leave what all tests share out of each later search for garbage, and search none meanwhile.

    Twelve thousand tests and the modules that they import are 700,000 objects: each search through
    them takes half a second.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


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
