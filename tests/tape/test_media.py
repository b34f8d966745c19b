"""Only what is no text by its type and by its bytes is recorded without a search."""

import pytest

from streamtape.secrets.binary_media import holds_no_text
from streamtape.secrets.scanner import Search, default_search
from streamtape.tape.model import Head
from streamtape.tape.store.body_writers import body_of

KEY = b"sk-ant-" + b"a1B2c3D4e5F6g7H8i9J0"  # made up
PNG = b"\x89PNG\r\n\x1a\n"
MEDIA = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "Image/WebP": b"RIFF\x10\0\0\0WEBPVP8 ",
    "audio/mpeg": b"ID3\x04\0",
    "audio/ogg; codecs=opus": b"OggS\0",
    "video/mp4": b"\0\0\0\x20ftypisom",
    "application/gzip": b"\x1f\x8b\x08",
    "font/woff2": b"wOF2",
}
TEXTS = {
    "image/png": b'{"error": ',
    "image/svg+xml": PNG,
    "audio/mpegurl": b"ID3\x04\0",
    "application/zip": b"PK\x03\x04",
    "application/json": PNG,
    "text/plain": PNG,
    "": PNG,
}


def recorded(content_type: str, body: bytes, search: Search) -> bytes:
    """What is written of a body that comes in two chunks."""
    writer = body_of(0, Head(200, ((b"content-type", content_type.encode()),)), search)
    parts = [*writer.feed(1, body[:20]), *writer.feed(2, body[20:]), writer.close()]
    return b"".join(map(bytes, parts))


@pytest.mark.parametrize("content_type", MEDIA)
def test_media_are_written_as_they_come(content_type: str) -> None:
    """Nothing is looked for but a user's own patterns."""
    body = MEDIA[content_type] + b"\0" * 20 + KEY + b"\0"
    assert holds_no_text(content_type, body)
    assert KEY in recorded(content_type, body, default_search())
    assert KEY not in recorded(content_type, body, Search(more=[("team", "team-[0-9]+")]))


@pytest.mark.parametrize("content_type", TEXTS)
def test_anything_else_is_searched(content_type: str) -> None:
    """Text under a type of media, types that may hold text, archives of plain files."""
    body = TEXTS[content_type] + b'"' + b" " * 20 + KEY + b'"'
    assert not holds_no_text(content_type, body)
    assert KEY not in recorded(content_type, body, default_search())
