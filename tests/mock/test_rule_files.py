"""Rules in files: YAML, TOML and JSON say the same, and the published schema is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

import streamtape
from streamtape import Call, Fail, MockServer, Reasoning, Say, Structured
from streamtape.errors import UsageError
from streamtape.mock.rule_files import parse_rules, schema

YAML = """
rules:
  - name: weather
    contains: weather
    reply: [{reasoning: Hm.}, {call: get_weather, arguments: {city: Oslo}}]
    then: It is 12 °C.
    pace: ttft=1s,tokens=20/s
  - schema: true
    reply: {structured: {city: Oslo}}
  - reply: [Hello., {fail: overloaded}]
    times: 2
    fault: cut@event=3
"""
TOML = """
[[rules]]
name = "weather"
contains = "weather"
reply = [{reasoning = "Hm."}, {call = "get_weather", arguments = {city = "Oslo"}}]
then = "It is 12 °C."
pace = "ttft=1s,tokens=20/s"

[[rules]]
schema = true
reply = {structured = {city = "Oslo"}}

[[rules]]
reply = ["Hello.", {fail = "overloaded"}]
times = 2
fault = "cut@event=3"
"""


def test_the_same_in_yaml_and_toml() -> None:
    """Each item becomes its part."""
    weather, fitted, last = parse_rules(YAML.encode(), "x.yaml")
    assert [weather, fitted, last] == parse_rules(TOML.encode(), "x.toml")
    assert weather.reply == [Reasoning("Hm."), Call("get_weather", {"city": "Oslo"})]
    assert (weather.then, weather.title) == (["It is 12 °C."], "weather")
    assert fitted.reply == [Structured({"city": "Oslo"})]
    assert last.reply == ["Hello.", Fail("overloaded")]
    assert [str(fault) for fault in last.faults] == ["cut@event=3"]


def test_every_item_can_be_written() -> None:
    """One of each kind, in JSON."""
    data = b"""[{"reply": [{"say": "a", "citations": [{"url": "u"}]}, {"refuse": true},
      {"custom_call": "f", "input": "x"}, {"search": "q"}, {"run": "1", "logs": "1"},
      {"item": "computer_call", "fields": {"a": 1}}, {"pause_ms": 5}, {"stop": "length"}]}]"""
    (rule,) = parse_rules(data, "x.json")
    names = [type(part).__name__ for part in rule.reply]  # type: ignore[union-attr]  # a list
    assert names == ["Say", "Refuse", "CustomCall", "WebSearch", "RunCode", "OutputItem", "Pause",
                     "Stop"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules: [{reply: x, colour: blue}]", "unknown field `colour`"),
        ("rules: [{contains: x}]", "missing required field `reply`"),
        ("rules: [{reply: x, times: 0}]", "times"),
        ("rules: [{reply: [{say: a, call: b}]}]", r"rules\[0\].*say and call"),
        ("rules: [{reply: x, matches: '('}]", r"rules\[0\].*regular expression"),
        ("rules: [{reply: [{fail: x, status: 200}]}]", "400"),
        ("rules: {", "not YAML"),
        ("3", "expected"),
    ],
)
def test_a_wrong_file_says_where(text: str, words: str) -> None:
    """The file, the place in it, and where the schema is."""
    with pytest.raises(streamtape.UsageError, match=f"(?is)x.yaml.*{words}"):
        parse_rules(text.encode(), "x.yaml")


def test_the_schema_is_published() -> None:
    """It is JSON Schema, and has every field of a rule."""
    made = schema()
    assert made["$schema"].startswith("https://json-schema.org/")
    rule = made["$defs"]["FileRule"]
    assert {"reply", "contains", "then", "fault"} <= set(rule["properties"])
    assert rule["additionalProperties"] is False


def test_a_server_reads_its_file(tmp_path: Path) -> None:
    """The path of a file is as good as its rules."""
    (tmp_path / "rules.yaml").write_text(YAML)
    with MockServer(tmp_path / "rules.yaml") as server:
        assert [rule.title for rule in server.rules] == ["weather", "schema=True", "any request"]
    with MockServer(str(tmp_path / "rules.yaml")) as server:
        assert len(server.rules) == 3
    assert Say("x") == Say("x")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.json", '{"rules": ' + "[" * 100_000, "nested too deep"),
        ("x.toml", "a = " + "[" * 10_000, "nested too deep"),
        ("x.yaml", "rules: " + "[" * 3_000, "nested too deep"),
        (
            "x.yaml",
            "rules:\n- reply: [{item: x, fields: {a: &a [1,1,1,1,1,1,1,1,1,1],\n"
            + ",\n".join(
                f"    {new}: &{new} [{','.join([f'*{old}'] * 10)}]"
                for old, new in zip("abcdefg", "bcdefgh", strict=True)
            )
            + "}}]\n",
            "aliases unfold to more than 1,000,000 values",
        ),
    ],
    ids=["JSON", "TOML", "YAML", "aliases"],
)
def test_files_that_are_made_to_exhaust(name: str, text: str, message: str) -> None:
    """Nesting without end, and a kilobyte of aliases that stands for a hundred million values."""
    with pytest.raises(UsageError, match=message):
        parse_rules(text.encode(), name)
