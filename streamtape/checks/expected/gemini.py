"""A good Gemini stream (`streamGenerateContent?alt=sse`).

Source: Google's API reference, "GenerateContentResponse"; what every recorded stream has.
"""

from __future__ import annotations

from streamtape.checks.expected.base import Expected, Required

GEMINI = Expected(
    dialect="gemini",
    owners=("google",),
    required=(Required(("generateContent",), ("usageMetadata", "modelVersion", "responseId")),),
    constant=("responseId", "modelVersion"),
    ends_last=True,
)
