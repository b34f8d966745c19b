"""Tool calls of Chat Completions as servers send them: what tells one call from another."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.dialects.openai_chat import OPENAI_CHAT
from streamtape.dialects.select import events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.tape.events import Transcript
from tests.streams import frames_of

ONE, TWO = ("call_0", "f0", '{"q":0}'), ("call_1", "f1", '{"q":1}')
GONE: Any = object()


def read(*deltas: dict[str, Any]) -> Transcript:
    """The transcript of a chat completion whose chunks bring these deltas."""
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    head = {"object": "chat.completion.chunk", "id": "c"}
    frames = frames_of([json.dumps({**head, "choices": [choice]}) for choice in choices])
    return transcript_of(events_of(iter(frames), OPENAI_CHAT), OPENAI_CHAT)


def calls(*chunks: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """The calls that chunks of `tool_calls` make."""
    transcript = read(*({"tool_calls": entries} for entries in chunks))
    return [(c.id, c.name, c.arguments) for c in transcript.tool_calls]


def entry(
    index: Any = GONE, call_id: Any = GONE, name: Any = GONE, arguments: Any = GONE
) -> dict[str, Any]:
    """One entry of `tool_calls`."""
    function = {"name": name, "arguments": arguments}
    fields = {"index": index, "id": call_id,
              "function": {k: v for k, v in function.items() if v is not GONE}}  # fmt: skip
    return {k: v for k, v in fields.items() if v is not GONE}


SHAPES = {
    "by the reference": [
        [entry(0, "call_0", "f0", "")], [entry(0, arguments='{"q":0}')],
        [entry(1, "call_1", "f1", "")], [entry(1, arguments='{"q":1}')],
    ],
    "index 0 for all": [[entry(0, *ONE)], [entry(0, *TWO)]],
    "index 0 for all, in one chunk": [[entry(0, *ONE), entry(0, *TWO)]],
    "index 0 for all, in pieces": [
        [entry(0, "call_0", "f0", "")], [entry(0, arguments='{"q"')], [entry(0, arguments=":0}")],
        [entry(0, "call_1", "f1", "")], [entry(0, arguments='{"q"')], [entry(0, arguments=":1}")],
    ],
    "no index": [[entry(GONE, *ONE)], [entry(GONE, *TWO)]],
    "no index, in one chunk": [[entry(GONE, *ONE), entry(GONE, *TWO)]],
    "no index, in pieces": [
        [entry(GONE, "call_0", "f0", '{"q"')], [entry(arguments=":0}")],
        [entry(GONE, "call_1", "f1", '{"q"')], [entry(arguments=":1}")],
    ],
    "no index, the ids in every piece, in turns": [
        [entry(GONE, "call_0", "f0", '{"q"')], [entry(GONE, "call_1", "f1", '{"q"')],
        [entry(GONE, "call_0", arguments=":0}")], [entry(GONE, "call_1", arguments=":1}")],
    ],
    "no index, two at a time": [
        [entry(GONE, "call_0", "f0", ""), entry(GONE, "call_1", "f1", "")],
        [entry(arguments='{"q":0}'), entry(arguments='{"q":1}')],
    ],
    "index null": [[entry(None, *ONE)], [entry(None, *TWO)]],
    "index in the first piece only": [
        [entry(0, "call_0", "f0", '{"q"')], [entry(arguments=":0}")],
        [entry(1, "call_1", "f1", '{"q"')], [entry(arguments=":1}")],
    ],
    "index begun at 1": [[entry(1, *ONE)], [entry(2, *TWO)]],
    "the id in every piece": [
        [entry(0, "call_0", "f0", '{"q"')], [entry(0, "call_0", arguments=":0}")],
        [entry(1, "call_1", "f1", '{"q"')], [entry(1, "call_1", arguments=":1}")],
    ],
    "id and name in every piece": [
        [entry(0, "call_0", "f0", '{"q"')], [entry(0, "call_0", "f0", ":0}")],
        [entry(1, "call_1", "f1", '{"q"')], [entry(1, "call_1", "f1", ":1}")],
    ],
    "another id in every piece": [
        [entry(0, "call_0", "f0", '{"q"')], [entry(0, "x1", arguments=":0}")],
        [entry(1, "call_1", "f1", '{"q"')], [entry(1, "x2", arguments=":1}")],
    ],
    "empty id in later pieces": [
        [entry(0, "call_0", "f0", '{"q"')], [entry(0, "", "", ":0}")],
        [entry(1, "call_1", "f1", '{"q"')], [entry(1, "", "", ":1}")],
    ],
    "null id and name in later pieces": [
        [entry(0, "call_0", "f0", '{"q"')], [entry(0, None, None, ":0}")],
        [entry(1, "call_1", "f1", '{"q"')], [entry(1, None, None, ":1}")],
    ],
    "the id after the name": [
        [entry(0, name="f0")], [entry(0, "call_0", arguments='{"q":0}')],
        [entry(1, name="f1")], [entry(1, "call_1", arguments='{"q":1}')],
    ],
    "the name in pieces": [
        [entry(0, "call_0", "f", "")], [entry(0, name="0")], [entry(0, arguments='{"q":0}')],
        [entry(1, "call_1", "f", "")], [entry(1, name="1")], [entry(1, arguments='{"q":1}')],
    ],
    "the name so far, with every piece": [
        [entry(0, "call_0", "f")], [entry(0, name="f0")], [entry(0, arguments='{"q":0}')],
        [entry(1, "call_1", "f")], [entry(1, name="f1")], [entry(1, arguments='{"q":1}')],
    ],
    "index as text": [[entry("0", *ONE)], [entry("1", *TWO)]],
    "an unknown type": [[{**entry(0, *ONE), "type": ""}, {**entry(1, *TWO), "type": "tool"}]],
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_two_calls(shape: str) -> None:
    """Two calls are two calls, each with its own id, name and arguments."""
    assert calls(*SHAPES[shape]) == [ONE, TWO]


def test_calls_without_ids() -> None:
    """Arguments that are whole, and a name: another call, even of the same tool."""
    chunks = [[entry(0, "", "f", f'{{"q":{n}}}')] for n in range(3)]
    assert calls(*chunks) == [("", "f", f'{{"q":{n}}}') for n in range(3)]
    assert calls(*([entry(name="f", arguments=f'{{"q":{n}}}')] for n in range(2))) == [
        ("", "f", '{"q":0}'),
        ("", "f", '{"q":1}'),
    ]


REPORTED = {
    "index 0, empty ids in later pieces": (
        [[entry(0, "call_0", "f0", "")], [entry(0, "", None, '{"q":0}')],
         [entry(0, "call_1", "f1", "")], [entry(0, "", None, '{"q":1}')]],
        [ONE, TWO],
    ),
    "index 0, the ids in later pieces": (
        [[entry(0, "0", "f0", "")], [entry(0, "0", None, '{"q":0}')],
         [entry(0, "1", "f1", "")], [entry(0, "1", None, '{"q":1}')]],
        [("0", "f0", '{"q":0}'), ("1", "f1", '{"q":1}')],
    ),
    "no id above index 0": (
        [[entry(0, *ONE)], [entry(1, None, "f1", '{"q"')], [entry(1, None, None, ":1}")]],
        [ONE, ("", "f1", '{"q":1}')],
    ),
    "another id from the second piece on": (
        [[entry(0, "x", "f0", "")], [entry(0, "y", None, '{"q"')], [entry(0, "y", None, ":0}")]],
        [("x", "f0", '{"q":0}')],
    ),
    "no index, empty id, then pieces without any": (
        [[entry(call_id="", name="f0", arguments="")], [entry(call_id="", arguments='{"q":0}')]],
        [("", "f0", '{"q":0}')],
    ),
    "no index, whole calls with empty ids": (
        [[entry(call_id="", name="f", arguments='{"q":0}'),
          entry(call_id="", name="f", arguments='{"q":1}')]],
        [("", "f", '{"q":0}'), ("", "f", '{"q":1}')],
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", REPORTED)
def test_shapes_that_were_reported(shape: str) -> None:
    """Of servers that were not recorded: see SERVERS.md for the reports."""
    chunks, expected = REPORTED[shape]
    assert calls(*chunks) == expected


def test_one_id_for_all_calls() -> None:
    """Where the ids are all the same, the indices tell the calls apart."""
    assert calls([entry(0, "x", "f", '{"q":0}')], [entry(1, "x", "f", '{"q":1}')]) == [
        ("x", "f", '{"q":0}'),
        ("x", "f", '{"q":1}'),
    ]


@pytest.mark.parametrize("arguments", [{"q": 0}, {}, [1], 7])
def test_arguments_that_are_no_text(arguments: Any) -> None:
    """They are taken as the JSON that they are."""
    (call,) = read({"tool_calls": [entry(0, "c", "f", arguments)]}).tool_calls
    assert (call.parsed, call.complete) == (arguments, True)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (42, "42"), (True, "true"), ({"text": "Hi"}, "Hi"), ({"a": 1}, '{"a": 1}'),
        ([{"type": "text", "text": "Hi"}], "Hi"), (["Hi"], '["Hi"]'), ([], ""), ({}, ""),
        ([{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}], ""),
    ],
)  # fmt: skip
def test_content_that_is_no_text(content: Any, text: str) -> None:
    """A number, an object, a list of parts: what can be said of it is."""
    assert read({"content": "Hi"}, {"content": content}).text == "Hi" + text


MIRRORS = ("reasoning", "reasoning_content", "reasoning_text", "thinking")


@given(st.sets(st.sampled_from(MIRRORS), min_size=1), st.booleans())
def test_reasoning_is_said_once(fields: set[str], details: bool) -> None:
    """Whatever fields mirror it."""
    deltas = []
    for n, piece in enumerate(("Hm", "Hm", " ok")):
        entries = [{"type": "reasoning.text", "text": piece, "index": 0, "id": f"d{n}"}]
        deltas.append(
            dict.fromkeys(sorted(fields), piece)
            | ({"reasoning_details": entries} if details else {})
        )
    assert read(*deltas, {"content": "Yes"}).reasoning == "HmHm ok"


def test_reasoning_in_its_details_alone() -> None:
    """It is read there where no other field has it; an empty field is none."""
    details = [{"type": "reasoning.text", "text": "Hm", "index": 0}]
    assert read({"reasoning_details": details, "reasoning": ""}).reasoning == "Hm"
    summary = [{"type": "reasoning.summary", "summary": "Hm", "index": 0}]
    assert read({"reasoning_details": summary, "reasoning": None}).reasoning == "Hm"


def test_texts_stand_in_the_order_in_which_they_began() -> None:
    """An empty first delta begins nothing."""
    transcript = read({"role": "assistant", "content": ""}, {"reasoning": "Hm"}, {"content": "Yes"})
    assert [(p.channel, p.text, p.first_event) for p in transcript.parts] == [
        ("reasoning", "Hm", 1),
        ("text", "Yes", 2),
    ]
