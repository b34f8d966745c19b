"""Values that differ from run to run are found by their looks, and matched up as a replay goes."""

import json
from typing import Any

import pytest

from streamtape.session.id_mapping import matched_up, skeleton
from streamtape.session.options import Options
from streamtape.session.playlist import Playlist
from streamtape.tape.model import Chunks, Ending, Head, Interaction, Request

HEADERS = ((b"content-type", b"application/json"),)


def ask(body: Any) -> Request:
    """A JSON request."""
    return Request("POST", "http://h/", HEADERS, json.dumps(body).encode())


def tape_of(*bodies: Any) -> Playlist:
    """A cassette that answers these, with ids matched up."""
    found = [Interaction(ask(b), Head(200), Chunks(), Ending("complete")) for b in bodies]
    return Playlist(found, Options(match_up=True))


SAME = [
    ("call_9aBcD3fGh1JkLmNo", "call_Zz8Yy7Xx6Ww5Vv4U"),
    ("resp_0fb2aa19c4d84b6e", "resp_ffffaa19c4d84b60"),
    ("toolu_01A09q90qw90lq917835lq9", "toolu_01B19q90qw90lq917835lq8"),
    ("123e4567-e89b-12d3-a456-426614174000", "00000000-e89b-12d3-a456-426614174999"),
    ("2026-01-02T03:04:05Z", "2027-11-12T13:14:15.123+02:00"),
    ("the run run_5f6e7d8c9b0a began", "the run run_0a9b8c7d6e5f began"),
    ("d41d8cd98f00b204e9800998ecf8427e", "0cc175b9c0f1b6a831c399e269772661"),
]
DIFFERENT = [
    ("call_9aBcD3fGh1JkLmNo", "resp_9aBcD3fGh1JkLmNo"),
    ("hello there", "hello world"),
    ("gpt-4.1-mini", "gpt-4.1-nano"),
    ("claude_sonnet_latest", "claude_opus_latest"),
    ("some_function_name", "other_function_name"),
    ("2026-01-02T03:04:05Z", "tomorrow"),
    ("run_5f6e7d8c9b0a", "run_5f6e7d8c9b0a and run_5f6e7d8c9b0b"),
]


@pytest.mark.parametrize(("recorded", "requested"), SAME)
def test_alike(recorded: str, requested: str) -> None:
    """Ids, uuids, digests and times may differ, within a text too."""
    assert tape_of({"x": [recorded]}).take(ask({"x": [requested]})) is not None


@pytest.mark.parametrize(("recorded", "requested"), DIFFERENT)
def test_different(recorded: str, requested: str) -> None:
    """Words may not, nor an id of another kind."""
    assert tape_of({"x": [recorded]}).take(ask({"x": [requested]})) is None


@pytest.mark.parametrize(
    ("name", "same"), [("created_at", True), ("timestamp", True), ("count", False), ("seed", False)]
)
def test_numbers_are_times_by_their_name(name: str, same: bool) -> None:
    """A large number under the name of a time may differ; any other may not."""
    taken = tape_of({name: 1767323045}).take(ask({name: 1798772966}))
    assert (taken is not None) is same


def test_an_id_stays_what_it_was_matched_with() -> None:
    """What the first turn matched up holds in the second."""
    first, second = {"id": "call_aaaa1111bbbb"}, {"output_for": "call_aaaa1111bbbb", "out": "4"}
    tape = tape_of(first, second)
    assert tape.take(ask({"id": "call_cccc2222dddd"})) is not None
    assert tape.take(ask({"output_for": "call_eeee3333ffff", "out": "4"})) is None
    assert tape.take(ask({"output_for": "call_cccc2222dddd", "out": "4"})) is not None


def test_two_ids_never_become_one() -> None:
    """Matching up is one to one."""
    tape = tape_of({"a": "call_aaaa1111bbbb", "b": "call_cccc1111dddd"})
    assert tape.take(ask({"a": "call_eeee1111ffff", "b": "call_eeee1111ffff"})) is None


def test_ids_are_compared_where_it_was_not_asked_for() -> None:
    """Without match_up a different id is a different request."""
    found = [Interaction(ask({"id": "call_aaaa1111bbbb"}), Head(200), Chunks(), Ending("complete"))]
    assert Playlist(found, Options()).take(ask({"id": "call_cccc2222dddd"})) is None


def test_skeletons_and_pairs() -> None:
    """The skeleton holds everything but the values, and these come in a fixed order."""
    one, tokens = skeleton({"b": "call_aaaa1111bbbb", "a": 1})
    other, more = skeleton({"a": 1, "b": "call_cccc2222dddd"})
    assert one == other
    assert matched_up(tokens, more, {}) == {"call_aaaa1111bbbb": "call_cccc2222dddd"}
    assert matched_up(tokens, (), {}) is None
