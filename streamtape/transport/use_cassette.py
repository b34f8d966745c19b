"""`use_cassette`: a session for the code inside a `with` block."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NoReturn, Self, Unpack

from streamtape.errors import UsageError
from streamtape.session.options import OptionFields, Options
from streamtape.session.session import Session
from streamtape.transport import patch, run_defaults
from streamtape.transport.session_context import Opened, SessionContext
from streamtape.transport.session_factory import disabled_session, open_session


class use_cassette(SessionContext):  # noqa: N801 - it reads as a verb, like contextlib's own
    """Record or replay the requests of supported clients that are made inside a `with`.

        with streamtape.use_cassette("run.tape", mode="once", speed=None) as session:
            ...

    Clients are httpx, httpx2, aiohttp, whatever is built on http.client (requests, urllib3, boto3,
    urllib), websockets, and the SDKs that use them. Yields the `Session`. Options are those of
    `streamtape.Options`: `mode`, `speed`, `match_on`, ...
    UsageError for an unknown one; CassetteNotFoundError if mode `none` finds no file; MissError for
    a request that no interaction answers; NothingRecordedError if a recording session saw no
    request; CassetteWriteError if the recording can't be written.
    """

    def __init__(self, cassette: str | os.PathLike[str], **options: Unpack[OptionFields]) -> None:
        self._cassette = cassette
        self._options = Options.of(**run_defaults.current().options(**options))
        self._open: list[Opened] = []

    @classmethod
    def with_defaults(
        cls,
        cassette: str | os.PathLike[str],
        defaults: Mapping[str, Any],
        given: Mapping[str, Any],
    ) -> Self:
        """Make a context with other defaults for the options that are not given."""
        made = cls(cassette)
        made._options = Options.of(**run_defaults.current().options(defaults, **given))
        return made

    def __call__(self, *_: object) -> NoReturn:
        """Refuse to be used as a decorator, unlike VCR's context manager of this name."""
        raise UsageError(
            f"use_cassette is for `with`; `@streamtape.cassette({os.fspath(self._cassette)!r})` "
            "decorates functions, methods and classes"
        )

    def _session(self) -> Session:
        session = open_session(self._cassette, self._options)
        run_defaults.current().began(session)
        return session

    def __enter__(self) -> Session:
        if not run_defaults.current().disabled:
            return super().__enter__()
        session = disabled_session(self._options)
        self._open.append((session, patch.current()))
        return session
