"""The levels content, frames, bytes and timing, and the comparison as a value."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.compare.comparison import Change, Comparison, Location
from streamtape.compare.content_changes import compare_content
from streamtape.compare.timing_changes import Clocked, compare_timing, measure
from streamtape.compare.wire_changes import compare_bytes, compare_frames
from streamtape.dialects.openai_responses import OPENAI_RESPONSES
from streamtape.dialects.transcript import transcript_of
from tests.streams import Writer


def content(a: Writer, b: Writer) -> list[Change]:
    """The changes between what two streams said."""
    one, other = (transcript_of(w.events(), OPENAI_RESPONSES) for w in (a, b))
    return list(compare_content(one, other, OPENAI_RESPONSES))


def test_content_is_the_same_whatever_its_ids_and_cuts() -> None:
    """Only what the reader gets is compared."""
    a = Writer(1).message("Hello ", "you").call("f", '{"a": 1, "b": 2}').end()
    b = Writer(2).message("Hello you").call("f", '{"b":2,', '"a":1}').end()
    assert content(a, b) == []


def test_content_changes_are_reported_by_path_and_word() -> None:
    """A word of a text, an argument of a call, another tool, a way to end."""
    a = Writer().message("a red fox").call("f", '{"days": 1}').call("g", "{}").end()
    b = Writer().message("a blue fox").call("f", '{"days": 2}').call("h", "{}").end("incomplete")
    expected = [(c.kind, c.what, c.path, c.before, c.after) for c in content(a, b)]
    assert expected == [
        ("changed", "text", "", "red", "blue"),
        ("changed", "tool call f", "arguments.days", 1, 2),
        ("changed", "tool call", "name", "g", "h"),
        ("changed", "status", "", "completed", "incomplete"),
    ]


def test_frames_are_compared_field_by_field() -> None:
    """A changed field, a frame more; times do not count."""
    a = Writer().message("x").frames()
    later = [replace(f, at_us=9) for f in a]
    assert compare_frames(a, later) == ()
    b = [*a[:2], replace(a[2], event="other"), *a[3:], replace(a[0], data="new")]
    first, second = compare_frames(a, b)
    assert (first.kind, first.path, first.after) == ("changed", "event", "other")
    assert (second.kind, second.b) == ("inserted", Location(a[0].index, a[0].at_us))


@pytest.mark.parametrize(
    ("a", "b", "kind", "places"),
    [
        (b"data: abc\n\n", b"data: abd\n\n", "changed", (8, 8)),
        (b"one\n\n", b"one\n\ntwo\n\n", "inserted", (None, 5)),
        (b"one\ntwo\n", b"one\n", "removed", (4, None)),
        (b"\xff\n", b"\xfe\n", "changed", (0, 0)),
    ],
)
def test_bytes_differ_at_an_offset(
    a: bytes, b: bytes, kind: str, places: tuple[int | None, int | None]
) -> None:
    """The first byte that differs is named."""
    (change,) = compare_bytes(a, b)
    assert change.kind == kind
    assert tuple(p.index if p else None for p in (change.a, change.b)) == places


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_bytes_are_the_same_only_if_they_are(a: bytes, b: bytes) -> None:
    """No difference goes untold."""
    assert (compare_bytes(a, b) == ()) == (a == b)


def test_timing_has_room() -> None:
    """A share of the larger and a millisecond at least; unknown times are not compared."""
    a = Clocked(50_000, [100_000, 120_000, 140_000], 150_000)
    assert compare_timing(a, Clocked(52_000, [101_000, 121_000, 141_500], 152_000)) == ()
    slow = Clocked(50_000, [200_000, 220_000, 240_000], 250_000)
    found = compare_timing(a, slow)
    assert [c.path for c in found] == ["first_event_us", "last_event_us", "end_us"]
    assert compare_timing(a, Clocked(None, [None, None], None)) == ()
    found = compare_timing(
        a._replace(first_content_us=120_000), a._replace(first_content_us=90_000)
    )
    assert [(c.path, c.before, c.after) for c in found] == [("first_content_us", 120_000, 90_000)]


def test_measures_are_nearest_rank() -> None:
    """The gaps between events, by percentile."""
    found = measure(Clocked(None, [0, 10, 30, 60, 100], 100))
    assert (found.gap_median_us, found.gap_p90_us, found.gap_max_us) == (20, 40, 40)


def test_a_comparison_says_itself() -> None:
    """In a few lines, and as JSON."""
    change = Change("removed", "ping", Location(3, 30), None, "", {"type": "ping"}, None)
    comparison = Comparison("events", (change,) * 12, ("request model: 1 → 2",), 9, 8)
    lines = comparison.summary().splitlines()
    assert lines[0] == "different at level events: 12 removed (9 and 8 events)"
    assert lines[1] == '  - #3→– ping: {"type": "ping"}'
    assert lines[-2:] == ["  … and 2 more", "  note: request model: 1 → 2"]
    report = json.loads(comparison.to_json())
    assert report == json.loads(json.dumps(comparison.to_dict()))
    assert report["changes"][0]["a"] == {"index": 3, "at_us": 30}
    assert Comparison("frames", n_a=1, n_b=1, unit="frames").summary() == (
        "same at level frames (1 and 1 frames)"
    )


def test_a_comparison_is_no_truth_value() -> None:
    """`assert diff(a, b)` would mean the opposite of what it says."""
    with pytest.raises(TypeError, match=r"\.same"):
        bool(Comparison("events"))


def test_of_long_changes_the_first_bytes_are_shown() -> None:
    """A long change is shown from its first difference on; a secret at the cut is masked."""
    before, after = bytes(100_000), b"\0" * 50_000 + b"x" * (64 << 10)
    secret = b" sk-" + b"a1B2c3D4" * 6
    (change,) = compare_bytes(before, after[:-20] + secret + b" y" * 20_000)
    assert change.a == Location(50_000)
    assert change.after is not None
    assert change.after.startswith("xxx")
    assert change.after.endswith("*… (105,568 bytes in all)")
    assert len(change.after) < 66_000
