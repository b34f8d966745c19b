"""Speech in both directions over WebSocket: OpenAI Realtime, and Gemini Live.

Sources: OpenAI's API reference, "Realtime", and the types of openai-python 3.57, with the names
that the beta had; Google's API reference, "Live API". What the client says is in the events and
adds to no text; what a server heard of the client is a transcript of its own.
"""

from __future__ import annotations

from streamtape.dialects.base import Call, Channel, Dialect, Piece, Scope

_ITEM = ("response_id", "output_index|item_id")
_PART = (*_ITEM, "content_index")
_OPENED_ITEM = ("response_id", "output_index|item.id")
# stem of the event type (now, in the beta), channel, the path of the done value
_TEXTS: tuple[tuple[str, str, Channel, str], ...] = (
    ("output_text", "text", "text", "text"),
    ("output_audio_transcript", "audio_transcript", "transcript", "transcript"),
    ("output_audio", "audio", "audio", "data"),
)
_HEARD = ("item_id", "content_index", "=heard")
_TRANSCRIBED = "conversation.item.input_audio_transcription"
_ADDED = ("response.output_item.added", "response.output_item.done")

OPENAI_REALTIME = Dialect(
    name="openai-realtime",
    title="OpenAI Realtime",
    url=r"/realtime(?:/[^?]*)?(?:\?|$)",
    signs=(
        ("@type", r"^session\.(?:created|updated|input_transcript|output_)"),
        ("@type", r"^(?:conversation\.item|input_audio_buffer|rate_limits)\."),
        ("@url", r"/realtime(?:\?|$)"),  # a turn may have nothing but what Responses has, too
    ),
    type_from=("type",),
    done_marker="",
    deltas=(
        *(
            Piece(channel, "delta", (f"response.{now}.delta", f"response.{beta}.delta"), _PART)
            for now, beta, channel, _ in _TEXTS
        ),
        Piece("arguments", "delta", ("response.function_call_arguments.delta",), _ITEM),
        Piece("transcript", "delta", (f"{_TRANSCRIBED}.delta",), _HEARD),
        Piece("transcript", "delta", ("session.output_transcript.delta",)),
        Piece("transcript", "delta", ("session.input_transcript.delta",), ("=heard",)),
        Piece("audio", "delta", ("session.output_audio.delta",)),
    ),
    wholes=(
        *(
            Piece(channel, path, (f"response.{now}.done", f"response.{beta}.done"), _PART)
            for now, beta, channel, path in _TEXTS
        ),
        Piece("arguments", "arguments", ("response.function_call_arguments.done",), _ITEM),
        Piece("transcript", "transcript", (f"{_TRANSCRIBED}.completed",), _HEARD),
        Piece("arguments", "item.arguments", ("response.output_item.done",), _OPENED_ITEM),
    ),
    calls=(
        Call("item", _OPENED_ITEM, _ADDED, ("item.type", ("function_call", "mcp_call")),
             id="call_id|id", kind="type", item="id", refers="item_id",
             closes=("response.output_item.done",)),
    ),
    scopes=(
        Scope("response", ("response.created",), ("response.done",), ("response.id",),
              ("response.id",)),
    ),
    terminal=("response.done",),
    id=("response.id",),
    model=("session.model", "response.model"),
    status=("response.status",),
    finish_reason=("response.status_details.reason",),
    usage=("response.usage",),
    error=("error", "response.status_details.error"),
    noise=("rate_limits.updated",),
    dropped=("event_id", "obfuscation", "**.logprobs"),
    masked=("session.expires_at", "response.usage", "usage", "**.audio_start_ms",
            "**.audio_end_ms"),
    ids=("response_id", "item_id", "previous_item_id", "call_id", "response.id", "item.id",
         "item.call_id", "session.id", "conversation.id", "response.conversation_id",
         "response.output.*.id", "response.output.*.call_id"),
    opaque=("session.tools", "session.instructions", "response.metadata"),
)  # fmt: skip

_SERVER_PARTS = "serverContent.modelTurn.parts.*"
_CALL = ("@event", "#0")
_LIVE_TYPES = (
    "error", "setupComplete", "serverContent", "toolCall", "toolCallCancellation", "goAway",
    "sessionResumptionUpdate", "voiceActivity", "setup", "clientContent", "realtimeInput",
    "toolResponse",
)  # fmt: skip
GEMINI_LIVE = Dialect(
    name="gemini-live",
    title="Gemini Live",
    url=r"BidiGenerateContent",
    signs=(
        ("setupComplete", "^dict$"),
        ("serverContent", "^dict$"),
        ("setup.model", "."),
        ("@url", "BidiGenerateContent"),
    ),
    type_from=("type",),
    type_if=(
        *((name, name) for name in _LIVE_TYPES),
        # As google-genai spells them.
        ("client_content", "clientContent"),
        ("realtime_input", "realtimeInput"),
        ("tool_response", "toolResponse"),
        ("usageMetadata", "usageMetadata"),
    ),
    done_marker="",
    deltas=(
        Piece("text", f"{_SERVER_PARTS}.text", (), (), (f"{_SERVER_PARTS}.thought",
                                                        (None, False))),
        Piece("reasoning", f"{_SERVER_PARTS}.text", (), (), (f"{_SERVER_PARTS}.thought", (True,))),
        Piece("code", f"{_SERVER_PARTS}.executableCode.code"),
        Piece("output", f"{_SERVER_PARTS}.codeExecutionResult.output"),
        Piece("audio", f"{_SERVER_PARTS}.inlineData.data"),
        Piece("transcript", "serverContent.outputTranscription.text"),
        Piece("transcript", "serverContent.inputTranscription.text", (), ("=heard",)),
    ),
    wholes=(Piece("arguments", "toolCall.functionCalls.*.args", (), _CALL),),
    calls=(Call("toolCall.functionCalls.*", _CALL),),
    terminal=("error",),
    terminal_if=(("serverContent.turnComplete", (True,)),),
    model=("setup.model",),
    usage=("usageMetadata",),
    error=("error",),
    dropped=("**.thoughtSignature",),
    masked=("usageMetadata", "sessionResumptionUpdate.newHandle", "goAway.timeLeft"),
    ids=("toolCall.functionCalls.*.id", "toolCallCancellation.ids.*", "setupComplete.sessionId"),
    opaque=("toolCall.functionCalls.*.args", "setup.tools"),
)  # fmt: skip
