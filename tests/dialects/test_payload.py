"""JSON texts to values."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.dialects.payload import NOT_JSON, canonical, decode


@pytest.mark.parametrize(
    "text", ['"\\ud83d"', '{"a":1e999}', "123456789012345678901234567890", ' {"a": [1, null]} ']
)
def test_what_the_fast_decoder_refuses_is_read_all_the_same(text: str) -> None:
    """Half a character, huge numbers: the value is the standard library's."""
    assert decode(text) == json.loads(text)


def test_nan_is_read() -> None:
    """NaN is no JSON, and yet some servers send it."""
    assert math.isnan(decode('{"a":NaN}')["a"])


@pytest.mark.parametrize("text", ["", "[DONE]", "{", '{"a":}', "[" * 100_000, "\ufeff{}"])
def test_what_is_no_json_is_reported(text: str) -> None:
    """Text that nobody can read as JSON, however deep, is NOT_JSON and no error."""
    assert decode(text) is NOT_JSON


@given(st.text(max_size=30))
def test_any_text_gives_a_value_or_not_json(text: str) -> None:
    """No text at all makes the decoder raise."""
    decode(text)


def test_equal_values_have_one_spelling() -> None:
    """The order of keys does not matter; odd values still have a spelling."""
    assert canonical({"b": 1, "a": [2]}) == canonical({"a": [2], "b": 1})
    assert canonical({"a": "\ud83d"}) != canonical({"a": "\ud83e"})
    assert canonical(10**40) == str(10**40).encode()


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize(
    ("depth", "is_json"), [(100, True), (101, False), (600, False), (9000, False)]
)
def test_what_is_nested_too_deep_is_text(opening: str, depth: int, is_json: bool) -> None:
    """No provider nests so deep; who walks a value may do so recursively."""
    closing = "]" if opening == "[" else "}"
    assert (decode(opening * depth + "1" + closing * depth) is NOT_JSON) == (depth > 100)
