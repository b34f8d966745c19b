"""Recordings as Arrow tables: what each cell says, and that no cell holds a secret."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import streamtape
from streamtape.errors import CassetteError, CassetteNotFoundError, UsageError
from streamtape.tabular.schema import KEY, TABLES, names_of
from streamtape.tape.model import Cassette, Interaction
from tests.streams import Writer
from tests.tabular.recordings import START_US, cut, dialogue, refused, saved, sse, stream, timed


def rows(what: Any, table: str) -> list[dict[str, Any]]:
    """The rows of one table, as dicts."""
    found: list[dict[str, Any]] = streamtape.tables(what, only=[table])[table].to_pylist()
    return found


def test_a_stream_is_a_row_with_its_measures() -> None:
    """Durations are in milliseconds, and the same as `stats` gives."""
    one = stream()
    (row,) = rows(one, "interactions")
    (measured,) = streamtape.stats(one).each
    assert measured.ttft_us is not None
    assert row["ttft_ms"] == measured.ttft_us / 1000
    assert row["ttfb_ms"] == 10.0
    assert row["total_ms"] == (len(one.chunks) + 1) * 10.0
    assert row["gap_p50_ms"] == row["gap_max_ms"] == 10.0
    assert row["tokens_per_s"] == pytest.approx(1e6 / (measured.tpot_us or 0))
    assert (row["output_tokens"], row["input_tokens"]) == (8, 9)
    assert row["provider"] == "openai"
    assert row["model"] == "gpt-4.1-2025-04-14"
    assert row["started_at"] == datetime.fromtimestamp(START_US // 1_000_000, UTC).replace(
        microsecond=(one.started_at_us or 0) % 1_000_000
    )
    assert row["date"] == date(2026, 1, 1)
    assert row["n_events"] == len(rows(one, "events"))
    assert row["verdict"] == "ok"
    assert row["finished"] is True
    assert row["cut"] is False


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (cut(), {"cut": True, "ending": "error", "exception": "RemoteProtocolError"}),
        (refused(), {"cut": None, "status": 429, "model": "gpt-4.1", "ttft_ms": None}),
        (dialogue(), {"is_dialogue": True, "n_messages": 4, "ttft_ms": None, "status": 101}),
    ],
    ids=["cut", "refused", "dialogue"],
)
def test_what_went_otherwise_is_reported(one: Interaction, expected: dict[str, Any]) -> None:
    """A cut, a refusal, a dialogue: each has its row, with NULL for what there is none of."""
    (row,) = rows(one, "interactions")
    assert {name: row[name] for name in expected} == expected


def test_events_and_chunks_have_their_places() -> None:
    """Times are microseconds from the request; payloads are JSON."""
    one = stream()
    events, chunks = rows(one, "events"), rows(one, "chunks")
    assert [row["type"] for row in events] == [event.type for event in one.events()]
    assert [json.loads(row["payload"]) for row in events] == [e.payload for e in one.events()]
    assert (events[0]["at_us"], events[0]["gap_us"], events[1]["gap_us"]) == (20_000, None, 10_000)
    assert [row["chunk"] for row in events] == list(range(len(events)))
    assert sum(row["n_bytes"] for row in chunks) == len(one.body)
    assert chunks[3]["offset_bytes"] == sum(row["n_bytes"] for row in chunks[:3])


def test_texts_and_tool_calls_are_assembled() -> None:
    """With the events that brought their first and last pieces."""
    one = stream()
    (text,) = [row for row in rows(one, "texts") if row["channel"] == "text"]
    assert (text["text"], text["n_chars"]) == ("double bubble bath", 18)
    assert text["first_us"] < text["last_us"]
    (call,) = rows(one, "tool_calls")
    assert (call["name"], call["arguments"], call["complete"]) == ("wash", '{"a":1}', True)


def test_a_dialogue_has_messages_and_turns() -> None:
    """Every message is a row, and every response of the server one with measures of its own."""
    messages, turns = rows(dialogue(), "messages"), rows(dialogue(), "turns")
    assert [row["direction"] for row in messages] == ["client", "server", "server", "client"]
    assert messages[-1]["close_code"] == 1000
    assert [(row["turn"], row["ttfe_ms"]) for row in turns] == [(0, 20.0)]
    assert rows(stream(), "turns") == []


def test_findings_are_those_of_check() -> None:
    """The same rules, events and messages."""
    one = cut()
    found = streamtape.check(one)
    assert [(row["rule"], row["severity"], row["message"]) for row in rows(one, "findings")] == [
        (finding.rule, finding.severity, finding.message) for finding in found
    ]


SECRET = "sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3dEf6hIj9kLm2n"


def halves(text: str) -> list[str]:
    """A text in small pieces."""
    return [text[at : at + 7] for at in range(0, len(text), 7)]


@pytest.mark.parametrize(
    "one",
    [
        timed(Writer().message("my key is ", SECRET).end().interaction()),
        timed(Writer().message("my key is ", *halves(SECRET)).end().interaction()),
        timed(Writer().call("f", '{"key":"', *halves(SECRET), '"}').end().interaction()),
        sse({"a": {"b": SECRET}}),
        sse(*({"piece": piece} for piece in halves(SECRET))),
        sse({"a": 1}, url=f"https://api.example.com/v1/x?api_key={SECRET}"),
        sse({"a": 1}, url=f"https://api.example.com/{SECRET}/x"),
        sse({"error": {"message": f"bad key {SECRET}"}}),
        sse({SECRET: 1}),
    ],
    ids=["text", "deltas", "arguments", "payload", "pieces", "query", "path", "error", "name"],
)
def test_no_cell_holds_a_secret(one: Interaction) -> None:
    """Wherever it stands, and also where it is whole only in the joined texts."""
    for name, table in streamtape.tables(one).items():
        for column in table.column_names:
            cells = [str(cell) for cell in table[column].to_pylist() if cell is not None]
            assert SECRET not in "\n".join(cells), (name, column)
            if column in ("payload", "text", "arguments"):
                assert SECRET not in "".join(
                    cell.removeprefix('{"piece":"').removesuffix('"}') for cell in cells
                )
                assert all(json.loads(cell) is not None for cell in cells if column == "payload")


@pytest.mark.parametrize(
    "payload",
    [
        {"usage": {"output_tokens": 10**30, "input_tokens": -(10**30)}},
        {"usage": {"output_tokens": True}},
        {"text": "\ud83d"},
        {"\udc00": float("nan")},
        {"n": 10**40},
        "[DONE]",
        None,
        [[[[]]]],
    ],
    ids=repr,
)
def test_odd_payloads_have_rows(payload: Any) -> None:
    """Counts beyond all bounds, halves of characters, NaN: a row, and JSON that all can read."""
    found = streamtape.tables(
        [sse(payload), sse(payload, url="https://api.openai.com/v1/responses")]
    )
    for table in found.values():
        table.validate(full=True)
    for row in found["events"].to_pylist():
        json.loads(row["payload"], parse_constant=pytest.fail)


def test_tables_are_a_mapping_in_the_schemas_order(tmp_path: Path) -> None:
    """All names, each with its columns; `only` leaves the others out."""
    folder = saved(tmp_path, a=stream(1), b=(stream(2), cut(3)))
    found = streamtape.tables(folder)
    assert list(found) == list(TABLES)
    for name, columns in TABLES.items():
        assert tuple(found[name].column_names) == names_of(columns)
        assert names_of(columns)[:3] == names_of(KEY)
    assert found["interactions"]["recording"].to_pylist() == [
        str(folder / "a.tape"), *[str(folder / "b.tape")] * 2,
    ]  # fmt: skip
    assert found["interactions"]["interaction"].to_pylist() == [0, 0, 1]
    assert list(streamtape.tables(folder, only=["events"])) == ["events"]
    assert "2 sources" in repr(found)


def test_values_without_a_path_are_kept_apart() -> None:
    """By their place, so that tables can be joined."""
    found = streamtape.tables([stream(1), Cassette((cut(2), stream(3)))])["interactions"]
    names = zip(found["recording"].to_pylist(), found["interaction"].to_pylist(), strict=True)
    assert list(names) == [("#0", 0), ("#1", 0), ("#1", 1)]


def test_columns_say_what_they_hold() -> None:
    """In the metadata of Arrow, so in Parquet, too."""
    schema = streamtape.tables(Cassette())["events"].schema
    assert schema.metadata[b"streamtape.schema_version"] == b"1"
    assert schema.field("at_us").metadata[b"description"].startswith(b"when it came")


def test_what_cant_be_read_is_an_error(tmp_path: Path) -> None:
    """An unknown table, a missing file, a file that is none of ours."""
    with pytest.raises(UsageError, match=r"unknown table 'evnts'; tables: interactions, events"):
        streamtape.tables(stream(), only=["evnts"])
    with pytest.raises(CassetteError, match=r"x\.tape"):
        streamtape.tables(tmp_path / "x.tape")["events"]
    with pytest.raises(CassetteNotFoundError, match=r"x\.parquet"):
        streamtape.tables(tmp_path / "x.parquet")["events"]
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(CassetteError, match=r"cannot read .*x\.parquet"):
        streamtape.tables(tmp_path / "x.parquet")["events"]
    with pytest.raises(KeyError):
        streamtape.tables(stream())["evnts"]
