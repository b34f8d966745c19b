"""Opens a session on a file, and sees to it that it is closed when the program ends."""

from __future__ import annotations

import atexit
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from streamtape.session.modes import Options
from streamtape.session.session import OpenJournal, Session
from streamtape.tape.model import Cassette
from streamtape.tape.redact import Redactor
from streamtape.tape.store import TapeFile

# Libraries that speak HTTP past httpx and httpx2, and what they are to people.
_UNSEEN = {
    "aiohttp": "aiohttp used directly",
    "requests": "requests",
    "urllib3": "urllib3",
    "niquests": "niquests",
    "pycurl": "pycurl",
    "botocore": "boto3",
    "grpc": "gRPC",
    "websockets": "websockets",
}


@dataclass(frozen=True, slots=True)
class _InMemory:
    """A cassette that was handed over as a value: it can be played, never written."""

    cassette: Cassette

    def load(self) -> Cassette:
        return self.cassette

    def open_journal(self) -> OpenJournal:
        raise NotImplementedError("a cassette in memory is only played")


def open_session(
    cassette: str | os.PathLike[str] | Cassette, options: Options, *, expects_requests: bool = True
) -> Session:
    """Open a session; errors of the file are raised here, before any request.

    `expects_requests` False is for transports that may be made and never used.
    """
    if isinstance(cassette, Cassette):
        return Session(
            options, _InMemory(cassette), Redactor(), name=cassette.path or "cassette in memory"
        )
    path = Path(cassette)
    redactor = Redactor()
    session = Session(
        options,
        TapeFile(path, redactor),
        redactor,
        name=os.fspath(path),
        blind_spots=blind_spots,
        expects_requests=expects_requests,
    )
    if session.records:
        # A client that is never closed still leaves its recording, not only a journal.
        atexit.register(session.close)
        session.when_closed(lambda: atexit.unregister(session.close))
    return session


def blind_spots() -> str:
    """What a session can't see, as far as this process has it, and how to record that."""
    seen = [what for module, what in _UNSEEN.items() if module in sys.modules]
    if not {"httpx", "httpx2"} & set(sys.modules):
        seen.insert(0, "any HTTP library but httpx and httpx2, neither of which is imported here")
    here = f" This process has imported some that it can't see: {', '.join(seen)}." if seen else ""
    return (
        " It sees requests of httpx and httpx2 clients in this process, made while it is open; "
        f"not other libraries, and not child processes.{here} Whatever client it is, "
        "`streamtape record -o run.tape -- COMMAND` records it through a local proxy."
    )
