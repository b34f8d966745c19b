"""Whatever a stream holds, checks, measures and moderation give values and raise nothing."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streamtape
from streamtape.checks import stream
from tests.checks.rule_payloads import good
from tests.checks.test_others import ANTHROPIC, CHAT, GEMINI, chat, gemini, messages, recording

SCALARS = st.none() | st.booleans() | st.integers(-2, 9) | st.text(max_size=4) | st.floats()
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
RESPONSES = "https://api.openai.com/v1/responses"
STREAMS = {RESPONSES: good, CHAT: chat, ANTHROPIC: messages, GEMINI: gemini}


def put(value: Any, path: list[int], new: Any) -> Any:
    """The value with what lies at a path of places replaced; a path may end early."""
    if not path or not isinstance(value, dict | list) or not value:
        return new
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[path[0] % len(keys)]
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = put(value[key], path[1:], new)
    return changed


@pytest.mark.parametrize("url", STREAMS, ids=["responses", "chat", "messages", "gemini"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_value_anywhere_is_findings(url: str, data: st.DataObject) -> None:
    """A good stream with anything in place of anything gives findings, never an error of ours."""
    payloads: Any = STREAMS[url]()
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.lists(st.integers(0, 40), min_size=2, max_size=7))
        payloads = put(payloads, path, data.draw(ANYTHING))
    assert isinstance(payloads, list)
    lines = [p if isinstance(p, str) else json.dumps(p) for p in payloads]
    body = "".join(f"data: {line}\n\n" for line in lines).encode("utf-8", "surrogatepass")
    interaction = recording(url, body, {"stream_options": {"include_usage": True}})
    for finding in streamtape.check(interaction):
        assert finding.message
        assert finding.rule
    assert streamtape.stats(interaction).to_dict()
    assert isinstance(streamtape.moderate(interaction, lambda text: "x" in text), list)


@pytest.mark.parametrize("url", STREAMS, ids=["responses", "chat", "messages", "gemini"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_events_that_only_go_on_are_judged_as_any(url: str, data: st.DataObject) -> None:
    """What is passed over as a repeat of the event before it has no finding of its own."""
    payloads: Any = STREAMS[url]()
    at = data.draw(st.integers(0, len(payloads) - 1))
    run = [payloads[at]] * data.draw(st.integers(2, 5))
    for _ in range(data.draw(st.integers(0, 2))):
        run = put(run, data.draw(st.lists(st.integers(0, 40), max_size=5)), data.draw(ANYTHING))
        run = run if isinstance(run, list) else [run]
    payloads[at : at + 1] = run
    if data.draw(st.booleans()):
        for number, payload in enumerate(payloads):
            if isinstance(payload, dict) and "sequence_number" in payload:
                payloads[number] = {**payload, "sequence_number": number}
    lines = [p if isinstance(p, str) else json.dumps(p) for p in payloads]
    body = "".join(f"data: {line}\n\n" for line in lines).encode("utf-8", "surrogatepass")
    interaction = recording(url, body, {"stream_options": {"include_usage": True}})
    with patch.object(stream, "repeats", lambda _dialect, events: [False] * len(events)):
        expected = streamtape.check(interaction)
    assert streamtape.check(interaction) == expected
