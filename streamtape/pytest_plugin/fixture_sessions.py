"""Cassettes for fixtures whose scope is wider than one test: class, module, package, session.

What such a fixture sends belongs to no single test: it is set up once, for whichever test comes
first. So its setup and its teardown have cassettes of their own (`fixture_paths` says where), of
the same modes and options as tests. Covered are fixtures that a collected test with a cassette
uses; where no such test needs one, its requests pass untouched.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streamtape.pytest_plugin import item_marks, settings, stash
from streamtape.pytest_plugin.cassette_paths import location_of_item
from streamtape.pytest_plugin.fixture_coverage import closure, is_taped, may_send
from streamtape.pytest_plugin.fixture_paths import path_of_fixture
from streamtape.pytest_plugin.item_session import as_failure
from streamtape.session.options import Options
from streamtape.session.session import Session
from streamtape.transport import patch
from streamtape.transport.network_guard import Guard
from streamtape.transport.session_factory import open_session

# A replay that differs from its recording is meant for tests, not for what they build on.
_OF_TESTS = ("fault", "pace", "rechunk", "clock", "seed")


class FixtureTape:
    """The cassettes of one instance of a fixture: one for its setup, one for its teardown."""

    def __init__(
        self,
        fixturedef: pytest.FixtureDef[Any],
        request: pytest.FixtureRequest,
        config: dict[str, Any],
    ) -> None:
        item = request._pyfuncitem
        self._item = item
        self._run = settings.of(item.config)
        given = dict(config)
        for mark in reversed(list(request.node.iter_markers(settings.MARKER))):
            given |= mark.kwargs
        own = {key: given.pop(key) for key in settings.OWN_KEYS if key in given}
        self._hosts = item_marks.hosts_of(own) if own.get("block_network") else None
        given = {key: value for key, value in given.items() if key not in _OF_TESTS}
        self._options = self._run.options({**given, "allow_no_requests": True})
        self._places = [
            path_of_fixture(fixturedef, request, teardown=teardown) for teardown in (False, True)
        ]
        self._open: list[Session] = []  # those whose streams may still be read
        self._active = ExitStack()
        self._failed: BaseException | None = None

    def begin(self, *, teardown: bool = False) -> None:
        """Have requests go to the cassette of the setup, or of the teardown."""
        place = self._places[teardown]
        cassette_file = settings.absolute(place)
        is_file = isinstance(place, Path)
        with ExitStack() as stack:
            options = self._options
            if options.mode == "verify" and not place.exists():
                # There is nothing to compare with, and nothing is missing if nothing is sent.
                options = replace(options, mode="none")
            shared = is_file and hasattr(self._item.config, "workerinput")
            if shared and _may_record(options, cassette_file):
                stack.enter_context(one_process_at_a_time(cassette_file))
            again = f'pytest "{self._item.nodeid}" --tape-record=new_episodes'
            near = cassette_file.removeprefix(settings.absolute("") + os.sep)
            opened = near if is_file else place
            session = open_session(opened, options, again=again, eager=False)
            self._open.append(session)
            stack.callback(self._close_or_keep, session)
            self._lend_keys(session)
            stack.callback(self._lend_keys_of_test)
            self._run.retain_patches()
            before = patch.current()
            patch.activate(session)
            stack.callback(patch.deactivate, session, before)
            if self._hosts is not None:
                guard = Guard(self._hosts)
                guard.install()
                stack.callback(guard.remove)
            self._active = stack.pop_all()

    def end_setup(self, error: BaseException | None = None) -> None:
        """Close the cassette of the setup, unless a stream that it opened is still being read."""
        self._failed = error
        with self._active:
            pass

    def end_teardown(self) -> None:
        """Close what is open."""
        self._failed = None
        with ExitStack() as stack:
            for session in self._open:
                stack.callback(session.close)
            stack.push(self._active)

    def _close_or_keep(self, session: Session) -> None:
        going_on = any(one.progress.state == "open" for one in session.exchanges)
        if self._failed is not None or not going_on:
            self._open.remove(session)
            session.close(as_failure(self._failed))

    def _lend_keys(self, session: Session) -> None:
        """Lend keys to a fixture that replays, or that makes but a client for a replaying test."""
        lend = not session.records
        if not lend and self._options.mode == "once":
            lend = item_marks.uses_cassette(self._item) and location_of_item(self._item).exists()
        self._run.lend_keys(replays=lend)

    def _lend_keys_of_test(self) -> None:
        """Lend what the test itself had, where the fixture was set up in the midst of it."""
        taping = self._item.stash.get(stash.TAPING, None)
        if taping is not None:
            self._run.lend_keys(replays=not taping.session.records)


class FixtureTapes:
    """The hook that opens them; registered where a collected test with a cassette needs one."""

    def __init__(self, covered: set[pytest.FixtureDef[Any]], config_of: Any) -> None:
        self._covered = covered
        self._config_of = config_of

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, Any, Any]:
        """Set a fixture up with its cassette open, and see to it that its teardown has one."""
        if not self._is_covered(fixturedef, request):
            return (yield)
        try:
            tape = FixtureTape(fixturedef, request, self._config(fixturedef, request))
            tape.begin()
        except BaseException as error:
            # pytest wants to know how a setup ended before it takes its finalizers.
            key = fixturedef.cache_key(request)  # type: ignore[arg-type]  # it is a SubRequest
            fixturedef.cached_result = (None, key, (error, error.__traceback__))
            raise
        fixturedef.addfinalizer(tape.end_teardown)
        try:
            value = yield
        except BaseException as error:
            tape.end_setup(error)
            raise
        tape.end_setup()
        # The last finalizer is the first to be called.
        fixturedef.addfinalizer(lambda: tape.begin(teardown=True))
        return value

    def _is_covered(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> bool:
        if fixturedef in self._covered:
            return True
        if fixturedef.scope == "function" or not may_send(fixturedef):
            return False
        item: Any = request._pyfuncitem  # it asks for the fixture by name, while it runs
        return isinstance(item, pytest.Function) and is_taped(item)

    def _config(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> dict[str, Any]:
        item: Any = request._pyfuncitem
        if fixturedef.argname in closure(item, "tape_config"):
            return {}  # it is needed to know what tape_config says
        found: dict[str, Any] = self._config_of(item._request)
        return found


def _may_record(options: Options, cassette_file: str) -> bool:
    return options.mode != "none" and not (options.mode == "once" and Path(cassette_file).exists())


def one_process_at_a_time(cassette_file: str) -> ExitStack:
    """Wait until no other worker of this machine records the same fixture, and keep them waiting.

    The first one records; those that waited find its cassette, and replay.
    """
    from streamtape.tape.store.disk import writing
    from streamtape.tape.store.locking import lock, unlock
    from streamtape.tape.store.ordinary import open_to_lock

    digest = hashlib.sha256(cassette_file.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    stack = ExitStack()
    path = Path(tempfile.gettempdir()) / f"streamtape-{digest}.lock"
    with writing(path):
        fd = open_to_lock(path)  # others may put a link or a pipe into that folder
    stack.callback(os.close, fd)
    lock(fd)
    stack.callback(unlock, fd)
    return stack
