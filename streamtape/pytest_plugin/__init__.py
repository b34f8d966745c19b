"""The pytest plugin: the fixtures `tape`, `tape_server`, `tape_mock`, and the `streamtape` marker.

Pytest imports this module in every run, so it holds hooks only, and imports nothing heavy before a
test asks for a cassette. What the hooks do is in the modules beside it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from streamtape.pytest_plugin import item_marks, report_index, settings, stash, summary
from streamtape.pytest_plugin.fixture_coverage import covered as find_covered

if TYPE_CHECKING:
    from streamtape.mock.server import MockServer
    from streamtape.mock.views import MockTest
    from streamtape.pytest_plugin.item_session import ItemSession
    from streamtape.pytest_plugin.snapshot_fixture import TapeSnapshot
    from streamtape.server.proxy import RecordingProxy
    from streamtape.session.session import Session

FIXTURE = "_streamtape_session"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--tape-...` and the ini options `tape_...`."""
    settings.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and read the options once."""
    config.addinivalue_line("markers", settings.MARKER_LINE)
    run = settings.configure(config)
    run.presets.config = lambda: _config_for(run)
    run.presets.began = lambda session: _begun(run, session)
    summary.register(config)
    report_index.register(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forget the options."""
    settings.unconfigure(config)


def pytest_report_header(config: pytest.Config) -> str:
    """Report the options of this run, and where each was set."""
    return settings.of(config).header()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Cover fixtures of wider scopes, where tests with a cassette are there that may use them."""
    covered = None if settings.of(session.config).presets.disabled else find_covered(session.items)
    if covered is not None:
        from streamtape.pytest_plugin.fixture_sessions import FixtureTapes

        hook = FixtureTapes(covered, _config_of)
        session.config.pluginmanager.register(hook, "streamtape-fixtures")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Have a marked or decorated test open its cassette before its own fixtures."""
    if stash.OUTCOME in item.stash:  # of a run before: tests are run again after a failure
        del item.stash[stash.OUTCOME]
    has_cassette = isinstance(item, pytest.Function) and item_marks.uses_cassette(item)
    bare = has_cassette and item_marks.uses_no_fixture(item)  # type: ignore[arg-type]  # has_cassette: a Function
    run = settings.of(item.config)
    run.item = item
    if not has_cassette:
        run.lend_keys(replays=False)
        run.block(item_marks.block_of(item))
    if has_cassette and not bare:
        item_marks.add_fixture(item, FIXTURE)  # type: ignore[arg-type]  # has_cassette: a Function
    yield
    if bare:  # what a fixture does, for a third of what one costs
        taping = _taping(item._request)  # type: ignore[attr-defined]  # a Function has it
        taping.__enter__()
        item.addfinalizer(lambda: taping.__exit__(None, None, None))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that made no request to its cassette."""
    taping = item.stash.get(stash.TAPING, None)
    if taping is None:
        return (yield)
    return (yield from taping.call())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the cassette how its test ended; an error of ours is shown without our own lines."""
    error = call.excinfo and call.excinfo.value
    shown = None
    if error is not None and type(error).__module__.startswith("streamtape."):
        from streamtape.pytest_plugin.traceback_filter import shortened

        shown = shortened(item, call)
    report = yield
    report.longrepr = shown or report.longrepr
    taping = item.stash.get(stash.TAPING, None)
    if taping is not None:
        taping.saw(call, report)
    if call.when == "teardown":
        settings.of(item.config).block(None)
    _tell_used(item, call, report, taping)
    return report


def _tell_used(
    item: pytest.Item,
    call: pytest.CallInfo[None],
    report: pytest.TestReport,
    taping: stash.OpenCassette | None,
) -> None:
    """Send along which files a test uses: reports reach the end of the run from every process."""
    opened = settings.of(item.config).opened
    used = list(opened)
    opened.clear()
    if call.when == "setup" and taping is not None:
        used.append(taping.cassette_file)
    elif call.when == "setup" and item_marks.uses_cassette(item):
        from streamtape.errors import UsageError
        from streamtape.pytest_plugin.cassette_paths import path_of_item

        with contextlib.suppress(UsageError):  # reported where the test fails for it
            used.append(path_of_item(item))  # type: ignore[arg-type]  # is_wanted: a Function
    outcome = item.stash.get(stash.OUTCOME, None) if call.when == "teardown" else None
    if used or outcome:
        used = list(map(summary.sent, used))
        if outcome is not None:
            outcome = outcome | {"place": summary.sent(outcome["place"])}
        report.streamtape = {"used": used, "outcome": outcome}  # type: ignore[attr-defined]  # reports carry what they are given


@pytest.fixture(scope="session")
def tape_config() -> dict[str, Any]:
    """Options for every cassette of a module, a package or a run: override it in a conftest.py."""
    return {}


@pytest.fixture
def _streamtape_session(request: pytest.FixtureRequest) -> Iterator[Session]:
    with _taping(request) as taping:
        yield taping.session


def _taping(request: pytest.FixtureRequest) -> ItemSession:
    from streamtape.pytest_plugin.item_session import ItemSession

    return ItemSession(request.node, _config_of(request))


def _config_for(run: settings.Settings) -> dict[str, Any]:
    """The options of `tape_config` for the sessions that a test opens itself."""
    request = getattr(run.item, "_request", None)
    config = {} if request is None else _config_of(request)
    return {key: value for key, value in config.items() if key not in settings.OWN_KEYS}


def _begun(run: settings.Settings, session: Session) -> None:
    """Lend keys to what a session does that a test opened itself, and that only replays."""
    taping = None if run.item is None else run.item.stash.get(stash.TAPING, None)
    if run.item is not None and taping is None and not session.records:
        run.lend_keys(replays=True)
        session.when_closed(lambda: run.lend_keys(replays=False))


def _config_of(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What `tape_config` gives; ours gives nothing, and need not be called a thousand times."""
    found = request.session._fixturemanager.getfixturedefs("tape_config", request.node)
    if found is not None and len(found) == 1 and "tape_config" not in request.node.fixturenames:
        return {}
    config: dict[str, Any] = request.getfixturevalue("tape_config")
    return config


@pytest.fixture
def tape(_streamtape_session: Session) -> Session:
    """The cassette of this test, open while it runs: a `streamtape.Session`."""
    return _streamtape_session


@pytest.fixture
def tape_server(
    request: pytest.FixtureRequest, _streamtape_session: Session
) -> Iterator[RecordingProxy]:
    """The cassette of this test behind a port, for clients that are not in this process."""
    from streamtape.pytest_plugin.server_fixture import serving

    with serving(request.node.stash[stash.TAPING]) as server:
        yield server


@pytest.fixture(scope="session")
def _streamtape_mock() -> Iterator[MockServer]:
    from streamtape.mock.server import MockServer

    with MockServer() as server:
        yield server


@pytest.fixture
def tape_mock(request: pytest.FixtureRequest, _streamtape_mock: MockServer) -> Iterator[MockTest]:
    """A mock provider whose answers the test sets; the environment points SDKs at it."""
    from streamtape.pytest_plugin.mock_fixture import mocking

    with mocking(_streamtape_mock, request.node.nodeid) as mock:
        yield mock


@pytest.fixture
def tape_snapshot(request: pytest.FixtureRequest) -> TapeSnapshot:
    """Compares equal to a stream whose canonical text is in the snapshot beside the test."""
    from streamtape.pytest_plugin.snapshot_fixture import TapeSnapshot

    return TapeSnapshot(request.node, [])


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explain a stream that is not as its snapshot."""
    for side in (right, left):
        if op == "==" and type(side).__name__ == "TapeSnapshot":
            return ["the stream == its snapshot", *side.why]  # type: ignore[attr-defined]  # by its name: nothing is imported for other comparisons
    return None
