"""Expectations of Gemini streams (`streamGenerateContent?alt=sse`).

Source: Google's API reference, "GenerateContentResponse"; what every recorded stream has.
"""

from __future__ import annotations

from streamtape.checks.expected.base import Expected, Required
from streamtape.checks.expected.facts import AtMost, Fields, Fixed, Given, Sum, Unique

_USAGE = "usageMetadata"
_CANDIDATE = "candidates.*"
_DECLARED = tuple(
    f"tools.*.{name}.*.name" for name in ("functionDeclarations", "function_declarations")
)
_FACTS = (
    Sum(name="total", holder=_USAGE, total="totalTokenCount",
        parts=("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount",
               "toolUsePromptTokenCount")),
    Sum(name="prompt", holder=_USAGE, total="promptTokenCount",
        parts=("promptTokensDetails.*.tokenCount",), when=("promptTokensDetails", ())),
    Fixed(name="total-there", holder=_USAGE, path="totalTokenCount", there=True,
          when=("promptTokenCount", ()), weight="warning"),
    Fixed(name="call-name", holder=f"{_CANDIDATE}.content.parts.*.functionCall", path="name",
          there=True, when=("args", ())),
    Fields(name="fields", weight="warning", elsewhere=None),
    Fields(name="fields-candidate", holder=_CANDIDATE, weight="warning", elsewhere=None,
           save=frozenset({"finishReason", "finishMessage", "groundingMetadata",
                           "urlContextMetadata", "citationMetadata", "safetyRatings",
                           "avgLogprobs", "logprobsResult"})),
    AtMost(name="cached-prompt", holder=_USAGE, path="cachedContentTokenCount",
           bound="promptTokenCount"),
    *(Fixed(name=f"null-{path}", path=path)
      for path in ("candidates", "usageMetadata", "modelVersion", "responseId")),
    Fixed(name="null-parts", holder=f"{_CANDIDATE}.content", path="parts"),
    Fixed(name="null-index", holder=_CANDIDATE, path="index"),
    Fixed(name="role", holder=f"{_CANDIDATE}.content", path="role", values=("model",)),
    AtMost(name="candidates-asked", holder=_CANDIDATE, path="index", default=1, below=True,
           in_request=("generationConfig.candidateCount", "generation_config.candidate_count")),
    Unique(name="ids", holder=f"{_CANDIDATE}.content.parts.*.functionCall", path="id",
           key=("@event", "#0", "#1")),
    Given(name="tool-given", holder=f"{_CANDIDATE}.content.parts.*.functionCall", path="name",
          in_request=_DECLARED),
)  # fmt: skip

GEMINI = Expected(
    dialect="gemini",
    owners=("google",),
    required=(
        Required(("generateContent",), ("usageMetadata", "modelVersion", "responseId")),
        # A blocked prompt has no candidates; the last event may have no more to say than how it
        # ended.
        Required(
            ("generateContent",), ("candidates",), unless=("promptFeedback",), weight="warning"
        ),
        Required(("generateContent",), ("candidates.*.content",), unless=("finishReason",)),
        Required(
            ("generateContent",),
            ("candidates.*.content.parts", "candidates.*.content.role"),
            unless=("finishReason",),
            weight="warning",
        ),
    ),
    constant=("responseId", "modelVersion"),
    ends_last=True,
    speaks_if=("candidates.0.finishReason", ("STOP",)),
    speaks_in=("candidates.0.content.parts.0",),
    facts=_FACTS,
)
