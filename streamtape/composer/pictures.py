"""The smallest picture there is: what an image that nobody drew looks like."""

from __future__ import annotations

import base64
import struct
import zlib


def pixel(grey: int) -> str:
    """A PNG of one pixel, in Base64; `grey` is 0 to 255."""

    def part(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    head = part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    body = part(b"IDAT", zlib.compress(bytes([0, grey])))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + head + body + part(b"IEND", b"")).decode()
