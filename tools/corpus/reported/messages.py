"""What was reported of Anthropic's Messages streams: converters, and a few of the owner's own."""

from __future__ import annotations

from random import Random
from typing import Any

from tools.corpus.reported.kit import Event, Group, clone, position, typed, without

START, DELTA, STOP = "content_block_start", "content_block_delta", "content_block_stop"
MESSAGE, ENDED, LAST = "message_start", "message_delta", "message_stop"
GROUP = Group("anthropic")
reported = GROUP.events


def _blocks(events: list[Event], *kinds: str) -> list[Event]:
    return [e for e in typed(events, START) if e.data["content_block"].get("type") in kinds]


def _of_block(events: list[Event], index: int) -> list[Event]:
    return [e for e in typed(events, START, DELTA, STOP) if e.data.get("index") == index]


def _stop_of(events: list[Event], index: int) -> Event | None:
    return next((e for e in typed(events, STOP) if e.data.get("index") == index), None)


def _first(events: list[Event], type_: str) -> dict[str, Any] | None:
    found = typed(events, type_)
    return found[0].data if found else None


@reported("end_turn, although a tool is called", "BerriAI/litellm#34692", "relations")
def end_turn_with_tool(events: list[Event], random: Random) -> list[Event] | None:
    ended = _first(events, ENDED)
    if ended is None or ended["delta"].get("stop_reason") != "tool_use":
        return None
    ended["delta"]["stop_reason"] = "end_turn"
    return events


@reported("tool_use, and no block at all", "earendil-works/pi#9681", "relations")
def tool_use_without_blocks(events: list[Event], random: Random) -> list[Event] | None:
    ended = _first(events, ENDED)
    if ended is None:
        return None
    ended["delta"]["stop_reason"] = "tool_use"
    return without(events, typed(events, START, DELTA, STOP))


@reported("message_start comes twice", "BerriAI/litellm#33859", "order")
def message_start_twice(events: list[Event], random: Random) -> list[Event] | None:
    return (
        [*[clone(e) for e in typed(events, MESSAGE)], *events] if typed(events, MESSAGE) else None
    )


@reported(
    "message_start again and again, and nothing else", "LuthienResearch/luthien-proxy#59", "order"
)
def message_start_alone(events: list[Event], random: Random) -> list[Event] | None:
    started = typed(events, MESSAGE)
    return [clone(started[0]) for _ in range(8)] if started else None


@reported("no message_start", "katanemo/plano#898", "order")
def no_message_start(events: list[Event], random: Random) -> list[Event] | None:
    return without(events, typed(events, MESSAGE))


@reported("message_stop is all there is", "katanemo/plano#898", "order")
def bare_message_stop(events: list[Event], random: Random) -> list[Event] | None:
    return typed(events, LAST) or None


@reported("message_stop comes twice", "vllm-project/semantic-router#1941", "order")
def message_stop_twice(events: list[Event], random: Random) -> list[Event] | None:
    ends = typed(events, LAST)
    return [*events, clone(ends[-1])] if ends else None


@reported("pings, and never a message_stop", "tombii/better-ccflare#307", "order")
def pings_for_message_stop(events: list[Event], random: Random) -> list[Event] | None:
    left = without(events, typed(events, LAST))
    return left and [*left, *(Event("ping", {"type": "ping"}) for _ in range(3))]


@reported(
    "an unknown reason ends it: no message_delta, no message_stop",
    "theopenco/llmgateway#2974",
    "order",
)
def no_message_end(events: list[Event], random: Random) -> list[Event] | None:
    return without(events, typed(events, ENDED, LAST))


@reported("stop_reason stays null", "theopenco/llmgateway#2974", "values")
def stop_reason_null(events: list[Event], random: Random) -> list[Event] | None:
    ended = _first(events, ENDED)
    if ended is None:
        return None
    ended["delta"]["stop_reason"] = None
    return events


@reported("stop_reason is the word of another API", "XSpoonAi/spoon-core#36", "values")
def stop_reason_foreign(events: list[Event], random: Random) -> list[Event] | None:
    ended = _first(events, ENDED)
    if ended is None:
        return None
    ended["delta"]["stop_reason"] = "stop"
    return events


@reported("deltas of block -1, which never began", "BerriAI/litellm#27442", "relations")
def block_minus_one(events: list[Event], random: Random) -> list[Event] | None:
    for event in typed(events, DELTA, STOP):
        event.data["index"] = -1
    return without(events, typed(events, START))


@reported("a block never began", "BerriAI/litellm#30115", "order")
def no_block_start(events: list[Event], random: Random) -> list[Event] | None:
    found = typed(events, START)
    return without(events, [random.choice(found)]) if found else None


@reported("indices of blocks leave one out", "QuantumNous/new-api#5482", "relations")
def gap_in_indices(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in typed(events, START, DELTA, STOP) if e.data["index"] >= 1]
    for event in found:
        event.data["index"] += 1
    return events if found else None


@reported("a block is closed that never began", "QuantumNous/new-api#5482", "order")
def stop_of_no_block(events: list[Event], random: Random) -> list[Event] | None:
    stops = typed(events, STOP)
    if not stops:
        return None
    extra = clone(stops[-1])
    extra.data["index"] += 1
    at = position(events, stops[-1]) + 1
    return [*events[:at], extra, *events[at:]]


@reported(
    "a second block begins at the same index, the first still open",
    "ollama/ollama#17101",
    "relations",
)
def same_index_unclosed(events: list[Event], random: Random) -> list[Event] | None:
    return _join_first_two(events, closed=False)


@reported("an index is used again", "anthropics/anthropic-sdk-typescript#879", "relations")
def index_again(events: list[Event], random: Random) -> list[Event] | None:
    return _join_first_two(events, closed=True)


def _join_first_two(events: list[Event], *, closed: bool) -> list[Event] | None:
    second, first_stop = _of_block(events, 1), _stop_of(events, 0)
    if not second or first_stop is None:
        return None
    for event in typed(events, START, DELTA, STOP):
        event.data["index"] = max(0, event.data["index"] - 1)
    return events if closed else without(events, [first_stop])


@reported("a second block begins before the first ends", "invergent-ai/surogate#113", "order")
def blocks_overlap(events: list[Event], random: Random) -> list[Event] | None:
    second, first_stop = _of_block(events, 1), _stop_of(events, 0)
    if not second or first_stop is None:
        return None
    left = without(events, [first_stop]) or []
    at = position(left, second[0]) + 1
    return [*left[:at], first_stop, *left[at:]]


@reported("a tool's block is never closed", "musistudio/claude-code-router#1725", "order")
def tool_block_open(events: list[Event], random: Random) -> list[Event] | None:
    tools = _blocks(events, "tool_use", "server_tool_use")
    stop = _stop_of(events, tools[-1].data["index"]) if tools else None
    return without(events, [stop]) if stop else None


@reported(
    "all blocks are left open by an error that nobody tells",
    "danielalves96/claude-code-provider-gateway#2",
    "order",
)
def blocks_open(events: list[Event], random: Random) -> list[Event] | None:
    return without(events, typed(events, STOP))


@reported(
    "a thinking delta in a block that is none", "musistudio/claude-code-router#1725", "relations"
)
def thinking_in_other_block(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in typed(events, DELTA) if "thinking" not in e.data["delta"].get("type", "")]
    found = [e for e in found if e.data["delta"].get("type") in ("text_delta", "input_json_delta")]
    if not found:
        return None
    extra = clone(random.choice(found))
    extra.data["delta"] = {"type": "thinking_delta", "thinking": "Hm."}
    at = position(events, found[-1]) + 1
    return [*events[:at], extra, *events[at:]]


@reported("text in a block of thinking", "PostHog/posthog#72287", "relations")
def text_in_thinking(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in typed(events, DELTA) if e.data["delta"].get("type") == "thinking_delta"]
    if not found:
        return None
    found[-1].data["delta"] = {"type": "text_delta", "text": found[-1].data["delta"]["thinking"]}
    return events


@reported("the message starts with content null", "SaladDay/cc-switch-cli#323", "values")
def content_null(events: list[Event], random: Random) -> list[Event] | None:
    started = _first(events, MESSAGE)
    if started is None:
        return None
    started["message"]["content"] = None
    return events


@reported("usage is zero throughout", "SaladDay/cc-switch-cli#323", "values")
def usage_zero(events: list[Event], random: Random) -> list[Event] | None:
    started, ended = _first(events, MESSAGE), _first(events, ENDED)
    if started is None or ended is None:
        return None
    started["message"]["usage"] = {"input_tokens": 0, "output_tokens": 0}
    ended["usage"] = {"output_tokens": 0}
    return events


@reported("the message starts without usage", "api7/aisix#712", "values")
def no_usage_at_start(events: list[Event], random: Random) -> list[Event] | None:
    started = _first(events, MESSAGE)
    return events if started and started["message"].pop("usage", None) else None


@reported("message_delta without usage", "earendil-works/pi#6567", "values")
def no_usage_at_end(events: list[Event], random: Random) -> list[Event] | None:
    ended = _first(events, ENDED)
    return events if ended and ended.pop("usage", None) else None


@reported("the message starts with its stop reason", "BerriAI/litellm#38153", "values")
def started_as_stopped(events: list[Event], random: Random) -> list[Event] | None:
    started, ended = _first(events, MESSAGE), _first(events, ENDED)
    if started is None or ended is None or not ended["delta"].get("stop_reason"):
        return None
    started["message"]["stop_reason"] = ended["delta"]["stop_reason"]
    return events


@reported("a block of text starts without text", "BerriAI/litellm#28069", "values")
def no_text_at_start(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in _blocks(events, "text") if e.data["content_block"].pop("text", None) == ""]
    return events if found else None


@reported("thinking is never signed", "kekzl/imp#1555", "values")
def thinking_unsigned(events: list[Event], random: Random) -> list[Event] | None:
    signed = [e for e in typed(events, DELTA) if e.data["delta"].get("type") == "signature_delta"]
    for event in _blocks(events, "thinking"):
        event.data["content_block"].pop("signature", None)
    return without(events, signed)


@reported("the beginning of a tool's input is lost", "vllm-project/vllm#34887", "values")
def input_beheaded(events: list[Event], random: Random) -> list[Event] | None:
    deltas = [e for e in typed(events, DELTA) if e.data["delta"].get("partial_json")]
    if not deltas:
        return None
    text = deltas[0].data["delta"]["partial_json"]
    deltas[0].data["delta"]["partial_json"] = text[2:] if len(text) > 2 else ""
    return events


@reported("the message starts with hardly any field", "vllm-project/vllm#34887", "values")
def bare_message(events: list[Event], random: Random) -> list[Event] | None:
    started = _first(events, MESSAGE)
    if started is None:
        return None
    for key in ("type", "role", "stop_reason", "stop_sequence"):
        started["message"].pop(key, None)
    return events


@reported("[DONE] after message_stop", "earendil-works/pi#3708", "order")
def done_marker(events: list[Event], random: Random) -> list[Event] | None:
    return [*events, Event("done", "[DONE]")] if typed(events, LAST) else None


@reported(
    "the same call opens two blocks", "danielalves96/claude-code-provider-gateway#2", "relations"
)
def call_twice(events: list[Event], random: Random) -> list[Event] | None:
    tools = _blocks(events, "tool_use")
    if not tools:
        return None
    block = _of_block(events, tools[-1].data["index"])
    again = [clone(event) for event in block]
    top = max(e.data["index"] for e in typed(events, START)) + 1
    for event in again:
        event.data["index"] = top
    at = position(events, typed(events, ENDED)[0]) if typed(events, ENDED) else len(events)
    return [*events[:at], *again, *events[at:]]


@reported(
    "an empty block of text before the call",
    "BerriAI/litellm#34692",
    "order",
    untellable="the owner opens blocks that stay empty, too",
)
def empty_block_first(events: list[Event], random: Random) -> list[Event] | None:
    if not typed(events, START):
        return None
    for event in typed(events, START, DELTA, STOP):
        event.data["index"] += 1
    at = position(events, typed(events, START)[0])
    block = {"type": "text", "text": ""}
    empty = [
        Event(START, {"type": START, "index": 0, "content_block": block}),
        Event(STOP, {"type": STOP, "index": 0}),
    ]
    return [*events[:at], *empty, *events[at:]]


@reported(
    "the whole thinking is said again",
    "open-webui/open-webui#29860",
    "relations",
    untellable="no final value stands beside the deltas",
)
def thinking_again(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in typed(events, DELTA) if e.data["delta"].get("type") == "thinking_delta"]
    if not found:
        return None
    extra = clone(found[-1])
    extra.data["delta"]["thinking"] = "".join(e.data["delta"]["thinking"] for e in found)
    at = position(events, found[-1]) + 1
    return [*events[:at], extra, *events[at:]]


@reported("a count of tokens is negative", "Tencent/WeKnora#2980", "values")
def negative_tokens(events: list[Event], random: Random) -> list[Event] | None:
    ended = _first(events, ENDED)
    if not ended or not ended.get("usage"):
        return None
    ended["usage"]["output_tokens"] = -387
    return events
