"""Which table of expectations goes with which dialect."""

from __future__ import annotations

from streamtape.checks.expected.anthropic import ANTHROPIC
from streamtape.checks.expected.base import NOTHING_EXPECTED, Expected
from streamtape.checks.expected.gemini import GEMINI
from streamtape.checks.expected.openai_chat import OPENAI_CHAT
from streamtape.checks.expected.openai_responses import OPENAI_RESPONSES
from streamtape.checks.expected.others import OTHERS
from streamtape.dialects.base import Dialect

_ALL = (OPENAI_RESPONSES, OPENAI_CHAT, ANTHROPIC, GEMINI, *OTHERS)
TABLES = {table.dialect: table for table in _ALL}


def expected_of(dialect: Dialect) -> Expected:
    """What is expected of a dialect's streams: its own table, or its parent's."""
    for name in (dialect.name, dialect.profile_of or ""):
        if name in TABLES:
            return TABLES[name]
    return NOTHING_EXPECTED
