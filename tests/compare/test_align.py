"""Two sequences aligned."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamtape.compare import align
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


@pytest.mark.parametrize(
    ("pairs", "kept"),
    [
        ([], []),
        ([(0, 5)], [(0, 5)]),
        ([(0, 1), (2, 3), (4, 5)], [(0, 1), (2, 3), (4, 5)]),
        ([(0, 9), (1, 2), (2, 3), (3, 1), (4, 4)], [(1, 2), (2, 3), (4, 4)]),
        ([(0, 3), (1, 2), (2, 1)], [(2, 1)]),
    ],
)
def test_the_most_places_that_are_in_order(
    pairs: list[tuple[int, int]], kept: list[tuple[int, int]]
) -> None:
    """Of places in both sides, the longest run that goes up in both, none of it left out."""
    assert align._in_order(pairs) == kept


def test_a_large_gap_is_cut_into_equal_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it lies: end to end, without a hole, each with no more cells than the bound."""
    monkeypatch.setattr(align, "EXACT_CELLS", 50)
    blocks = list(align._blocks(Gap(10, 20, 30, 50)))
    assert blocks == [Gap(10, 13, 30, 36), Gap(13, 16, 36, 43), Gap(16, 20, 43, 50)]


@given(st.text("abc", max_size=20), st.text("abcd", max_size=20))
def test_what_is_between_gaps_is_equal(a: str, b: str) -> None:
    """Outside the gaps both sides are the same, in order and without a hole."""
    i = j = 0
    for gap in gaps(a, b):
        assert a[i : gap.a1] == b[j : gap.b1]
        assert (gap.a1, gap.b1) != (gap.a2, gap.b2)
        i, j = gap.a2, gap.b2
    assert a[i:] == b[j:]


def matched(a: Sequence[int], b: Sequence[int]) -> int:
    """How many elements an alignment leaves equal; and that they are equal."""
    i = j = n_equal = 0
    for gap in [*gaps(a, b), Gap(len(a), len(a), len(b), len(b))]:
        assert a[i : gap.a1] == b[j : gap.b1]
        n_equal += gap.a1 - i
        i, j = gap.a2, gap.b2
    return n_equal


def test_large_sequences_without_anchors_are_aligned_too() -> None:
    """Where no element is unique, and the exact way would need too much memory."""
    dice = random.Random(1)
    a = [dice.randrange(4) for _ in range(2500)]
    b = [*a[:1000], 9, *a[1001:2000], *a[2010:]]
    found = gaps(a, b)
    n_lost = sum(g.a2 - g.a1 for g in found)
    assert n_lost <= 12


@pytest.fixture(params=[(64, 1024), (64, 100_000)])
def small_limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits so low that short sequences pass every step of the alignment."""
    exact, most = request.param
    monkeypatch.setattr(align, "EXACT_CELLS", exact)
    monkeypatch.setattr(align, "MOST_CELLS", most)


@pytest.mark.usefixtures("small_limits")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.integers(0, 4), max_size=120),
    st.lists(st.integers(0, 5), max_size=120),
)
def test_blocks_and_runs_give_an_alignment_too(a: list[int], b: list[int]) -> None:
    """Whatever step ends the search, what lies between the gaps is equal on both sides."""
    matched(a, b)
    matched(b, a)
    assert gaps(a, a) == []


@pytest.mark.usefixtures("small_limits")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 200), st.integers(1, 20))
def test_one_stretch_that_is_gone_is_one_gap(seed: int, at: int, length: int) -> None:
    """However few the elements are and however long the sequence is."""
    dice = random.Random(seed)
    a = [dice.randrange(5) for _ in range(220)]
    b = a[:at] + a[at + length :]
    (gap,) = gaps(a, b)
    assert (gap.a2 - gap.a1, gap.b2 - gap.b1) == (len(a) - len(b), 0)


def test_a_long_sequence_keeps_the_runs_that_both_sides_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a gap that is too long to be searched, a shared passage is still found."""
    monkeypatch.setattr(align, "EXACT_CELLS", 1_000)
    monkeypatch.setattr(align, "MOST_CELLS", 10_000)
    dice = random.Random(2)
    passage = [dice.randrange(100) for _ in range(40)]
    a = [dice.randrange(100) for _ in range(300)]
    b = [dice.randrange(100) for _ in range(300)]
    assert matched([*a, *passage, *b], [*b, *passage, *a]) >= len(passage) - 2 * 8
