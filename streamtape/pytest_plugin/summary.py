"""The end of a run: reports unplayed interactions and unused files, and prunes those.

What each test opened comes with its report, so it is the same under pytest-xdist, and a worker that
dies takes nothing with it. Only a whole run that passed says what is not used: a part of the tests
uses a part of the files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from streamtape.pytest_plugin import settings

SNAPSHOTS = "snapshots"
FAILED = "not every test passed"
_PARTIAL = ("keyword", "markexpr", "deselect", "lf", "stepwise", "ignore", "ignore_glob")


def sent(name: str) -> str:
    """The name of a file as reports send it: one that is not UTF-8 would end pytest-xdist's run."""
    return quote(name, errors="surrogatepass")


def received(name: str) -> str:
    """The name of a file that `sent` made ready."""
    return unquote(name, errors="surrogatepass")


class Summary:
    """Collects what the reports of all tests say; registered where reports come together."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._used: set[str] = set()
        self._files: set[str] = set()
        self._skipped: set[str] = set()
        self._outcomes: dict[str, dict[str, dict[str, Any]]] = {}
        self._deselected = 0
        self._crashed = False
        self._lines: list[str] = []

    def pytest_deselected(self, items: list[Any]) -> None:
        """Count what was left out."""
        self._deselected += len(items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker of pytest-xdist is done."""
        self._crashed = self._crashed or error is not None
        self._deselected += getattr(node, "workeroutput", {}).get("streamtape_deselected", 0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what one phase of one test opened."""
        file = report.nodeid.partition("::")[0]
        self._files.add(file)
        if report.skipped:  # nobody knows how many snapshots it would have taken
            self._skipped.add(file)
        found: dict[str, Any] | None = getattr(report, "streamtape", None)
        if found is None:
            return
        self._used.update(map(received, found["used"]))
        if outcome := found["outcome"]:
            # By test: of one that is run again, the last run counts.
            place = received(outcome["place"])
            self._outcomes.setdefault(place, {})[report.nodeid] = outcome | {"place": place}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Find what is not used, and remove it where that was requested."""
        self._used.update(settings.of(self._config).opened)  # read while modules were imported
        prune = bool(self._config.option.tape_prune)
        why = self._why_partial(session, exitstatus)
        if self._crashed:
            self._lines.append("a worker crashed: what was not played or used is not known")
            self._lines += [
                f"{_short(path)}: a recording that died; streamtape recover makes a cassette of it"
                for path in sorted(set(self._journals()))
            ]
        elif why in {"", FAILED} and settings.of(self._config).unplayed != "ignore":
            self._lines += self._unplayed()
        if why:
            if prune:
                self._lines.append(f"nothing was removed, as {why}")
            return
        for path in sorted(set(self._orphans())):
            if prune:
                path.unlink(missing_ok=True)
                self._lines.append(f"{_short(path)}: removed, as no test uses it")
            else:
                self._lines.append(f"{_short(path)}: no test uses it (--tape-prune removes it)")

    def _unplayed(self) -> Iterator[str]:
        """What no test played of the cassettes whose tests all passed: some share one."""
        for cassette_file, of_tests in sorted(self._outcomes.items()):
            outcomes = list(of_tests.values())
            if not all(one["passed"] and one["replays"] for one in outcomes):
                continue
            n = max(one["n"] for one in outcomes)
            left = set(range(n)).intersection(*(one["unplayed"] for one in outcomes))
            if n and not any(one["n_requests"] for one in outcomes):
                yield f"{_short(cassette_file)}: opened, but nothing of it was played"
            elif left:
                yield f"{_short(cassette_file)}: {len(left)} of {n} interactions were not played"

    def _journals(self) -> Iterator[Path]:
        from streamtape.transport.cassette_paths import FOLDER, SUFFIX

        for file in self._files:
            home = self._config.rootpath / file
            for folder in _folders(home.parent / FOLDER):
                yield from folder.glob(f"*{SUFFIX}*.part")

    def _why_partial(self, session: pytest.Session, exitstatus: int) -> str:
        option = self._config.option
        if self._crashed:
            return "a worker crashed"
        if exitstatus != pytest.ExitCode.OK:
            return FAILED
        if self._deselected or any(getattr(option, name, None) for name in _PARTIAL):
            return "only a part of the tests ran"
        if any("::" in str(arg) for arg in self._config.args) or option.collectonly:
            return "only a part of the tests ran"
        return "the run was stopped" if session.shouldstop or session.shouldfail else ""

    def _orphans(self) -> Iterator[Path]:
        """Files of the modules that ran, and of modules that are gone, that no test used."""
        from streamtape.pytest_plugin.fixture_paths import is_cassette_of_fixture
        from streamtape.transport.cassette_paths import FOLDER, SUFFIX

        whole = all(Path(str(arg)).is_dir() for arg in self._config.args)
        modules = {self._config.rootpath / file for file in self._files}
        skipped = {self._config.rootpath / file for file in self._skipped}
        for home in {path.parent for path in modules}:
            stems = {path.stem for path in modules if path.parent == home}
            for name, suffix in ((FOLDER, SUFFIX), (SNAPSHOTS, ".txt")):
                for folder in _folders(home / name):
                    module = home / f"{folder.name}.py"
                    if name == SNAPSHOTS and module in skipped:
                        continue
                    gone = whole and not module.exists()
                    if folder.name in stems or gone:
                        for path in self._unused_in(folder, suffix):
                            # Tests that were skipped set no fixture up.
                            if module not in skipped or not is_cassette_of_fixture(path):
                                yield path

    def _unused_in(self, folder: Path, suffix: str) -> Iterator[Path]:
        for path in folder.iterdir():
            if path.suffix == suffix and str(path.absolute()) not in self._used:
                yield path

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the summary."""
        if self._lines:
            terminalreporter.section("streamtape")
            for line in self._lines:
                terminalreporter.line(line)


class Counter:
    """On a worker of pytest-xdist: tells the controller how many tests were left out."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self._deselected = 0

    def pytest_deselected(self, items: list[Any]) -> None:
        """Count what was left out."""
        self._deselected += len(items)

    def pytest_sessionfinish(self) -> None:
        """Send it along."""
        self._config.workeroutput["streamtape_deselected"] = self._deselected


def register(config: pytest.Config) -> None:
    """Report at the end of this run, where its reports come together."""
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(Counter(config), "streamtape-counter")
    else:
        config.pluginmanager.register(Summary(config), "streamtape-summary")


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _short(path: str | Path) -> str:
    if "://" in str(path):
        return str(path)
    try:
        return os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
