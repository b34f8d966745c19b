"""Content-encodings done again, incrementally, for bodies in which something was masked. Pure.

The counterpart of `decoding`. Each piece is flushed, so that a client which decodes what it has got
sees what it saw when it was recorded. Bytes differ from those that the server made, and the head
says so (`recoded`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from streamtape.errors import ContentError
from streamtape.tape.decoding import brotli_library, decoder_for, encodings
from streamtape.tape.model import Chunk, Head


class _Zlib:
    def __init__(self, wbits: int) -> None:
        self._encoder = zlib.compressobj(6, zlib.DEFLATED, wbits)

    def feed(self, data: bytes) -> bytes:
        return self._encoder.compress(data) + self._encoder.flush(zlib.Z_SYNC_FLUSH)

    def close(self) -> bytes:
        return self._encoder.flush()


class _Zstd:
    def __init__(self) -> None:
        import zstandard  # 20 ms that most programs need not pay

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


def encode_content(
    pieces: Iterable[Chunk], encoding: str | None, *, complete: bool
) -> Iterator[Chunk]:
    """Encode pieces of content, each flushed; `complete` ends the encoding as it should end."""
    encoders = [_ENCODERS[name]() for name in encodings(encoding)]
    last_us = None
    for at_us, data in pieces:
        last_us = at_us
        out = data
        if out:
            for encoder in encoders:
                out = encoder.feed(out)
            yield Chunk(at_us, out)
    if complete and encoders:
        out = b""
        for encoder in encoders:
            out = (encoder.feed(out) if out else b"") + encoder.close()
        yield Chunk(last_us, out)


def encode_whole(data: bytes, encoding: str | None) -> bytes:
    """Encode a whole body."""
    return b"".join(c.data for c in encode_content([Chunk(0, data)], encoding, complete=True))


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


def head_of_recoded(head: Head, n_bytes: int, *, complete: bool) -> Head:
    """The head of a body that was encoded again: it says so, and its length is right."""
    headers = head.headers
    if complete:
        headers = tuple(
            (name, b"%d" % n_bytes if name.lower() == b"content-length" else value)
            for name, value in headers
        )
    return Head(head.status, headers, head.at_us, head.http_version, head.reason, recoded=True)
