"""Paths into JSON values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.dialects.payload import bind, find, get, parse_path, resolve_key

CHUNK = {"choices": [{"index": 3, "delta": {"tool_calls": [{"index": 1}, {"id": "c"}]}}, 7]}
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("choices.*.index", [((0,), 3)]),
        ("choices.*.delta.tool_calls.*.index", [((0, 0), 1)]),
        ("choices.*.delta.*", [((0, "tool_calls"), [{"index": 1}, {"id": "c"}])]),
        ("choices.index", []),
        ("nothing.*", []),
        ("", [((), CHUNK)]),
    ],
)
def test_find_tells_what_each_star_stood_for(path: str, found: list[Any]) -> None:
    """Every value at a path comes with the positions that the stars stood for."""
    assert list(find(CHUNK, parse_path(path))) == found


def test_bind_gives_the_place_where_a_value_was_found() -> None:
    """A path bound to what its stars stood for leads to the same value."""
    path = parse_path("choices.*.delta.tool_calls.*.index")
    ((bound, value),) = find(CHUNK, path)
    assert get(CHUNK, bind(path, bound)) == value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("choices.*.delta.tool_calls.*.index|#1", 1),
        ("choices.*.nothing|#1", 1),
        ("#5", None),
        ("@event", 9),
        ("=x", "x"),
        ("missing|choices.*.index", 3),
        ("choices", repr(CHUNK["choices"])),
    ],
)
def test_a_key_takes_its_first_alternative_that_is_there(key: str, value: object) -> None:
    """Alternatives, positions, the event's index and literals are told apart."""
    assert resolve_key(CHUNK, (key,), (0, 1), 9) == (value,)


@given(JSON, st.sampled_from(["a", "a.b", "*", "a.*.b", "*.*", "a.0.b", ""]))
def test_any_value_is_searched_without_an_error(value: Any, path: str) -> None:
    """No shape of value makes a path raise, and what is found is really there."""
    for bound, found in find(value, parse_path(path)):
        assert get(value, bind(parse_path(path), bound)) == found
    get(value, parse_path(path))
    resolve_key(value, (path,), (0,), 0)
