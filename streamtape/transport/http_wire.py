"""HTTP/1.1 messages, followed byte by byte while somebody else reads or writes them; no sockets.

Nothing is changed or held back: a `Message` is shown the bytes in their order, and tells the head
and each piece of the body, never more than one HTTP chunk at a time. Where http.client is more
lenient than the RFCs, this is, too: it has to see the same body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from streamtape.tape.model import Head, Headers, header

State = Literal["head", "size", "data", "data end", "trailers", "until close", "done"]


class Message:
    """One message: `on_head` gets its start line and headers, `on_data` the pieces of its body.

    `state` says what comes next, `n_bytes` how long the body is so far, `remaining` what is left of
    the chunk, or of a body whose length is known.
    """

    def __init__(
        self,
        on_head: Callable[[bytes, Headers], None],
        on_data: Callable[[bytes], None],
    ) -> None:
        self.state: State = "head"
        self.n_bytes = 0
        self.remaining = 0
        self.is_chunked = False
        self._on_head = on_head
        self._on_data = on_data
        self._line = bytearray()
        self._lines: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come yet."""
        return self.state == "head" and not self._lines and not self._line

    def scan(self, data: bytes, start: int = 0) -> int:
        """Take one line, or one piece of the body, that begins at `start`; its length in bytes."""
        if self.state in {"data", "until close"}:
            return self._scan_body(data, start)
        if self.state == "done":
            return len(data) - start
        end = data.find(b"\n", start) + 1 or len(data)
        self._line += data[start:end]
        if self._line.endswith(b"\n"):
            line = bytes(self._line).rstrip(b"\r\n")
            self._line.clear()
            self._scan_line(line)
        return end - start

    def _scan_body(self, data: bytes, start: int) -> int:
        if self.state == "data":
            piece = data[start : start + self.remaining]
            self.remaining -= len(piece)
            if not self.remaining:
                self.state = "data end" if self.is_chunked else "done"
        else:
            piece = data[start:]
        self.n_bytes += len(piece)
        self._on_data(piece)
        return len(piece)

    def _scan_line(self, line: bytes) -> None:
        if self.state == "head":
            if line:
                self._lines.append(line)
            elif self._lines:
                start, *lines = self._lines
                self._lines = []
                self._scan_head(start, _headers(lines))
        elif self.state == "size":
            self.remaining = _chunk_size(line)
            self.state = "data" if self.remaining else "trailers"
        elif self.state == "data end":
            self.state = "size"
        elif not line:
            self.state = "done"

    def _scan_head(self, start: bytes, headers: Headers) -> None:
        length = self._length(start, headers)
        if length is None and header(headers, "transfer-encoding") is not None:
            self.is_chunked = is_chunked(headers)
        if self.is_chunked:
            self.state = "size"
        elif length is None:
            self.state = "until close"
        else:
            self.state, self.remaining = ("data" if length else "done"), length
        self._on_head(start, headers)

    def _length(self, start: bytes, headers: Headers) -> int | None:
        """How many bytes the body has, None where the headers do not say."""
        raise NotImplementedError


class RequestMessage(Message):
    """A request: without a length and without chunks it has no body."""

    def _length(self, start: bytes, headers: Headers) -> int | None:
        del start
        if is_chunked(headers):
            return None
        return content_length(headers) or 0


class ResponseMessage(Message):
    """A response to a request of this method; heads that say 100 Continue are passed over."""

    def __init__(
        self,
        method: str,
        on_head: Callable[[bytes, Headers], None],
        on_data: Callable[[bytes], None],
    ) -> None:
        super().__init__(on_head, on_data)
        self._method = method

    def _scan_head(self, start: bytes, headers: Headers) -> None:
        if status_of(start) != 100:
            super()._scan_head(start, headers)

    def _length(self, start: bytes, headers: Headers) -> int | None:
        status = status_of(start)
        if self._method == "HEAD" or status in {204, 304} or 100 <= status < 200:
            return 0
        return None if is_chunked(headers) else content_length(headers)


def is_chunked(headers: Headers) -> bool:
    """Whether a body comes in HTTP chunks, as http.client sees it."""
    return (header(headers, "transfer-encoding") or "").lower() == "chunked"


def content_length(headers: Headers) -> int | None:
    """The length that the headers promise; None where they promise none that can be read."""
    text = (header(headers, "content-length") or "").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def status_of(start: bytes) -> int:
    """The status in the first line of a response, 0 if it is invalid."""
    _, _, rest = start.partition(b" ")
    code = rest.strip()[:3]
    return int(code) if code.isdigit() else 0


def head_of(start: bytes, headers: Headers, at_us: int) -> Head:
    """The head of a response as it was on the wire."""
    version, _, rest = start.partition(b" ")
    _, _, reason = rest.strip().partition(b" ")
    return Head(
        status_of(start),
        headers,
        at_us,
        http_version=version.decode("latin-1"),
        reason=reason.decode("latin-1"),
    )


def head_bytes(head: Head, headers: Headers) -> bytes:
    """A head as it goes on the wire, with these headers; other versions of HTTP become 1.1."""
    version = head.http_version if head.http_version == "HTTP/1.0" else "HTTP/1.1"
    start = f"{version} {head.status} {head.reason}".encode("latin-1", "replace")
    return b"\r\n".join((start, *(b": ".join(pair) for pair in headers), b"", b""))


def _headers(lines: list[bytes]) -> Headers:
    pairs: list[tuple[bytes, bytes]] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if line[:1] in b" \t" and pairs:  # a folded line (RFC 9112 section 5.2)
            last, before = pairs[-1]
            pairs[-1] = last, b" ".join((before, line.strip()))
        elif colon:
            pairs.append((name.strip(), value.strip()))
    return tuple(pairs)


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError:
        return 0  # the client refuses it
