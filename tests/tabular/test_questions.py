"""The queries of the guide, as they stand there, on recordings whose answers are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import streamtape
from streamtape.tabular.sql import batches, opened
from streamtape.tape.model import Interaction
from tests.shared import SHARED, needs_corpus
from tests.streams import Writer
from tests.tabular.recordings import cut, stream, timed

GUIDE = Path(__file__).parents[2] / "tools" / "docs" / "site" / "guide" / "questions.md"
SECTIONS = [part.partition("\n") for part in GUIDE.read_text().split("\n## ")]
QUERIES = {
    title: query
    for title, _, text in SECTIONS
    for query in re.findall(r"```sql[^\n]*\n(.*?)```", text, re.DOTALL)
}
HOUR_US = 3_600_000_000


def answer(title: str, what: Any, tmp_path: Path) -> list[dict[str, Any]]:
    """The rows that the query below a title gives."""
    with opened(streamtape.tables(what), spill_folder=str(tmp_path)) as connection:
        return [row for batch in batches(connection, QUERIES[title]) for row in batch.to_pylist()]


def elsewhere(one: Interaction, url: str) -> Interaction:
    """The stream as if it came from another address."""
    return replace(one, request=replace(one.request, url=url))


def test_every_question_has_a_query() -> None:
    """All blocks of SQL in the guide are found here."""
    assert len(QUERIES) == GUIDE.read_text().count("```sql") == 8


def test_the_slowest_models(tmp_path: Path) -> None:
    """The p99 of the times to the first content, as `stats` measures them."""
    slow = [stream(n, gap_us=n * 1000) for n in range(1, 101)]
    (row,) = answer("Which models are slowest to begin?", slow, tmp_path)
    times = streamtape.stats(*slow).summary["ttft"]
    assert times is not None
    assert row["streams"] == 100
    assert row["p50_ms"] * 1000 == pytest.approx(times.median)
    assert row["p99_ms"] * 1000 == pytest.approx(times.p99, rel=0.01)


def test_the_share_of_cut_streams(tmp_path: Path) -> None:
    """By provider and week; weeks begin on Mondays."""
    others = [elsewhere(stream(n), "https://api.groq.com/openai/v1/responses") for n in (7, 8)]
    later = [stream(9, day=5), replace(cut(10), started_at_us=stream(9, day=5).started_at_us)]
    rows = answer(
        "How many streams are cut, by provider and week?",
        [stream(1), stream(2), stream(3), cut(4), *others, *later],
        tmp_path,
    )
    assert [tuple(row.values()) for row in rows] == [
        ("groq", date(2025, 12, 29), 2, 0.0),
        ("openai", date(2025, 12, 29), 4, 0.25),
        ("openai", date(2026, 1, 5), 2, 0.5),
    ]


def test_the_speed_by_hour(tmp_path: Path) -> None:
    """In UTC; streams at half the gap are twice as fast."""

    def at(hour: int, one: Interaction) -> Interaction:
        return replace(one, started_at_us=(one.started_at_us or 0) + hour * HOUR_US)

    found = [at(9, stream(1, gap_us=20_000)), at(21, stream(1, gap_us=10_000))]
    morning, evening = answer("How does the speed depend on the time of day?", found, tmp_path)
    assert (morning["hour_utc"], evening["hour_utc"]) == (9, 21)
    assert evening["tokens_per_s"] == pytest.approx(2 * morning["tokens_per_s"])


def test_new_event_types_since_last_month(tmp_path: Path) -> None:
    """What the latest month has and no month before; a provider of one month has nothing new."""
    called = [stream(1), stream(2, day=40)]
    plain = timed(Writer(3).message("hi").end().interaction())
    only = elsewhere(stream(4), "https://api.groq.com/openai/v1/responses")
    title = "What did a provider change since last month?"
    assert answer(title, [*called, only], tmp_path) == []
    rows = answer(title, [plain, called[1], only], tmp_path)
    assert [(row["provider"], row["type"], row["month"]) for row in rows] == [
        ("openai", "response.function_call_arguments.delta", date(2026, 2, 1)),
        ("openai", "response.function_call_arguments.done", date(2026, 2, 1)),
    ]


def recorded() -> Iterator[Interaction]:
    """Streams of some providers, of the corpus, with times: it has none of its own."""
    from tests.corpus import streams

    for provider in ("openai", "anthropic", "google", "groq"):
        for number, one in enumerate(streams(SHARED / "corpus" / "core", provider)):
            if number % 6 == 0 and one.interaction.head is not None:
                gap_us = 5_000 + 997 * (number % 7)
                day = number % 12 // 6 * 40 + number % 7
                yield timed(one.interaction, day=day, gap_us=gap_us)


@pytest.fixture(scope="module")
def corpus() -> list[Interaction]:
    """Some of the corpus."""
    return list(recorded())


@needs_corpus
@pytest.mark.parametrize("title", QUERIES)
def test_each_query_answers_for_the_corpus(
    title: str, corpus: list[Interaction], tmp_path: Path
) -> None:
    """Streams of real providers: rows, whose columns are those that the query names."""
    rows = answer(title, corpus, tmp_path)
    assert rows
    assert all(list(row) == list(rows[0]) for row in rows)


@needs_corpus
def test_drift_of_the_corpus(corpus: list[Interaction]) -> None:
    """Halves of it differ by what one of both has; the whole is the same as itself."""
    assert streamtape.drift(corpus, corpus[::-1]).same
    found = streamtape.drift(corpus[::2], corpus[1::2])
    assert not found.same
    assert {change.what for change in found.changes} >= {"event"}
