"""AWS Bedrock: ConverseStream, and the models' own events inside of InvokeModel's envelope.

Source: AWS's API reference, "ConverseStream", "InvokeModelWithResponseStream" and the parameters of
each model. InvokeModel has one address for all models, so that their events alone tell them apart.
The frames are binary (`application/vnd.amazon.eventstream`); their event type is a header. Models
that speak another provider's API are profiles of that provider's table.
"""

from __future__ import annotations

from streamtape.dialects.base import Call, Dialect, Piece, Scope
from streamtape.dialects.openai_chat import OPENAI_CHAT

_INVOKE = r"/invoke-with-response-stream"
_METRICS = "amazon-bedrock-invocationMetrics"
_BLOCK = ("contentBlockIndex",)
_EVENTS = (
    "messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop",
    "metadata",
)  # fmt: skip


def _converse(name: str, title: str, url: str, *, inside: bool) -> Dialect:
    """ConverseStream's table; `inside`: each payload is one field deep, named as its type.

    There, too, each piece of text is a block of its own: the text is joined over the blocks.
    """

    def at(event: str, path: str) -> str:
        return f"{event}.{path}" if inside else path

    def index(event: str) -> tuple[str, ...]:
        return (at(event, "contentBlockIndex"),)

    delta, start = "contentBlockDelta", "contentBlockStart"
    return Dialect(
        name=name,
        title=title,
        url=url,
        signs=(("@type", r"^(?:messageStart|contentBlockDelta)$"),),
        type_from=() if inside else ("@event",),
        type_if=tuple((event, event) for event in _EVENTS) if inside else (),
        done_marker="",
        wrapped="bytes" if inside else "",
        deltas=(
            Piece("text", at(delta, "delta.text"), (delta,), () if inside else index(delta)),
            Piece("reasoning", at(delta, "delta.reasoningContent.text"), (delta,), index(delta)),
            Piece("arguments", at(delta, "delta.toolUse.input"), (delta,), index(delta)),
            Piece("signature", at(delta, "delta.reasoningContent.signature"), (delta,),
                  index(delta)),
        ),
        calls=(
            Call(at(start, "start.toolUse"), index(start), (start,), id="toolUseId"),
        ),
        annotations=(at(delta, "delta.citation"),),
        scopes=(
            Scope("message", ("messageStart",), ("messageStop",)),
            Scope("block", (), ("contentBlockStop",), close_key=index("contentBlockStop"),
                  extend_key=index(delta), extends=(delta,), within="message"),
        ),
        opening=("messageStart",),
        terminal=("messageStop",),
        finish_reason=(at("messageStop", "stopReason"),),
        usage=(at("metadata", "usage"),),
        error=("message",) if not inside else (),
        error_types=(
            "internalServerException", "modelStreamErrorException", "validationException",
            "throttlingException", "serviceUnavailableException", "modelTimeoutException",
        ),
        dropped=("p", at(delta, "p"), _METRICS, "amazon-bedrock-trace"),
        masked=(
            at("metadata", "usage"), at("metadata", "metrics"), at("metadata", "trace"),
            *(at(event, "contentBlockIndex") for event in _EVENTS[1:4] if inside),
        ),
        ids=(at(start, "start.toolUse.toolUseId"), at(start, "start.toolResult.toolUseId")),
    )  # fmt: skip


BEDROCK_CONVERSE = _converse(
    "bedrock-converse", "AWS Bedrock ConverseStream", r"/converse-stream", inside=False
)
BEDROCK_NOVA = _converse("bedrock-nova", "Amazon Nova on AWS Bedrock", _INVOKE, inside=True)
BEDROCK_CHAT = OPENAI_CHAT.profile(
    "bedrock-chat",
    title="Chat Completions on AWS Bedrock",
    url=_INVOKE,
    type_from=("object",),
    wrapped="bytes",
    marker_expected=False,
    masked=(*OPENAI_CHAT.masked, _METRICS),
)
# The models with an answer of their own: Llama, Titan, Claude's older API, Mistral, Cohere's older
# API, DeepSeek; and where an unknown model may have its text.
_TEXTS = (
    "generation", "outputText", "completion", "outputs.*.text", "generations.*.text", "text",
    "choices.*.text",
)  # fmt: skip
_OTHER_TEXTS = (
    "output_text", "generated_text", "response", "output", "content", "token", "delta",
    "delta.text", "delta.content", "token.text", "results.*.outputText", "completions.*.data.text",
    "choices.*.delta.content", "message.content",
)  # fmt: skip
_REASONS = (
    "stop_reason", "completionReason", "outputs.*.stop_reason", "generations.*.finish_reason",
    "finish_reason", "choices.*.stop_reason", "choices.*.finish_reason",
)  # fmt: skip
BEDROCK_TEXT = Dialect(
    name="bedrock-text",
    title="A text model on AWS Bedrock",
    url=_INVOKE,
    signs=(
        ("generation", ""), ("outputText", ""), ("completion", ""), ("outputs.*.text", ""),
        ("generations.*.text", ""), ("is_finished", "^bool$"), ("choices.*.stop_reason", ""),
    ),
    type_from=("@event",),
    default_type="chunk",
    done_marker="",
    wrapped="bytes",
    deltas=tuple(Piece("text", path) for path in _TEXTS),
    terminal_if=(("is_finished", (True,)), *((path, ()) for path in _REASONS)),
    id=("id",),
    finish_reason=_REASONS,
    usage=(_METRICS,),
    error=("error",),
    dropped=("p",),
    masked=(
        _METRICS, "generation_token_count", "prompt_token_count", "inputTextTokenCount",
        "totalOutputTextTokenCount",
    ),
    ids=("id", "generations.*.id"),
)  # fmt: skip
# A model that no table knows: its events as they are, with the text where models tend to have it.
BEDROCK_GENERIC = BEDROCK_TEXT.profile(
    "bedrock-generic",
    title="A model on AWS Bedrock that no table knows",
    signs=(),
    type_from=("type", "event_type", "@event"),
    deltas=tuple(Piece("text", path) for path in (*_TEXTS, *_OTHER_TEXTS)),
    model=("model",),
)
BEDROCK_AGENT = Dialect(
    name="bedrock-agent",
    title="AWS Bedrock agents",
    url=r"/agents/[^/]+/agentAliases/.*/text",
    type_from=("@event",),
    default_type="chunk",
    done_marker="",
    wrapped="bytes",
    deltas=(Piece("text", "bytes", ("chunk",)),),
    annotations=("attribution.citations.*",),
    dropped=("p",),
    masked=("eventTime", "callerChain"),
    ids=("sessionId", "agentId", "agentAliasId", "**.traceId"),
)
