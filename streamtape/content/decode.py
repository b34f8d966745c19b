"""Content-encodings undone, incrementally: gzip, deflate, br, zstd (RFC 9110 section 8.4.1).

A decoder takes wire bytes as they come and gives what can be decoded so far, so that a frame can be
timed by the chunk that completed it. A body that ends early gives what there was; a body that is
not what its encoding says is a ContentError.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from streamtape.errors import ContentError, ContentLimitError
from streamtape.extras import install_command

MAX_DECODED_BYTES = 32 << 20  # the limit for one piece, or 100 times its own size
_MAX_RATIO = 100
_ZSTD_STEP = 512  # a step of zstd decodes to 16 MiB at most
_BROTLI_STEP = 1 << 20


class Decoder(Protocol):
    """Undoes one encoding; `feed` returns what the bytes so far decode to beyond what it gave.

    ContentLimitError where that is more than a piece of this size may decode to. `finished` says
    whether the bytes so far are a whole body, with nothing after it.
    """

    def feed(self, data: bytes) -> bytes: ...
    @property
    def finished(self) -> bool: ...


class _Output:
    """What one piece decodes to, up to its limit."""

    def __init__(self, limit: int) -> None:
        self._pieces: list[bytes] = []
        self.left = self._limit = limit

    def add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self.left -= len(piece)
        if self.left < 0:
            raise ContentLimitError(
                f"one piece of the body decodes to more than {self._limit} bytes, which no event "
                "stream does"
            )

    def join(self) -> bytes:
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


class _Stage(Protocol):
    """One codec; what it gives is never much more than `limit`."""

    def feed(self, data: bytes, limit: int) -> bytes: ...
    @property
    def finished(self) -> bool: ...


class _Gzip:
    """Gzip, several members too."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def feed(self, data: bytes, limit: int) -> bytes:
        out = _Output(limit)
        while data:
            if self._decoder.eof:
                self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
            out.add(self._decoder.decompress(data, out.left + 1))
            data = self._decoder.unused_data
        return out.join()

    @property
    def finished(self) -> bool:
        return self._decoder.eof


class _Deflate:
    """Deflate with the zlib wrapper, or raw as some send it: the first two bytes tell."""

    def __init__(self) -> None:
        self._first = b""
        self._decoder: Any = None

    def feed(self, data: bytes, limit: int) -> bytes:
        if self._decoder is None:
            self._first = data = self._first + data
            if len(data) < 2:
                return b""
            wrapped = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._decoder = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        out = _Output(limit)
        out.add(self._decoder.decompress(data, out.left + 1))
        return out.join()

    @property
    def finished(self) -> bool:
        decoder = self._decoder
        return decoder is not None and decoder.eof and not decoder.unused_data


class _Zstd:
    def __init__(self) -> None:
        import zstandard  # importing it takes 20 ms, and few programs need it

        self._zstd = zstandard.ZstdDecompressor()
        self._decoder = self._zstd.decompressobj()

    def feed(self, data: bytes, limit: int) -> bytes:
        out = _Output(limit)
        for start in range(0, len(data), _ZSTD_STEP):
            step = data[start : start + _ZSTD_STEP]
            while step:
                if self._decoder.eof:
                    self._decoder = self._zstd.decompressobj()
                out.add(self._decoder.decompress(step))
                step = self._decoder.unused_data
        return out.join()

    @property
    def finished(self) -> bool:
        return bool(self._decoder.eof)


def brotli_library() -> Any:
    """The brotli module; ContentError if none is installed."""
    try:
        import brotli  # optional: only bodies in br need it
    except ImportError:
        try:
            import brotlicffi as brotli  # the same for PyPy
        except ImportError:
            raise ContentError(
                "the body is content-encoding: br, and no brotli library is installed; "
                f"to install one: {install_command(extra='brotli')}"
            ) from None
    return brotli


class _Brotli:
    def __init__(self) -> None:
        self._decoder = brotli_library().Decompressor()
        self._process = getattr(self._decoder, "process", None) or self._decoder.decompress
        self._limits = {}
        if hasattr(self._decoder, "can_accept_more_data"):  # brotli 1.2 and later
            self._limits["output_buffer_limit"] = _BROTLI_STEP

    def feed(self, data: bytes, limit: int) -> bytes:
        out = _Output(limit)
        piece = self._process(data, **self._limits)
        out.add(piece)
        while self._limits and piece and not self._decoder.is_finished():
            piece = self._process(b"", **self._limits)
            out.add(piece)
        return out.join()

    @property
    def finished(self) -> bool:
        return bool(self._decoder.is_finished())


_DECODERS: dict[str, Callable[[], _Stage]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}


class _Chain:
    def __init__(self, decoders: list[_Stage], encoding: str) -> None:
        self._decoders = decoders
        self._encoding = encoding

    def feed(self, data: bytes) -> bytes:
        if not self._decoders:
            return data
        limit = max(MAX_DECODED_BYTES, _MAX_RATIO * len(data))
        try:
            for decoder in self._decoders:
                data = decoder.feed(data, limit)
        except ContentError:
            raise
        except Exception as error:  # each codec library has an error type of its own
            raise ContentError(
                f"the body is not what its content-encoding {self._encoding!r} says: {error}"
            ) from error
        return data

    @property
    def finished(self) -> bool:
        return all(decoder.finished for decoder in self._decoders)


def encodings(encoding: str | None) -> list[str]:
    """The encodings that a Content-Encoding header names, in the order they were applied."""
    if not encoding:
        return []
    names = (part.strip().lower() for part in encoding.split(","))
    return [name for name in names if name not in {"", "identity"}]


def decoder_for(encoding: str | None) -> Decoder:
    """A decoder for the value of a Content-Encoding header (a list is undone from its end).

    ContentError where an encoding is unknown.
    """
    decoders: list[_Stage] = []
    for name in reversed(encodings(encoding)):
        if name not in _DECODERS:
            known = ", ".join(sorted(_DECODERS))
            raise ContentError(f"unknown content-encoding {name!r}; known: {known}")
        decoders.append(_DECODERS[name]())
    return _Chain(decoders, encoding or "")


def decode_content(chunks: Iterable[bytes], encoding: str | None) -> Iterator[bytes]:
    """Decode a body chunk by chunk: one piece out for each piece in, empty ones included."""
    decoder = decoder_for(encoding)
    for data in chunks:
        yield decoder.feed(data)
