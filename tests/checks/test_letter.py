"""The letter of JSON: what one reader takes and another refuses is an error everywhere."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamtape
from streamtape.checks.finding import Finding
from tests.checks.test_others import recording

URLS = [
    "https://api.openai.com/v1/chat/completions",
    "https://x.test/stream",
    "https://x.test/v1/messages",
]


def findings(data: str, url: str = URLS[1]) -> list[Finding]:
    """What is said about the letter of one event's data."""
    body = b"data: " + data.encode("utf-8", "surrogatepass") + b"\n\n"
    return [f for f in streamtape.check(recording(url, body)) if f.rule == "letter"]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('{"a": NaN}', "has NaN in its data, which is not JSON"),
        ('{"a": [1, -Infinity, NaN]}', "has -Infinity and NaN"),
        ('{"a": 1, "b": {"c": 2, "c": 3}}', "has 'c' twice in one object"),
        ('{"a" : 1,"a":1}', "has 'a' twice"),
        (r'{"a": "\ud83d"}', r"has half of a surrogate pair, \ud83d"),
        (r'{"a": "\ud83d\ud83d\ude00"}', r"half of a surrogate pair, \ud83d"),
        (r'{"a": "x\uDE00"}', r"half of a surrogate pair, \uDE00"),
        (r'{"a": "\\\ud83d"}', "half of a surrogate pair"),
    ],
)
def test_what_is_no_json_to_others_is_reported(data: str, expected: str, url: str) -> None:
    """NaN, Infinity, a name twice in one object, half a character: with the piece that is meant."""
    (found,) = findings(data, url)
    assert found.severity == "error"
    assert expected in found.message


@pytest.mark.parametrize(
    "data",
    [
        '{"a": "NaN and Infinity"}',
        r'{"NaN": "\"a\": NaN, \"a\": 1"}',
        '{"a": {"b": 1}, "c": [{"b": 1}, {"b": 2}]}',
        r'{"a": "\ud83d\ude00 \uD83D\uDE00 \u00e9"}',
        r'{"a": "C:\\ud83d"}',
        '{"a": "é\U0001f600"}',
        "[1, 2]",
        "no JSON at all",
    ],
)
def test_what_only_looks_like_it_is_fine(data: str) -> None:
    """The same letters inside of texts, whole pairs, one name in several objects."""
    assert findings(data) == []


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False,
                                                                      allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_no_json_that_python_writes_is_called_wrong(value: object) -> None:
    """Whatever is a value of JSON is fine, with and without escapes."""
    plain = json.dumps({"a": value})
    assert findings(plain) == []
    if "\n" not in (spelled := json.dumps({"a": value}, ensure_ascii=False)):
        assert findings(spelled) == []
