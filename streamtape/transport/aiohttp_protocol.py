"""aiohttp's connection, seen from both ends: a request taken down, a response taken down or played.

aiohttp itself does all that its clients see: it builds the request and the response, decompresses,
times out, follows redirects. This module replaces its socket. It is imported only once aiohttp
has been imported.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from aiohttp import ClientConnectionError, ClientPayloadError, HttpVersion, hdrs
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import ContentEncodingError
from aiohttp.http_parser import DeflateBuffer, RawResponseMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from multidict import CIMultiDict, CIMultiDictProxy

from streamtape.errors import DamagedCassetteError
from streamtape.tape.http_values import head_problem
from streamtape.tape.model import Head
from streamtape.tape.store.spool import Spool
from streamtape.transport.response_recorder import ResponseRecorder

Message = Any  # aiohttp.http_parser.RawResponseMessage: of the C parser or of the Python one
_DECODED = {"gzip", "deflate", "br", "zstd"}  # the encodings that aiohttp undoes itself


class RequestWire(asyncio.Transport):
    """What aiohttp writes a request to: it keeps the bytes, many of them on disk."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = Spool()
        self._closing = False

    def write(self, data: Any) -> None:
        """Keep the next bytes."""
        self._kept.add(bytes(data))

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        """Take no more."""
        self._closing = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return 0

    def sent(self) -> bytes | Spool:
        """Everything that was written, which is then forgotten."""
        sent, self._kept = self._kept.body(), Spool()
        return sent


class RequestCapture(ResponseHandler):
    """The protocol of a connection that is not opened before its request is known.

    `answer` is called once the request has been written, and gives the response's message and body.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        answer: Callable[[], Awaitable[tuple[Message, StreamReader]]],
        *,
        continues: Message | None,
    ) -> None:
        super().__init__(loop)
        self.wire = RequestWire()
        self.connection_made(self.wire)
        self.params: dict[str, Any] = {}
        self._answer = answer
        self._continues = continues
        self._sent: asyncio.Future[None] = loop.create_future()

    def set_response_params(self, **params: Any) -> None:
        """Keep how the response is to be read."""
        self.params = params

    def start_timeout(self) -> None:
        """Called when the request has been written to its end."""
        if not self._sent.done():
            self._sent.set_result(None)

    def set_exception(self, exc: Any, *cause: Any) -> None:
        """Called when the request's body could not be read."""
        super().set_exception(exc, *cause)
        if not self._sent.done():
            self._sent.set_exception(exc)
            self._sent.exception()  # looked at

    def pause_reading(self) -> None:
        """Nothing is read before it is requested."""

    def resume_reading(self, *_: Any, **__: Any) -> None:
        """Do nothing: reading never pauses."""

    async def read(self) -> tuple[Message, StreamReader]:
        """Give the response's message and body."""
        if self._continues is not None:
            message, self._continues = self._continues, None
            return message, EMPTY_PAYLOAD
        await self._sent
        await asyncio.sleep(0)  # the task that has written it ends, as it has live by then
        return await self._answer()


class _Unpaused(ResponseHandler):
    """The protocol that a parser of ours believes to serve: it never pauses."""

    def pause_reading(self) -> None:
        """Everything is handed on at once."""

    def resume_reading(self, *_: Any, **__: Any) -> None:
        """Do nothing: reading never pauses."""


class RecordedReader(StreamReader):
    """The body of a response that is recorded, as its client reads it."""

    __slots__ = ("_parser",)

    def __init__(self, parser: RecordedParser, limit: int, **options: Any) -> None:
        super().__init__(parser.protocol, limit, **options)
        self._parser = parser

    def set_exception(self, exc: Any, *cause: Any) -> None:
        """Called when the stream fails, and when its client closes it."""
        if type(exc) is ClientConnectionError:  # "Connection closed", by the client
            self._parser.abandon()
        else:
            self._parser.fail(exc)
        super().set_exception(exc, *cause)

    async def _wait(self, func_name: str) -> None:
        try:
            await super()._wait(func_name)
        except TimeoutError as error:  # the client's own, over all of the request
            self._parser.fail(error)
            raise


class RecordedParser:
    """Stands for the parser of a connection, and records what comes before aiohttp gets it.

    The wire's bytes are recorded, still compressed, in the pieces in which they came.
    """

    def __init__(self, protocol: Any, params: dict[str, Any], recording: ResponseRecorder) -> None:
        self.protocol = protocol
        self._params = params
        self._recording = recording
        inner = _Unpaused(protocol._loop)
        inner.set_response_params(**{**params, "auto_decompress": False, "timer": None})
        self._parser: Any = inner._parser
        self._raw: StreamReader | None = None
        self._reader: RecordedReader | None = None
        self._body: Any = None

    def install(self) -> None:
        """Parse what comes on the connection from now on."""
        self.protocol.set_response_params(**self._params)
        self.protocol._parser = self

    def fail(self, error: BaseException) -> None:
        """Record what the client got instead of the rest."""
        self._recording.failed(error)

    def abandon(self) -> None:
        """Record that the client stopped reading."""
        self._recording.abandon(sys.exception())

    def feed_data(self, data: bytes) -> tuple[Any, bool, bytes]:
        """Parse what came."""
        if not data:  # reading is resumed: nothing was kept back
            return (), False, b""
        try:
            messages, upgraded, tail = self._parser.feed_data(data)
            opened = [self._opened(message, raw) for message, raw in messages]
        finally:
            self._hand_on()
        return opened, upgraded, tail

    def feed_eof(self) -> Any:
        """Parse the end of the connection; raises if it is not one of the response."""
        try:
            return self._parser.feed_eof()
        finally:
            self._hand_on()

    def pause_reading(self) -> None:
        """Go on with what has come: the connection itself is paused."""

    def _opened(self, message: Message, raw: StreamReader) -> tuple[Message, StreamReader]:
        if 100 <= message.code < 200:
            return message, raw
        self._recording.record_head(head_of(message, self._recording.elapsed()))
        if raw is EMPTY_PAYLOAD:
            self._recording.complete()
            return message, raw
        params = self._params
        self._raw = raw
        self._reader = reader = RecordedReader(
            self, params["read_bufsize"], timer=params["timer"], loop=self.protocol._loop
        )
        self._body = body_for(reader, message, params)
        return message, reader

    def _hand_on(self) -> None:
        """Give the client what the parser has found."""
        raw, reader = self._raw, self._reader
        if raw is None or reader is None:
            return
        for data, ends in _pieces(raw):
            if data:
                self._recording.feed(data)
            feed(self._body, reader, data, ends=ends, chunked=raw._http_chunk_splits is not None)
        if raw.is_eof():
            self._raw = None
            self._recording.complete()
            feed_eof(self._body, reader)
        elif (error := raw.exception()) is not None:
            self._raw = None
            reader.set_exception(error)


def _pieces(raw: StreamReader) -> Iterator[tuple[bytes, bool]]:
    """What a reader has, piece by piece, and whether it ends a chunk of the transfer encoding."""
    while raw._buffer or raw._http_chunk_splits:
        try:
            raw.readchunk().send(None)
        except StopIteration as done:
            yield done.value


def body_for(reader: StreamReader, message: Message, params: dict[str, Any]) -> Any:
    """What takes a body as it is on the wire and feeds `reader` with what its client reads."""
    if message.compression and params.get("auto_decompress", True):
        return DeflateBuffer(reader, message.compression)
    return reader


def feed(body: Any, reader: StreamReader, data: bytes, *, ends: bool, chunked: bool) -> None:
    """Feed a reader with a piece of the wire; `ends` says that it ends a chunk of HTTP's."""
    if reader.exception() is not None:
        return
    try:
        if chunked:
            body.begin_http_chunk_receiving()
        more = body.feed_data(data, len(data)) if data else False
        while more:
            more = body.feed_data(b"", 0)
        if ends:
            body.end_http_chunk_receiving()
    except ContentEncodingError as error:
        _fail(reader, error)


def feed_eof(body: Any, reader: StreamReader) -> None:
    """Tell a reader that its body is at its end."""
    if reader.exception() is not None:
        return
    try:
        body.feed_eof()
    except ContentEncodingError as error:
        _fail(reader, error)


def _fail(reader: StreamReader, error: Exception) -> None:
    wrong = ClientPayloadError(str(error))
    wrong.__cause__ = error
    reader.set_exception(wrong)


class ReplayedReader(StreamReader):
    """The body of a response that is replayed: each read goes on with the recording.

    `next_chunk` gives the next chunk as it was on the wire, and raises StopAsyncIteration at the
    end, or what the stream ended with.
    """

    __slots__ = ("_next_chunk", "_reading", "body", "chunked")

    def __init__(
        self,
        protocol: Any,
        limit: int,
        next_chunk: Callable[[], Awaitable[bytes]],
        **options: Any,
    ) -> None:
        super().__init__(protocol, limit, **options)
        self._next_chunk = next_chunk
        self._reading: asyncio.Task[Any] | None = None
        self.body: Any = self
        self.chunked = False

    def set_exception(self, exc: Any, *cause: Any) -> None:
        """Called when the stream fails, and when its client closes it while another task reads."""
        super().set_exception(exc, *cause)
        if self._reading is not None:
            self._reading.cancel()

    async def _wait(self, func_name: str) -> None:
        if not self._protocol.connected:
            raise RuntimeError("Connection closed.")
        if self._reading is not None:
            raise RuntimeError(
                f"{func_name}() called while another coroutine is already waiting for incoming data"
            )
        data = await self._pull()
        if data is None:
            # Live, the empty chunk that ends a chunked body is announced, too.
            feed(self.body, self, b"", chunked=self.chunked, ends=self.chunked)
            feed_eof(self.body, self)
        else:
            feed(self.body, self, data, chunked=self.chunked, ends=self.chunked)
        if self._exception is not None:
            raise self._exception

    async def _pull(self) -> bytes | None:
        """The next chunk, None at the end; what fails fails later reads, too."""
        reading = self._reading = asyncio.current_task()
        failure: Exception
        try:
            with self._timer:
                return await self._next_chunk()
        except StopAsyncIteration:
            return None
        except asyncio.CancelledError:
            if self._exception is None or reading is None:
                raise
            reading.uncancel()
            raise self._exception from None
        except Exception as error:  # noqa: BLE001 - raised below
            failure = error
        finally:
            self._reading = None
        self.set_exception(failure)
        raise failure

    async def wait_eof(self) -> None:
        """Read on to the end."""
        while not self._eof:
            await self._wait("wait_eof")


def head_of(message: Message, at_us: int) -> Head:
    """The head of a response as it was on the wire."""
    version = message.version
    return Head(
        status=message.code,
        headers=tuple((bytes(name), bytes(value)) for name, value in message.raw_headers),
        at_us=at_us,
        http_version=f"HTTP/{version.major}.{version.minor}",
        reason=message.reason,
    )


def message_of(head: Head) -> Message:
    """A response's head as aiohttp's parser gives it; DamagedCassetteError if it is not one."""
    problem = head_problem(head)
    if problem is not None:
        raise DamagedCassetteError(f"the recorded response can't be replayed: {problem}")
    headers = CIMultiDict(
        (name.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape"))
        for name, value in head.headers
    )
    major, _, minor = head.http_version.rpartition("/")[2].partition(".")
    encoding = headers.get(hdrs.CONTENT_ENCODING, "").lower()
    return RawResponseMessage(
        version=HttpVersion(int(major or 1), int(minor or 0)),
        code=head.status,
        reason=head.reason,
        headers=CIMultiDictProxy(headers),
        raw_headers=head.headers,
        should_close=False,
        compression=encoding if encoding in _DECODED else None,
        upgrade=False,
        chunked="chunked" in headers.get(hdrs.TRANSFER_ENCODING, "").lower(),
    )
