"""Values that depend on one another, or on the request: what does not agree is told."""

import copy
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from streamtape.checks.expected.base import Expected
from streamtape.checks.expected.tables import TABLES
from tests.checks.rule_payloads import place
from tests.checks.test_fields import OWNERS, put
from tests.checks.test_others import Payloads, check

Change = Callable[[Payloads], object]
NAMED = {"responses", "messages"}


def reports(
    name: str, change: Change, *, request: Any = None, url: str = ""
) -> list[tuple[str, str]]:
    """The severity and the text of what is said about a stream that is changed."""
    address, make = OWNERS[name]
    payloads: Payloads = copy.deepcopy(make())
    change(payloads)
    found = check(url or address, payloads, named=name in NAMED, request=request)
    return [(f.severity, f.message) for f in found if f.rule == "relation"]


def at(place: int, path: str, value: Any) -> Change:
    """Put a value where it does not belong."""
    return lambda payloads: put(payloads[place], path, value)


def reply(payloads: Payloads, **fields: Any) -> None:
    """Change fields of the response in every event that has it."""
    for payload in payloads:
        if "response" in payload:
            payload["response"].update(fields)


def second_tool(payloads: Payloads) -> None:
    """A second tool of an Anthropic stream, with the id of the first."""
    block = copy.deepcopy(payloads[5:9])
    for event in block:
        event["index"] = 2
    payloads[9:9] = block


TOOLS = {"tools": [{"name": "rinse"}]}
CALL = "choices.0.delta.tool_calls.0"
DONE = "output_item.done"


@pytest.mark.parametrize(
    ("name", "change", "body", "expected"),
    [
        ("messages", at(0, "message.stop_reason", "end_turn"), None, "expected null"),
        ("messages", at(0, "message.stop_reason", ...), None, "has no message.stop_reason"),
        ("messages", lambda p: put(p[7], "index", ...), None, "has no index, which came before"),
        ("chat", at(2, f"{CALL}.type", ...), None, "has no choices.*.delta.tool_calls.*.type"),
        ("gemini", at(1, "usageMetadata", {"promptTokenCount": 4, "totalTokenCount": 4,
                                           "promptTokensDetails": [{"tokenCount": 3}]}), None,
         "has usageMetadata.promptTokenCount 4"),
        ("responses", at(1, "response.metadata", {}), None,
         "has response.metadata, which did not come before"),
        ("messages", at(0, "message.content", [{}]), None, "message.content [{}]: expected []"),
        ("messages", at(9, "delta.stop_reason", None), None, "has delta.stop_reason null"),
        ("messages", at(9, "delta.stop_reason", "end_turn"), None, "but tool_use came"),
        ("messages", lambda p: p.__delitem__(slice(5, 9)), None, "but no tool_use came"),
        ("messages", at(9, "delta.stop_sequence", "\n"), None, "has delta.stop_sequence"),
        ("messages", at(9, "delta.stop_reason", "stop_sequence"), None, "stop_sequence null"),
        ("messages", at(9, "delta.stop_sequence", "END"), {"stop_sequences": ["STOP"]},
         "has delta.stop_sequence 'END': the request gave 'STOP'"),
        ("messages", second_tool, None, "has content_block.id 't1', which event #5 had"),
        ("messages", at(0, "model", "x"), TOOLS, "has content_block.name 'wash'"),
        ("messages", at(9, "usage.output_tokens", 99), {"max_tokens": 50}, "expected at most 50"),
        ("chat", at(6, "usage.total_tokens", 15), None, "completion_tokens is 5 + 9"),
        ("chat", at(5, "choices.0.finish_reason", "stop"), {"n": 1}, "expected 'tool_calls'"),
        ("chat", lambda p: p.__delitem__(slice(2, 5)), None, "but no choices.*.delta.tool_calls"),
        ("chat", at(3, f"{CALL}.id", "call_2"), None, "tool_calls.*.id 'call_2'"),
        ("chat", at(3, f"{CALL}.function.name", "dry"), None, "it was 'wash'"),
        ("chat", at(1, "choices.0.index", 1), {"n": 1}, "expected less than 1, its n"),
        ("chat", at(1, "created", 2), None, "has created 2: it was 1"),
        ("chat", at(0, "choices.0.delta.role", "user"), None, "expected 'assistant'"),
        ("chat", lambda p: None, {"tools": [{"function": {"name": "dry"}}]}, "gave 'dry'"),
        ("gemini", at(0, "usageMetadata", {"promptTokenCount": 4, "totalTokenCount": 9}), None,
         "has usageMetadata.totalTokenCount 9"),
        ("gemini", at(0, "candidates.0.content.role", "user"), None, "expected 'model'"),
        ("gemini", at(0, "candidates.0.index", 1), {"contents": []}, "expected less than 1"),
        ("responses", at(0, "response.output", [{}]), None, "response.output [{}]: expected []"),
        ("responses", at(0, "response.usage", {"a": 1}), None, "response.usage {'a': 1}"),
        ("responses", at(-1, "response.incomplete_details", {"reason": "x"}), None, "details"),
        ("responses", at(-1, "response.error", {"code": "x"}), None, "response.error"),
        ("responses", at(-1, "response.usage.total_tokens", 18), None, "is 9 + 8"),
        ("responses", at(-1, "response.usage.output_tokens_details.reasoning_tokens", 9), None,
         "expected at most 8, its output_tokens"),
        ("responses", at(-1, "response.tool_choice", "none"), None, "it was 'auto'"),
        ("responses", at(-1, "response.tools", [{"type": "x"}]), None, "it was []"),
        ("responses", lambda p: p[place(p, DONE)]["item"].update(role="user"), None, "item.role"),
        ("responses", lambda p: p[place(p, DONE, 1)]["item"].update(name="dry"), None,
         "it was 'wash'"),
        ("responses", lambda p: p[place(p, "content_part.done")]["part"].update(type="refusal"),
         None, "has part.type 'refusal': it was 'output_text'"),
        ("responses", lambda p: reply(p, temperature=1), {"temperature": 0.2}, "asked for 0.2"),
        ("responses", lambda p: None, TOOLS, "has item.name 'wash': the request gave 'rinse'"),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_reported(
    name: str, change: Change, body: Any, expected: str
) -> None:
    """Each says which value it is, and what it should have been."""
    texts = [text for _, text in reports(name, change, request=body)]
    assert any(expected in text for text in texts), texts


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("messages", {"max_tokens": 9, "tools": [{"name": "wash"}], "stop_sequences": ["\n"]}),
        ("chat", {"n": 2, "max_tokens": 9, "tools": [{"function": {"name": "wash"}}]}),
        ("chat", {"tool_choice": "required"}),
        ("gemini", {"generationConfig": {"candidateCount": 1}}),
        (
            "responses",
            {"tools": [{"name": "wash"}], "tool_choice": "auto", "max_output_tokens": 99},
        ),
        ("responses", {"temperature": None}),
        ("responses", {"tools": "none", "max_output_tokens": "9", "stop": {}}),
    ],
)
def test_what_was_asked_for_is_fine(name: str, body: Any) -> None:
    """A request whose answer is what it asked for, or that asks for nothing known."""
    assert reports(name, lambda payloads: None, request=body) == []


def test_a_forced_tool_may_end_with_stop() -> None:
    """OpenAI says `stop` where the request named the function."""
    change = at(5, "choices.0.finish_reason", "stop")
    forced = {"tool_choice": {"type": "function", "function": {"name": "wash"}}}
    assert reports("chat", change, request=forced) == []
    assert reports("chat", change, request={"tool_choice": "auto"})


def test_other_servers_are_asked_for_less() -> None:
    """Totals of xAI count reasoning apart, and new ids at index 0 are new calls: all fine."""
    url = "https://chat.test/v1/chat/completions"
    assert reports("chat", at(6, "usage.total_tokens", 99), url=url) == []
    assert reports("chat", at(3, f"{CALL}.id", "call_2"), url=url) == []
    url = "https://x.test/v1/responses"
    assert reports("responses", lambda p: put(p[0], "response.tools", ...), url=url) == []
    (one,) = reports("responses", at(-1, "response.usage.total_tokens", 18), url=url)
    assert one[0] == "warning"


WITH_FACTS = [table for table in TABLES.values() if table.facts]


@pytest.mark.parametrize("table", WITH_FACTS, ids=lambda table: table.dialect)
def test_a_fact_is_asked_where_real_streams_keep_it(table: Expected) -> None:
    """All owners' streams keep what is asked of owners; all others what is asked elsewhere."""
    path = files("streamtape.checks.expected") / "shares.json"
    shares = json.loads(path.read_text())[table.dialect]
    names = [fact.name for fact in table.facts]
    assert len(names) == len(set(names))
    assert set(shares) <= set(names)
    assert sum(name in shares for name in names) > len(names) / 2
    for fact in table.facts:
        count = shares.get(fact.name, {"owners": [0, 0], "others": [0, 0]})
        kept, met = count["owners"]
        assert kept == met or fact.only, fact
        kept, met = count["others"]
        assert kept == met or fact.elsewhere is None, fact
