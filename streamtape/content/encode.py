"""Content-encodings done again, incrementally, for bodies in which something was masked. Pure.

The counterpart of `decode`. Each piece is flushed, so that a client which decodes what it has got
sees what it saw when it was recorded. Bytes differ from those that the server made, and the head
says so (`recoded`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

from streamtape.content.decode import brotli_library, decoder_for, encodings
from streamtape.errors import ContentError


class _Zlib:
    def __init__(self, wbits: int) -> None:
        self._encoder = zlib.compressobj(6, zlib.DEFLATED, wbits)

    def feed(self, data: bytes) -> bytes:
        return self._encoder.compress(data) + self._encoder.flush(zlib.Z_SYNC_FLUSH)

    def close(self) -> bytes:
        return self._encoder.flush()


class _Zstd:
    def __init__(self) -> None:
        import zstandard  # importing it takes 20 ms, and few programs need it

        self._flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        self._encoder = zstandard.ZstdCompressor().compressobj()

    def feed(self, data: bytes) -> bytes:
        return self._encoder.compress(data) + self._encoder.flush(self._flush)

    def close(self) -> bytes:
        return self._encoder.flush()


class _Brotli:
    def __init__(self) -> None:
        self._encoder: Any = brotli_library().Compressor(quality=5)
        self._process = getattr(self._encoder, "process", None) or self._encoder.compress

    def feed(self, data: bytes) -> bytes:
        return bytes(self._process(data) + self._encoder.flush())

    def close(self) -> bytes:
        return bytes(self._encoder.finish())


_Encoder = _Zlib | _Zstd | _Brotli
_ENCODERS: dict[str, Callable[[], _Encoder]] = {
    "gzip": partial(_Zlib, zlib.MAX_WBITS | 16),
    "x-gzip": partial(_Zlib, zlib.MAX_WBITS | 16),
    "deflate": partial(_Zlib, zlib.MAX_WBITS),
    "br": _Brotli,
    "zstd": _Zstd,
}


class ContentEncoder:
    """What undoes a `decoder_for`: pieces of content in, the bytes that a server would send out."""

    def __init__(self, encoding: str | None) -> None:
        self._encoders = [_ENCODERS[name]() for name in encodings(encoding)]

    def feed(self, data: bytes) -> bytes:
        """Encode a piece, flushed: a client that decodes it has all of the piece."""
        for encoder in self._encoders if data else ():
            data = encoder.feed(data)
        return data

    def close(self) -> bytes:
        """End the encoding as it should end; nothing where the content is not encoded."""
        out = b""
        for encoder in self._encoders:
            out = (encoder.feed(out) if out else b"") + encoder.close()
        return out


def encode_whole(data: bytes, encoding: str | None) -> bytes:
    """Encode a whole body."""
    encoder = ContentEncoder(encoding)
    return encoder.feed(data) + encoder.close()


def decode_whole(data: bytes, encoding: str | None) -> bytes:
    """Decode a whole body; ContentError where it is not what its encoding says."""
    return decoder_for(encoding).feed(data)


def can_encode(encoding: str | None) -> bool:
    """Whether every encoding of a Content-Encoding header is known, and its library here."""
    try:
        decoder_for(encoding)
    except ContentError:
        return False
    return True
