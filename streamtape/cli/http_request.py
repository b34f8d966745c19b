"""One request sent and recorded, its response printed as it comes.

The body is recorded as it is on the wire and printed with its content-encoding undone. Where no
response came at all, nothing is recorded, and a cassette that was there is as it was.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import click

import streamtape
from streamtape.cli import output
from streamtape.cli.errors import FINDINGS, INTERRUPTED, READER_CLOSED, Terminated, drop_stdout
from streamtape.errors import ServerError, UsageError

if TYPE_CHECKING:
    import httpx

    from streamtape.choices import RecordMode
    from streamtape.session.session import Session

CONNECT_SECONDS = 15.0
ERROR_STATUS = 400
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """A request as the command line asks for it."""

    method: str
    url: str
    headers: Headers
    body: bytes | None
    timeout_s: float | None
    follow: bool


def body_of(data: tuple[str, ...]) -> bytes | None:
    """The body that -d options make, joined with `&` as curl does; None without any."""
    if not data:
        return None
    return b"&".join(map(_read_data, data))


def _read_data(data: str) -> bytes:
    if not data.startswith("@"):
        return data.encode("utf-8", "surrogateescape")
    if data == "@-":
        return sys.stdin.buffer.read()
    from streamtape.tape.store.ordinary import read_given

    try:
        return read_given(data[1:])
    except OSError as error:
        raise UsageError(f"-d {data}: {error.strerror}") from error


def headers_of(lines: tuple[str, ...], body: bytes | None, *, compressed: bool) -> Headers:
    """The headers to send: the given ones, and defaults for what they do not name."""
    given = tuple(parse_header(line) for line in lines)
    defaults = [
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate, zstd" if compressed else "identity"),
        ("User-Agent", f"streamtape/{streamtape.__version__}"),
    ]
    if body is not None:
        defaults.append(("Content-Type", _content_type(body)))
    names = {name.lower() for name, _ in given}
    return (*(pair for pair in defaults if pair[0].lower() not in names), *given)


def parse_header(line: str) -> tuple[str, str]:
    """The name and the value of a header as `-H` takes it; UsageError for anything else."""
    name, colon, value = line.partition(":")
    if not colon or not name or not name.isascii() or any(c in " \t\r\n" for c in name):
        raise UsageError(f"-H {line!r}: a header is written 'Name: value'")
    if "\n" in value or "\r" in value:
        raise UsageError(f"-H {name}: a line end can't be part of a header's value")
    return name, value.strip()


def _content_type(body: bytes) -> str:
    try:
        json.loads(body)
    except ValueError:
        return "application/x-www-form-urlencoded"
    return "application/json"


def send(options: RequestOptions, path: str, *, mode: str, quiet: bool, fail: bool = False) -> int:
    """Send, print, record; gives the exit status. ServerError where no response came.

    With `fail`, an error status of the response (400 or above) is one that fails us, too.
    """
    import httpx

    from streamtape.server.child import until_signal
    from streamtape.transport.use_cassette import use_cassette

    with (
        ExitStack() as writing,
        use_cassette(path, mode=cast("RecordMode", mode), record_on_exception=False) as session,
    ):
        telling = _Telling(quiet=quiet)
        status, broke = 0, None
        try:
            _stream(options, telling)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            status, broke = FINDINGS, error
        except (KeyboardInterrupt, Terminated) as error:
            status = error.status if isinstance(error, Terminated) else INTERRUPTED
        except BrokenPipeError:
            drop_stdout()
            status = READER_CLOSED
        writing.enter_context(until_signal())  # a second signal does not interrupt the writing
        # Raised here and not above, so that the session takes it for a failure of the program and
        # records nothing.
        if not telling.answered:
            if broke is not None:
                raise ServerError(
                    f"{_cause(broke)}: {options.method} {options.url}; nothing recorded"
                )
            output.note("interrupted before a response had come: nothing recorded")
            raise click.exceptions.Exit(status)
    if broke is not None:
        output.note(f"the stream broke: {type(broke).__name__}: {broke}")
    telling.recorded(path, session)
    return FINDINGS if fail and not status and telling.status >= ERROR_STATUS else status


def _stream(options: RequestOptions, telling: _Telling) -> None:
    import httpx

    from streamtape.content.decode import decoder_for

    times = httpx.Timeout(options.timeout_s, connect=CONNECT_SECONDS)
    with httpx.Client(timeout=times, follow_redirects=options.follow) as client:
        telling.sent()  # a client takes a while to make, and that is no part of the answer's time
        with client.stream(
            options.method, options.url, headers=list(options.headers), content=options.body
        ) as response:
            telling.head(response)
            decoder = decoder_for(response.headers.get("content-encoding"))
            for data in response.iter_raw():
                telling.chunk(decoder.feed(data), len(data))


def _cause(error: Exception) -> str:
    """Why no response came, in words: the system's own where httpx hides them."""
    reason = str(error) or type(error).__name__
    if type(error).__name__ == "ConnectTimeout":
        reason = f"no connection within {CONNECT_SECONDS:.0f} seconds"
    return f"no response ({reason})"


class _Telling:
    """Prints the body to stdout and what happens to stderr."""

    def __init__(self, *, quiet: bool) -> None:
        self.answered = False
        self.status = 0
        self._quiet = quiet
        self._write = output.body_writer()
        self._began = 0.0
        self._n_chunks = self._n_bytes = 0

    def sent(self) -> None:
        self._began = time.monotonic()

    def head(self, response: httpx.Response) -> None:
        self.answered = True
        self.status, self._reason = response.status_code, response.reason_phrase
        self._leads_to = response.headers.get("location", "") if response.is_redirect else ""
        took_ms = (time.monotonic() - self._began) * 1e3
        kind = response.headers.get("content-type", "no content type")
        status = f"{response.http_version} {response.status_code} {response.reason_phrase}"
        output.note(f"{status.rstrip()}, {kind}, after {took_ms:,.0f} ms")

    def chunk(self, shown: bytes, n_bytes: int) -> None:
        self._n_chunks += 1
        self._n_bytes += n_bytes
        if not self._quiet:
            self._write(shown)

    def recorded(self, path: str, session: Session) -> None:
        from streamtape.units import count

        took_s = time.monotonic() - self._began
        size = f"{count(self._n_chunks, 'chunk')}, {count(self._n_bytes, 'byte')} in {took_s:.1f} s"
        if not session.n_recorded:
            output.note(f"replayed from {path}: {size}")
            self._warn()
            return
        last = session.interactions[-1]
        masked = [r.where.partition(":")[2] or r.where for r in last.redactions]
        secrets = f"; masked: {', '.join(dict.fromkeys(masked))}" if masked else ""
        output.note(f"recorded {path}: {size}, {last.ending.kind}{secrets}")
        self._warn()

    def _warn(self) -> None:
        """Name a status that says that this is not the answer that was requested."""
        status = f"HTTP {self.status} {self._reason}".rstrip()
        if self.status >= ERROR_STATUS:
            output.note(f"warning: the response is an error: {status}")
        elif self._leads_to:
            output.note(f"warning: {status} leads to {self._leads_to}; -L follows")
