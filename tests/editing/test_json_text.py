"""JSON texts changed in places."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.editing.json_text import changes, respelled

LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
VALUES = st.recursive(
    LEAVES,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=2), inside),
    max_leaves=8,
)


@settings(max_examples=40)
@given(VALUES, VALUES, st.booleans())
def test_any_value_to_any_other(old: Any, new: Any, spaced: bool) -> None:
    """The text says the new value, and the old one again gives no change."""
    data = json.dumps(old, indent=1 if spaced else None).encode()
    assert json.loads(respelled(data, new)) == new
    assert changes(data, json.loads(data)) == []


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        (b'{"a" : 1,"b":2.50}', {"a": 1, "b": 2.5}, b'{"a" : 1,"b":2.50}'),
        (b'{"a" : 1,"b":2.50}', {"a": 7, "b": 2.5}, b'{"a" : 7,"b":2.50}'),
        (b'{"a":1,"b":2,"c":3}', {"b": 2}, b'{"b":2}'),
        (b'{"a":1,"b":2,"c":3}', {"a": 1, "c": 3}, b'{"a":1,"c":3}'),
        (b'{"a": 1}', {"a": 1, "b": [2]}, b'{"a": 1, "b": [2]}'),
        (b"[1,2,3]", [1, 5], b"[1,5]"),
        (b'{"a": [1, 2]}', {"a": [1, 2, 3]}, b'{"a": [1, 2, 3]}'),
        (b'{"a":"\\u00e9"}', {"a": "\u00e5"}, b'{"a":"\\u00e5"}'),
        (b'{"a":"e"}', {"a": "\u00e5"}, '{"a":"\u00e5"}'.encode()),
        (b'{"a":1,"a":2}', {"a": 2}, b'{"a":1,"a":2}'),
        (b'{"a":1,"a":2}', {"a": 3}, b'{"a":3}'),
        (b'{"a":"\xff","b":1}', {"a": "\ufffd", "b": 2}, b'{"a":"\xff","b":2}'),
    ],
)
def test_what_stays_keeps_its_spelling(old: bytes, value: Any, new: bytes) -> None:
    """Spaces, numbers, escapes and the order of members are those of the text."""
    assert respelled(old, value) == new
