"""Two sequences aligned."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.compare.align import Gap, gaps


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        ("", "", []),
        ("abc", "abc", []),
        ("abc", "", [Gap(0, 3, 0, 0)]),
        ("", "abc", [Gap(0, 0, 0, 3)]),
        ("abc", "xyz", [Gap(0, 3, 0, 3)]),
        ("abcd", "abxd", [Gap(2, 3, 2, 3)]),
        ("abcd", "abd", [Gap(2, 3, 2, 2)]),
        ("abd", "abcd", [Gap(2, 2, 2, 3)]),
        ("aaaa", "aaa", [Gap(3, 4, 3, 3)]),
        ("abab", "baba", [Gap(0, 0, 0, 1), Gap(3, 4, 4, 4)]),
    ],
)
def test_gaps_are_what_differs(a: str, b: str, found: list[Gap]) -> None:
    """Small sequences, by hand."""
    assert gaps(a, b) == found


@given(st.text("abc", max_size=20), st.text("abcd", max_size=20))
def test_what_is_between_gaps_is_equal(a: str, b: str) -> None:
    """Outside the gaps both sides are the same, in order and without a hole."""
    i = j = 0
    for gap in gaps(a, b):
        assert a[i : gap.a1] == b[j : gap.b1]
        assert (gap.a1, gap.b1) != (gap.a2, gap.b2)
        i, j = gap.a2, gap.b2
    assert a[i:] == b[j:]


def test_large_sequences_without_anchors_are_aligned_too() -> None:
    """Where no element is unique, and the exact way would need too much memory."""
    dice = random.Random(1)
    a = [dice.randrange(4) for _ in range(2500)]
    b = [*a[:1000], 9, *a[1001:2000], *a[2010:]]
    found = gaps(a, b)
    n_lost = sum(g.a2 - g.a1 for g in found)
    assert n_lost <= 12
