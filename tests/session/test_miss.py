"""Every reason for a miss, and the text that it is told in: `misses/NAME.txt`.

A text that was changed on purpose is written again with STREAMTAPE_WRITE_GOLDEN=1, and read.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from streamtape.session.miss import miss_text
from streamtape.session.options import Options
from streamtape.session.playlist import Playlist
from streamtape.tape.model import Chunks, Ending, Head, Headers, Interaction, Request

TEXTS = Path(__file__).parent / "misses"
URL = "https://api.openai.com/v1/responses"
JSON: Headers = ((b"content-type", b"application/json"),)
FORM: Headers = ((b"content-type", b"application/x-www-form-urlencoded"),)


def ask(
    body: Any = None, *, url: str = URL, method: str = "POST", headers: Headers = JSON
) -> Request:
    """A request; a body that is no bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Request(method, url, headers, data)


def says(text: str, **more: Any) -> dict[str, Any]:
    """The body of a request to a model."""
    return {"model": "gpt-4.1", "input": [{"role": "user", "content": text}], **more}


def same_team(recorded: Request, requested: Request) -> bool:
    """A matcher of the user's own."""
    return recorded.url.split("/")[2] == requested.url.split("/")[2]


def without_query(request: Request) -> Request:
    """A filter of the user's own."""
    return Request(request.method, request.url.partition("?")[0], request.headers, request.body)


@dataclass(frozen=True)
class Case:
    """One miss: what is on the cassette, what was played of it, and what is asked then."""

    tape: list[Request]
    requested: Request
    options: dict[str, Any] = field(default_factory=dict)
    played: list[Request] = field(default_factory=list)
    again: str = ""
    missing: bool = False
    converted: bool = False


HI, BYE = ask(says("Hi")), ask(says("Bye"))
LONG = "word " * 200
TURN = ask(says("x", previous_response_id="resp_0f1e2d3c4b5a", call="call_A1b2C3d4E5"))
CASES = {
    "empty_cassette": Case([], HI),
    "no_such_file": Case([], HI, {"mode": "none"}, missing=True),
    "another_word": Case([HI], BYE),
    "another_word_mode_none": Case([HI], BYE, {"mode": "none"}),
    "with_the_command": Case([HI], BYE, again="pytest test_a.py::test_b --tape-record=all"),
    "another_model": Case([HI], ask({**says("Hi"), "model": "gpt-5"})),
    "a_new_field": Case([HI], ask(says("Hi", temperature=0.5))),
    "a_field_gone": Case([ask(says("Hi", temperature=0.5))], HI),
    "another_type": Case([ask({"n": 1})], ask({"n": "1"})),
    "true_is_not_one": Case([ask({"n": 1})], ask({"n": True})),
    "null_is_there": Case([ask({"n": None})], ask({})),
    "four_differences": Case([ask(dict.fromkeys("abcd", 1))], ask(dict.fromkeys("abcd", 2))),
    "many_differences": Case([ask({"v": list(range(9))})], ask({"v": list(range(10, 19))})),
    "one_more_message": Case(
        [HI], ask({**says("Hi"), "input": [*says("Hi")["input"], {"role": "tool", "id": "7"}]})
    ),
    "list_grew": Case([ask({"v": [1]})], ask({"v": [1, 2]})),
    "odd_key": Case([ask({"a b": {"ü": 1}})], ask({"a b": {"ü": 2}})),
    "deep_path": Case([ask({"a": [{"b": {"c": [1]}}]})], ask({"a": [{"b": {"c": [2]}}]})),
    "long_text_late_difference": Case([ask(says(LONG + "end"))], ask(says(LONG + "END"))),
    "long_text_cut": Case([ask(says(LONG))], ask(says(LONG[:500]))),
    "another_method": Case([ask(method="GET")], ask(method="DELETE")),
    "another_path": Case([HI], ask(says("Hi"), url="https://api.openai.com/v1/chat/completions")),
    "another_host": Case([HI], ask(says("Hi"), url="https://eu.api.openai.com/v1/responses")),
    "another_scheme": Case([HI], ask(says("Hi"), url="http://api.openai.com:443/v1/responses")),
    "another_port": Case([HI], ask(says("Hi"), url="https://api.openai.com:8443/v1/responses")),
    "another_query": Case([ask(url=URL + "?a=1&b=2")], ask(url=URL + "?b=2&a=3")),
    "a_query_more": Case([ask(url=URL)], ask(url=URL + "?stream=true")),
    "another_header": Case(
        [ask(headers=((b"X-Org", b"a"), (b"Accept", b"*/*")))],
        ask(headers=((b"x-org", b"b"), (b"accept", b"*/*"))),
        {"match_on": ("method", "headers")},
    ),
    "plain_text": Case(
        [ask(b"grant=a&x=1", headers=FORM)], ask(b"grant=b&x=1", headers=FORM)
    ),
    "binary_body": Case([ask(b"\x00\xff\x01", headers=())], ask(b"\x00\xfe\x01", headers=())),
    "no_body_now": Case([ask(b"x=1", headers=FORM)], ask(b"", headers=FORM)),
    "json_became_text": Case([ask({"a": 1}, headers=())], ask(b"a=1", headers=())),
    "broken_json": Case([ask({"a": 1})], ask(b'{"a": 1')),
    "nearest_of_three": Case([ask(says("Bye", n=1)), ask(says("Hi", n=1)), ask(method="GET")], HI),
    "nearest_was_played": Case([HI], BYE, played=[HI]),
    "played_before": Case([HI], HI, played=[HI]),
    "played_twice": Case([HI, BYE, HI], HI, played=[HI, HI]),
    "all_played": Case([HI, HI], HI, {"mode": "none"}, played=[HI, HI]),
    "out_of_order": Case([HI, BYE], BYE, {"strict_order": True}),
    "out_of_order_later": Case([HI, BYE, BYE], BYE, {"strict_order": True}),
    "strict_and_unknown": Case([HI], BYE, {"strict_order": True}),
    "own_function": Case(
        [HI], ask(says("Hi"), url="https://eu.openai.com/"), {"match_on": ("method", same_team)}
    ),
    "filtered": Case(
        [ask(says("Hi"), url=URL + "?key=1")],
        ask(says("Bye"), url=URL + "?key=2"),
        {"filters": (without_query,)},
    ),
    "ignored_path": Case(
        [ask(says("Hi", run=1))], ask(says("Bye", run=2)), {"ignore_json_paths": ("$.run",)}
    ),
    "matched_up_but_another_word": Case(
        [TURN],
        ask(says("y", previous_response_id="resp_999888777666", call="call_Z9y8X7w6V5")),
        {"match_up": True},
    ),
    "matched_up_and_contradicted": Case(
        [ask({"ids": ["call_A1b2C3d4E5", "call_A1b2C3d4E5"]})],
        ask({"ids": ["call_Z9y8X7w6V5", "call_Q1q2Q3q4Q5"]}),
        {"match_up": True},
    ),
    "converted": Case([HI], BYE, converted=True),
    "converted_another_query": Case(
        [ask(url=URL + "?a=1")], ask(url=URL + "?a=2"), {"match_on": ("url",)}, converted=True
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_text_of_a_miss(name: str) -> None:
    """It says what was asked, what is nearest, where it differs, and what to do."""
    case = CASES[name]
    options = Options.of(**case.options)
    interactions = [
        Interaction(r, Head(200), Chunks(), Ending("complete"), cuts_known=not case.converted)
        for r in case.tape
    ]
    tape = Playlist(interactions, options)
    for request in case.played:
        assert tape.take(request) is not None
    assert tape.take(case.requested) is None
    found = miss_text(
        case.requested, tape, name="chat.tape", mode=options.mode, again=case.again,
        missing=case.missing,
    )  # fmt: skip
    place = TEXTS / f"{name}.txt"
    if os.environ.get("STREAMTAPE_WRITE_GOLDEN"):
        place.write_text(found + "\n", encoding="utf-8")
    assert found + "\n" == place.read_text(encoding="utf-8")


def test_every_text_has_its_case() -> None:
    """No text is left over from a case that is gone."""
    assert {path.stem for path in TEXTS.glob("*.txt")} == set(CASES)
