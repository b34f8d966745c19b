"""One stream of each provider, written here: what its table makes of it."""

import base64
import json
from typing import Any

import pytest

from streamtape.dialects.json_patch import patched, steps_of
from streamtape.dialects.select import choose, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.tape.events import Frame, Transcript


def read(payloads: list[Any], url: str = "", event: str = "message") -> Transcript:
    """The transcript of these payloads, by the dialect that is chosen."""
    frames = [
        Frame(event, p if isinstance(p, str) else json.dumps(p), at_us=n, index=n)
        for n, p in enumerate(payloads)
    ]
    table = choose(url, "", frames)
    return transcript_of(events_of(iter(frames), table), table)


def chunk(finish: str | None = None, index: int = 0, **delta: Any) -> dict[str, Any]:
    """A chunk of a chat completion."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "created": 1}
    return {**head, "choices": [choice]}


def test_chat_completions() -> None:
    """Text, refusal, reasoning and tool calls of one choice."""
    piece = {"index": 0, "id": "call_1", "type": "function"}
    transcript = read(
        [
            chunk(role="assistant", content="", reasoning_content="hm"),
            chunk(content="Hi"),
            chunk(tool_calls=[{**piece, "function": {"name": "f", "arguments": '{"a"'}}]),
            chunk(tool_calls=[{"index": 0, "function": {"arguments": ": 1}"}}]),
            chunk("tool_calls"),
            {**chunk(), "choices": [], "usage": {"total_tokens": 3}},
            "[DONE]",
        ]
    )
    assert (transcript.dialect, transcript.text, transcript.reasoning) == (
        "openai-chat",
        "Hi",
        "hm",
    )
    assert [(c.id, c.name, c.parsed) for c in transcript.tool_calls] == [("call_1", "f", {"a": 1})]
    assert (transcript.finish_reason, transcript.usage, transcript.finished) == (
        "tool_calls",
        {"total_tokens": 3},
        True,
    )


def test_several_choices() -> None:
    """Each choice has its own text and reason; the transcript's own are the first's."""
    transcript = read([chunk(content="a"), chunk(index=1, content="x"), chunk(content="b"),
                 chunk("stop"), chunk("length", index=1)])  # fmt: skip
    assert transcript.text == "ab"
    assert [(c.text, c.finish_reason) for c in transcript.choices] == [
        ("ab", "stop"),
        ("x", "length"),
    ]


def test_a_profile_is_reported_by_the_address() -> None:
    """The same chunks from another host are read by that provider's profile."""
    transcript = read([chunk(content="a")], "https://openrouter.ai/api/v1/chat/completions")
    assert transcript.dialect == "openrouter-chat"


def test_an_answer_that_is_no_stream() -> None:
    """A whole chat completion, a whole response and a whole message."""
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": "Hi", "tool_calls": [call]}
    chat = {"object": "chat.completion", "choices": [{"index": 0, "message": message}]}
    transcript = read([chat], "https://api.openai.com/v1/chat/completions")
    assert (transcript.text, [c.name for c in transcript.tool_calls]) == ("Hi", ["f"])
    part = {"type": "output_text", "text": "Hi"}
    item = {"type": "message", "content": [part]}
    response = {"object": "response", "status": "completed", "output": [item]}
    transcript = read([response], "https://api.openai.com/v1/responses")
    assert (transcript.text, transcript.status) == ("Hi", "completed")
    blocks = [{"type": "text", "text": "Hi"}, {"type": "tool_use", "name": "f", "input": {"a": 1}}]
    answer = {"type": "message", "content": blocks, "stop_reason": "tool_use"}
    transcript = read([answer], "https://api.anthropic.com/v1/messages")
    assert (transcript.text, transcript.finish_reason) == ("Hi", "tool_use")
    assert [c.parsed for c in transcript.tool_calls] == [{"a": 1}]


def block(index: int, **delta: Any) -> dict[str, Any]:
    """A delta of a block of Anthropic's."""
    return {"type": "content_block_delta", "index": index, "delta": delta}


ANTHROPIC = [
    {"type": "message_start",
     "message": {"id": "msg_1", "model": "c", "usage": {"input_tokens": 3}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "He"}},
    block(0, type="text_delta", text="llo"),
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1,
     "content_block": {"type": "tool_use", "id": "t1", "name": "f", "input": {}}},
    block(1, type="input_json_delta", partial_json=""),
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
]  # fmt: skip


def test_anthropic() -> None:
    """Text goes on from where its block began; a call without arguments has the empty object."""
    transcript = read(ANTHROPIC)
    assert (transcript.dialect, transcript.text, transcript.finish_reason) == (
        "anthropic",
        "Hello",
        "tool_use",
    )
    assert [(c.name, c.parsed, c.complete) for c in transcript.tool_calls] == [("f", {}, True)]
    assert transcript.usage == {"input_tokens": 3, "output_tokens": 5}
    assert transcript.finished


def test_two_answers_in_one_body_are_not_mixed() -> None:
    """The blocks of a second message are blocks of their own."""
    transcript = read([*ANTHROPIC, *ANTHROPIC])
    assert transcript.text == "HelloHello"
    assert [p.text for p in transcript.of("text")] == ["Hello", "Hello"]


def test_bedrock_unwraps_what_is_inside() -> None:
    """Anthropic's events in AWS's envelope."""
    wrapped = [
        {"bytes": base64.b64encode(json.dumps(p).encode()).decode(), "p": "ab"} for p in ANTHROPIC
    ]
    transcript = read(wrapped, event="chunk")
    assert (transcript.dialect, transcript.text) == ("bedrock-anthropic", "Hello")
    assert read([{"bytes": "!"}, {"bytes": 3}], "/invoke-with-response-stream").text == ""


def test_gemini() -> None:
    """Thoughts are reasoning; calls are whole, or come in patches."""

    def parts(*given: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"candidates": [{"content": {"parts": list(given), "role": "model"}, **more}]}

    transcript = read(
        [
            parts({"text": "hm", "thought": True}),
            parts({"text": "Hi "}),
            parts({"text": "you"}, {"functionCall": {"name": "f", "args": {"a": 1}}}),
            parts({"functionCall": {"name": "g", "willContinue": True}}),
            parts({"functionCall": {"partialArgs": [{"jsonPath": "$.c", "stringValue": "Bos"}]}}),
            parts({"functionCall": {"partialArgs": [{"jsonPath": "$.c", "stringValue": "ton"}]}}),
            parts({"functionCall": {}}, finishReason="STOP"),
        ]
    )
    assert (transcript.dialect, transcript.text, transcript.reasoning) == ("gemini", "Hi you", "hm")
    assert [(c.name, c.parsed) for c in transcript.tool_calls] == [
        ("f", {"a": 1}),
        ("g", {"c": "Boston"}),
    ]
    assert transcript.finish_reason == "STOP"


@pytest.mark.parametrize(
    ("place", "steps"),
    [("$", []), ("$.a[0].b", ["a", 0, "b"]), ("$['x y']", ["x y"]), ("a.b", None), ("$..a", None)],
)
def test_places_of_patches(place: str, steps: list[str | int] | None) -> None:
    """A place is read, or told to be none."""
    assert steps_of(place) == steps


def test_a_patch_that_does_not_fit_changes_nothing() -> None:
    """A list where an object is, a field of a number."""
    assert patched({"a": 1}, ["a", "b"], 2) == {"a": 1}
    assert patched({"a": {}}, ["a", 0], 2) == {"a": {}}
    assert patched([], [10**9], 2) == []


@pytest.mark.parametrize(
    ("payloads", "url", "dialect", "text"),
    [
        ([{"model": "l", "message": {"role": "assistant", "content": t}, "done": t == "b"}
          for t in "ab"], "", "ollama", "ab"),
        ([{"type": "message-start", "id": "1"},
          {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "a"}}}}],
         "", "cohere", "a"),
        ([{"event_type": "stream-start"}, {"event_type": "text-generation", "text": "a"}], "",
         "cohere-v1", "a"),
        ([{"object": "text_completion", "choices": [{"index": 0, "text": "a"}]}], "",
         "openai-completions", "a"),
        ([{"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": "a"}]}}], "",
         "mcp", "a"),
        ([{"type": "transcript.text.delta", "delta": "a"}], "", "openai-audio", "a"),
        ([{"results": [{"generated_text": "a"}]}], "", "watsonx", "a"),
        ([{"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": "a"}}], "",
         "gemini-interactions", "a"),
        ([{"object": "thread.message.delta", "id": "m",
           "delta": {"content": [{"index": 0, "text": {"value": "a"}}]}}], "",
         "openai-assistants", "a"),
        ([{"value": "a"}], "https://api.writer.com/v1/completions", "writer-completions", "a"),
        ([{"bytes": base64.b64encode(b'{"generation":"a"}').decode()}], "", "bedrock-text", "a"),
    ],
)  # fmt: skip
def test_the_others(payloads: list[Any], url: str, dialect: str, text: str) -> None:
    """Each is told by its first frames, and its text is read."""
    transcript = read(payloads, url)
    assert (transcript.dialect, transcript.text) == (dialect, text)


def test_events_named_by_their_frames() -> None:
    """ConverseStream's types are headers; Replicate's payloads are the text itself."""
    delta = {"contentBlockIndex": 0, "delta": {"text": "a"}, "p": "x"}
    assert read([delta], event="contentBlockDelta").text == "a"
    assert read(["Hel", "lo"], event="output").text == "Hello"


def wrapped(*payloads: dict[str, Any]) -> list[dict[str, str]]:
    """Events of a model in the envelope of InvokeModelWithResponseStream."""
    return [{"bytes": base64.b64encode(json.dumps(p).encode()).decode()} for p in payloads]


INVOKE = "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke-with-response-stream"


@pytest.mark.parametrize(
    ("payloads", "dialect", "text", "finished"),
    [
        ([{"text": "Hi", "is_finished": False}, {"is_finished": True, "finish_reason": "COMPLETE"}],
         "bedrock-text", "Hi", True),
        ([{"generations": [{"text": "Hi", "id": "1"}]},
          {"generations": [{"finish_reason": "COMPLETE"}]}], "bedrock-text", "Hi", True),
        ([{"choices": [{"text": "Hi", "stop_reason": None}]},
          {"choices": [{"text": "", "stop_reason": "stop"}]}], "bedrock-text", "Hi", True),
        ([{"output_text": "Hi"}], "bedrock-generic", "Hi", False),
        ([{"token": {"text": "Hi"}}], "bedrock-generic", "Hi", False),
        ([{"delta": "H"}, {"delta": "i"}], "bedrock-generic", "Hi", False),
        ([{"embedding": [1, 2]}], "bedrock-generic", "", False),
        (ANTHROPIC, "bedrock-anthropic", "Hello", True),
    ],
)  # fmt: skip
def test_models_on_bedrock(
    payloads: list[dict[str, Any]], dialect: str, text: str, *, finished: bool
) -> None:
    """Their one address tells none of them; a model that no table knows is generic."""
    transcript = read(wrapped(*payloads), INVOKE, event="chunk")
    assert (transcript.dialect, transcript.text, transcript.finished) == (dialect, text, finished)


UI_MESSAGES = [{"type": "start"}, {"type": "text-delta", "id": "0", "delta": "Hi"}]
FOREIGN = [
    UI_MESSAGES,
    [{"kind": "progress", "percent": 10}, {"kind": "result", "value": "x"}],
    ["Hello", "world"],
]


@pytest.mark.parametrize("payloads", FOREIGN)
@pytest.mark.parametrize(
    "url",
    ["/api/chat", "/api/generate", "/v1/messages", "/v1/responses", "/chat/completions",
     "/completions", "/m:streamGenerateContent", "/mcp", "/interactions", "/threads/t/runs"],
)  # fmt: skip
def test_an_address_alone_chooses_no_dialect(payloads: list[Any], url: str) -> None:
    """Where the frames speak against it, the stream is anybody's."""
    assert read(payloads, f"http://localhost:3000{url}").dialect == "generic"


@pytest.mark.parametrize(
    ("url", "dialect"),
    [("/api/chat", "ollama"), ("/v1/messages", "anthropic"), ("/v1/responses", "openai-responses"),
     ("/v1/chat/completions", "openai-chat"), ("/m:streamGenerateContent", "gemini")],
)  # fmt: skip
def test_errors_are_read_by_the_address(url: str, dialect: str) -> None:
    """An error alone speaks against no dialect."""
    transcript = read([{"error": {"message": "no"}}], f"http://localhost{url}")
    assert (transcript.dialect, transcript.error) == (dialect, {"message": "no"})


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("https://r.openai.azure.com/openai/deployments/d/chat/completions", "azure-chat"),
        ("https://r.cognitiveservices.azure.com/openai/deployments/d/chat/completions",
         "azure-chat"),
        ("https://r.services.ai.azure.com/models/chat/completions?api-version=1", "azure-chat"),
        ("https://api.writer.com/v1/chat", "writer-chat"),
        ("https://api.groq.com/openai/v1/chat/completions", "groq-chat"),
        ("https://api.mistral.ai/v1/chat/completions#stream", "mistral-chat"),
        ("https://example.com/groq.com/v1/chat/completions", "openai-chat"),
    ],
)  # fmt: skip
def test_profiles_by_address(url: str, dialect: str) -> None:
    """Told by the host; a provider's name elsewhere in an address is none."""
    assert read([chunk(content="a")], url).dialect == dialect
