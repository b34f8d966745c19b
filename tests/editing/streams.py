"""Short recordings in every dialect; each says `It rains in Oslo today.` in several deltas."""

import base64
import json
import zlib
from collections.abc import Iterable
from typing import Any

from streamtape.framing.eventstream import encode_message
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Headers, Interaction, Request
from tests.dialogues import client, dialogue, server
from tests.streams import Writer

PIECES = ("It rains", " in O", "sl", "o to", "day.")
TEXT = "It rains in Oslo today."


def recording(
    frames: Iterable[bytes],
    media: str = "text/event-stream",
    *,
    url: str = "https://x.test/v1/chat/completions",
    body: Any = None,
    headers: Headers = (),
) -> Interaction:
    """A recording with a chunk a frame, a millisecond apart."""
    chunks = [Chunk(1000 * n, frame) for n, frame in enumerate(frames, 1)]
    head = Head(200, ((b"content-type", media.encode()), *headers), at_us=500)
    request = Request("POST", url, (), json.dumps(body or {"stream": True}).encode())
    ending = Ending("complete", 1000 * len(chunks) + 1000)
    return Interaction(request, head, Chunks.of(chunks), ending, 1_700_000_000_000_000)


def sse(*payloads: Any) -> list[bytes]:
    """Payloads as frames without a name."""
    return [f"data: {p if isinstance(p, str) else json.dumps(p)}\n\n".encode() for p in payloads]


def named_sse(*payloads: dict[str, Any]) -> list[bytes]:
    """Payloads as frames that are named as their type."""
    return [f"event: {p['type']}\ndata: {json.dumps(p)}\n\n".encode() for p in payloads]


def responses() -> Interaction:
    """OpenAI Responses: text and a tool call."""
    return (
        Writer()
        .message(*PIECES)
        .call("get_weather", '{"ci', 'ty": "Os', 'lo"}')
        .end()
        .interaction()
    )


def chat_chunk(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A chunk of Chat Completions with one choice."""
    choice = {"index": 0, "delta": delta, "finish_reason": None, "logprobs": None} | more
    return {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000,
        "model": "gpt-4.1-2025-04-14", "choices": [choice],
    }  # fmt: skip


def token(text: str) -> dict[str, Any]:
    """A token with its likelihood, as Chat Completions gives them."""
    entry = {"token": text, "logprob": -0.1, "bytes": list(text.encode())}
    return {**entry, "top_logprobs": [entry, {"token": "?", "logprob": -3.0, "bytes": [63]}]}


def chat() -> Interaction:
    """OpenAI Chat Completions, with the likelihoods of its tokens."""
    first = chat_chunk({"role": "assistant", "content": ""})
    payloads = [
        chat_chunk({"content": piece}, logprobs={"content": [token(piece)], "refusal": None})
        for piece in PIECES
    ]
    last = chat_chunk({}, finish_reason="stop")
    usage = {**chat_chunk({}), "choices": [], "usage": {
        "prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 4},
    }}  # fmt: skip
    return recording(
        sse(first, *payloads, last, usage, "[DONE]"),
        url="https://api.openai.com/v1/chat/completions",
    )


def anthropic() -> Interaction:
    """Anthropic Messages: text, then a call of a tool."""
    usage = {"input_tokens": 9, "output_tokens": 1}
    message: dict[str, Any] = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-1",
        "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage,
    }  # fmt: skip
    text = {"type": "text", "text": ""}
    tool = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
    return recording(
        named_sse(
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": text},
            {"type": "ping"},
            *({"type": "content_block_delta", "index": 0,
               "delta": {"type": "text_delta", "text": piece}} for piece in PIECES),
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": tool},
            *({"type": "content_block_delta", "index": 1,
               "delta": {"type": "input_json_delta", "partial_json": piece}}
              for piece in ("", '{"city": "Os', 'lo"}')),
            {"type": "content_block_stop", "index": 1},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None},
             "usage": {"output_tokens": 5}},
            {"type": "message_stop"},
        ),
        url="https://api.anthropic.com/v1/messages",
    )  # fmt: skip


def gemini_chunk(part: dict[str, Any], n: int, **more: Any) -> dict[str, Any]:
    """A response of Gemini with one part."""
    return {
        "candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0, **more}],
        "usageMetadata": {
            "promptTokenCount": 9, "candidatesTokenCount": n, "totalTokenCount": 9 + n,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 9}],
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": "r1",
    }  # fmt: skip


GEMINI_URL = (
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent"
)


def gemini() -> Interaction:
    """Gemini, as events: text, then a call, whole."""
    call = {"functionCall": {"name": "get_weather", "args": {"city": "Oslo"}}}
    payloads = [gemini_chunk({"text": piece}, n) for n, piece in enumerate(PIECES, 1)]
    return recording(
        sse(*payloads, gemini_chunk(call, 6, finishReason="STOP")), url=f"{GEMINI_URL}?alt=sse"
    )


def gemini_array() -> Interaction:
    """Gemini, as an array that grows."""
    payloads = [gemini_chunk({"text": piece}, n) for n, piece in enumerate(PIECES, 1)]
    payloads[-1]["candidates"][0]["finishReason"] = "STOP"
    texts = [json.dumps(one, indent=2) for one in payloads]
    frames = [f"{'[' if n == 0 else ','}{text}".encode() for n, text in enumerate(texts)]
    return recording([*frames, b"]"], "application/json", url=GEMINI_URL)


def ollama() -> Interaction:
    """Ollama: a line of JSON for each delta."""
    base = {"model": "llama3.2", "created_at": "2026-01-05T10:00:00.5Z"}
    lines = [
        {**base, "message": {"role": "assistant", "content": piece}, "done": False}
        for piece in PIECES
    ]
    last = {
        **base, "message": {"role": "assistant", "content": ""}, "done": True,
        "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 5,
    }  # fmt: skip
    frames = [json.dumps(line).encode() + b"\n" for line in (*lines, last)]
    return recording(frames, "application/x-ndjson", url="http://localhost:11434/api/chat")


def converse() -> Interaction:
    """AWS Bedrock's ConverseStream, in binary messages."""
    payloads: list[tuple[str, dict[str, Any]]] = [
        ("messageStart", {"role": "assistant"}),
        *(("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": p}}) for p in PIECES),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": {"inputTokens": 9, "outputTokens": 5, "totalTokens": 14}}),
    ]
    return recording(
        [_message(name, payload) for name, payload in payloads],
        "application/vnd.amazon.eventstream",
        url="https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse-stream",
    )


def invoke() -> Interaction:
    """Anthropic's events in the envelopes of AWS Bedrock's InvokeModel: Base64 in JSON."""
    events = [frame.payload for frame in anthropic().events()]
    frames = [
        _message("chunk", {"bytes": base64.b64encode(json.dumps(e).encode()).decode(), "p": "abc"})
        for e in events
    ]
    return recording(
        frames,
        "application/vnd.amazon.eventstream",
        url="https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke-with-response-stream",
    )


def _message(name: str, payload: dict[str, Any]) -> bytes:
    headers = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
    return encode_message(headers, json.dumps(payload).encode())


def websocket() -> Interaction:
    """OpenAI Responses over a WebSocket, one message in two fragments."""
    payloads = [json.loads(frame.data or "") for frame in responses().frames()]
    messages = [server(json.dumps(payload)) for payload in payloads]
    cut = messages[-1].data.index(b"Oslo") + 2
    last = messages.pop()
    messages.append(last._replace(data=last.data[:cut], final=False))
    messages.append(last._replace(kind="continuation", data=last.data[cut:]))
    request = client(
        json.dumps({"type": "response.create", "model": "gpt-4.1", "input": "Weather?"})
    )
    return dialogue(request, *messages, url="wss://api.openai.com/v1/responses")


def whole_chat() -> Interaction:
    """An answer of Chat Completions that is no stream."""
    document = {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000,
        "model": "gpt-4.1-2025-04-14",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": TEXT}}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14},
    }  # fmt: skip
    data = json.dumps(document, indent=2).encode()
    length = ((b"content-length", b"%d" % len(data)),)
    return recording([data[:60], data[60:]], "application/json", headers=length)


def plain() -> Interaction:
    """Server-sent events whose data is the text itself."""
    return recording([f"data: {piece}\n\n".encode() for piece in PIECES], url="https://x.test/s")


def unknown() -> Interaction:
    """Events that no dialect knows."""
    events = [{"kind": "grow", "line": {"body": piece}} for piece in PIECES]
    return recording(sse(*events), url="https://x.test/acme")


def gzipped() -> Interaction:
    """Chat Completions, compressed, each chunk flushed."""
    one = chat()
    encoder = zlib.compressobj(wbits=31)
    pieces = [
        Chunk(c.at_us, encoder.compress(c.data) + encoder.flush(zlib.Z_SYNC_FLUSH))
        for c in one.chunks
    ]
    pieces.append(Chunk(pieces[-1].at_us, encoder.flush()))
    assert one.head is not None
    headers = (*one.head.headers, (b"content-encoding", b"gzip"))
    head = Head(200, headers, one.head.at_us)
    return Interaction(one.request, head, Chunks.of(pieces), one.ending, one.started_at_us)


ALL = {
    make.__name__: make
    for make in (
        responses, chat, anthropic, gemini, gemini_array, ollama, converse, invoke, websocket,
        whole_chat, plain, unknown, gzipped,
    )
}  # fmt: skip
