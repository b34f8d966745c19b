"""The nearest request, found by counting, is the one that the described differences name."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.session.matching import Matcher
from streamtape.session.nearest import NearestRequest
from streamtape.session.options import Options
from streamtape.session.playlist import Playlist
from streamtape.tape.model import Chunks, Ending, Head, Interaction, Request

JSON = ((b"content-type", b"application/json"),)
UUIDS = [f"0f8fad5b-d9cb-469f-a165-70867728950{n}" for n in range(3)]
LEAVES: list[Any] = [1, 1.0, True, None, "", "1", "****", "*", "a ****", "REDACTED", *UUIDS]
values = st.recursive(
    st.sampled_from([*LEAVES, [], {}]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=5,
)
bodies = st.one_of(
    st.dictionaries(st.sampled_from("abc"), values).map(lambda value: json.dumps(value).encode()),
    values.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"", b"plain", b"plain ****", b"{", b'{"a": NaN}', b'{"a": "\\ud800"}']),
)
requests = st.builds(
    Request,
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["http://h/a", "http://h/b?x=1", "http://g/a"]),
    st.just(JSON),
    bodies,
)


def same_length(recorded: Request, requested: Request) -> bool:
    """A matcher of the user's own."""
    return len(recorded.body) == len(requested.body)


class Counting(Matcher):
    """A matcher that notes the requests whose bodies it takes apart."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.read: list[Request] = []

    def body_leaves(self, request: Request) -> dict[str, Any] | None:
        """The leaves, and a note."""
        self.read.append(request)
        return super().body_leaves(request)


def described(matcher: Matcher, recorded: Request, requested: Request) -> int:
    """How far two requests are apart, reckoned from the differences as a miss tells them."""
    found = matcher.differences(recorded, requested)
    return sum(1 if one.where.startswith("body $") else 1000 for one in found)


@pytest.mark.parametrize(
    "options",
    [
        Options(),
        Options(match_up=True),
        Options(ignore_json_paths=("$.a",)),
        Options(match_on=("method", "url")),
        Options(match_on=("path", "body", "headers", same_length)),
    ],
    ids=["default", "ids", "ignored", "address", "function"],
)
@settings(deadline=None, max_examples=60)
@given(
    tape=st.lists(requests, min_size=1, max_size=6),
    requested=st.lists(requests, min_size=1, max_size=3),
)
def test_the_nearest_differs_least(
    options: Options, tape: list[Request], requested: list[Request]
) -> None:
    """Of those that differ as little, it is the first one of those that were played least."""
    played = Playlist(
        [Interaction(r, Head(200), Chunks(), Ending("complete")) for r in tape], options
    )
    assert requested
    for request in requested:
        if played.candidates(request):
            played.take(request)
            continue
        nearest = played.nearest(request)
        assert nearest is not None
        matcher = played.matcher
        ranks = [
            (described(matcher, r, request), n) for r, n in zip(tape, played.plays, strict=True)
        ]
        assert ranks[nearest[0]] == min(ranks)
        assert nearest[0] == ranks.index(min(ranks))
        assert nearest[1] == matcher.differences(tape[nearest[0]], request)


def index_of(matcher: Matcher, tape: list[Request]) -> NearestRequest:
    """The requests of a tape, to be searched."""
    nearest = NearestRequest(matcher)
    for request in tape:
        nearest.add(request, matcher.key(request))
    return nearest


def posted(value: Any) -> Request:
    """A request with a JSON body."""
    return Request("POST", "http://h/", JSON, json.dumps(value).encode())


def test_each_request_is_taken_apart_once() -> None:
    """However many misses there are, and when requests are added between them."""
    matcher = Counting(Options())
    tape = [posted([n, {"a": n, "b": n}]) for n in range(20)]
    request = posted(["x", {"a": "y", "b": "z"}])
    nearest = index_of(matcher, tape[:10])
    assert nearest.find([0] * 10, request) == 0
    for added in tape[10:]:
        nearest.add(added, matcher.key(added))
    for _ in range(3):
        assert nearest.find([1] * 19 + [0], request) == 19
    read = [id(one) for one in matcher.read if one is not request]
    assert len(read) == len(set(read)) == len(tape)


def test_the_search_ends_where_none_can_be_nearer() -> None:
    """A request that differs in one leaf, and was not played, is the nearest: no more are read."""
    matcher = Counting(Options())
    tape = [posted({"n": n}) for n in range(20)]
    request = posted({"n": "x"})
    assert index_of(matcher, tape).find([1] * 3 + [0] * 17, request) == 3
    assert matcher.read == [tape[3], request]


def test_those_that_share_the_most_are_read_first() -> None:
    """Where several values differ everywhere, most requests are known to be further away."""
    matcher = Counting(Options())

    def turn(number: int, n_messages: int) -> Request:
        messages = [{"role": "user", "content": f"{number} {n}"} for n in range(n_messages)]
        return posted({"input": messages, "seed": number, "tools": []})

    tape = [turn(number, 9) for number in range(50)]
    request = posted({**json.loads(tape[40].body), "seed": "x", "user": "y"})
    assert index_of(matcher, tape).find([0] * 50, request) == 40
    assert matcher.read == [tape[40], request]
