"""Texts that grow in two streams, and the changes that several places tell, by hand."""

from hashlib import sha256
from typing import Any, Literal

import pytest

from streamtape.compare.comparison import Change, Location
from streamtape.compare.dedupe import folded, join_swapped, of_one_event, renamed_here
from streamtape.compare.text_diff import (
    TextChange,
    Texts,
    is_part,
    moved_key,
    paired,
    text_changes,
    with_arguments,
)
from streamtape.compare.units import CALL, IdSeen, Target, Unit
from streamtape.tape.events import Event

TEXT: Target = ("text", (0,))
CALLED: Target = ("arguments", (1,))


def text(*pieces: str, first: int = 0, target: Target = TEXT) -> Unit:
    """The unit of a text whose pieces came in events that follow one another."""
    events = [Event("delta", {}, 1000 * n, n) for n in range(first, first + len(pieces))]
    return Unit(
        "text", target[0], "".join(pieces), first, 1000 * first, target, ("index",),
        pieces=pieces, events=events,
    )  # fmt: skip


def changes(a: list[Unit], b: list[Unit], target: Target = TEXT) -> list[TextChange]:
    """What differs in the text of one target."""
    one, other = (target if units else None for units in (a, b))
    return list(text_changes(Texts(a), Texts(b), one, other))


def test_equal_texts_differ_in_nothing() -> None:
    """However they were cut."""
    assert changes([text("Double ", "bubble")], [text("Dou", "ble b", "ubble")]) == []


@pytest.mark.parametrize("kind", ["removed", "inserted"])
@pytest.mark.parametrize(("pieces", "is_one"), [(("bath",), True), (("ba", "th"), False)])
def test_a_text_of_one_stream(
    kind: Literal["removed", "inserted"], pieces: tuple[str, ...], is_one: bool
) -> None:
    """It is one change, at its first event, with the whole text."""
    unit = text(*pieces, first=3)
    (change,) = changes([unit], []) if kind == "removed" else changes([], [unit])
    where = Location(3, 3000)
    a, b = (where, None) if kind == "removed" else (None, where)
    before, after = ("bath", None) if kind == "removed" else (None, "bath")
    assert change == TextChange(Change(kind, "text", a, b, "", before, after), is_one, TEXT)


def test_a_changed_word_is_at_the_event_that_brought_it() -> None:
    """And a single event brought it."""
    (change,) = changes([text("Double ", "bubble")], [text("Double ", "trouble")])
    assert (change.change.before, change.change.after) == ("bubble", "trouble")
    assert (change.change.a, change.of_one_event) == (Location(1, 1000), True)


def test_audio_is_compared_by_size_and_digest() -> None:
    """Nobody reads Base64."""
    target: Target = ("audio", ())
    a, b = [text("QUJD", "REVG", target=target)], [text("QUJD", "R0hJSg==", target=target)]
    whole = f"8 characters of Base64, sha256 {sha256(b'QUJDREVG').hexdigest()[:16]}"
    (change,) = changes(a, b, target)
    assert change.change.before == whole
    assert change.change.a == Location(1, 1000)
    (gone,) = changes(a, [], target)
    assert gone.change.before == whole


def test_two_sentences_that_changed_places_are_one_swap() -> None:
    """Where all else is equal."""
    one = "The first of the two sentences is a long one, with many words in it. "
    other = "Another comes after it, which is nearly as long and has other words. "
    (change,) = changes([text("So: ", one, other, "End.")], [text("So: ", other, one, "End.")])
    assert (change.change.kind, change.change.a) == ("swapped", Location(1, 1000))
    assert [piece.kind for piece in change.change.pieces] == ["removed", "same", "inserted"]


@pytest.mark.parametrize(
    ("part", "whole", "holds"),
    [("", "a", True), ("ac", "abc", True), ("ab", "ab", False), ("ax", "abc", False)],
)
def test_a_part_is_a_text_with_one_stretch_taken_out(part: str, whole: str, holds: bool) -> None:
    """Anywhere in it, and not nothing."""
    assert is_part(part, whole) == holds


def opening(name: str, target: Target, first: int) -> Unit:
    """What opens a tool call."""
    body: dict[tuple[str, ...], Any] = {("name",): name}
    return Unit("fact", CALL, body, first, None, calls=[(name, target)])


def test_texts_are_paired_by_target_call_and_channel() -> None:
    """In that order: where a call more came before, the same call has another index."""
    later: Target = ("arguments", (2,))
    a, b = [opening("f", CALLED, 0)], [opening("g", CALLED, 0), opening("f", later, 1)]
    left = Texts([text("{}", target=CALLED), text("x"), text("y", target=("reasoning", (1,)))])
    right = Texts([
        text("[]", target=CALLED), text("{}", target=later), text("x"),
        text("z", target=("reasoning", (2,))),
    ])  # fmt: skip
    touched = dict.fromkeys((*left.targets(), *right.targets()))
    assert paired(left, right, touched, a, b) == [
        (CALLED, later),
        (TEXT, TEXT),
        (("reasoning", (1,)), ("reasoning", (2,))),
        (None, CALLED),
    ]
    (moved,) = moved_key(left, right, ("reasoning", (1,)), ("reasoning", (2,)))
    assert (moved.path, moved.before, moved.after) == ("index", 1, 2)
    assert list(moved_key(left, right, CALLED, ("reasoning", (9,)))) == []
    assert left.whole(TEXT) == "x"


@pytest.mark.parametrize("kind", ["removed", "inserted"])
def test_arguments_belong_to_the_call_that_is_in_one_stream(
    kind: Literal["removed", "inserted"],
) -> None:
    """They are told with its name, and other texts for themselves."""
    where = Location(4, None)
    a, b = (where, None) if kind == "removed" else (None, where)

    def change(what: str, value: Any) -> Change:
        before, after = (value, None) if kind == "removed" else (None, value)
        return Change(kind, what, a, b, "", before, after)

    arguments = TextChange(change("arguments", "{}"), True, CALLED)
    other = TextChange(change("text", "Hello"), True, TEXT)
    units = [opening("f", CALLED, 4)]
    left, right = (units, []) if kind == "removed" else ([], units)
    calls, rest = with_arguments([change(CALL, {"name": "f"})], [arguments, other], left, right)
    assert calls == [change(CALL, {"name": "f", "arguments": "{}"})]
    assert rest == [other]
    assert with_arguments([], [arguments], left, right) == ([], [arguments])


def test_one_event_s_text_and_facts_are_one_change() -> None:
    """The event came, or is gone: with all that it said."""
    where = Location(7, 7)
    fact = Change("changed", "delta", None, where, "logprobs", None, [1])
    piece = TextChange(Change("changed", "text", where, where, "", "a", "ab"), True, TEXT)
    (change,) = of_one_event([fact], [piece])
    assert (change.kind, change.after) == ("inserted", {"text": "ab", "logprobs": [1]})
    gone = Change("changed", "delta", where, None, "", {"n": 1}, None)
    shorter = TextChange(Change("changed", "text", where, where, "", "ab", "a"), True, TEXT)
    (change,) = of_one_event([gone], [shorter])
    assert (change.kind, change.before) == ("removed", {"text": "ab", "n": 1})
    alone = TextChange(Change("changed", "text", Location(1), where, "", "x", "y"), True, TEXT)
    assert of_one_event([gone], [alone]) == [gone, alone.change]


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_call_has_the_facts_of_its_event(is_gone: bool) -> None:
    """What else its event says is no change of its own."""
    where = Location(2, 2)
    a, b = (where, None) if is_gone else (None, where)
    name, fact_value = {"name": "f"}, {"id": 1}
    if is_gone:
        call = Change("removed", CALL, a, b, "", name)
        fact = Change("changed", "delta", a, b, "", fact_value)
    else:
        call = Change("inserted", CALL, a, b, "", None, name)
        fact = Change("changed", "delta", a, b, "", None, fact_value)
    (change,) = of_one_event([call, fact], [])
    assert (change.before if is_gone else change.after) == {"name": "f", "id": 1}


def test_an_id_is_what_most_places_say() -> None:
    """A place with more ids than the other is compared turn by turn."""

    def unit(*values: str, first: int = 0) -> Unit:
        seen = [IdSeen((str(n), "id"), value, first) for n, value in enumerate(values)]
        return Unit("event", "e", {}, first, first, ids=seen)

    pairs = [(unit("a"), unit("x")), (unit("a", first=1), unit("x", first=1))]
    assert list(renamed_here(pairs)) == []
    (change,) = renamed_here([*pairs, (unit("a", first=2), unit("y", first=2))])
    assert (change.path, change.before, change.after) == ("0.id", "a", "y")
    one = Unit("event", "e", {}, 0, 0, ids=[IdSeen(("id",), v, 0) for v in ("a", "a", "b")])
    two = Unit("event", "e", {}, 0, 0, ids=[IdSeen(("id",), v, 0) for v in ("x", "y")])
    assert list(renamed_here([(one, two)])) == []
    three = Unit("event", "e", {}, 0, 0, ids=[IdSeen(("id",), v, 0) for v in ("x", "y", "z")])
    assert [c.after for c in renamed_here([(one, three)])] == ["y"]


def test_neighbours_that_changed_places_are_one_swap() -> None:
    """Each of them moved; and a repeat of a change is counted."""
    one, two = Location(1, 1), Location(2, 2)
    (swap,) = join_swapped([
        Change("removed", "x", one, None, "", {"x": 1}),
        Change("removed", "y", two, None, "", {"y": 1}),
        Change("inserted", "y", None, one, "", None, {"y": 1}),
        Change("inserted", "x", None, two, "", None, {"x": 1}),
    ])  # fmt: skip
    assert swap.kind == "swapped"
    again = Change("changed", "done", one, one, "text", "a longer text", "another longer text")
    assert [change.n_repeats for change in folded([again, again])] == [1]
