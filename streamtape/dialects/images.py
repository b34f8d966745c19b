"""Base64 inside JSON: images, described by size and digest, as bare base64 or as a `data:` URL."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from streamtape.tape.events import Image


def image_of(value: Any) -> Image | None:
    """The image that a text carries; None where it carries none (a link, an empty text)."""
    if not isinstance(value, str) or not value:
        return None
    if value.startswith("data:"):
        _, comma, value = value.partition(",")
        if not comma:
            return None
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Image(len(data), hashlib.sha256(data).hexdigest()) if data else None
