"""What changed inside a text, word by word."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.compare.value_diff import hunks


def marked(before: str, after: str) -> list[str]:
    """The hunks, with what is gone in [] and what is new in {}."""
    signs = {"same": "{}", "removed": "[{}]", "inserted": "{{{}}}"}
    return ["".join(signs[p.kind].format(p.text) for p in h.pieces) for h in hunks(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("the same", "the same", []),
        ("a red fox", "a blue fox", ["a [red]{blue} fox"]),
        ("a red fox", "a fox", ["a [red ]fox"]),
        ("one", "one two", ["one{ two}"]),
        ("", "new", ["{new}"]),
        ("x = 1;", "x = 2;", ["x = [1]{2};"]),
        ("日本語", "日本人", ["日本[語]{人}"]),
        ("read the red book", "read a blue book", ["read [the red]{a blue} book"]),
    ],
)
def test_a_hunk_shows_the_words(before: str, after: str, expected: list[str]) -> None:
    """Words are removed and inserted whole, and neighbours are one change."""
    assert marked(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a b c d", "x b c y", ["[a]{x} b c d", "a b c [d]{y}"]),
        ("a b c", "x b y", ["[a b c]{x b y}"]),
        ("a1 a2 b c d1 d2", "x1 x2 b c y1 y2", ["[a1 a2 b c d1 d2]{x1 x2 b c y1 y2}"]),
        ("a b c d", "c d x y", ["[a b ]c d{ x y}"]),
    ],
)
def test_near_changes_are_one_hunk(before: str, after: str, expected: list[str]) -> None:
    """Where fewer words than two, or no more than changed, stand between them.

    What they share is shown as changed, too, unless it is as much as what changed.
    """
    assert marked(before, after) == expected


@pytest.mark.parametrize("n", [79, 80, 200])
def test_long_words_around_a_hunk_are_cut(n: int) -> None:
    """Eighty characters are shown on either side, and no sign that nothing was cut."""
    word = "w" * n
    lead, tail = (f"{word} ", f" {word}") if n < 80 else (f"…{'w' * 79} ", f" {'w' * 79}…")
    assert marked(f"{word} red {word}", f"{word} blue {word}") == [f"{lead}[red]{{blue}}{tail}"]


def test_far_apart_changes_are_hunks_of_their_own() -> None:
    """Each shows only a little of what stands around it."""
    middle = " and so it went on for a long, long time until at last"
    first, second = marked(f"One{middle} two.", f"Uno{middle} due.")
    assert first == "[One]{Uno} and so it went on…"
    assert second == "…long time until at last [two]{due}."


def test_the_first_differing_character_is_known() -> None:
    """Inside of the word, so that the event that brought it can be named."""
    (hunk,) = hunks("a stardust voyager", "a stardom voyager")
    assert (hunk.a_first, hunk.a_start) == (2 + len("stard"), 2)


@settings(deadline=None)
@given(st.text("ab c.", max_size=30), st.text("ab d.", max_size=30))
def test_hunks_are_all_that_differs(before: str, after: str) -> None:
    """Replacing the hunks of the one text gives the other."""
    out, at = "", 0
    for hunk in hunks(before, after):
        out += before[at : hunk.a_start] + after[hunk.b_start : hunk.b_end]
        at = hunk.a_end
        assert hunk.a_start <= hunk.a_first <= hunk.a_end
    assert out + before[at:] == after


def test_many_differences_that_join_are_one_hunk() -> None:
    """Where every other word differs, people read one passage; many such hunks join quickly."""
    a = " ".join(f"x{n} same" for n in range(2_000))
    b = " ".join(f"y{n} same" for n in range(2_000))
    (hunk,) = hunks(a, b)
    assert (hunk.a_start, hunk.b_start) == (0, 0)
    assert hunk.a_end == len(a) - len(" same")


def test_texts_that_share_no_passage_are_one_hunk() -> None:
    """The same words in another order mean something else: they are told whole."""
    dice = random.Random(1)
    words = [f"w{n}" for n in range(50)]
    a, b = (" ".join(dice.choices(words, k=3_000)) for _ in range(2))
    (hunk,) = hunks(a, b)
    assert hunk.a_end - hunk.a_start > len(a) * 0.9
