"""What was reported of Chat Completions streams: local servers, gateways, other providers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from random import Random
from typing import Any

from tools.corpus.reported.kit import Event, Group, clone, position, without

GROUP = Group("chat")
reported = GROUP.events
MARKER = "[DONE]"


def _chunks(events: list[Event]) -> list[Event]:
    return [e for e in events if isinstance(e.data, dict)]


def _choices(events: list[Event]) -> list[dict[str, Any]]:
    return [c for e in _chunks(events) for c in e.data.get("choices") or [] if "delta" in c]


def _calls(events: list[Event]) -> list[dict[str, Any]]:
    return [call for c in _choices(events) for call in (c["delta"] or {}).get("tool_calls") or []]


def _texts(events: list[Event]) -> list[dict[str, Any]]:
    return [c["delta"] for c in _choices(events) if (c["delta"] or {}).get("content")]


def _finish(events: list[Event]) -> dict[str, Any] | None:
    return next((c for c in _choices(events) if c.get("finish_reason")), None)


def _usage(events: list[Event]) -> dict[str, Any] | None:
    return next((e.data["usage"] for e in _chunks(events) if e.data.get("usage")), None)


def _one_choice(events: list[Event]) -> bool:
    return {c.get("index") for c in _choices(events)} == {0}


def _each_call(events: list[Event], change: Callable[[dict[str, Any]], None]) -> list[Event] | None:
    calls = _calls(events)
    for call in calls:
        change(call)
    return events if calls else None


@reported("calls have no index", "openai/openai-python#3246", "values")
def call_without_index(events: list[Event], random: Random) -> list[Event] | None:
    return _each_call(events, lambda call: call.pop("index", None))


@reported("the index of calls is null", "openai/openai-python#3178", "values")
def call_index_null(events: list[Event], random: Random) -> list[Event] | None:
    return _each_call(events, lambda call: call.update(index=None))


@reported("name and arguments have two indices", "6Kmfi6HP/opencode2api#17", "relations")
def call_torn_apart(events: list[Event], random: Random) -> list[Event] | None:
    later = [call for call in _calls(events) if not call.get("id")]
    for call in later:
        call.update(index=call.get("index", 0) + 7, id=None)
        call["function"]["name"] = ""
    return events if later else None


@reported("the id of a call is in every chunk", "BerriAI/litellm#20480", "relations")
def call_id_repeated(events: list[Event], random: Random) -> list[Event] | None:
    ids: dict[object, str] = {}
    changed = False
    for call in _calls(events):
        if call.get("id"):
            ids[call.get("index")] = call["id"]
        elif call.get("index") in ids:
            call["id"], changed = ids[call.get("index")], True
    return events if changed else None


def _arguments(events: list[Event]) -> dict[object, list[dict[str, Any]]]:
    found: dict[object, list[dict[str, Any]]] = {}
    for call in _calls(events):
        found.setdefault(call.get("index"), []).append(call["function"])
    return found


@reported("a last chunk repeats all arguments", "lidge-jun/opencodex#361", "relations")
def arguments_again(events: list[Event], random: Random) -> list[Event] | None:
    by_index = _arguments(events)
    if not by_index or not _one_choice(events):
        return None
    index = list(by_index)[-1]
    whole = "".join(f.get("arguments") or "" for f in by_index[index])
    with_calls = [e for e in _chunks(events) if _calls([e])]
    extra = clone(with_calls[-1])
    call = {"index": index, "function": {"arguments": whole}}
    extra.data["choices"][0]["delta"] = {"tool_calls": [call]}
    extra.data["choices"][0]["finish_reason"] = None
    at = position(events, with_calls[-1]) + 1
    return [*events[:at], extra, *events[at:]] if whole else None


@reported("each chunk has all arguments so far", "NousResearch/hermes-agent#35718", "relations")
def arguments_cumulative(events: list[Event], random: Random) -> list[Event] | None:
    changed = False
    for functions in _arguments(events).values():
        whole = ""
        for function in functions:
            piece = function.get("arguments") or ""
            changed |= bool(whole and piece)
            whole += piece
            function["arguments"] = whole
    return events if changed else None


@reported("each chunk has the whole text so far", "QwenLM/qwen-code#3896", "relations")
def text_cumulative(events: list[Event], random: Random) -> list[Event] | None:
    deltas = _texts(events)
    if len(deltas) < 5 or not _one_choice(events):
        return None
    whole = ""
    for delta in deltas:
        whole += delta["content"]
        delta["content"] = whole
    return events


@reported(
    "the last piece of text is the whole text",
    "camel-ai/camel#4292",
    "relations",
    untellable="an answer may repeat itself, and no final value stands beside the deltas",
)
def text_again(events: list[Event], random: Random) -> list[Event] | None:
    deltas = _texts(events)
    if len(deltas) < 3 or not _one_choice(events):
        return None
    deltas[-1]["content"] = "".join(delta["content"] for delta in deltas)
    return events


@reported("the last brace of the arguments is lost", "vllm-project/vllm#32152", "values")
def brace_lost(events: list[Event], random: Random) -> list[Event] | None:
    for functions in _arguments(events).values():
        for function in reversed(functions):
            if function.get("arguments"):
                function["arguments"] = function["arguments"][:-1]
                return events
    return None


@reported("the last delta of the arguments is cut", "vllm-project/vllm#10781", "values")
def last_arguments_lost(events: list[Event], random: Random) -> list[Event] | None:
    for functions in _arguments(events).values():
        payloads = [function for function in functions if function.get("arguments")]
        if len(payloads) > 1:
            payloads[-1]["arguments"] = ""
            return events
    return None


@reported("arguments are an object", "huggingface/text-generation-inference#2136", "values")
def arguments_object(events: list[Event], random: Random) -> list[Event] | None:
    for functions in _arguments(events).values():
        whole = "".join(f.get("arguments") or "" for f in functions)
        try:
            functions[0]["arguments"] = json.loads(whole)
        except ValueError:
            return None
        for function in functions[1:]:
            function.pop("arguments", None)
        return events
    return None


@reported("the id of a call is empty", "camel-ai/camel#3027", "values")
def call_id_empty(events: list[Event], random: Random) -> list[Event] | None:
    return _each_call(events, lambda call: call.update(id="") if call.get("id") else None)


@reported("the id of a call is null", "OpenRouterTeam/ai-sdk-provider#471", "values")
def call_id_null(events: list[Event], random: Random) -> list[Event] | None:
    return _each_call(events, lambda call: call.update(id=None) if call.get("id") else None)


@reported("parallel calls share one id", "HKUDS/nanobot#3943", "relations")
def call_ids_equal(events: list[Event], random: Random) -> list[Event] | None:
    named = [call for call in _calls(events) if call.get("id")]
    for call in named:
        call["id"] = named[0]["id"]
    return events if len({call.get("index") for call in named}) > 1 else None


@reported("stop, although tools are called", "googleapis/python-genai#2868", "relations")
def stop_with_tools(events: list[Event], random: Random) -> list[Event] | None:
    finish = _finish(events)
    if finish is None or finish["finish_reason"] != "tool_calls":
        return None
    finish["finish_reason"] = "stop"
    return events


def _every_reason(events: list[Event], reason: object, *, last: bool = True) -> list[Event] | None:
    found = _choices(events)
    for choice in found:
        if last or not choice.get("finish_reason"):
            choice["finish_reason"] = reason
    return events if len(found) > 1 else None


@reported("finish_reason is null to the end", "vllm-project/vllm#27572", "order")
def reason_null(events: list[Event], random: Random) -> list[Event] | None:
    return _every_reason(events, None)


@reported("finish_reason is empty until the end", "sgl-project/sglang#3912", "values")
def reason_empty(events: list[Event], random: Random) -> list[Event] | None:
    return _every_reason(events, "", last=False)


@reported("finish_reason is stop in every chunk", "QuantumNous/new-api#378", "order")
def reason_everywhere(events: list[Event], random: Random) -> list[Event] | None:
    return _every_reason(events, "stop", last=False)


@reported(
    "the chunk with the finish_reason is left out", "open-learning-exchange/planet#10281", "order"
)
def no_last_chunk(events: list[Event], random: Random) -> list[Event] | None:
    ends = [e for e in _chunks(events) if _finish([e])]
    return without(events, ends)


@reported("finish_reason is left out where it is null", "vllm-project/vllm#19662", "values")
def reason_missing(events: list[Event], random: Random) -> list[Event] | None:
    found = [c for c in _choices(events) if c.get("finish_reason", "") is None]
    for choice in found:
        del choice["finish_reason"]
    return events if found else None


@reported("finish_reason is a word that nobody knows", "ROCm/FastFlowLM#500", "values")
def reason_unknown(events: list[Event], random: Random) -> list[Event] | None:
    finish = _finish(events)
    if finish is None:
        return None
    finish["finish_reason"] = random.choice(["cancel", "error", "UNKNOWN"])
    return events


@reported("each chunk has an id of its own", "BerriAI/litellm#1571", "relations")
def ids_differ(events: list[Event], random: Random) -> list[Event] | None:
    for event in _chunks(events):
        event.data["id"] = f"chatcmpl-{random.getrandbits(96):024x}"
    return events


@reported(
    "the count of output tokens is that of all chunks added up",
    "vllm-project/vllm-omni#2313",
    "values",
    untellable="nothing else in the stream counts tokens",
)
def tokens_added_up(events: list[Event], random: Random) -> list[Event] | None:
    usage = _usage(events)
    if usage is None:
        return None
    usage["completion_tokens"] *= 99
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    return events


@reported("usage was asked for, and never comes", "TheTom/vllm-swift#19", "relations")
def usage_withheld(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in _chunks(events) if e.data.get("usage") and not e.data.get("choices")]
    return without(events, found)


@reported("usage is in every chunk", "AtomaAI/atoma-node#686", "order")
def usage_everywhere(events: list[Event], random: Random) -> list[Event] | None:
    usage = _usage(events)
    if usage is None:
        return None
    for count, event in enumerate(_chunks(events)):
        if not event.data.get("usage"):
            event.data["usage"] = {
                **usage,
                "completion_tokens": count,
                "total_tokens": usage["prompt_tokens"] + count,
            }
    return events


@reported("more reasoning than output tokens", "BerriAI/litellm#24546", "values")
def reasoning_over_output(events: list[Event], random: Random) -> list[Event] | None:
    usage = _usage(events)
    if usage is None:
        return None
    details = usage.setdefault("completion_tokens_details", {}) or {}
    usage["completion_tokens_details"] = details
    details["reasoning_tokens"] = usage["completion_tokens"] + 15
    return events


@reported("a count of tokens is negative", "Tencent/WeKnora#2980", "values")
def negative_tokens(events: list[Event], random: Random) -> list[Event] | None:
    usage = _usage(events)
    if usage is None:
        return None
    usage["completion_tokens"] -= usage["prompt_tokens"] + usage["completion_tokens"]
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    return events


@reported("[DONE] comes twice", "vllm-project/vllm#378", "order")
def marker_twice(events: list[Event], random: Random) -> list[Event] | None:
    return [*events, Event(None, MARKER)] if events[-1].data == MARKER else None


@reported("[DONE] never comes", "oobabooga/textgen#4778", "order")
def no_marker(events: list[Event], random: Random) -> list[Event] | None:
    return without(events, [e for e in events if e.data == MARKER])


@reported("[DONE] comes before the usage", "bigduu/Bamboo-agent#760", "order")
def marker_before_usage(events: list[Event], random: Random) -> list[Event] | None:
    if events[-1].data != MARKER or len(events) < 3:
        return None
    return [*events[:-2], events[-1], events[-2]]


@reported(
    "[DONE] comes in the middle, and all goes on", "open-learning-exchange/planet#10281", "order"
)
def marker_early(events: list[Event], random: Random) -> list[Event] | None:
    middle = len(events) // 2
    return [*events[:middle], Event(None, MARKER), *events[middle:]] if len(events) > 3 else None


@reported("the role is empty after the first chunk", "openai/openai-openapi#504", "values")
def role_empty(events: list[Event], random: Random) -> list[Event] | None:
    found = [c["delta"] for c in _choices(events) if c["delta"] and "role" not in c["delta"]]
    for delta in found:
        delta["role"] = ""
    return events if found else None


@reported("the usage chunk has no choices at all", "gradio-app/gradio#11755", "values")
def choices_missing(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in _chunks(events) if e.data.get("choices") == [] and e.data.get("usage")]
    for event in found:
        del event.data["choices"]
    return events if found else None


@reported("an error beside empty choices ends it", "diegosouzapw/OmniRoute#8210", "order")
def error_chunk(events: list[Event], random: Random) -> list[Event] | None:
    extra = clone(_chunks(events)[0])
    extra.data["choices"] = []
    extra.data["error"] = {"code": 502, "message": "Worker local total request limit reached"}
    return [*events[: max(1, len(events) // 2)], extra, Event(None, MARKER)]


@reported("an error, then [DONE], and nothing else", "apache/rocketmq-dashboard#2178", "order")
def error_alone(events: list[Event], random: Random) -> list[Event] | None:
    return [Event(None, {"error": {"message": "quota exceeded"}}), Event(None, MARKER)]


@reported("letters of several tokens become U+FFFD", "mlc-ai/mlc-llm#1142", "values")
def replacement_letters(events: list[Event], random: Random) -> list[Event] | None:
    deltas = _texts(events)
    if not deltas:
        return None
    random.choice(deltas)["content"] += "\ufffd\ufffd"
    return events


@reported("a log probability is minus infinity", "sgl-project/sglang#4097", "wire")
def infinite_logprob(events: list[Event], random: Random) -> list[Event] | None:
    found = [c for c in _choices(events) if (c["delta"] or {}).get("content")]
    if not found:
        return None
    choice = random.choice(found)
    token = choice["delta"]["content"]
    entry = {"token": token, "logprob": -math.inf, "bytes": None, "top_logprobs": []}
    choice["logprobs"] = {"content": [entry], "refusal": None}
    return events


@reported(
    "a chunk with the text as `message`, not `delta`", "PrimeIntellect-ai/verifiers#2369", "values"
)
def message_for_delta(events: list[Event], random: Random) -> list[Event] | None:
    found = _choices(events)
    for choice in found:
        choice["message"] = choice.pop("delta")
    return events if found else None


@reported(
    "a call comes whole, as in an answer that is not streamed",
    "PrimeIntellect-ai/verifiers#2369",
    "values",
)
def call_of_a_message(events: list[Event], random: Random) -> list[Event] | None:
    by_index = _arguments(events)
    names = [call for call in _calls(events) if call.get("id")]
    if not names or not _one_choice(events):
        return None
    calls = []
    for call in names:
        functions = by_index[call.get("index")]
        whole = "".join(f.get("arguments") or "" for f in functions)
        function = {"name": functions[0].get("name"), "arguments": whole}
        calls.append({"id": call["id"], "type": "function", "function": function})
    with_calls = [e for e in _chunks(events) if _calls([e])]
    with_calls[0].data["choices"][0]["delta"] = {"role": "assistant", "tool_calls": calls}
    return without(events, with_calls[1:]) if len(with_calls) > 1 else events


@reported("calls are told of in a field of the server's own", "jjang-ai/vmlx#219", "relations")
def calls_lost(events: list[Event], random: Random) -> list[Event] | None:
    found = [c["delta"] for c in _choices(events) if (c["delta"] or {}).get("tool_calls")]
    for delta in found:
        del delta["tool_calls"]
        delta["tool_call_generating"] = True
    return events if found else None
