"""Facts of a response set to other values: its model and how it finished."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import NOTHING, bind, find, parse_path
from streamtape.editing.documents import Document
from streamtape.editing.opened import OpenInteraction
from streamtape.editing.runs import put
from streamtape.errors import UsageError

_MODEL_NAMES = frozenset({"model", "modelVersion", "model_name", "modelId", "model_id"})
# The parts of addresses that name a model: Gemini's, Azure's, Bedrock's.
_IN_URL = re.compile(r"(?<=/)(models|deployments|model)/([^/:?]+)")
# How each API says why a stream ended; the words of Chat Completions are taken everywhere.
_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "anthropic": {
        "stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use",
        "content_filter": "refusal", "stop_sequence": "stop_sequence", "pause": "pause_turn",
    },
    "gemini": {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY",
               "tool_calls": "STOP", "recitation": "RECITATION", "other": "OTHER"},
    "ollama": {"stop": "stop", "length": "length"},
    "bedrock-converse": {
        "stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use",
        "content_filter": "content_filtered", "stop_sequence": "stop_sequence",
    },
    "cohere": {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL",
               "content_filter": "ERROR_TOXIC", "stop_sequence": "STOP_SEQUENCE"},
    "openai-responses": {"stop": "stop", "length": "max_output_tokens",
                         "content_filter": "content_filter"},
    "openai-realtime": {"stop": "stop", "length": "max_output_tokens",
                        "content_filter": "content_filter"},
    "openai-chat": {word: word for word in (
        "stop", "length", "tool_calls", "content_filter", "function_call")},
})  # fmt: skip
_FAMILIES = (*_WORDS, "openai-completions")


def set_model(one: OpenInteraction, name: str) -> None:
    """Let request and response name another model: in bodies, in the address, in headers."""
    old: set[str] = set()
    n_places = 0
    documents = [d for d in one.documents if d.is_answer]
    for document in documents:
        for path in map(parse_path, one.dialect.model):
            for bound, value in list(find(document.value, path)):
                if isinstance(value, str) and value:
                    old.add(value)
                    put(document, bind(path, bound), name)
                    n_places += 1
    request = one.request_document
    if request is not None and isinstance(request.value, dict):
        if isinstance(request.value.get("model"), str):
            old.add(request.value["model"])
            request.value["model"] = name
            n_places += 1
        documents.append(request)
    n_places += sum(_rename(document, document.value, (), old, name) for document in documents)
    url, n_in_url = _IN_URL.subn(lambda match: f"{match[1]}/{name}", one.request.url)
    if n_in_url:
        one.set_url(url)
    if n_places + n_in_url:
        one.mark("model", n_places + n_in_url)


def _rename(document: Document, value: Any, steps: tuple[str, ...], old: set[str], new: str) -> int:
    """Rename the model wherever else a document names it."""
    n = 0
    if isinstance(value, dict):
        for name, inside in list(value.items()):
            if name in _MODEL_NAMES and isinstance(inside, str) and inside in old - {new}:
                put(document, (*steps, name), new)
                n += 1
            else:
                n += _rename(document, inside, (*steps, name), old, new)
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            n += _rename(document, inside, (*steps, str(number)), old, new)
    return n


def finishes(one: OpenInteraction) -> bool:
    """Whether a response says why it ended."""
    if family_of(one.dialect) in {"openai-responses", "openai-realtime"}:
        return any(
            response.get("status") in {"completed", "incomplete"}
            for document in one.documents
            for response in _responses(document)
        )
    return one.parsed.transcript.finish_reason is not None


def set_finish(one: OpenInteraction, reason: str) -> None:
    """Let a response end for another reason.

    `stop`, `length`, `tool_calls` and `content_filter` are understood for every API, and the words
    of its own. UsageError for any other word.
    """
    word = _word(one.dialect, reason)
    family = family_of(one.dialect)
    if family in {"openai-responses", "openai-realtime"}:
        n_places = sum(_finish_response(one, d, word) for d in one.documents if d.is_answer)
    else:
        n_places = sum(_set_reason(one.dialect, d, word) for d in one.documents if d.is_answer)
    if n_places:
        one.mark("finish", n_places)


def family_of(dialect: Dialect) -> str:
    """The dialect whose words another one speaks, by its name."""
    if dialect.name == "bedrock-nova":
        return "bedrock-converse"
    named = next((name for name in (dialect.profile_of, dialect.name) if name in _FAMILIES), None)
    if named is None and dialect.by_choice and dialect.name != "gemini":
        return "openai-chat"
    return named or dialect.name


def _word(dialect: Dialect, reason: str) -> str:
    words = _WORDS.get(family_of(dialect), _WORDS["openai-chat"])
    by_lower = {word.lower(): word for word in (*words.values(), *words)}
    word = words.get(reason.lower()) or by_lower.get(reason.lower())
    if word is None:
        known = ", ".join(dict.fromkeys([*words, *words.values()]))
        raise UsageError(f"{dialect.name} has no finish reason {reason!r}; known: {known}")
    return word


def _set_reason(dialect: Dialect, document: Document, word: str) -> int:
    n_places = 0
    for path in map(parse_path, dialect.finish_reason):
        for bound, value in list(find(document.value, path)):
            if isinstance(value, str) and value and value not in NOTHING:
                put(document, bind(path, bound), word)
                n_places += 1
                _set_native(document, bind(path, bound), value, word)
    return n_places


def _set_native(document: Document, steps: tuple[str, ...], old: str, word: str) -> None:
    """What gateways say beside it, where it is the same word."""
    for _, holder in find(document.value, steps[:-1]):
        if isinstance(holder, dict) and holder.get("native_finish_reason") == old:
            holder["native_finish_reason"] = word


def _finish_response(one: OpenInteraction, document: Document, word: str) -> int:
    """Let a Responses (or Realtime) object be complete, or incomplete for a reason."""
    status = "completed" if word == "stop" else "incomplete"
    n_places = 0
    last_index = _last_item(one)
    opened = document.value.get("response") if isinstance(document.value, dict) else None
    if isinstance(opened, dict) and opened.get("object") == "response":
        opened.setdefault("incomplete_details", None)  # all of them have the same fields
    for response in _responses(document):
        if response.get("status") not in {"completed", "incomplete"}:
            continue
        response["status"] = status
        n_places += 1
        if "status_details" in response:
            details = {"type": status} | ({} if word == "stop" else {"reason": word})
            response["status_details"] = details
        else:
            response["incomplete_details"] = None if word == "stop" else {"reason": word}
        if word != "stop" and response.get("completed_at") is not None:
            response["completed_at"] = None
        elif word == "stop" and "completed_at" in response and response["completed_at"] is None:
            response["completed_at"] = response.get("created_at")
        output = response.get("output")
        if isinstance(output, list) and output:
            _set_item(output[-1], status)
    if document.event.type in {"response.completed", "response.incomplete"}:
        document.rename(f"response.{status}")
    done = document.event.type == "response.output_item.done"
    if done and document.value.get("output_index") == last_index:
        _set_item(document.value.get("item"), status)
    return n_places


def _responses(document: Document) -> Iterator[dict[str, Any]]:
    value = document.value
    if isinstance(value, dict):
        inside = value.get("response")
        ends = document.event.type in {
            "response.completed", "response.incomplete", "response.done",
        }  # fmt: skip
        if isinstance(inside, dict) and ends:
            yield inside
        elif value.get("object") == "response":
            yield value


def _set_item(item: Any, status: str) -> None:
    if isinstance(item, dict) and item.get("status") in {"completed", "incomplete"}:
        item["status"] = status


def _last_item(one: OpenInteraction) -> Any:
    found = [
        document.event.payload.get("output_index")
        for document in one.documents
        if document.event.type == "response.output_item.done"
        and isinstance(document.event.payload, dict)
    ]
    return found[-1] if found else None
