"""Patterns that take for ever are given up: in rules, and in schemas that a client sends."""

from __future__ import annotations

import re

import httpx
import pytest

from streamtape import MockServer, Rule
from streamtape.mock import searching
from streamtape.mock.searching import PatternTooSlowError, check_pattern, is_found

SLOW = r"(\w|a|aa)+$"
TEXT = "a" * 60 + "-b-" + "a" * 60 + "-"


@pytest.fixture(autouse=True)
def short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that would take hours is given up soon."""
    monkeypatch.setattr(searching, "LIMIT_S", 0.02)


@pytest.mark.parametrize(
    "pattern",
    ["", "a", "^teapot", r"\d{2,3}", "(?i)WEATHER", r"(?<!no )rain", r"(\w)\1", "(?P<n>x)(?P=n)",
     r"[\[b]", "a|b", r"\bOslo\b", "(?s).+$"],
)  # fmt: skip
@pytest.mark.parametrize("text", ["", "teapot", "the weather, no rain 12 xx", "Oslo [b]\nébb"])
def test_the_same_is_found_as_by_the_standard_library(pattern: str, text: str) -> None:
    """Rules that people have go on to match as they did."""
    assert is_found(pattern, text) == (re.search(pattern, text) is not None)


@pytest.mark.parametrize("pattern", ["(", "[", "*", "(?P<n>", r"\1"])
def test_what_is_no_pattern(pattern: str) -> None:
    """The same texts are refused."""
    with pytest.raises(re.error):
        re.compile(pattern)
    assert check_pattern(pattern)


def test_a_slow_pattern_is_named() -> None:
    """With the way out."""
    with pytest.raises(PatternTooSlowError, match="without a repetition inside") as caught:
        is_found(SLOW, TEXT)
    assert repr(SLOW) in str(caught.value)


def test_the_mock_goes_on() -> None:
    """The request is refused, and the next one answered."""
    with MockServer([Rule(matches=SLOW, reply="Hi."), "Hello."]) as server:
        url = f"{server.url}/v1/responses"
        slow = httpx.post(url, json={"input": TEXT})
        assert slow.status_code == 400
        assert repr(SLOW) in slow.json()["error"]["message"]
        assert httpx.post(url, json={"input": "hello-"}).status_code == 200
