"""What a person is told of a change: things by what they are, once, without noise."""

from collections.abc import Iterable
from typing import Any

import pytest

from streamtape.compare.comparison import Change, Comparison
from streamtape.compare.event_changes import compare_events
from streamtape.dialects.select import dialect_named
from streamtape.tape.events import Event

Payload = dict[str, Any]


def compared(a: Iterable[Payload], b: Iterable[Payload], dialect: str) -> list[Change]:
    """The changes between two streams of one dialect."""
    table = dialect_named(dialect)

    def events(payloads: Iterable[Payload]) -> list[Event]:
        default = table.default_type
        types = [p.get("type", default if dialect != "bedrock-nova" else next(iter(p)))
                 for p in payloads]  # fmt: skip
        return [Event(t, p, n, n) for n, (t, p) in enumerate(zip(types, payloads, strict=True))]

    return list(compare_events(events(list(a)), events(list(b)), table, table))


def chunk(finish: str | None = None, **delta: Any) -> Payload:
    """A chunk of Chat Completions."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "choices": [choice]}


def called(name: str, *pieces: str, index: int = 0) -> list[Payload]:
    """A tool call: its name, then its arguments in pieces."""
    opened = {"index": index, "id": f"call_{index}", "type": "function"}
    first = chunk(tool_calls=[{**opened, "function": {"name": name, "arguments": ""}}])
    rest = [chunk(tool_calls=[{"index": index, "function": {"arguments": p}}]) for p in pieces]
    return [first, *rest]


def block(index: int, kind: str, *pieces: str) -> list[Payload]:
    """A block of Anthropic Messages."""
    field = {"text": "text", "thinking": "thinking"}[kind]
    empty = {"type": kind, field: ""}
    deltas = [{"type": f"{kind}_delta", field: piece} for piece in pieces]
    return [
        {"type": "content_block_start", "index": index, "content_block": empty},
        *({"type": "content_block_delta", "index": index, "delta": d} for d in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def test_a_tool_call_that_came_is_reported_whole() -> None:
    """With its name and all of its arguments, wherever their pieces stand."""
    a = [chunk(content="Hello")]
    b = [*a, *called("weather", '{"city": ', '"Rome"}')]
    (change,) = compared(a, b, "openai-chat")
    assert (change.kind, change.what) == ("inserted", "tool call")
    assert change.after == {"name": "weather", "type": "function", "arguments": '{"city": "Rome"}'}


def test_another_tool_is_reported_by_its_name() -> None:
    """One change, and not the path to it."""
    a, b = called("date", "{}"), called("today", "{}")
    assert [str(c) for c in compared(a, b, "openai-chat")] == [
        '~ #0 tool call name: "date" → "today"'
    ]


def test_calls_are_paired_by_their_names() -> None:
    """A call that is gone does not make all later ones look changed."""
    later = ("weather", '{"city": "Rome"}')
    a = [*called("date", '{"zone": 1}'), *called(*later, index=1)]
    (gone,) = compared(a, called(*later), "openai-chat")
    assert (gone.kind, gone.before["name"]) == ("removed", "date")


def test_a_call_whose_number_nothing_explains_is_reported() -> None:
    """A gap in the numbers, with no call gone."""
    later = ("weather", '{"city": "Rome"}')
    (moved,) = compared(called(*later, index=1), called(*later), "openai-chat")
    assert (moved.what, moved.path, moved.before, moved.after) == ("arguments", "index", 1, 0)


def test_a_block_of_another_kind_is_another_block() -> None:
    """Reasoning that is gone is told as gone; the answer behind it is the same."""
    text = block(0, "text", "Hello, ", "you")
    a = [*block(0, "thinking", "Hm."), *block(1, "text", "Hello, you")]
    expected = [(c.kind, c.what, c.path) for c in compared(a, text, "anthropic")]
    assert ("removed", "reasoning", "") in expected
    assert ("changed", "text", "") not in expected
    assert not any(path.startswith("content_block.") for _, _, path in expected)


def test_a_text_at_another_index_is_no_new_text() -> None:
    """That it moved is told; its words are compared all the same."""
    a, b = block(0, "text", "Hello, you"), block(3, "text", "Hello, ", "all")
    expected = [str(c) for c in compared(a, b, "anthropic")]
    assert expected == [
        "~ #0 content_block_start index: 0 → 3 (repeated 2×)",
        "~ #1→#2 text: Hello, [-you-]{+all+}",
    ]


def test_the_same_event_many_times_is_reported_once_and_counted() -> None:
    """Nobody reads eight equal lines."""
    beat = {"type": "beat", "n": 1}
    changes = compared([{"type": "x"}], [{"type": "x"}, beat, beat, beat], "generic")
    assert [(c.kind, c.n_repeats) for c in changes] == [("inserted", 2)]
    assert Comparison("events", tuple(changes)).counts() == "3 inserted"


def test_what_varies_is_not_reported_by_its_value() -> None:
    """Ids and times are left out of an event that came; that it has usage is told."""
    last = {**chunk(), "choices": [], "usage": {"total_tokens": 9}}
    (change,) = compared([chunk(content="a")], [chunk(content="a"), last], "openai-chat")
    assert change.after == {"usage": "⟨varies⟩"}
    (change,) = compared([last], [{**last, "usage": None}], "openai-chat")
    assert str(change) == '- #0→– chat.completion.chunk: {"usage": "⟨varies⟩"}'


def test_audio_is_reported_by_size_and_digest() -> None:
    """Base64 has no words."""
    a, b = (chunk(audio={"data": data * 100}) for data in ("AAAA", "AAAB"))
    (change,) = compared([a], [b], "openai-chat")
    assert str(change.before).startswith("400 characters of Base64, sha256 ")
    assert change.pieces == ()


def test_nova_blocks_are_one_text() -> None:
    """Each piece is a block of its own: how many blocks there are is how it was cut."""

    def blocks(*pieces: str) -> list[Payload]:
        out: list[Payload] = []
        for n, piece in enumerate(pieces):
            at = {"contentBlockIndex": n}
            out.append({"contentBlockDelta": {"delta": {"text": piece}, **at}})
            out.append({"contentBlockStop": at})
        return out

    changes = compared(blocks("It ", "works"), blocks("It ", "never ", "works"), "bedrock-nova")
    assert [c.kind for c in changes] == ["changed", "inserted"]
    assert str(changes[0]).endswith("It {+never +}works")


@pytest.mark.parametrize("cut", [("Bos", "ton"), ("B", "", "oston"), ("Boston",)])
def test_patches_of_arguments_are_joined_before_they_are_compared(cut: tuple[str, ...]) -> None:
    """How the pieces of a patched argument were cut is no change; what they say is."""

    def patched(*pieces: str) -> list[Payload]:
        calls: list[Payload] = [{"name": "g", "willContinue": True}]
        for n, piece in enumerate(pieces):
            patch: Payload = {"jsonPath": "$.city", "stringValue": piece}
            if n < len(pieces) - 1:
                patch["willContinue"] = True
            calls.append({"partialArgs": [patch], "willContinue": True})
        calls.append({"partialArgs": [{"jsonPath": "$.days", "numberValue": 2}]})
        return [
            {"candidates": [{"content": {"role": "model", "parts": [{"functionCall": call}]}}]}
            for call in [*calls, {}]
        ]

    assert compared(patched("Bost", "on"), patched(*cut), "gemini") == []
    (change,) = compared(patched("Bost", "on"), patched(*cut, "ia"), "gemini")
    assert (change.kind, change.what) == ("changed", "arguments")
    (other,) = compared(patched(*cut), [*patched(*cut)[:-2], *patched()[-1:]], "gemini")
    assert other.kind == "removed"


def test_texts_that_grow_in_turns_are_read_at_a_glance() -> None:
    """Several choices, piece by piece: each one's text is compared; the turns are seen, too."""

    def turns(*order: int) -> list[Payload]:
        out = [chunk(content=f"{n} ") for n in range(len(order))]
        for payload, index in zip(out, order, strict=True):
            payload["choices"][0]["index"] = index
        return out

    a = turns(0, 1, 2, 0, 1, 2, 0, 1, 2)
    assert compared(a, turns(0, 1, 2, 0, 1, 2, 0, 1, 2), "openai-chat") == []
    b = turns(0, 1, 2, 0, 1, 2, 0, 1, 2)
    b[5]["choices"][0]["delta"]["content"] = "five "
    (change,) = compared(a, b, "openai-chat")
    assert str(change) == "~ #5 text: 2 [-5-]{+five+} 8 "
    b = turns(0, 1, 2, 0, 1, 2, 0, 1, 2)
    b[5]["model"] = "another"
    (change,) = compared(a, b, "openai-chat")
    assert (change.path, change.after) == ("model", "another")
