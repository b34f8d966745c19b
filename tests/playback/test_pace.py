"""Pace as one text, and what becomes of a score."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import UsageError
from streamtape.playback.build import build_steps
from streamtape.playback.pace import Pace, parse_pace
from tests.playback.scores import numbered, pieces, recording, waits, zipped
from tests.streams import Writer

FIVE = recording(*numbered(5))


def at(pace: str, seed: int = 0, speed: float | None = None) -> list[int]:
    """The deadlines of five events: of the head, each event, and the ending."""
    return waits(build_steps(FIVE, pace=pace, seed=seed, speed=speed))


@pytest.mark.parametrize(
    ("pace", "deadlines_ms"),
    [
        ("recorded", [5, 10, 20, 30, 40, 50, 90]),
        ("at_once", []),
        ("2x", [2.5, 5, 10, 15, 20, 25, 45]),
        ("idle=6ms", [5, 10, 16, 22, 28, 34, 40]),
        ("rate=100ms", [5, 5, 105, 205, 305, 405, 445]),
        ("rate=20/s,2x", [2.5, 2.5, 27.5, 52.5, 77.5, 102.5, 122.5]),
        ("ttft=50ms", [5, 50, 60, 70, 80, 90, 130]),
        ("ttft=1s,tokens=10/s", [5, 1000, 1100, 1200, 1300, 1400, 1440]),
        ("tokens=1", [5, 10, 1010, 2010, 3010, 4010, 4050]),
    ],
)
def test_each_pace_has_its_deadlines(pace: str, deadlines_ms: list[float]) -> None:
    """The head, five events and the ending come when the pace says."""
    assert at(pace) == [1000 * ms for ms in deadlines_ms]


def test_a_speed_comes_on_top() -> None:
    """A pace that is asked for twice as fast is."""
    assert at("rate=100ms", speed=2.0)[1:4] == [2500, 52_500, 102_500]


def test_jitter_is_the_seeds_and_never_drifts() -> None:
    """Each deadline is off by no more than said, in order, the same for the same seed."""
    recorded = at("recorded")
    found = at("jitter=8ms", seed=1)
    assert found == at("jitter=8ms", seed=1) == sorted(found)
    assert found not in (recorded, at("jitter=8ms", seed=2))
    assert all(abs(one - other) <= 8000 for one, other in zip(found, recorded, strict=True))
    shares = at("jitter=50%", seed=1)
    assert abs(shares[0] - 5000) <= 2500


def test_unknown_times_are_made_up_by_a_rate() -> None:
    """A converted recording, which knows no times, can be played at a rate."""
    untimed = recording(*numbered(3))
    converted = type(untimed)(
        untimed.request,
        type(untimed.head)(200, untimed.head.headers) if untimed.head else None,
        type(untimed.chunks).of(c._replace(at_us=None) for c in untimed.chunks),
        type(untimed.ending)("complete"),
    )
    assert waits(build_steps(converted, speed=1.0)) == []
    assert waits(build_steps(converted, pace="rate=10ms")) == [0, 0, 10_000, 20_000]


def test_tokens_are_shared_out_by_content() -> None:
    """A stream takes as long as its usage says, and a long delta longer than a short one."""
    stream = Writer().message("a" * 10, "b" * 30, "c" * 40).end().interaction()
    score = list(build_steps(stream, pace="ttft=1s,tokens=8/s"))
    when = dict(zip((_type(p) for p in pieces(score)), waits(score)[1:], strict=False))
    deltas = [
        at_us
        for at_us, piece in zip(waits(score)[1:], pieces(score), strict=False)
        if _type(piece) == "response.output_text.delta"
    ]
    # The usage says 8 tokens, so 80 characters take one second.
    assert deltas == [1_000_000, 1_375_000, 1_875_000]
    assert when["response.completed"] == 1_875_000
    assert when["response.created"] == 0  # as recorded


def test_compressed_streams_have_tokens_too() -> None:
    """Events are counted in the content, while the wire bytes stay as they are."""
    recorded = zipped(numbered(4))
    score = list(build_steps(recorded, pace="ttft=1s,tokens=10/s"))
    assert pieces(score) == [c.data for c in recorded.chunks]
    assert waits(score)[1:-1] == [1_000_000, 1_100_000, 1_200_000, 1_300_000]


def test_events_of_one_chunk_can_be_parted() -> None:
    """With one event a chunk each has a time of its own."""
    together = recording(b"".join(numbered(3)))
    assert waits(build_steps(together, pace="ttft=1s,tokens=10/s"))[1:-1] == [1_200_000]
    apart = waits(build_steps(together, pace="ttft=1s,tokens=10/s", rechunk="event"))[1:-1]
    assert apart == [1_000_000, 1_100_000, 1_200_000]


ms = st.integers(0, 10**9).map(lambda us: us / 1000)
seeds = st.none() | st.integers(0, 99)
paces = st.builds(
    Pace,
    speed=st.sampled_from([1.0, 0.5, 12.25]),
    idle_ms=st.none() | ms,
    rate_ms=st.none() | ms,
    jitter_ms=ms,
    seed=seeds,
) | st.builds(
    Pace,
    ttft_ms=st.none() | ms,
    tokens_per_s=st.none() | st.sampled_from([0.5, 40.0, 333.125]),
    jitter=st.sampled_from([0.0, 0.1, 1.0]),
    seed=seeds,
)  # fmt: skip


@given(paces | st.just(Pace(speed=None)))
def test_the_text_of_a_pace_reads_back(pace: Pace) -> None:
    """What is printed can be given again."""
    assert parse_pace(str(pace)) == parse_pace(pace) == pace


@given(st.text(max_size=30) | st.from_regex(r"(idle|rate|ttft|tokens|jitter)=[0-9.msux%/,]*"))
def test_any_text_is_a_pace_or_refused(text: str) -> None:
    """A value or our error, nothing else."""
    try:
        pace = parse_pace(text)
    except UsageError:
        return
    assert parse_pace(str(pace)) == pace


@pytest.mark.parametrize(
    "text",
    [
        "", "fast", "rate", "rate=0/s", "rate=20", "tokens=0", "2x,3x", "at_once,2x", "recorded=1",
        "rate=1s,tokens=4", "idle=-1s", "jitter=%", "idle=1s,idle=2s",
    ],
)  # fmt: skip
def test_unknown_paces_are_refused(text: str) -> None:
    """What says nothing, or two things at once, is refused."""
    with pytest.raises(UsageError):
        parse_pace(text)


def _type(piece: bytes) -> str:
    return str(json.loads(piece.split(b"data: ")[1])["type"])
