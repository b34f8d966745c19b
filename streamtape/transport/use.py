"""`use_cassette`: a session for whatever runs inside a `with`."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Unpack

from streamtape.session.modes import OptionFields, Options
from streamtape.session.session import Session
from streamtape.transport import install, presets
from streamtape.transport.opening import disabled_session, open_session


class use_cassette:  # noqa: N801 - it reads as a verb, like contextlib's own
    """Record or replay every httpx and httpx2 request made inside a `with` or `async with`.

        with streamtape.use_cassette("run.tape", mode="once", speed=None) as session:
            ...

    Gives the `Session`. Options are those of `streamtape.Options`: `mode`, `speed`, `match_on`, ...
    UsageError for an unknown one; CassetteNotFoundError where mode `none` finds no file; MissError
    for a request that nothing answers; NothingRecordedError where a session that was to record saw
    no request; CassetteWriteError where the recording could not be written.
    """

    def __init__(self, cassette: str | os.PathLike[str], **options: Unpack[OptionFields]) -> None:
        self._cassette = cassette
        self._options = Options.of(**presets.held().options(**options))
        self._open: list[tuple[Session, Session | None]] = []

    def __enter__(self) -> Session:
        before = install.current()
        if presets.held().disabled:
            session = disabled_session(self._options)
            self._open.append((session, before))
            return session
        session = open_session(self._cassette, self._options)
        try:
            install.activate(session)
        except BaseException as error:
            session.close(error)
            raise
        self._open.append((session, before))
        return session

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        session, before = self._open.pop()
        install.deactivate(session, before)
        session.close(error)

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)
