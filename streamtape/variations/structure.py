"""Kinds of variation that add what answers consist of: calls, reasoning, items of tomorrow."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from streamtape.variations.kinds import LATER, Draw, after, doubled_ids
from streamtape.variations.score import Beat, Score

THOUGHT = "Hm."
_CALLS = ("function_call", "custom_tool_call", "tool_use")


def second_call(score: Score, draw: Draw) -> bool:
    """A tool is called twice, with other ids."""
    if score.family == "openai-responses":
        return score.addable and _second_item(score, draw)
    if score.family == "anthropic":
        return score.addable and _second_block(score, draw)
    if score.family == "openai-chat":
        return score.addable and _second_in_chat(score, draw)
    return _second_in_list(score, draw)


def _shift(score: Score, name: str, first: int, by: Beat | None = None) -> None:
    """Make room: indices from `first` on are one higher."""
    for beat in score.objects():
        index = beat.value.get(name)
        if beat is not by and type(index) is int and index >= first:
            beat.value[name] = index + 1


def _put_into_output(score: Score, index: int, item: Any) -> None:
    """Let the last event have an item more among its output."""
    for beat in score.objects():
        response = beat.value.get("response")
        output = response.get("output") if isinstance(response, dict) else None
        if isinstance(output, list) and len(output) >= index and (output or beat is _last(score)):
            output.insert(index, deepcopy(item))


def _last(score: Score) -> Beat:
    return score.objects()[-1]


def _second_item(score: Score, draw: Draw) -> bool:
    done = [
        beat
        for beat in score.objects()
        if beat.type == "response.output_item.done"
        and beat.value.get("item", {}).get("type") in _CALLS
        and type(beat.value.get("output_index")) is int
    ]
    if not done:
        return False
    last = done[draw.at % len(done)]
    index, item = last.value["output_index"], last.value["item"]
    mine = [beat for beat in score.objects() if beat.value.get("output_index") == index]
    if mine[-1] is not last:
        return False
    ids = {item[name]: _other(item[name]) for name in ("id", "call_id") if item.get(name)}
    _shift(score, "output_index", index + 1)
    copies = score.copies(mine)
    for copy in copies:
        copy.value = doubled_ids(copy.value, ids) | {"output_index": index + 1}
    at = after(score.beats, last)
    score.beats[at:at] = copies
    _put_into_output(score, index + 1, doubled_ids(item, ids))
    return True


def _second_block(score: Score, draw: Draw) -> bool:
    starts = [
        beat
        for beat in score.objects()
        if beat.type == "content_block_start"
        and beat.value.get("content_block", {}).get("type") in _CALLS
    ]
    if not starts:
        return False
    start = starts[draw.at % len(starts)]
    index = start.value.get("index")
    mine = [
        beat
        for beat in score.objects()
        if beat.value.get("index") == index and beat.type.startswith("content_block")
    ]
    if type(index) is not int or mine[-1].type != "content_block_stop":
        return False
    block = start.value["content_block"]
    _shift(score, "index", index + 1)
    copies = score.copies(mine)
    for copy in copies:
        copy.value = doubled_ids(copy.value, {block["id"]: _other(block["id"])})
        copy.value["index"] = index + 1
    at = after(score.beats, mine[-1])
    score.beats[at:at] = copies
    return True


def _second_in_chat(score: Score, draw: Draw) -> bool:
    found: dict[int, list[Beat]] = {}
    for beat in score.objects():
        for call in _calls_in_chat(beat):
            if type(call.get("index")) is int:
                found.setdefault(call["index"], []).append(beat)
    if not found:
        return False
    index = sorted(found)[draw.at % len(found)]
    new_index, last = max(found) + 1, found[max(found)][-1]
    ids = {
        call["id"]: _other(call["id"])
        for beat in found[index]
        for call in _calls_in_chat(beat)
        if call.get("index") == index and call.get("id")
    }
    if not ids or any(_finishes(beat) for beat in found[index]):
        return False
    copies = score.copies(found[index])
    for copy in copies:
        copy.value = doubled_ids(copy.value, ids)
        for choice in copy.value["choices"]:
            calls = choice["delta"]["tool_calls"]
            mine = [call for call in calls if call.get("index") == index]
            choice["delta"]["tool_calls"] = [{**call, "index": new_index} for call in mine]
    if _finishes(last):
        return False
    at = after(score.beats, last)
    score.beats[at:at] = copies
    return True


def _calls_in_chat(beat: Beat) -> Iterator[dict[str, Any]]:
    choices = beat.value.get("choices")
    for choice in choices if isinstance(choices, list) and len(choices) == 1 else ():
        delta = choice.get("delta") if isinstance(choice, dict) else None
        calls = delta.get("tool_calls") if isinstance(delta, dict) else None
        yield from (call for call in calls or () if isinstance(call, dict))


def _finishes(beat: Beat) -> bool:
    return any(choice.get("finish_reason") for choice in beat.value.get("choices", ()))


def _second_in_list(score: Score, draw: Draw) -> bool:
    """Gemini's parts and Ollama's calls: one more in the same list."""
    found = [
        (holder, n)
        for beat in score.objects()
        for holder in _lists(beat.value)
        for n, one in enumerate(holder)
        if isinstance(one, dict) and ("functionCall" in one or "function" in one)
    ]
    if not found:
        return False
    holder, n = found[draw.at % len(found)]
    copy = deepcopy(holder[n])
    call = copy.get("functionCall", copy)
    if call.get("partialArgs") or call.get("willContinue"):
        return False
    if call.get("id"):
        call["id"] = _other(call["id"])
    function = copy.get("function")
    if isinstance(function, dict) and type(function.get("index")) is int:
        function["index"] = len(holder)
    holder.append(copy)
    return True


def _lists(value: Any) -> Iterator[list[Any]]:
    for candidate in value.get("candidates") or ():
        parts = (candidate.get("content") or {}).get("parts") if isinstance(candidate, dict) else 0
        if isinstance(parts, list):
            yield parts
    message = value.get("message")
    if isinstance(message, dict) and isinstance(message.get("tool_calls"), list):
        yield message["tool_calls"]


def _other(name: str) -> str:
    """Another id of the same form."""
    last = "0000" if name[-4:] != "0000" else "1111"
    return f"{name}0" if len(name) < 8 else name[:-4] + last


def reasoning(score: Score, draw: Draw) -> bool:
    """The model reasons before it answers."""
    text = draw.text or THOUGHT
    if not score.addable:
        return False
    if score.family == "openai-responses":
        summary = {"type": "summary_text", "text": text}
        item = {"id": "rs_added0", "type": "reasoning", "summary": [summary]}
        return _add_item(score, item, _summary_events(text))
    if score.family == "anthropic":
        block = {"type": "thinking", "thinking": "", "signature": ""}
        return _add_block(score, block, [
            {"type": "thinking_delta", "thinking": text},
            {"type": "signature_delta", "signature": "c2ln"},
        ])  # fmt: skip
    return _add_thought(score, text)


def later_item(score: Score, draw: Draw) -> bool:
    """An item, or a block, comes whose type nobody knows yet."""
    if not score.addable:
        return False
    if score.family == "openai-responses":
        item = {"id": "later_added0", "type": LATER, "status": "completed", LATER: {"of": [1]}}
        return _add_item(score, item, [])
    if score.family == "anthropic":
        return _add_block(score, {"type": LATER, LATER: {"of": [1]}}, [])
    return False


def _summary_events(text: str) -> list[dict[str, Any]]:
    where = {"item_id": "rs_added0", "summary_index": 0}
    stem, whole = "response.reasoning_summary", {"type": "summary_text", "text": text}
    return [
        {"type": f"{stem}_part.added", **where, "part": {**whole, "text": ""}},
        {"type": f"{stem}_text.delta", **where, "delta": text},
        {"type": f"{stem}_text.done", **where, "text": text},
        {"type": f"{stem}_part.done", **where, "part": whole},
    ]


def _add_item(score: Score, item: dict[str, Any], inside: list[dict[str, Any]]) -> bool:
    """Add an item before all others of a Responses stream."""
    first = next((b for b in score.objects() if b.type == "response.output_item.added"), None)
    if (
        first is None
        or first.value.get("output_index") != 0
        or "sequence_number" not in first.value
    ):
        return False
    at = score.beats.index(first)
    opened = {**item, "summary": []} if "summary" in item else {**item, "status": "in_progress"}
    events = [
        {"type": "response.output_item.added", "item": opened},
        *inside,
        {"type": "response.output_item.done", "item": item},
    ]
    _shift(score, "output_index", 0)
    for n, event in enumerate(events):
        value = {**event, "output_index": 0, "sequence_number": 0}
        score.insert(at + n, first, value, event["type"])
    _put_into_output(score, 0, item)
    return True


def _add_block(score: Score, block: dict[str, Any], deltas: list[dict[str, Any]]) -> bool:
    """Add a block before all others of a message of Anthropic."""
    first = next((b for b in score.objects() if b.type == "content_block_start"), None)
    if first is None or first.value.get("index") != 0:
        return False
    at = score.beats.index(first)
    _shift(score, "index", 0)
    start = {"type": "content_block_start", "index": 0, "content_block": block}
    changes = [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
    stop = {"type": "content_block_stop", "index": 0}
    for n, event in enumerate((start, *changes, stop)):
        score.insert(at + n, first, event, str(event["type"]))
    return True


def _add_thought(score: Score, text: str) -> bool:
    """Add a piece of reasoning before the first piece of text of other APIs."""
    for n, beat in enumerate(score.beats):
        value = beat.value if beat.document is None or beat.document.is_answer else None
        copy = _thought(score.family, deepcopy(value), text) if isinstance(value, dict) else None
        if copy is not None:
            score.insert(n, beat, copy)
            return True
    return False


def _thought(family: str, value: dict[str, Any], text: str) -> dict[str, Any] | None:
    """A copy of an event with a text, which is now a thought; None where it has no text."""
    if family == "openai-chat":
        choices = value.get("choices")
        if not isinstance(choices, list) or len(choices) != 1 or _has_likelihoods(choices[0]):
            return None
        delta = choices[0].get("delta")
        if not isinstance(delta, dict) or not isinstance(delta.get("content"), str):
            return None
        if choices[0].get("finish_reason"):
            return None
        role = {"role": delta["role"]} if "role" in delta else {}
        choices[0]["delta"] = {**role, "content": "", "reasoning_content": text}
        return value
    if family == "gemini":
        candidates = value.get("candidates")
        only = candidates[0] if isinstance(candidates, list) and len(candidates) == 1 else {}
        parts = (only.get("content") or {}).get("parts")
        if only.get("finishReason") or not parts or "text" not in parts[0]:
            return None
        only["content"]["parts"] = [{"text": text, "thought": True}]
        return value
    message = value.get("message")
    if family == "ollama" and isinstance(message, dict) and not value.get("done"):
        value["message"] = {"role": message.get("role"), "content": "", "thinking": text}
        return value
    return None


def _has_likelihoods(choice: Any) -> bool:
    return bool(isinstance(choice, dict) and choice.get("logprobs"))
