"""Events against events."""

import copy
from typing import Any

import pytest

from streamtape.compare.comparison import Change
from streamtape.compare.event_changes import compare_events
from streamtape.dialects.openai_responses import OPENAI_RESPONSES
from streamtape.tape.events import Event
from tests.streams import Writer


def compare(a: list[Event], b: list[Event]) -> list[Change]:
    """The changes between two Responses streams."""
    return list(compare_events(a, b, OPENAI_RESPONSES, OPENAI_RESPONSES))


def events(payloads: list[dict[str, Any]]) -> list[Event]:
    """Events of these payloads, a millisecond apart."""
    return [Event(p["type"], p, 1000 * n, n) for n, p in enumerate(payloads)]


def stream(*deltas: str, run: int = 1) -> list[Event]:
    """A message, then a call."""
    return Writer(run).message(*deltas).call("f", '{"a":', "1}").end().events()


def test_two_runs_of_one_answer_are_the_same() -> None:
    """Other ids, times, usage, obfuscation and other cuts are no change."""
    assert (
        compare(stream("Double ", "bubble", " bath"), stream("Doub", "le bubble bath", run=2)) == []
    )


def test_one_changed_word_is_one_change() -> None:
    """It is told once, where it is, though five later events repeat the text."""
    (change,) = compare(stream("Double ", "bubble", " bath"), stream("Double ", "trouble", " bath"))
    assert change.kind == "changed"
    assert (change.before, change.after) == ("bubble", "trouble")
    assert change.a is not None
    assert (change.a.index, change.a.at_us) == (5, 5000)
    assert str(change) == "~ #5 text: Double [-bubble-]{+trouble+} bath"


def test_an_inserted_event_is_reported_alone() -> None:
    """Also in the middle of a text, whose pieces on either side are still one text."""
    b = Writer().message("Double ", "bubble").payloads
    b.insert(5, {"type": "acme.news", "n": 1})
    (change,) = compare(Writer().message("Double ", "bubble").events(), events(b))
    assert (change.kind, change.what, change.a) == ("inserted", "acme.news", None)
    assert change.b is not None
    assert change.b.index == 5


def test_a_removed_event_is_reported_alone() -> None:
    """What is gone is told with its place in the first recording."""
    a = stream("Double")
    b = [e for e in a if e.type != "response.content_part.done"]
    (change,) = compare(a, b)
    assert (change.kind, change.what) == ("removed", "response.content_part.done")


@pytest.mark.parametrize("place", range(3, 12))
def test_two_swapped_neighbours_are_one_change(place: int) -> None:
    """Deltas, done events and items alike."""
    a = stream("Double ", "bubble")
    payloads = [e.payload for e in a]
    payloads[place], payloads[place + 1] = payloads[place + 1], payloads[place]
    (change,) = compare(a, events(payloads))
    assert change.kind in ("swapped", "changed")
    assert {p.index for p in (change.a, change.b) if p} & {place, place + 1}


def test_a_removed_delta_is_one_change() -> None:
    """The done values still agree with each other, and are no change of their own."""
    a = stream("Double ", "bubble ", "bath")
    b = [e for e in a if e.index != 5]
    (change,) = compare(a, b)
    assert (change.what, change.before) == ("text", "bubble ")


def test_an_edited_done_value_is_a_change() -> None:
    """A done text that does not repeat its deltas is told, at its path."""
    a = stream("Double")
    b = copy.deepcopy([e.payload for e in a])
    b[5]["text"] = "Trouble"
    (change,) = compare(a, events(b))
    assert (change.path, change.before, change.after) == ("text", "Double", "Trouble")


@pytest.mark.parametrize("whole", [True, False])
def test_ids_are_matched_up(whole: bool) -> None:
    """An id renamed throughout is no change; renamed in one place, it is one."""
    a = stream("Double ", "bubble")
    b = copy.deepcopy([e.payload for e in a])
    for payload in b if whole else b[5:6]:
        if payload.get("item_id") == "msg_1_0":
            payload["item_id"] = "msg_new"
        if payload.get("item", {}).get("id") == "msg_1_0":
            payload["item"] = {**payload["item"], "id": "msg_new"}
        for item in payload.get("response", {}).get("output", []):
            item["id"] = "msg_new" if item["id"] == "msg_1_0" else item["id"]
    changes = compare(a, events(b))
    if whole:
        assert changes == []
        return
    (change,) = changes
    assert (change.path, change.before, change.after) == ("item_id", "msg_1_0", "msg_new")
    assert change.b is not None
    assert change.b.index == 5


def test_two_ids_that_become_one_are_a_change() -> None:
    """A call answered under another call's id is not a renaming."""
    a = Writer().call("f", "1").call("f", "2").end().events()
    b = copy.deepcopy([e.payload for e in a])
    for payload in b:
        item = payload.get("item", {})
        if item.get("call_id") == "call_1_1":
            item["call_id"] = "call_1_0"
    assert {c.path for c in compare(a, events(b))} == {"item.call_id"}


def test_a_new_field_of_a_delta_is_reported_at_its_event() -> None:
    """What a delta says besides its text is compared too."""
    a = stream("Double ", "bubble")
    b = copy.deepcopy([e.payload for e in a])
    b[5]["flag"] = True
    (change,) = compare(a, events(b))
    assert (change.kind, change.path, change.after) == ("changed", "flag", True)
    assert change.b is not None
    assert change.b.index == 5


def test_noise_is_not_compared() -> None:
    """A keep-alive comes when it likes."""
    b = [e.payload for e in stream("Double ", "bubble")]
    b.insert(5, {"type": "keepalive", "sequence_number": 5})
    assert compare(stream("Double ", "bubble"), events(b)) == []


def test_another_interleaving_of_two_texts_is_one_change() -> None:
    """At this level the order counts; at level content it does not."""

    def delta(index: int, text: str) -> dict[str, Any]:
        where = {"output_index": index, "content_index": 0, "item_id": f"i{index}"}
        return {"type": "response.output_text.delta", "delta": text, **where}

    a = events([delta(0, "a"), delta(1, "x"), delta(0, "b")])
    b = events([delta(0, "ab"), delta(1, "x")])
    (change,) = compare(a, b)
    assert (change.kind, change.path) == ("swapped", "order")


def test_changes_come_in_order() -> None:
    """The first divergence is the first change."""
    a = Writer().message("one").message("two").end().events()
    b = Writer().message("uno").message("due").end("incomplete").events()
    changes = compare(a, b)
    assert [c.before for c in changes[:2]] == ["one", "two"]
    indexes = [p.index for c in changes if (p := c.a or c.b)]
    assert indexes == sorted(indexes)


def test_a_value_that_is_reported_again_is_one_change() -> None:
    """An item's field stands in three events; the first place is told, and how often again."""
    a = Writer().message("x", phase="one").end().events()
    b = Writer(2).message("x", phase="two").end().events()
    (change,) = compare(a, b)
    assert (change.what, change.path) == ("response.output_item.added", "item.phase")
    assert (change.before, change.after, change.n_repeats) == ("one", "two", 2)
    assert str(change).endswith('"one" → "two" (repeated 2×)')


def test_null_and_nothing_are_one() -> None:
    """A field that a later version of an API sends as null is no change."""
    a = stream("Double")
    b = copy.deepcopy([e.payload for e in a])
    b[0]["response"]["new_field"] = None
    assert compare(a, events(b)) == []
