"""Every exception that streamtape raises.

StreamtapeError
├── UsageError                    an option, mode, level or name that does not exist (ValueError)
├── CassetteError                 something about one file; carries .path
│   ├── CassetteNotFoundError     no such cassette (FileNotFoundError)
│   ├── NotACassetteError         the file is something else
│   ├── DamagedCassetteError      torn, truncated or altered
│   ├── NewerFormatError          written by a later streamtape
│   ├── CassetteLimitError        larger than the limits of loading allow
│   ├── CassetteWriteError        disk full, no permission, folder gone
│   │   └── StoreConflictError    another writer was there first; nothing was overwritten
│   ├── StoreError                a store can't be reached, or refuses
│   └── JournalLeftError          a recording died here; `streamtape recover` has it
├── FramingError                  bytes that can't be cut into frames
│   └── FrameTooLargeError        one frame is over the bound
├── ContentError                  a content-encoding that can't be undone
│   └── ContentLimitError         it decodes to more than anybody would send
├── ConvertError                  a foreign document that can't be read; carries .path
├── InstallError                  a library whose seam is not where we know it
├── ServerError                   a port in use, an upstream that can't be reached
├── WorkerError                   processes or a cluster that shared the work failed
└── SessionError
    ├── MissError                 no recorded interaction answers a request
    │   └── UnseenConnectionError a library that sessions do not see was to connect, or did
    ├── NothingRecordedError      a session that was to record saw no request
    ├── AmbiguousSessionError     several sessions are active and nothing says which is meant
    ├── ForkedError               a forked process was to record for the one that it came from
    ├── ExpiredError              a cassette is older than `max_age`
    ├── NetworkBlockedError       a socket was to reach a host that the test run forbids
    ├── ClockError                a clock that is moved by hand was waited for, and stood still
    ├── VerifyError               mode `verify`: what came is not what the cassette holds
    └── ReplayEndError            the client read past the end of what was recorded

A subclass says whose fault it is. A message says what was wrong, the value, the file, the way out.
A value may hold a secret, so a message is masked when it is shown, wherever that is: on a terminal,
in a log, in a report of tests. `args` has it as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import streamtape


class StreamtapeError(Exception):
    """The base of every error that streamtape raises on purpose."""

    def __str__(self) -> str:
        return streamtape.masked_message(super().__str__())

    def __repr__(self) -> str:
        return streamtape.masked_message(super().__repr__())


class UsageError(StreamtapeError, ValueError):
    """An option, mode, level or name that does not exist or can't be combined."""


class CassetteError(StreamtapeError):
    """Something is wrong with one cassette file; `path` says which, where it is known."""

    def __init__(self, message: str, *, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__(message)
        self.path = path


class CassetteNotFoundError(CassetteError, FileNotFoundError):
    """There is no cassette at this path, and the record mode does not let us make one."""


class NotACassetteError(CassetteError):
    """The file does not begin as a cassette does."""


class DamagedCassetteError(CassetteError):
    """The file is torn, truncated or altered: nothing of it is trusted."""


class NewerFormatError(CassetteError):
    """The file's format version is later than this streamtape reads."""


class CassetteLimitError(CassetteError):
    """The file would unpack to more than the limits of loading allow."""


class CassetteWriteError(CassetteError):
    """The cassette or its journal could not be written."""


class StoreConflictError(CassetteWriteError):
    """A store has another version by now than the one that was to be replaced."""


class StoreError(CassetteError):
    """A store, such as S3, can't be reached, or refuses to be read."""


class JournalLeftError(CassetteError):
    """A journal of a recording that died lies where a new one would be written."""


class FramingError(StreamtapeError):
    """The bytes can't be cut into frames; `frames` are those that the same call found before."""

    def __init__(self, message: str, *, frames: Iterable[Any] = ()) -> None:
        super().__init__(message)
        self.frames = tuple(frames)


class FrameTooLargeError(FramingError):
    """One frame is larger than the bound; `max_bytes` says what the bound was."""

    def __init__(self, message: str, *, max_bytes: int = 0, frames: Iterable[Any] = ()) -> None:
        super().__init__(message, frames=frames)
        self.max_bytes = max_bytes


class ContentError(StreamtapeError):
    """The content-encoding of a body is unknown, or the body is not what its encoding says."""


class ContentLimitError(ContentError):
    """A piece of a body decodes to more than a recorder or reader takes: a decompression bomb."""


class ConvertError(StreamtapeError):
    """A foreign document can't be read as a recording; `path` says which."""

    def __init__(self, message: str, *, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__(message)
        self.path = path


class InstallError(StreamtapeError):
    """A library's seam, where streamtape hooks in, is not where this version knows it."""


class ServerError(StreamtapeError):
    """A server or proxy can't be started, or its upstream can't be reached."""


class WorkerError(StreamtapeError):
    """Processes that shared the work were killed from outside, or a cluster can't be used."""


class SessionError(StreamtapeError):
    """Something went wrong between a program and its cassette."""


class MissError(SessionError):
    """No recorded interaction answers a request, and the record mode forbids sending it."""


class UnseenConnectionError(MissError):
    """A library that sessions do not see was to connect while one was open, or did."""


class NothingRecordedError(SessionError):
    """A session that was to record saw no request at all."""


class AmbiguousSessionError(SessionError):
    """Several sessions are active, and nothing says which one a request belongs to."""


class ForkedError(SessionError):
    """A process that was forked under a recording session can't record into that session."""


class ExpiredError(SessionError):
    """A cassette is older than `max_age` allows, and `on_expired` is `fail`."""


class NetworkBlockedError(SessionError):
    """A socket was to reach a host that this test run does not allow."""


class ClockError(SessionError):
    """A clock that is moved by hand was waited for, and nobody moved it."""


class VerifyError(SessionError):
    """Mode `verify`: what came just now is not what the cassette holds; `comparison` has it all."""

    def __init__(self, message: str, *, comparison: object = None) -> None:
        super().__init__(message)
        self.comparison = comparison


class ReplayEndError(SessionError):
    """The client read past the end of a recording that was abandoned or unfinished."""
