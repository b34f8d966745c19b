"""Measures of streams, summaries of many, and limits held with an interval."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streamtape
from streamtape.checks.bursts import bursts
from streamtape.errors import UsageError
from streamtape.metrics.measures import DEFINITIONS, MEASURES
from streamtape.metrics.statistics import Gate, Summary, evaluate, parse_limit, percentile
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tests.streams import ADDRESS, Writer, frames_of


def timed(times_us: list[int], *, deltas: int = 0) -> Interaction:
    """A Responses stream whose events come at these times; the rest of them a second later."""
    payloads = Writer().message(*("word " for _ in range(deltas or len(times_us)))).end().payloads
    chunks = []
    for number, frame in enumerate(frames_of(payloads)):
        at = times_us[number] if number < len(times_us) else times_us[-1] + 1_000_000
        chunks.append(Chunk(at, f"event: {frame.event}\ndata: {frame.data}\n\n".encode()))
    head = Head(200, ((b"content-type", b"text/event-stream"),), at_us=50_000)
    ending = Ending("complete", chunks[-1].at_us)
    return Interaction(Request("POST", ADDRESS), head, Chunks.of(chunks), ending)


def test_the_measures_are_what_they_say() -> None:
    """Head, first event, first content, gaps and time a token, by their definitions."""
    events = [100_000, 101_000, 102_000, 103_000, 200_000, 240_000, 300_000]
    (one,) = streamtape.stats(timed(events, deltas=3)).each
    assert (one.ttfb_us, one.ttfe_us, one.ttft_us, one.first) == (50_000, 100_000, 200_000, "text")
    assert one.itl_us == (40_000, 60_000)
    assert one.gaps_us[:3] == (1_000, 1_000, 1_000)
    assert one.total_us == 1_300_000
    assert one.n_output_tokens == 8
    assert one.tpot_us == (1_300_000 - 200_000) / 7
    assert one.n_events == 11
    assert [n for _, n in one.text] == [5, 10, 15]


def test_what_is_not_known_is_not_made_up() -> None:
    """A recording without times has sizes and nothing else; one without a stream is left out."""
    chunks = Chunks.of(Chunk(None, c.data) for c in timed([1, 2]).chunks)
    head = Head(200, ((b"content-type", b"text/event-stream"),))
    untimed = Interaction(Request("POST", ADDRESS), head, chunks, Ending("complete"))
    (one,) = streamtape.stats(untimed).each
    assert (one.ttfe_us, one.ttft_us, one.tpot_us, one.gaps_us) == (None, None, None, ())
    assert one.n_events > 0
    assert streamtape.stats(untimed).summary["ttft"] is None
    answer = Head(200, ((b"content-type", b"application/json"),))
    plain = Interaction(
        Request("POST", ADDRESS), answer, Chunks.of([Chunk(1, b"{}")]), Ending("complete")
    )
    assert streamtape.stats(plain).each == ()


def test_many_are_summed_up() -> None:
    """Mean, median, p90 and p99 over streams; gaps are pooled."""
    found = streamtape.stats(*(timed([n * 1000, n * 1000 + 10]) for n in range(1, 101)))
    ttfe = found.summary["ttfe"]
    assert ttfe == Summary(100, 50_500, 50_500, 90_000, 99_000, 1_000, 100_000)
    assert set(found.to_dict()["definitions"]) == set(MEASURES) == set(DEFINITIONS)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1), st.sampled_from([0.025, 0.5, 0.9, 0.975, 0.99]))
def test_a_percentile_is_a_value_that_the_share_does_not_exceed(
    values: list[int], share: float
) -> None:
    """At least that share of the values is no larger, by nearest rank."""
    ranked = sorted(values)
    found = percentile(ranked, share)
    assert found in values
    assert sum(v <= found for v in ranked) >= share * len(ranked) - 1e-9


def around(middle: float, n: int, seed: int) -> list[float]:
    """Values that scatter by a twentieth around a middle."""
    dice = random.Random(seed)
    return [middle * dice.uniform(0.95, 1.05) for _ in range(n)]


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (around(100, 30, 2), "within"),
        (around(150, 30, 3), "beyond"),
        (around(120, 30, 4), "unclear"),
    ],
)
def test_a_limit_is_held_with_an_interval(after: list[float], outcome: str) -> None:
    """Beyond and within are said only where the whole interval says so."""
    gate = evaluate(around(100, 30, 1), after, parse_limit("ttft=+20%"))
    assert gate.outcome == outcome
    assert gate.low is not None
    assert gate.high is not None
    assert gate.change is not None
    assert gate.low <= gate.change <= gate.high
    again = evaluate(around(100, 30, 1), after, parse_limit("ttft=+20%"))
    assert again == gate


def test_few_recordings_cannot_tell() -> None:
    """Below five a side nothing is claimed, however far apart they are."""
    gate: Gate = evaluate([1.0] * 4, [9.0] * 40, parse_limit("ttft=+20%"))
    assert gate.outcome == "too few"
    assert "too few to tell (4 and 40 recordings" in str(gate)


def test_limits_are_read_and_slips_refused() -> None:
    """A share, or a time in any unit; a measure that there is."""
    assert parse_limit("tpot=+5ms").amount == 5_000
    assert parse_limit("total=1.5s").amount == 1_500_000
    assert str(parse_limit("gap=+20%")) == "gap=+20%"
    for slip in ("ttft", "ttft=20", "tttf=+20%", "ttft=-5%", ""):
        with pytest.raises(UsageError, match="invalid limit"):
            parse_limit(slip)


def test_events_in_bursts_look_buffered() -> None:
    """All at the end, or in a few lumps, is told; a steady stream and a short one are not."""
    lumps = [n // 12 * 400_000 + n % 12 * 100 for n in range(72)]
    at_end = [3_000_000 + n * 50 for n in range(40)]
    steady = [n * 50_000 for n in range(40)]

    def bursts_found(times: list[int]) -> list[str]:
        findings = streamtape.check(timed(times, deltas=len(times) - 8))
        return [f.message for f in findings if f.rule == "buffering"]

    assert "bursts" in bursts_found(lumps)[0]
    assert bursts_found(steady) == []
    assert bursts(at_end) == [40]
    assert bursts_found([3_000_000 + n * 50 for n in range(40)])[0].startswith(
        "all 40 events came within"
    )
