"""What was reported of Gemini's streams: translators from other APIs, pass-throughs, the owner."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

from tools.corpus.reported.kit import Answer, Event, Group, clone, parse, without

GROUP = Group("gemini")
reported = GROUP.events
CUT = 40  # bytes


def _candidates(events: list[Event]) -> list[dict[str, Any]]:
    return [c for e in events if isinstance(e.data, dict) for c in e.data.get("candidates") or []]


def _parts(events: list[Event], *kinds: str) -> list[dict[str, Any]]:
    found = [p for c in _candidates(events) for p in (c.get("content") or {}).get("parts") or []]
    return [part for part in found if any(kind in part for kind in kinds)]


def _texts(events: list[Event]) -> list[dict[str, Any]]:
    return [part for part in _parts(events, "text") if part["text"] and not part.get("thought")]


def _finished(events: list[Event]) -> list[Event]:
    return [e for e in events if any(c.get("finishReason") for c in _candidates([e]))]


@reported("empty chunks with STOP before the text", "Chevey339/kelivo#1003", "order")
def stop_first(events: list[Event], random: Random) -> list[Event] | None:
    empty = clone(events[0])
    empty.data.pop("usageMetadata", None)
    content = {"role": "model", "parts": []}
    empty.data["candidates"] = [{"content": content, "finishReason": "STOP", "index": 0}]
    return [empty, clone(empty), *events]


@reported("STOP in every chunk", "songquanpeng/one-api#1408", "order")
def stop_everywhere(events: list[Event], random: Random) -> list[Event] | None:
    for candidate in _candidates(events):
        candidate["finishReason"] = "STOP"
    return events if len(events) > 1 else None


@reported("the stream ends before it is finished", "router-for-me/CLIProxyAPI#346", "order")
def no_finish(events: list[Event], random: Random) -> list[Event] | None:
    finished = _finished(events)
    left = without(events, finished)
    return left or None


@reported("the finish reason is lost, its chunk is not", "agentjido/req_llm#638", "order")
def finish_lost(events: list[Event], random: Random) -> list[Event] | None:
    found = [c for c in _candidates(events) if c.pop("finishReason", None)]
    return events if found else None


@reported("[DONE] at the end", "decolua/9router#2193", "order")
def done_marker(events: list[Event], random: Random) -> list[Event] | None:
    return [*events, Event(None, "[DONE]")]


@reported("each chunk has the whole text so far", "EasyMetaAu/helm-api#69", "relations")
def text_cumulative(events: list[Event], random: Random) -> list[Event] | None:
    parts = _texts(events)
    if len(parts) < 4 or len({c.get("index", 0) for c in _candidates(events)}) > 1:
        return None
    whole = ""
    for part in parts:
        whole += part["text"]
        part["text"] = whole
    return events


@reported("no usage anywhere", "google-gemini/deprecated-generative-ai-js#174", "values")
def no_usage(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in events if isinstance(e.data, dict) and e.data.pop("usageMetadata", None)]
    return events if found else None


@reported("usage comes alone, after the finished chunk", "EasyMetaAu/helm-api#69", "order")
def usage_after_finish(events: list[Event], random: Random) -> list[Event] | None:
    usage = [u for e in events if (u := e.data.pop("usageMetadata", None))]
    if not usage:
        return None
    extra = clone(events[-1])
    extra.data.pop("candidates", None)
    extra.data["usageMetadata"] = usage[-1]
    return [*events, extra]


@GROUP.answers("one JSON object where a stream was asked for", "nyroway/nyro#182", "wire")
def whole_json(answer: Answer, random: Random) -> Answer | None:
    events, _ = parse(answer.body)
    parts = _parts(events, "text", "functionCall")
    last = _finished(events)
    if not parts or not last or not answer.is_streamed:
        return None
    last[-1].data["candidates"][0]["content"] = {"role": "model", "parts": parts}
    body = json.dumps(last[-1].data, indent=2).encode()
    return replace(answer, body=body, content_type=b"application/json; charset=UTF-8")


@GROUP.answers("an event is cut within its JSON", "BerriAI/litellm#30471", "wire")
def event_cut(answer: Answer, random: Random) -> Answer | None:
    blocks = answer.body.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n\n")
    at = random.randrange(len(blocks))
    if len(blocks[at]) < CUT + 20:
        return None
    blocks[at] = blocks[at][:-CUT]
    return replace(answer, body=b"\n\n".join([*blocks, b""]))


@reported(
    "a signature stands beside the text of its part",
    "justlovemaki/AIClient2API#157",
    "values",
    untellable="the owner sends signatures so, too",
)
def signature_beside_text(events: list[Event], random: Random) -> list[Event] | None:
    parts = [part for part in _texts(events) if "thoughtSignature" not in part]
    for part in parts:
        part["thoughtSignature"] = "CiIBjz1rX"
    return events if parts else None


@reported(
    "calls have no id",
    "apache/flink-agents#947",
    "values",
    untellable="ids of calls are optional, and mostly absent",
)
def call_without_id(events: list[Event], random: Random) -> list[Event] | None:
    found = [p for p in _parts(events, "functionCall") if p["functionCall"].pop("id", None)]
    return events if found else None


@reported("calls of one tool share an id", "brainlid/langchain#620", "relations")
def call_ids_equal(events: list[Event], random: Random) -> list[Event] | None:
    calls = [part["functionCall"] for part in _parts(events, "functionCall")]
    for call in calls:
        call["id"] = f"call-{calls[0].get('name')}"
    return events if len(calls) > 1 else None


@reported(
    "a part with empty text",
    "Sophomoresty/gemini-web2api#7",
    "values",
    untellable="the owner's last chunks often have one",
)
def empty_text(events: list[Event], random: Random) -> list[Event] | None:
    found = [c["content"] for c in _candidates(events) if (c.get("content") or {}).get("parts")]
    if not found:
        return None
    found[-1]["parts"].append({"text": ""})
    return events


@reported("finished with STOP, and nothing said", "googleapis/python-genai#1289", "relations")
def empty_answer(events: list[Event], random: Random) -> list[Event] | None:
    finished = _finished(events)
    if not finished:
        return None
    for candidate in _candidates(finished):
        candidate.update(content={"role": "model"}, finishReason="STOP")
    return [finished[-1]]


@reported("no candidates in any chunk", "pydantic/pydantic-ai#4102", "values")
def no_candidates(events: list[Event], random: Random) -> list[Event] | None:
    for event in events:
        event.data.pop("candidates", None)
    return events


@reported("counts of tokens do not add up", "Joouis/agent-maestro#190", "values")
def usage_off(events: list[Event], random: Random) -> list[Event] | None:
    found = [u for e in events if (u := e.data.get("usageMetadata")) and u.get("totalTokenCount")]
    for usage in found:
        usage["promptTokenCount"] = usage.get("promptTokenCount", 0) + 17
    return events if found else None


@reported("a count of tokens is negative", "Tencent/WeKnora#2980", "values")
def negative_tokens(events: list[Event], random: Random) -> list[Event] | None:
    found = [e.data["usageMetadata"] for e in events if e.data.get("usageMetadata")]
    found = [usage for usage in found if usage.get("candidatesTokenCount")]
    for usage in found:
        usage["candidatesTokenCount"] *= -1
    return events if found else None


@reported("an error in the middle, and nothing after it", "diegosouzapw/OmniRoute#8210", "order")
def error_chunk(events: list[Event], random: Random) -> list[Event] | None:
    error = {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}
    return [*events[: max(1, len(events) // 2)], Event(None, {"error": error})]


@reported(
    "thoughts are not marked as such",
    "router-for-me/CLIProxyAPI#5129",
    "values",
    untellable="nothing else tells a thought from an answer",
)
def thought_unmarked(events: list[Event], random: Random) -> list[Event] | None:
    found = [part for part in _parts(events, "text") if part.pop("thought", None)]
    return events if found else None


@reported("a body without anything in it", "tbphp/gpt-load#232", "values")
def empty_body(events: list[Event], random: Random) -> list[Event] | None:
    fields = {"id": "", "object": "", "created": "", "choices": [], "model": ""}
    return [Event(None, {**fields, "usage": {"completion_tokens": 0}})]


@reported("chunks of Chat Completions, not of Gemini", "EasyMetaAu/helm-api#185", "values")
def foreign_chunks(events: list[Event], random: Random) -> list[Event] | None:
    texts = _texts(events)
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    payloads = [{"index": 0, "delta": {"content": t["text"]}, "finish_reason": None} for t in texts]
    return [Event(None, {**chunk, "choices": [choice]}) for choice in payloads] or None


@reported("arguments of several calls in one text", "NousResearch/hermes-agent#102953", "values")
def arguments_text(events: list[Event], random: Random) -> list[Event] | None:
    calls = [part["functionCall"] for part in _parts(events, "functionCall")]
    for call in calls:
        call["args"] = json.dumps(call.get("args") or {})
    return events if calls else None


@reported("OpenAI's word for the end", "mozilla-ai/any-llm#1202", "values")
def finish_foreign(events: list[Event], random: Random) -> list[Event] | None:
    found = [c for c in _candidates(events) if c.get("finishReason")]
    for candidate in found:
        candidate["finishReason"] = "stop"
    return events if found else None


@reported("the role of another API", "MoonLadderStudios/MoonMind#8", "values")
def role_foreign(events: list[Event], random: Random) -> list[Event] | None:
    found = [c["content"] for c in _candidates(events) if (c.get("content") or {}).get("role")]
    for content in found:
        content["role"] = "assistant"
    return events if found else None
