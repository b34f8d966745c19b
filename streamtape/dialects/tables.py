"""Every built-in dialect, in the order in which they are asked: profiles come first."""

from __future__ import annotations

from streamtape.dialects.generic import GENERIC
from streamtape.dialects.openai_responses import (
    OPEN_RESPONSES,
    OPENAI_RESPONSES,
    OPENROUTER_RESPONSES,
)

BUILTIN = (
    OPENROUTER_RESPONSES,
    OPENAI_RESPONSES,
    OPEN_RESPONSES,
    GENERIC,
)
