"""Which requests are equal, and where they differ."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import UsageError
from streamtape.json_path import path_pattern
from streamtape.session.difference import Difference
from streamtape.session.json_leaves import leaves
from streamtape.session.matching import Matcher, is_ignored
from streamtape.session.options import Options
from streamtape.session.playlist import Playlist
from streamtape.tape.model import Chunks, Ending, Head, Interaction, Request

JSON = ((b"Content-Type", b"application/json"),)


def ask(body: Any = None, *, method: str = "POST", url: str = "http://h/v1/responses") -> Request:
    """A request with a JSON body."""
    return Request(method, url, JSON, b"" if body is None else json.dumps(body).encode())


def form(boundary: str) -> Request:
    """A multipart request whose boundary was drawn at random."""
    content_type = f"multipart/form-data; boundary={boundary}".encode()
    body = f"--{boundary}\r\nx\r\n--{boundary}--".encode()
    return Request("POST", "http://h/", ((b"content-type", content_type),), body)


def take(request: Request) -> Interaction:
    """An interaction that answers a request."""
    return Interaction(request, Head(200), Chunks(), Ending("complete"))


SAME = [
    (ask({"a": 1, "b": [1, 2]}), Request("post", ask().url, JSON, b'{"b":[1,2],"a":1}')),
    (ask(url="http://h:80/x?b=2&a=1"), ask(url="http://H/x?a=1&b=2")),
    (form("abc"), form("z9")),
]

DIFFERENT = [
    (ask({"a": 1}), ask({"a": 2}), Difference("body $.a", "1", "2")),
    (ask({"a": 1}), ask({"a": True}), Difference("body $.a", "1", "true")),
    (ask({"a": "1"}), ask({"a": 1}), Difference("body $.a", '"1"', "1")),
    (ask({"a": 1}), ask({"b": 1}), Difference("body $.a", "1", "(not there)")),
    (ask({"a": [{"b": "x"}]}), ask({"a": [{"b": "y"}]}), Difference("body $.a[0].b", '"x"', '"y"')),
    (ask(method="GET"), ask(method="POST"), Difference("method", "GET", "POST")),
    (ask(url="http://h/a"), ask(url="http://h/b"), Difference("path", "/a", "/b")),
    (ask(url="http://h/"), ask(url="https://h/"), Difference("scheme", "http", "https")),
    (Request("PUT", "h:/", (), b"x"), Request("PUT", "h:/"), Difference("body", "x", "(empty)")),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_equal_requests(one: Request, other: Request) -> None:
    """Key order, parameter order, default ports and boundaries do not tell requests apart."""
    matcher = Matcher(Options())
    assert matcher.key(one) == matcher.key(other)
    assert matcher.differences(one, other) == []


@pytest.mark.parametrize(("one", "other", "first"), DIFFERENT)
def test_different_requests(one: Request, other: Request, first: Difference) -> None:
    """The first difference is named with both values."""
    matcher = Matcher(Options())
    assert matcher.key(one) != matcher.key(other)
    assert matcher.differences(one, other)[0] == first


def test_ignored_paths_are_not_compared() -> None:
    """An ignored path may differ, at every index where it says so, and everything below it."""
    matcher = Matcher(Options(ignore_json_paths=("$.input[*].id", "meta")))
    one = ask({"input": [{"id": 1, "t": "x"}, {"id": 2}], "meta": {"run": [1]}})
    other = ask({"input": [{"id": 8, "t": "x"}, {"id": 9}], "meta": {"run": [2]}})
    assert matcher.key(one) == matcher.key(other)
    changed = ask({"input": [{"id": 8, "t": "y"}]})
    assert matcher.differences(one, changed)[0].where == "body $.input[0].t"


def test_the_users_own_function_decides_too() -> None:
    """A function of (recorded, asked) is one more condition."""

    def same_model(recorded: Request, requested: Request) -> bool:
        return bool(json.loads(recorded.body)["model"] == json.loads(requested.body)["model"])

    tape = Playlist([take(ask({"model": "a", "n": 1}))], Options(match_on=("method", same_model)))
    assert tape.take(ask({"model": "b"})) is None
    assert tape.take(ask({"model": "a", "n": 2})) is not None


def test_equal_requests_are_answered_in_order() -> None:
    """The first recording answers the first request, and each answers once."""
    first, second = take(ask({"q": 1})), take(ask({"q": 1}))
    tape = Playlist([first, take(ask({"q": 2})), second], Options())
    requested = ask({"q": 1})
    assert [tape.take(requested), tape.take(requested), tape.take(requested)] == [
        first,
        second,
        None,
    ]
    repeating = Playlist([first], Options(allow_playback_repeats=True))
    assert [repeating.take(requested), repeating.take(requested)] == [first, first]


def test_plays_are_counted() -> None:
    """How often each interaction answered, with those that are added and taken up again."""
    requested = ask({"q": 1})
    tape = Playlist([take(requested), take(ask({"q": 2}))], Options(allow_playback_repeats=True))
    assert [tape.draw(requested) for _ in range(3)] == [(0, 0), (0, 1), (0, 2)]
    tape.resume(0)
    assert tape.plays == [4, 0]
    added = ask({"q": 3})
    tape.add_played(take(added), 7)
    assert (tape.plays, tape.numbers) == ([4, 0, 1], [0, 1, 7])
    assert tape.draw(added) == (2, 1)


def test_what_was_added_has_been_played() -> None:
    """It answers no second time, unless answers may be repeated."""
    tape = Playlist([], Options())
    tape.add_played(take(ask({"q": 1})), 0)
    assert not tape.has_answer(ask({"q": 1}))
    assert tape.take(ask({"q": 1})) is None
    assert Playlist([take(ask({"q": 1}))], Options()).has_answer(ask({"q": 1}))


def test_interactions_of_an_address() -> None:
    """Those whose URL matches, whatever their bodies; what was played last comes first."""
    urls = ["http://h/a", "http://h/b", "http://h/a", "http://h/a"]
    tape = Playlist([take(ask({"n": n}, url=url)) for n, url in enumerate(urls)], Options())
    assert tape.same_address(ask({"n": 9}, url="http://h/a")) == [3, 2, 0]
    assert tape.take(ask({"n": 2}, url="http://h/a")) is not None
    assert tape.same_address(ask({"n": 9}, url="http://h/a")) == [2, 3, 0]
    assert tape.same_address(ask(url="http://h/c")) == []


@pytest.mark.parametrize(
    ("host", "ignored"),
    [
        ("localhost", True),
        ("LOCALHOST:8000", True),
        ("api.localhost", True),
        ("127.8.9.1", True),
        ("[::1]", True),
        ("localhost.example", False),
        ("mylocalhost", False),
        ("128.0.0.1", False),
    ],
)
def test_hosts_of_this_machine(host: str, ignored: bool) -> None:
    """What `ignore_localhost` lets pass, and what only looks like it."""
    assert is_ignored(f"http://{host}/x", Options(ignore_localhost=True)) is ignored
    assert not is_ignored(f"http://{host}/x", Options())


def test_the_nearest_is_the_one_that_differs_least() -> None:
    """A different value in the body is nearer than a different path."""
    tape = Playlist([take(ask({"a": 1}, url="http://h/other")), take(ask({"a": 2}))], Options())
    nearest = tape.nearest(ask({"a": 1}))
    assert nearest is not None
    assert nearest[0] == 1


def test_leaves_names_odd_keys_in_brackets() -> None:
    """A path can be read back: keys that are no names stand in brackets."""
    assert leaves({"a b": [1, {}], "c": {"d": None}}) == {
        '$["a b"][0]': 1, '$["a b"][1]': {}, "$.c.d": None,
    }  # fmt: skip


PATHS = [
    ("$.a", "$.a", True),
    ("a", "$.a.b[0]", True),
    ("$.a", "$.ab", False),
    ("$.a[1]", "$.a[1].b", True),
    ("$.a[1]", "$.a[11]", False),
    ("[0].a", "$[0].a", True),
    ("$.a[*].b", "$.a[3].b", True),
    ("$.a.*.b", "$.a.x.b", True),
    ("$.a.*.b", '$.a["x y"].b', True),
    ("$.a.*.b", "$.a.x.y.b", False),
    ("$..id", "$.id", True),
    ("$..id", "$.a[0].id", True),
    ("$.a..id", "$.b.id", False),
    ("$..id", "$.a.idle", False),
    ("$.run-id", '$["run-id"]', True),
    ('$["a b"].c', '$["a b"].c', True),
    ("$['run-id']", '$["run-id"]', True),
    ("$", "$.a", True),
]


@pytest.mark.parametrize(("path", "leaf", "fits"), PATHS)
def test_paths(path: str, leaf: str, fits: bool) -> None:
    """A path stands for itself and all that lies below it."""
    assert bool(path_pattern(path).match(leaf)) == fits


@given(st.dictionaries(st.text(max_size=4), st.lists(st.integers(), max_size=2), max_size=2))
def test_every_leaf_is_a_path(value: Any) -> None:
    """What a miss names as differing can be ignored as it stands."""
    paths = list(leaves(value))
    assert len(paths) == len(set(paths)) >= len(value)
    assert all(path_pattern(path).match(path) for path in paths)


@pytest.mark.parametrize(
    "path",
    ["", "$.", "$.a[", "$.a[-1]", "$.a[0:2]", "$.a[?(@.b)]", "$a", "..", "$.a]", "a..", "$.*a"],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    """A path that would match nothing by mistake is an error at the door."""
    with pytest.raises(UsageError, match="is not a path into JSON"):
        Options(ignore_json_paths=(path,))


def with_headers(**values: str) -> Request:
    """A request with these headers."""
    pairs = tuple((name.encode(), value.encode()) for name, value in values.items())
    return Request("GET", "http://h/", pairs)


@pytest.mark.parametrize(
    ("recorded", "requested", "same"),
    [
        ({"x": "[redacted]"}, {"x": "another key"}, True),
        ({"x": "Bearer ****"}, {"x": "Bearer another"}, True),
        ({"x": "Bearer ****"}, {"x": "Basic another"}, False),
        ({"x": "[redacted]", "y": "1"}, {"x": "key", "y": "2"}, False),
        ({"x": "[redacted]"}, {"y": "key"}, False),
        ({"x": "[redacted]"}, {"x": "key", "y": "1"}, False),
        ({"x": "[redacted]"}, {}, False),
    ],
)
def test_masked_headers_stand_for_any_secret(
    recorded: dict[str, str], requested: dict[str, str], same: bool
) -> None:
    """Where headers are compared: the name, what is beside the mask, and their number count."""
    tape = Playlist([take(with_headers(**recorded))], Options(match_on=("headers",)))
    assert tape.has_answer(with_headers(**requested)) == same


@pytest.mark.parametrize(
    ("recorded", "requested", "where"),
    [
        ({"a": {}}, {"a": {"b": 1}}, ["body $.a.b"]),
        ({"a": {"b": 1}}, {"a": {}}, ["body $.a.b"]),
        ({"a": []}, {"a": [1, 2]}, ["body $.a[0]", "body $.a[1]"]),
        ({"a": {}}, {"a": []}, ["body $.a"]),
        ({"a": {}}, {}, ["body $.a"]),
        ({"a": []}, {"a": None}, ["body $.a"]),
        ({"a": [], "b": 1}, {"a": [], "b": 2}, ["body $.b"]),
    ],
)
def test_empty_containers_differ_where_something_stands(
    recorded: Any, requested: Any, where: list[str]
) -> None:
    """What is in one and not in the other is told once: below it, or, if nothing is, itself."""
    tape = Playlist([take(ask(recorded))], Options())
    assert not tape.has_answer(ask(requested))
    nearest = tape.nearest(ask(requested))
    assert nearest is not None
    assert [difference.where for difference in nearest[1]] == where


def test_a_function_may_assert() -> None:
    """A matcher that asserts, as VCR.py's may, says why; one that forgets to answer is told."""

    def same_length(recorded: Request, requested: Request) -> bool:
        assert len(recorded.body) == len(requested.body), "lengths differ"
        return True

    tape = Playlist([take(ask({"a": 1}))], Options(match_on=(same_length,)))
    assert tape.take(ask({"a": 12})) is None
    nearest = tape.nearest(ask({"a": 12}))
    assert nearest is not None
    assert nearest[1][0].where == "same_length() reports a difference: lengths differ"
    assert tape.take(ask({"a": 2})) is not None
    with pytest.raises(UsageError, match="returned None"):
        Playlist([take(ask())], Options(match_on=(lambda recorded, requested: None,))).take(ask())  # type: ignore[arg-type,return-value]  # the mistake
