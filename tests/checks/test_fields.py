"""Types of fields: what the SDKs publish is what an owner's stream holds, and what else is told."""

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest

from streamtape.checks.field_tables import Schema, schema_of
from tests.checks.rule_payloads import good
from tests.checks.test_others import (
    ANTHROPIC,
    CHAT,
    GEMINI,
    Payloads,
    chat,
    check,
    gemini,
    messages,
    rules,
)

RESPONSES = "https://api.openai.com/v1/responses"
ELSEWHERE = {"chat": "https://chat.test/v1/chat/completions", "responses": "https://x.test/responses",
             "messages": "https://x.test/v1/messages",
             "gemini": "https://x.test/v1/m:streamGenerateContent"}  # fmt: skip
OWNERS: dict[str, tuple[str, Callable[[], Any]]] = {
    "chat": (CHAT, chat),
    "responses": (RESPONSES, good),
    "messages": (ANTHROPIC, messages),
    "gemini": (GEMINI, gemini),
}
API = {"chat": "openai-chat", "responses": "openai-responses", "messages": "anthropic",
       "gemini": "gemini"}  # fmt: skip


def put(payload: Any, path: str, value: Any) -> None:
    """Set what stands at a path; `...` takes the field out."""
    *steps, last = path.split(".")
    for step in steps:
        payload = payload[int(step)] if isinstance(payload, list) else payload[step]
    if value is ...:
        del payload[last]
    else:
        payload[last] = value


def reports(
    name: str, place: int, path: str, value: Any, *, url: str = ""
) -> list[tuple[str, str]]:
    """The severity and the text of what is said about a field that is changed."""
    address, make = OWNERS[name]
    payloads: Payloads = copy.deepcopy(make())
    put(payloads[place], path, value)
    found = check(url or address, payloads, named=name in {"responses", "messages"})
    return [(f.severity, f.message) for f in found if f.rule == "field"]


@pytest.mark.parametrize(
    ("name", "place", "path", "value", "expected"),
    [
        ("chat", 1, "choices.0.delta.content", 7, "has choices.0.delta.content 7, an integer"),
        ("chat", 1, "choices.0.delta.content", ["a"], "an array: expected a string"),
        ("chat", 1, "choices.0.index", "0", "'0', a string: expected an integer"),
        ("chat", 1, "choices.0.index", -1, "has choices.0.index -1: expected 0 or more"),
        ("chat", 1, "choices.0.index", True, "a boolean: expected an integer"),
        ("chat", 1, "choices", None, "has choices null: expected an array"),
        ("chat", 1, "created", "1", "has created '1', a string"),
        ("chat", 0, "choices.0.delta.role", "bot", "has choices.0.delta.role 'bot'"),
        ("chat", 5, "choices.0.finish_reason", "done", "expected content_filter or function_call"),
        ("chat", 6, "usage.total_tokens", -4, "has usage.total_tokens -4"),
        ("chat", 6, "usage.prompt_tokens", ..., "has no usage.prompt_tokens"),
        ("chat", 3, "choices.0.delta.tool_calls.0.index", ..., "has no choices.0.delta.tool"),
        ("chat", 3, "choices.0.delta.tool_calls", {}, "an object: expected an array"),
        ("messages", 0, "message.role", "user", "expected assistant"),
        ("messages", 0, "message.type", "msg", "expected message"),
        ("messages", 0, "message.usage.input_tokens", "5", "a string: expected an integer"),
        ("messages", 2, "delta.text", None, "has delta.text null: expected a string"),
        ("messages", 2, "delta.text", ..., "has no delta.text"),
        ("messages", 5, "content_block.input", "{}", "has content_block.input '{}'"),
        ("messages", 9, "delta.stop_reason", "finished", "has delta.stop_reason 'finished'"),
        ("gemini", 0, "candidates.0.index", "0", "a string: expected an integer"),
        ("gemini", 0, "candidates", {}, "has candidates {}, an object: expected an array"),
        ("gemini", 0, "candidates.0.content.parts.0.text", 5, "5, an integer: expected a string"),
        ("gemini", 1, "candidates.0.finishReason", "stop", "has candidates.0.finishReason 'stop'"),
        ("responses", 0, "response.object", "resp", "response.object 'resp': expected response"),
        ("responses", 0, "response.output", None, "has response.output null"),
        ("responses", 0, "response.tools", ..., "has no response.tools"),
        ("responses", 2, "item.role", "user", "has item.role 'user': expected assistant"),
        ("responses", 4, "delta", 5, "has delta 5, an integer"),
        ("responses", -1, "response.usage.total_tokens", "16", "a string: expected an integer"),
        ("responses", -1, "response.usage.output_tokens_details", ..., "has no response.usage"),
    ],
)  # fmt: skip
def test_a_field_of_another_type_is_reported(
    name: str, place: int, path: str, value: Any, expected: str
) -> None:
    """At the owner's address it is told with the path, what is there and what should be."""
    texts = [text for _, text in reports(name, place, path, value)]
    assert any(expected in text for text in texts), texts


@pytest.mark.parametrize("name", OWNERS)
def test_other_servers_are_held_to_types_and_warned_of_the_rest(name: str) -> None:
    """A wrong type is an error wherever it is from; null and absence are warnings elsewhere."""
    places = {"chat": (6, "usage.prompt_tokens"), "messages": (0, "message.usage.input_tokens"),
              "responses": (-1, "response.usage.input_tokens"),
              "gemini": (0, "candidates.0.index")}  # fmt: skip
    place, path = places[name]
    url = ELSEWHERE[name]
    assert [s for s, _ in reports(name, place, path, "5", url=url)] == ["error"]
    assert {s for s, _ in reports(name, place, path, ..., url=url)} <= {"warning"}
    assert {s for s, _ in reports(name, place, path, None, url=url)} <= {"warning"}


@pytest.mark.parametrize("name", OWNERS)
@pytest.mark.parametrize("extra", [None, "x", 1, {"a": [1]}, [], math.pi])
def test_a_field_of_tomorrow_is_fine(name: str, extra: Any) -> None:
    """Fields that the table does not name are nobody's fault, anywhere in a stream."""
    url, make = OWNERS[name]
    payloads = copy.deepcopy(make())
    for payload in payloads:
        if isinstance(payload, dict):
            payload["of_tomorrow"] = extra
            for holder in ("response", "message", "delta", "item", "usageMetadata"):
                if isinstance(payload.get(holder), dict):
                    payload[holder]["of_tomorrow"] = extra
    body = {"stream_options": {"include_usage": True}}
    found = check(url, payloads, named=name in {"responses", "messages"}, request=body)
    assert "field" not in rules(found)


def test_a_kind_of_tomorrow_is_a_warning_at_most() -> None:
    """An item or a block of a kind that is not known is data."""
    severities = {s for s, _ in reports("messages", 5, "content_block.type", "tool_of_tomorrow")}
    assert severities == {"warning"}
    url = ELSEWHERE["messages"]
    elsewhere = reports("messages", 5, "content_block.type", "tool_of_tomorrow", url=url)
    assert [s for s, _ in elsewhere] == ["info"]


@pytest.mark.parametrize("name", OWNERS)
def test_the_tables_say_where_they_are_from(name: str) -> None:
    """Each names the package and the version; a dialect without a table has none."""
    schema = schema_of(API[name])
    assert schema is not None
    assert schema.source.partition(" ")[0] in {"openai", "anthropic", "google-genai"}
    assert schema_of("ollama") is None


def test_fits_and_faults_say_the_same() -> None:
    """The quick answer is yes exactly where the slow one finds nothing."""
    number = {"t": "i", "m": 0}
    schema = Schema({
        "source": "a test",
        "event": {"$": "Event"},
        "defs": {
            "Event": {"t": "o", "r": ["a"], "f": {"a": number, "b": {"t": "a", "i": number},
                                                  "c": {"t": "0o", "by": "type",
                                                        "of": {"x": {"$": "Event"}}},
                                                  "d": {"t": "s", "e": ["on", "off"]}}},
        },
    })  # fmt: skip
    node = schema.node_of("anything")
    assert node is not None
    stored: list[tuple[dict[str, Any], bool]] = [
        ({"a": 1}, True), ({}, False), ({"a": -1}, False), ({"a": None}, False),
        ({"a": 1, "b": [1, 2]}, True), ({"a": 1, "b": [1, "2"]}, False), ({"a": 1, "b": {}}, False),
        ({"a": 1, "c": None}, True), ({"a": 1, "c": {"type": "x", "a": 1}}, True),
        ({"a": 1, "c": {"type": "y"}}, False), ({"a": 1, "c": {"a": 1}}, False),
        ({"a": 1, "c": {"type": 5}}, False), ({"a": 1, "d": "on"}, True),
        ({"a": 1, "d": "up"}, False), ({"a": 1, "e": object}, True),
    ]  # fmt: skip
    for value, fine in stored:
        assert schema.fits(value, node) is fine, value
        assert (list(schema.faults(value, node)) == []) is fine, value
