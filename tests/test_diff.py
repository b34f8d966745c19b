"""`streamtape.diff`: paths, cassettes and interactions, at every level."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streamtape
from streamtape.choices import LEVELS, Level
from streamtape.convert import About, plain
from streamtape.tape.model import Cassette, Ending, Interaction
from tests.streams import Writer

ONE = Writer(1).message("Double ", "bubble bath").end().interaction()
ALIKE = Writer(2).message("Double bub", "ble bath").end().interaction()
OTHER = Writer(2).message("Double trouble", " bath").end().interaction()


@pytest.mark.parametrize(
    ("level", "same"),
    [("bytes", False), ("frames", False), ("events", True), ("content", True), ("timing", True)],
)
def test_two_runs_of_one_prompt(level: Level, same: bool) -> None:
    """Other ids and cuts differ on the wire, and nowhere else."""
    assert streamtape.diff(ONE, ALIKE, level=level).same is same


@pytest.mark.parametrize("level", LEVELS)
def test_a_recording_is_the_same_as_itself(level: Level) -> None:
    """At every level."""
    assert streamtape.diff(ONE, ONE, level=level).same


@pytest.mark.parametrize("level", ["events", "content"])
def test_one_changed_word_is_one_change(level: Level) -> None:
    """Told in a few lines."""
    comparison = streamtape.diff(ONE, OTHER, level=level)
    (change,) = comparison.changes
    assert (change.before, change.after) == ("bubble", "trouble")
    verdict = ["  verdict: reworded"] if level == "content" else []
    assert comparison.summary().splitlines()[1:-1] == verdict


def test_files_are_compared_by_path(tmp_path: Path) -> None:
    """A path is loaded; the comparison names it."""
    a, b = tmp_path / "a.tape", tmp_path / "b.tape"
    streamtape.save(Cassette((ONE,)), a)
    streamtape.save(Cassette((OTHER,)), b)
    comparison = streamtape.diff(a, str(b))
    assert not comparison.same
    assert (comparison.a, comparison.b) == (str(a), str(b))


def test_interactions_are_paired_by_their_requests() -> None:
    """One that is missing is a change; those around it are still compared with their own."""
    first, second, third = (
        replace(ONE, request=replace(ONE.request, body=b'{"n":%d}' % n)) for n in range(3)
    )
    changed = replace(OTHER, request=third.request)
    comparison = streamtape.diff(Cassette((first, second, third)), Cassette((first, changed)))
    missing, word = comparison.changes
    assert (missing.kind, missing.what, missing.interaction) == ("removed", "interaction", 1)
    assert (word.after, word.interaction) == ("trouble", 2)


def cut(ending: Ending) -> Interaction:
    """The first recording with another ending."""
    return replace(ONE, ending=ending)


def test_another_ending_and_another_status_are_changes() -> None:
    """A stream that broke is not the same as one that did not."""
    failed = cut(Ending("error", 9, "RemoteProtocolError", "peer closed"))
    (change,) = streamtape.diff(ONE, failed).changes
    assert (change.what, change.before, change.after) == (
        "ending",
        "complete",
        "error: RemoteProtocolError",
    )
    assert ONE.head is not None
    refused = replace(ONE, head=replace(ONE.head, status=429))
    (change,) = streamtape.diff(ONE, refused, level="content").changes
    assert (change.what, change.before, change.after) == ("head", 200, 429)


def test_requests_that_differ_are_reported_and_are_no_change() -> None:
    """The path that differs is a note."""
    request = replace(ONE, request=replace(ONE.request, body=b'{"model":"gpt-5"}'))
    comparison = streamtape.diff(ONE, request)
    assert comparison.same
    assert comparison.notes == ('request model: "gpt-4.1" → "gpt-5"',)


def test_a_body_that_is_no_stream_is_compared_as_json() -> None:
    """Ordinary responses are recorded too."""
    headers = ((b"content-type", b"application/json"),)

    def answer(text: bytes) -> Interaction:
        assert ONE.head is not None
        chunks = streamtape.Chunks.of([streamtape.Chunk(1, text)])
        return replace(ONE, head=replace(ONE.head, headers=headers), chunks=chunks)

    assert streamtape.diff(answer(b'{"a": 1, "b": 2}'), answer(b'{"b":2,"a":1}')).same
    (change,) = streamtape.diff(answer(b'{"a": 1}'), answer(b'{"a": 2}')).changes
    assert (change.path, change.before, change.after) == ("a", 1, 2)


def test_what_cannot_be_compared_is_refused() -> None:
    """An unknown level, dialect and thing."""
    with pytest.raises(streamtape.StreamtapeError, match="levels: bytes, frames, events"):
        streamtape.diff(ONE, ONE, level="words")  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(streamtape.StreamtapeError, match="unknown dialect 'acme'"):
        streamtape.diff(ONE, ONE, dialect="acme")
    with pytest.raises(streamtape.StreamtapeError, match="can't open a int"):
        streamtape.diff(1, ONE)  # type: ignore[arg-type]  # the point of the test


def test_times_that_are_not_known_are_not_the_same(tmp_path: Path) -> None:
    """A recording that was converted has none: the comparison says that there was nothing to do."""
    path = tmp_path / "a.tape"
    streamtape.save(plain.read(ONE.body, About("a.sse"), "sse"), path)
    comparison = streamtape.diff(ONE, path, level="timing")
    assert f"nothing to compare: no times were recorded in {path}" in comparison.notes
    found = streamtape.diff(ONE, path, level="timing")
    assert (found.comparable, found.same, found.changes) == (False, False, ())
    assert found.summary().startswith("nothing could be compared at level timing")
    assert not any("times" in note for note in streamtape.diff(ONE, ALIKE, level="timing").notes)


def answer(n: int, run: int = 1) -> Interaction:
    """An answer to the request that all of them answer; every run has ids of its own."""
    return Writer(run).message(f"Answer number {n}").end().interaction()


N_EQUAL = 40


@settings(deadline=None, max_examples=8)
@given(st.integers(0, N_EQUAL - 1))
def test_one_of_many_equal_requests_less_is_one_change(gone: int) -> None:
    """The answers tell which one is missing; ids of another run do not hide it."""
    a = Cassette(tuple(answer(n) for n in range(N_EQUAL)))
    b = Cassette(tuple(answer(n, run=2) for n in range(N_EQUAL) if n != gone))
    for level in ("events", "content"):
        (there,) = streamtape.diff(a, b, level=level).changes
        (back,) = streamtape.diff(b, a, level=level).changes
        assert (there.kind, there.what, there.interaction) == ("removed", "interaction", gone)
        assert (back.kind, back.what) == ("inserted", "interaction")


@settings(deadline=None, max_examples=25)
@given(st.integers(0, N_EQUAL - 2), st.booleans())
def test_two_interactions_that_changed_places_are_one_change(at: int, equal: bool) -> None:
    """Whether they answer one request or two."""
    one = [answer(n) for n in range(N_EQUAL)]
    if not equal:
        one = [
            replace(x, request=replace(x.request, body=b'{"n":%d}' % n)) for n, x in enumerate(one)
        ]
    other = list(one)
    other[at], other[at + 1] = other[at + 1], other[at]
    (change,) = streamtape.diff(Cassette(tuple(one)), Cassette(tuple(other))).changes
    assert (change.kind, change.what) == ("swapped", "interaction")


def test_many_answers_that_all_differ_are_compared_in_order() -> None:
    """Where no answer is as it was, the order of the requests is all there is."""
    a = Cassette(tuple(answer(n) for n in range(5)))
    b = Cassette(tuple(answer(n + 100) for n in range(5)))
    assert [c.kind for c in streamtape.diff(a, b).changes] == ["changed"] * 5


def test_what_only_one_side_has_is_counted() -> None:
    """The header says how many events there are, not how many were compared."""
    found = streamtape.diff(Cassette((answer(1), answer(2))), Cassette((answer(1),)))
    n_events = len(list(answer(1).events()))
    assert (found.n_a, found.n_b) == (2 * n_events, n_events)
    found = streamtape.diff(Cassette((answer(1), answer(2))), Cassette((answer(1),)), level="bytes")
    assert (found.n_a, found.n_b) == (2 * len(answer(1).body), len(answer(1).body))
