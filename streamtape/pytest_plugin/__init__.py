"""The pytest plugin: the `tape` fixture and the `streamtape` marker.

Pytest imports this module in every run, so it holds hooks only, and imports nothing heavy before a
test asks for a cassette. What the hooks do stands in the modules beside it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from streamtape.pytest_plugin import settings

if TYPE_CHECKING:
    from streamtape.session.session import Session

FIXTURE = "_streamtape_session"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--tape-...` and the ini options `tape_...`."""
    settings.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and read the options once."""
    config.addinivalue_line("markers", settings.MARKER_LINE)
    settings.configure(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forget the options."""
    settings.unconfigure(config)


def pytest_report_header(config: pytest.Config) -> str:
    """Say what holds in this run, and where it was said."""
    return settings.of(config).header()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have a marked or decorated test open its cassette before its own fixtures."""
    if isinstance(item, pytest.Function) and settings.is_wanted(item):
        settings.add_fixture(item, FIXTURE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let a test fail that its cassette proves nothing for."""
    taping = item.stash.get(settings.TAPING, None)
    if taping is None:
        return (yield)
    return (yield from taping.call())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the cassette how its test ended."""
    report = yield
    taping = item.stash.get(settings.TAPING, None)
    if taping is not None:
        taping.saw(call, report)
    return report


@pytest.fixture
def tape_config() -> dict[str, Any]:
    """Options for every cassette of a module, a package or a run: override it in a conftest.py."""
    return {}


@pytest.fixture
def _streamtape_session(
    request: pytest.FixtureRequest, tape_config: dict[str, Any]
) -> Iterator[Session]:
    from streamtape.pytest_plugin.taping import Taping

    taping = Taping(request.node, tape_config)
    with taping:
        yield taping.session


@pytest.fixture
def tape(_streamtape_session: Session) -> Session:
    """The cassette of this test, open while it runs: a `streamtape.Session`."""
    return _streamtape_session
