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
│   ├── StoreError                a store can't be reached or denies access
│   └── JournalLeftError          an interrupted recording left its journal (`streamtape recover`)
├── FramingError                  bytes that can't be cut into frames
│   └── FrameTooLargeError        one frame is over the bound
├── ContentError                  a content-encoding that can't be undone
│   └── ContentLimitError         it decodes to more than the limit (a decompression bomb)
├── ConvertError                  a foreign document that can't be read; carries .path
├── InstallError                  a library's version that streamtape can't hook into
├── ServerError                   a port in use, an upstream that can't be reached
├── WorkerError                   worker processes or a cluster failed
└── SessionError
    ├── MissError                 no recorded interaction answers a request
    │   └── UnseenConnectionError a library that sessions can't see tried to connect
    ├── NothingRecordedError      a recording session saw no request
    ├── AmbiguousSessionError     several sessions are active and none is the context's own
    ├── ForkedError               a forked process tried to record into its parent's session
    ├── ExpiredError              a cassette is older than `max_age`
    ├── NetworkBlockedError       a socket tried to reach a host that the test run blocks
    ├── ClockError                nobody moved a manual clock that was waited for
    ├── VerifyError               mode `verify`: the responses differ from the cassette
    └── ReplayEndError            the client read past the end of what was recorded

The subclass tells whose fault it is. The message names what was wrong, the value, the file and the
way out. Since a value may hold a secret, secrets are masked whenever the message is shown: on a
terminal, in a log, in a test report. `args` has the unmasked text.
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
    """An option, mode, level or name that does not exist or can't be combined.

    What to do: the message lists the values that are allowed; correct the option.
    """


class CassetteError(StreamtapeError):
    """Something is wrong with one cassette file; `path` is its path, if known."""

    def __init__(self, message: str, *, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__(message)
        self.path = path


class CassetteNotFoundError(CassetteError, FileNotFoundError):
    """There is no cassette at this path, and the record mode does not allow recording one.

    What to do: correct the path, or record it: mode `once`, without `CI` in the environment.
    """


class NotACassetteError(CassetteError):
    """The file is not a cassette: it lacks a cassette's first bytes.

    What to do: convert another tool's file with `streamtape convert FILE run.tape`; fetch the file
    again if git-lfs or a failed download left something else in its place.
    """


class DamagedCassetteError(CassetteError):
    """The file is torn, truncated or altered, so nothing is read from it.

    What to do: restore it from version control or record it again; for a journal (`.part`),
    `streamtape recover` saves the intact parts.
    """


class NewerFormatError(CassetteError):
    """The file's format version is later than this streamtape reads.

    What to do: upgrade streamtape.
    """


class CassetteLimitError(CassetteError):
    """The file would unpack to more than the limits of loading allow.

    What to do: if you trust the file, raise `max_bytes` of `streamtape.load`.
    """


class CassetteWriteError(CassetteError):
    """The cassette or its journal could not be written.

    What to do: free disk space or correct permissions; what was recorded is in the journal
    (`.part`), which `streamtape recover` reads.
    """


class StoreConflictError(CassetteWriteError):
    """Another writer changed the file in a store before it could be replaced.

    What to do: load the new version and decide; give concurrent writers different names.
    """


class StoreError(CassetteError):
    """A store, such as S3, can't be reached or denies access.

    What to do: check the URL, the credentials and the package of that store (the message names it).
    """


class JournalLeftError(CassetteError):
    """An interrupted recording left a journal where a new one would be written.

    What to do: `streamtape recover FILE.part`, or remove it if nothing in it is needed.
    """


class FramingError(StreamtapeError):
    """The bytes can't be cut into frames; `frames` are those that the same call found before.

    What to do: `streamtape show --raw` has the bytes; use the parser of that format.
    """

    def __init__(self, message: str, *, frames: Iterable[Any] = ()) -> None:
        super().__init__(message)
        self.frames = tuple(frames)


class FrameTooLargeError(FramingError):
    """One frame exceeds the limit; `max_bytes` is that limit.

    What to do: raise `max_frame_bytes` if frames of that size are expected.
    """

    def __init__(self, message: str, *, max_bytes: int = 0, frames: Iterable[Any] = ()) -> None:
        super().__init__(message, frames=frames)
        self.max_bytes = max_bytes


class ContentError(StreamtapeError):
    """The content-encoding of a body is unknown, or the body is not what its encoding says.

    What to do: `streamtape show --raw` has the received bytes; the server named a coding that it
    did not use.
    """


class ContentLimitError(ContentError):
    """A piece of a body decodes to more than the limit: a decompression bomb.

    What to do: nothing, if you don't trust the sender; the recording has the bytes as received.
    """


class ConvertError(StreamtapeError):
    """A foreign document can't be read as a recording; `path` says which.

    What to do: the message names the part of the file that is wrong; correct it or export the file
    again.
    """

    def __init__(self, message: str, *, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__(message)
        self.path = path


class InstallError(StreamtapeError):
    """A library lacks the function that streamtape hooks into: its version is too old or too new.

    What to do: use a release of that library that CLIENTS.md lists, or `streamtape record --`.
    """


class ServerError(StreamtapeError):
    """A server or proxy can't be started, or its upstream can't be reached.

    What to do: choose another port (0: any free one), or correct the upstream's address.
    """


class WorkerError(StreamtapeError):
    """Worker processes were killed from outside, or a cluster can't be used.

    What to do: give fewer `--jobs` (memory), or start the cluster; the files are untouched.
    """


class SessionError(StreamtapeError):
    """Something went wrong between a program and its cassette."""


class MissError(SessionError):
    """No recorded interaction answers a request, and the record mode forbids sending it.

    What to do: the message shows the nearest recorded request and where it differs. Leave that out
    (`ignore_json_paths`, `match_up`, `match_on`), or record again: the command is in the message.
    """


class UnseenConnectionError(MissError):
    """A library whose requests sessions can't see tried to connect while a session was open.

    What to do: run that client through `tape_server` or `streamtape record --`, or allow it
    (the option `unseen`).
    """


class NothingRecordedError(SessionError):
    """A recording session saw no request at all.

    What to do: make the request inside the session, with a supported client.
    """


class AmbiguousSessionError(SessionError):
    """Several sessions are active, and it is unknown which one a request belongs to.

    What to do: make the request in the task or thread that opened its session, or give the client a
    transport of its own.
    """


class ForkedError(SessionError):
    """A process forked during a recording session can't record into that session.

    What to do: open a session with a cassette of its own in the child, or use the proxy.
    """


class ExpiredError(SessionError):
    """A cassette is older than `max_age` allows, and `on_expired` is `fail`.

    What to do: record again (`--tape-record=all`), or raise `max_age`.
    """


class NetworkBlockedError(SessionError):
    """A socket tried to reach a host that this test run blocks.

    What to do: record that request, or allow the host: `--tape-allow-host=HOST`.
    """


class ClockError(SessionError):
    """A manual clock was waited for, and nobody moved it.

    What to do: call `clock.advance(seconds)` from another task, or use `clock="auto"`.
    """


class VerifyError(SessionError):
    """Mode `verify`: the responses differ from the cassette; `comparison` has the differences.

    What to do: look at `comparison`; if the change is intended, record again (`--tape-record=all`).
    """

    def __init__(self, message: str, *, comparison: object = None) -> None:
        super().__init__(message)
        self.comparison = comparison


class ReplayEndError(SessionError):
    """The client read past the end of a recording that was abandoned or unfinished.

    What to do: stop reading where the recorded client did, or record again and read to the end.
    """
