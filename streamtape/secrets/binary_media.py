"""Bodies that hold no text (pictures, sound, films, compressed data), by type and signature. Pure.

The content type alone is not believed: an error in plain text may be sent under it.
"""

from __future__ import annotations

import re

# RFC 2083, ISO 10918-1, GIF89a; RIFF with WebP, WAVE or AVI; Ogg, FLAC, MPEG audio, ISO 14496-12,
# Matroska; gzip, zstd, xz, bzip2; WOFF. Not zip and tar: they may hold files as they are. Not raw
# samples: nothing tells them from text.
_SIGNATURE = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF.{4}(?:WEBP|WAVE|AVI )|"
    rb"OggS\0|fLaC\0|ID3[\2-\4]\0|\xff[\xe2-\xff]|\0.{3}ftyp|\x1aE\xdf\xa3|"
    rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd|\xfd7zXZ\0|BZh[1-9]1AY&SY|wOF[F2]",
    re.DOTALL,
)
_TYPE = re.compile(
    r"(?:image|audio|video|font)/(?!.*(?:\+xml|\+json|mpegurl|text))|"
    r"application/(?:x-)?(?:gzip|zstd|xz|bzip2?|ogg)\b",
    re.IGNORECASE,
)


def holds_no_text(content_type: str | None, start: bytes) -> bool:
    """Whether a body of this type that starts so is one in which no text is to be looked for."""
    return bool(content_type and _TYPE.match(content_type.strip()) and _SIGNATURE.match(start))
