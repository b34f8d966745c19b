"""What was reported of Responses streams: gateways that build them out of other APIs, mostly."""

from __future__ import annotations

from random import Random
from typing import Any

from tools.corpus.reported.kit import Event, Group, clone, position, typed, values, without

TERMINAL = ("response.completed", "response.incomplete", "response.failed")
TEXT = "response.output_text."
ARGUMENTS = "response.function_call_arguments."
ADDED, DONE = "response.output_item.added", "response.output_item.done"
PART_ADDED, PART_DONE = "response.content_part.added", "response.content_part.done"
MARKER = Event(None, "[DONE]")


def _number_anew(events: list[Event]) -> None:
    """Count the events through, as a server does that never sent what is missing."""
    numbered = [e for e in events if isinstance(e.data, dict) and "sequence_number" in e.data]
    for number, event in enumerate(numbered):
        event.data["sequence_number"] = number


GROUP = Group("responses", tidy=_number_anew)
reported = GROUP.events


def _completed(events: list[Event]) -> Event | None:
    return next(iter(typed(events, "response.completed")), None)


def _items(events: list[Event], kind: str, type_: str = ADDED) -> list[Event]:
    return [e for e in typed(events, type_) if e.data["item"].get("type") == kind]


def _of_item(events: list[Event], index: int) -> list[Event]:
    """The events between an item's addition and its end, both included."""
    return [e for e in events if isinstance(e.data, dict) and e.data.get("output_index") == index]


@reported("only [DONE] where the terminal event belongs", "bigduu/Bamboo-agent#405", "order")
def done_marker_for_terminal(events: list[Event], random: Random) -> list[Event] | None:
    left = without(events, typed(events, *TERMINAL))
    return left and [*left, MARKER]


@reported("the stream ends without a terminal event", "cita-777/metapi#171", "order")
def no_terminal(events: list[Event], random: Random) -> list[Event] | None:
    return without(events, typed(events, *TERMINAL))


@reported("`output` of the completed response is empty", "vllm-project/vllm#30223", "relations")
def completed_output_empty(events: list[Event], random: Random) -> list[Event] | None:
    last = _completed(events)
    if last is None or not last.data["response"].get("output"):
        return None
    last.data["response"]["output"] = []
    return events


@reported("`output` of the completed response is null", "maximhq/bifrost#5259", "values")
def completed_output_null(events: list[Event], random: Random) -> list[Event] | None:
    last = _completed(events)
    if last is None:
        return None
    last.data["response"]["output"] = None
    return events


@reported("the completed response has no `output`", "ENTERPILOT/GoModel#831", "values")
def completed_output_missing(events: list[Event], random: Random) -> list[Event] | None:
    last = _completed(events)
    if last is None or last.data["response"].pop("output", None) is None:
        return None
    return events


@reported("text is never said to be done", "ogx-ai/ogx#5309", "order")
def no_text_done(events: list[Event], random: Random) -> list[Event] | None:
    return without(events, typed(events, TEXT + "done"))


@reported("no item is ever added", "BerriAI/litellm#30115", "order")
def no_item_added(events: list[Event], random: Random) -> list[Event] | None:
    return without(events, typed(events, ADDED))


@reported("only created, text done and completed", "Sophomoresty/gemini-web2api#57", "order")
def three_events(events: list[Event], random: Random) -> list[Event] | None:
    if not typed(events, TEXT + "done"):
        return None
    return typed(events, "response.created", TEXT + "done", "response.completed")


@reported("created and in_progress are missing", "BerriAI/litellm#27442", "order")
def no_lifecycle(events: list[Event], random: Random) -> list[Event] | None:
    return without(events, typed(events, "response.created", "response.in_progress"))


@reported("a cut response is said to be completed", "vllm-project/vllm#45386", "relations")
def incomplete_as_completed(events: list[Event], random: Random) -> list[Event] | None:
    last = _completed(events)
    if last is None:
        return None
    last.data["response"]["status"] = "incomplete"
    last.data["response"]["incomplete_details"] = {"reason": "max_output_tokens"}
    return events


@reported("incomplete is said of a response in progress", "RESMP-DEV/ccr-rust#25", "relations")
def queued_as_incomplete(events: list[Event], random: Random) -> list[Event] | None:
    last = _completed(events)
    if last is None:
        return None
    last.name = last.data["type"] = "response.incomplete"
    last.data["response"]["status"] = "in_progress"
    return events


@reported("each event of an item has an id of its own", "BerriAI/litellm#30071", "relations")
def ids_differ(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in events if isinstance(e.data, dict) and "item_id" in e.data]
    for event in found:
        event.data["item_id"] = f"{random.getrandbits(256):064x}"
    return events if found else None


@reported("deltas name an item that was never added", "BerriAI/litellm#19125", "relations")
def deltas_of_a_stranger(events: list[Event], random: Random) -> list[Event] | None:
    found = typed(events, TEXT + "delta")
    for event in found:
        event.data["item_id"] = "AEVoabq_MuW"
    return events if found else None


@reported("text after a tool call has the id of the response", "BerriAI/litellm#27671", "relations")
def deltas_of_the_response(events: list[Event], random: Random) -> list[Event] | None:
    found = typed(events, TEXT + "delta", TEXT + "done")
    for event in found:
        event.data["item_id"] = "chatcmpl-0b7a4290"
    return events if found else None


@reported("no event has a sequence number", "onyx-dot-app/onyx#13624", "values")
def no_sequence_numbers(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in events if isinstance(e.data, dict) and "sequence_number" in e.data]
    for event in found:
        del event.data["sequence_number"]
    return events if found else None


@reported("one event always has number 1", "BerriAI/litellm#28899", "relations", untidy=True)
def fixed_sequence_number(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in typed(events, DONE) if e.data.get("sequence_number", 1) != 1]
    for event in found:
        event.data["sequence_number"] = 1
    return events if found else None


@reported("items have no output_index", "lemonade-sdk/lemonade#3607", "values")
def no_output_index(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in typed(events, ADDED, DONE) if "output_index" in e.data]
    for event in found:
        del event.data["output_index"]
    return events if found else None


@reported("parts and texts have no content_index", "lemonade-sdk/lemonade#3607", "values")
def no_content_index(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in events if isinstance(e.data, dict) and "content_index" in e.data]
    for event in found:
        del event.data["content_index"]
    return events if found else None


@reported("deltas carry nothing but the text", "ggml-org/llama.cpp#24957", "values")
def bare_deltas(events: list[Event], random: Random) -> list[Event] | None:
    found = typed(events, TEXT + "delta")
    for event in found:
        for key in ("item_id", "output_index", "content_index", "sequence_number", "logprobs"):
            event.data.pop(key, None)
    return events if found else None


@reported("all items have output_index 0", "BerriAI/litellm#36375", "relations")
def one_output_index(events: list[Event], random: Random) -> list[Event] | None:
    if len(typed(events, ADDED)) < 2:
        return None
    for event in events:
        if isinstance(event.data, dict) and "output_index" in event.data:
            event.data["output_index"] = 0
    return events


@reported("content_index grows with every delta", "tilesprivacy/tiles#126", "relations")
def growing_content_index(events: list[Event], random: Random) -> list[Event] | None:
    found = typed(events, TEXT + "delta")
    for number, event in enumerate(found):
        event.data["content_index"] = number
    return events if len(found) > 1 else None


@reported("the last item is never closed", "vllm-project/vllm#37071", "order")
def last_item_open(events: list[Event], random: Random) -> list[Event] | None:
    closed = typed(events, DONE)
    if not closed:
        return None
    of_item = _of_item(events, closed[-1].data.get("output_index"))
    return without(events, [e for e in of_item if (e.type or "").endswith(".done")])


@reported("reasoning items are never closed", "maximhq/bifrost#5259", "order")
def reasoning_open(events: list[Event], random: Random) -> list[Event] | None:
    return without(events, _items(events, "reasoning", DONE))


@reported("reasoning is done with no text", "maximhq/bifrost#5259", "relations")
def reasoning_done_empty(events: list[Event], random: Random) -> list[Event] | None:
    found = typed(events, "response.reasoning_summary_text.done")
    for event in found:
        event.data["text"] = ""
    return events if found else None


@reported("the item is closed after its first delta", "diegosouzapw/OmniRoute#13693", "order")
def closed_after_first_delta(events: list[Event], random: Random) -> list[Event] | None:
    deltas, dones = typed(events, TEXT + "delta"), typed(events, TEXT + "done")
    if len(deltas) < 3 or len(dones) != 1:
        return None
    text = deltas[0].data["delta"]
    dones[0].data["text"] = text
    closing = [dones[0], *typed(events, PART_DONE), *_items(events, "message", DONE)]
    for event in closing:
        for value in values(event.data):
            if value.get("type") == "output_text":
                value["text"] = text
    left = without(events, closing) or []
    at = position(left, deltas[0]) + 1
    return left[:at] + closing + left[at:]


@reported("two whole responses in one stream", "mnfst/llm-gateway#2072", "order")
def two_cycles(events: list[Event], random: Random) -> list[Event] | None:
    return events + [clone(event) for event in events]


@reported("an error after the completed response", "praxis-proxy/ai#841", "order")
def error_after_completed(events: list[Event], random: Random) -> list[Event] | None:
    if _completed(events) is None:
        return None
    error = {"type": "error", "code": "server_error", "message": "late", "param": None}
    return [*events, Event("error", {**error, "sequence_number": len(events)})]


@reported("arguments are done as an empty text", "Wei-Shaw/sub2api#7272", "relations")
def arguments_done_empty(events: list[Event], random: Random) -> list[Event] | None:
    found = typed(events, ARGUMENTS + "done")
    for event in found:
        event.data["arguments"] = ""
    return events if found else None


@reported("a call's name is empty when done", "router-for-me/CLIProxyAPI#1004", "relations")
def done_name_empty(events: list[Event], random: Random) -> list[Event] | None:
    found = _items(events, "function_call", DONE)
    for event in found:
        event.data["item"]["name"] = ""
    return events if found else None


@reported(
    "arguments come whole, without deltas",
    "Wei-Shaw/sub2api#6629",
    "order",
    untellable="nothing says that arguments have to come in deltas",
)
def arguments_without_deltas(events: list[Event], random: Random) -> list[Event] | None:
    return without(events, typed(events, ARGUMENTS + "delta"))


@reported("created carries a completed response", "github/copilot-sdk#2010", "values")
def created_as_completed(events: list[Event], random: Random) -> list[Event] | None:
    found = typed(events, "response.created", "response.in_progress")
    for event in found:
        event.data["response"]["status"] = "completed"
    return events if found else None


def _usage(events: list[Event]) -> dict[str, Any] | None:
    last = _completed(events)
    usage = last.data["response"].get("usage") if last else None
    return usage if isinstance(usage, dict) else None


@reported("usage counts the output alone", "sgl-project/sglang#10012", "values")
def usage_of_output_alone(events: list[Event], random: Random) -> list[Event] | None:
    usage = _usage(events)
    if usage is None:
        return None
    usage.pop("input_tokens", None)
    usage["total_tokens"] = usage["output_tokens"]
    return events


@reported("usage has no details", "BerriAI/litellm#28899", "values")
def usage_without_details(events: list[Event], random: Random) -> list[Event] | None:
    usage = _usage(events)
    if usage is None:
        return None
    gone = [usage.pop(f"{side}_tokens_details", None) for side in ("input", "output")]
    return events if any(gone) else None


@reported("completed texts have no annotations", "Wei-Shaw/sub2api#5140", "values")
def no_annotations_at_end(events: list[Event], random: Random) -> list[Event] | None:
    last = _completed(events)
    found = [v for v in values(last and last.data) if v.pop("annotations", None) is not None]
    return events if found else None


@reported("completed items have no id", "Wei-Shaw/sub2api#4107", "values")
def no_ids_at_end(events: list[Event], random: Random) -> list[Event] | None:
    last = _completed(events)
    items = (last.data["response"].get("output") or []) if last else []
    found = [item for item in items if item.pop("id", None)]
    return events if found else None


@reported("the completed response lists an unknown item", "BerriAI/litellm#36375", "relations")
def stranger_at_end(events: list[Event], random: Random) -> list[Event] | None:
    last = _completed(events)
    items = (last.data["response"].get("output") or []) if last else []
    for item in items:
        item["id"] = f"msg_{random.getrandbits(96):024x}"
    return events if items else None


@reported("content arrives while no item is open", "BerriAI/litellm#36375", "order")
def text_before_its_item(events: list[Event], random: Random) -> list[Event] | None:
    deltas, added = typed(events, TEXT + "delta"), typed(events, ADDED)
    if len(deltas) < 2 or not added:
        return None
    early = deltas[: len(deltas) // 2]
    left = without(events, early) or []
    at = position(left, added[0])
    return left[:at] + early + left[at:]


@reported("an error in the shape of Chat Completions ends it", "BerriAI/litellm#40243", "order")
def chat_error_frame(events: list[Event], random: Random) -> list[Event] | None:
    error = {"message": "litellm.InternalServerError", "type": None, "param": None, "code": "500"}
    return [*events[: len(events) // 2], Event(None, {"error": error})]


@reported("the failure carries hardly anything", "bigduu/Bamboo-agent#405", "values")
def bare_failure(events: list[Event], random: Random) -> list[Event] | None:
    error = {"message": "upstream", "type": "api_error"}
    failed = {"type": "response.failed", "response": {"status": "failed", "error": error}}
    return [*events[: len(events) // 2], Event("response.failed", failed), MARKER]


@reported(
    "an upstream error becomes an empty, completed response",
    "diegosouzapw/OmniRoute#8210",
    "relations",
    untellable="nothing in the stream says that something was to come",
)
def false_success(events: list[Event], random: Random) -> list[Event] | None:
    last = _completed(events)
    if last is None:
        return None
    last.data["response"]["output"] = []
    return [*typed(events, "response.created", "response.in_progress"), last]


@reported("the added part holds the first delta", "abetlen/llama-cpp-python#2285", "relations")
def part_added_with_text(events: list[Event], random: Random) -> list[Event] | None:
    parts, deltas = typed(events, PART_ADDED), typed(events, TEXT + "delta")
    if not parts or not deltas or "text" not in parts[0].data["part"]:
        return None
    parts[0].data["part"]["text"] = deltas[0].data["delta"]
    return events


@reported("a delta is lost where tokens come together", "vllm-project/vllm#37071", "relations")
def lost_delta(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in typed(events, TEXT + "delta") if e.data.get("delta")]
    return without(events, [random.choice(found)]) if len(found) > 2 else None


@reported("the whole text again as a last delta", "langflow-ai/langflow#15080", "relations")
def text_again(events: list[Event], random: Random) -> list[Event] | None:
    deltas, dones = typed(events, TEXT + "delta"), typed(events, TEXT + "done")
    if not deltas or not dones:
        return None
    again = clone(deltas[-1])
    again.data["delta"] = dones[-1].data["text"]
    at = position(events, deltas[-1]) + 1
    return [*events[:at], again, *events[at:]]


@reported("the first delta is sent twice", "abetlen/llama-cpp-python#2285", "relations")
def first_delta_twice(events: list[Event], random: Random) -> list[Event] | None:
    found = [e for e in typed(events, TEXT + "delta") if e.data.get("delta")]
    if not found:
        return None
    at = position(events, found[0])
    return [*events[:at], clone(found[0]), *events[at:]]


@reported("[DONE] before the last event", "open-learning-exchange/planet#10281", "order")
def early_marker(events: list[Event], random: Random) -> list[Event] | None:
    return [*events[:-1], MARKER, events[-1]]


@reported("more reasoning than output tokens", "BerriAI/litellm#24546", "values")
def reasoning_over_output(events: list[Event], random: Random) -> list[Event] | None:
    usage = _usage(events)
    if not usage or not usage.get("output_tokens_details"):
        return None
    usage["output_tokens_details"]["reasoning_tokens"] = usage["output_tokens"] + 15
    return events


@reported("a count of tokens is negative", "Tencent/WeKnora#2980", "values")
def negative_tokens(events: list[Event], random: Random) -> list[Event] | None:
    usage = _usage(events)
    if not usage:
        return None
    usage["output_tokens"] -= usage["input_tokens"] + usage["output_tokens"]
    usage["total_tokens"] = usage["input_tokens"] + usage["output_tokens"]
    return events
