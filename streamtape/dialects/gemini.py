"""Google: Gemini's `streamGenerateContent`, on the Gemini API and on Vertex AI, and Interactions.

Source: Google's API reference, "GenerateContentResponse" and "Interactions". Every event of
`streamGenerateContent` is of one type and carries usage so far; parts have no index, so the text of
a candidate is one text, and a function call is whole in its event.
"""

from __future__ import annotations

from streamtape.dialects.base import Call, Dialect, Patches, Piece, Scope

_CANDIDATE = "candidates.*.index|#0"
_PARTS = "candidates.*.content.parts.*"
_CALL = (_CANDIDATE, "@event", "#1")

GEMINI = Dialect(
    name="gemini",
    title="Gemini",
    url=r":streamGenerateContent",
    signs=(("candidates.*.content", "^dict$"), ("usageMetadata", "^dict$")),
    type_if=(("error", "error"),),
    type_from=("@event",),
    default_type="generateContent",
    done_marker="",
    deltas=(
        Piece("text", f"{_PARTS}.text", (), (_CANDIDATE,), (f"{_PARTS}.thought", (None, False))),
        Piece("reasoning", f"{_PARTS}.text", (), (_CANDIDATE,), (f"{_PARTS}.thought", (True,))),
        Piece("code", f"{_PARTS}.executableCode.code", (), (_CANDIDATE,)),
        Piece("output", f"{_PARTS}.codeExecutionResult.output", (), (_CANDIDATE,)),
    ),
    wholes=(Piece("arguments", f"{_PARTS}.functionCall.args", (), _CALL),),
    calls=(Call(f"{_PARTS}.functionCall", _CALL, (), (f"{_PARTS}.functionCall.name", ())),),
    patches=(
        Patches(
            f"{_PARTS}.functionCall.partialArgs.*",
            "jsonPath",
            ("stringValue", "numberValue", "boolValue", "nullValue"),
        ),
    ),
    annotation_lists=(
        "candidates.*.groundingMetadata.groundingChunks.*",
        "candidates.*.citationMetadata.citationSources.*",
        "candidates.*.citationMetadata.citations.*",
    ),
    images=(f"{_PARTS}.inlineData.data",),
    terminal=("error",),
    terminal_if=(("candidates.*.finishReason", ()), ("promptFeedback.blockReason", ())),
    by_choice=True,
    id=("responseId",),
    model=("modelVersion",),
    finish_reason=("candidates.*.finishReason", "promptFeedback.blockReason"),
    closing=("candidates.*.finishMessage",),
    usage=("usageMetadata",),
    error=("error",),
    dropped=(
        "**.thoughtSignature",
        "**.avgLogprobs",
        "**.logprobsResult",
        f"{_PARTS}.functionCall.partialArgs.*.willContinue",
    ),
    masked=(
        "usageMetadata",
        "createTime",
        "candidates.*.safetyRatings",
        "candidates.*.groundingMetadata.groundingChunks.*.web.uri",
        "candidates.*.groundingMetadata.searchEntryPoint",
    ),
    ids=("responseId", f"{_PARTS}.functionCall.id"),
    opaque=(f"{_PARTS}.functionCall.args",),
)

_STEP = ("index",)
GEMINI_INTERACTIONS = Dialect(
    name="gemini-interactions",
    title="Gemini Interactions",
    url=r"/interactions(?:\?|$)",
    signs=(("event_type", r"^(?:interaction|step)\."),),
    type_from=("event_type", "@event"),
    deltas=(
        Piece("text", "delta.text", ("step.delta",), _STEP, ("delta.type", ("text",))),
        Piece("reasoning", "delta.content.text", ("step.delta",), _STEP),
        Piece("arguments", "delta.arguments", ("step.delta",), _STEP),
        Piece("signature", "delta.signature", ("step.delta",), _STEP),
    ),
    wholes=(Piece("arguments", "step.arguments", ("step.start",), _STEP),),
    calls=(
        Call("step", _STEP, ("step.start",), ("step.type", ("function_call",)), kind="step.type"),
    ),
    images=("delta.data",),
    scopes=(
        Scope("interaction", ("interaction.created",), ("interaction.completed",)),
        Scope(
            "step", ("step.start",), ("step.stop",), _STEP, _STEP, _STEP, ("step.delta",),
            within="interaction",
        ),
    ),
    opening=("interaction.created",),
    terminal=("interaction.completed", "error"),
    marker_expected=True,
    event_equals_type=True,
    id=("interaction.id",),
    model=("interaction.model",),
    status=("interaction.status", "status"),
    usage=("interaction.usage",),
    error=("error",),
    dropped=("**.signature", "event_id"),
    masked=("interaction.usage", "interaction.created", "interaction.updated",
            "interaction.service_tier"),
    ids=("interaction.id", "interaction_id", "step.id"),
)  # fmt: skip
