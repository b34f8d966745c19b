"""Images and audio that a stream carried, for the page to show: base64 with its media type."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator
from typing import Any

from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.payload import find, parse_path
from streamtape.tape.events import Part

MAX_MEDIA = 4_000_000  # bytes of all that one interaction shows: a page is to be mailed

_MAGIC = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
)
_PCM_HZ = 24_000  # OpenAI's `pcm16`: 16 bits, mono, little-endian


def media_of(parsed: ParsedResponse) -> list[dict[str, Any]]:
    """Each image and each audio of a response, and the event after which it is whole."""
    found: list[dict[str, Any]] = []
    room = MAX_MEDIA
    for event, data in [*_images(parsed), *_audio(parsed)]:
        mime = media_type_of(data)
        if mime is None or len(data) > room:
            continue
        room -= len(data)
        text = base64.b64encode(data).decode()
        found.append({"kind": mime.split("/")[0], "mime": mime, "data": text, "event": event})
    return found


def media_type_of(data: bytes) -> str | None:
    """The media type that the first bytes tell; None where they tell none that a page shows."""
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12])
    return next((mime for magic, mime in _MAGIC if data.startswith(magic)), None)


def _images(parsed: ParsedResponse) -> Iterator[tuple[int, bytes]]:
    """Each image once, at the first event that had it."""
    if not parsed.transcript.images:
        return
    seen: set[bytes] = set()
    paths = [parse_path(path) for path in parsed.dialect.images]
    for event in parsed.events:
        for path in paths:
            for _, value in find(event.payload, path):
                data = _decoded(value.rpartition(",")[2]) if isinstance(value, str) else b""
                if data and data not in seen:
                    seen.add(data)
                    yield event.index, data


def _audio(parsed: ParsedResponse) -> Iterator[tuple[int, bytes]]:
    for part in parsed.transcript.of("audio"):
        data = b"".join(_pieces(part))
        if not data:
            continue
        if media_type_of(data) is None:
            data = wav(data)
        yield part.cuts[-1][1], data


def _pieces(part: Part) -> Iterator[bytes]:
    """The bytes of a text that came as pieces of base64, each whole by itself, or cut anywhere."""
    ends = [offset for offset, _ in part.cuts[1:]] + [len(part.text)]
    pieces = [part.text[start:end] for (start, _), end in zip(part.cuts, ends, strict=True)]
    if all(len(piece) % 4 == 0 for piece in pieces):
        yield from map(_decoded, pieces)
    else:
        yield _decoded(part.text)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def wav(samples: bytes) -> bytes:
    """Raw 16-bit mono samples as a WAV file."""
    n = len(samples) // 2 * 2
    head = struct.pack("<4sI4s", b"RIFF", 36 + n, b"WAVE")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _PCM_HZ, _PCM_HZ * 2, 2, 16)
    return head + form + struct.pack("<4sI", b"data", n) + samples[:n]
