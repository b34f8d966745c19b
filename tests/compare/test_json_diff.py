"""Two JSON values compared path by path."""

from typing import Any

import pytest

from streamtape.compare.value_diff import walk

Found = list[tuple[tuple[str, ...], Any, Any]]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [(("a",), 1, 2)]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [(("a", "b"), 1, 2)]),
        ({"a": 1}, {}, [(("a",), 1, None)]),
        ({}, {"a": 1}, [(("a",), None, 1)]),
        ({"a": None}, {}, []),
        ({}, {"a": None}, []),
        ({"a": {}}, {"a": []}, [(("a",), {}, [])]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [(("a",), 1, True)]),
        ({"a": False}, {"a": 0}, [(("a",), False, 0)]),
    ],
)
def test_objects_differ_by_name(before: Any, after: Any, found: Found) -> None:
    """A name that one side lacks has None there; null and nothing are one, 1 and true are not."""
    assert list(walk(before, after, ())) == found


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ([1, 2, 3], [1, 2, 3], []),
        ([1, 2, 3], [1, 9, 3], [(("x", "1"), 2, 9)]),
        ([1, 2, 3, 4], [1, 8, 9, 4], [(("x", "1"), 2, 8), (("x", "2"), 3, 9)]),
        ([0, 1, 2, 3], [1, 8, 9], [(("x", "0"), 0, None), (("x", "2"), 2, 8), (("x", "3"), 3, 9)]),
        ([1, 2, 3], [1, 3], [(("x", "1"), 2, None)]),
        ([1, 3], [1, 2, 3], [(("x", "1"), None, 2)]),
        ([1, 2, 3, 4], [1, 9, 4], [(("x", "1"), 2, 9), (("x", "2"), 3, None)]),
        ([1, 9, 4], [1, 2, 3, 4], [(("x", "1"), 9, 2), (("x", "2"), None, 3)]),
        ([{"a": 1, "b": 1}], [{"a": 1, "b": 2}], [(("x", "0", "b"), 1, 2)]),
        ([0, [1]], [[2]], [(("x", "0"), 0, [2]), (("x", "1"), [1], None)]),
    ],
)
def test_lists_are_aligned(before: Any, after: Any, found: Found) -> None:
    """One element more is one difference, at its own index; a changed one is looked into."""
    assert list(walk(before, after, ("x",))) == found
