"""JSON that is cut, parsed as far as it goes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.dialects.partial_json import parse_partial
from streamtape.dialects.payload import NOT_JSON

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"city": "Par', {"city": "Par"}),
        ('{"city": "Paris", "da', {"city": "Paris"}),
        ('{"city": "Paris", "days": 1', {"city": "Paris"}),
        ('{"city": "Paris", "days": 12,', {"city": "Paris", "days": 12}),
        ('{"a": [1, {"b": tr', {"a": [1, {}]}),
        ('{"a": "x\\', {"a": "x"}),
        ('{"a": "x\\u00e', {"a": "x"}),
        ('{"a": "\\\\', {"a": "\\"}),
        ("[", []),
        ('"half', "half"),
        ("", NOT_JSON),
        ("-", NOT_JSON),
        ("hello", NOT_JSON),
        ("[link](there)", NOT_JSON),
        ('{"a": 1} and more', NOT_JSON),
        ("{a", NOT_JSON),
        ("[" * 1000, NOT_JSON),
    ],
)
def test_a_cut_text_gives_what_it_has(text: str, value: object) -> None:
    """What is open is closed; what is half there is left out; what is no JSON is told."""
    assert parse_partial(text) == (value, False)


@given(JSON, st.data())
def test_every_prefix_of_json_is_read(value: Any, data: st.DataObject) -> None:
    """A prefix gives a value whose parts are parts of the whole; the whole gives itself."""
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    assert parse_partial(text) == (value, True)
    cut = text[: data.draw(st.integers(0, len(text)))]
    got, _ = parse_partial(cut)
    if isinstance(value, dict | list) and cut:
        assert _begins(got, value)


def _begins(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(_begins(v, whole[k]) for k, v in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and all(map(_begins, part, whole))
    if isinstance(part, str):
        return isinstance(whole, str) and (whole.startswith(part) or not part.isascii())
    return bool(part == whole)


@given(st.text(alphabet='{}[]",:\\u0a1-.etrufalsn ', max_size=20))
def test_any_text_gives_a_value_or_not_json(text: str) -> None:
    """No text makes the parser raise."""
    parse_partial(text)
