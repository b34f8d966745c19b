"""`streamtape sql`: what it answers, what it keeps, and what a query can't reach."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from streamtape.analysis import streams
from streamtape.errors import UsageError
from streamtape.tabular import sql
from streamtape.tabular.schema import TABLES
from streamtape.tabular.store import cache
from tests.cli.running import refused, run
from tests.tabular.recordings import cut, saved, stream


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("STREAMTAPE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tapes(tmp_path: Path) -> Path:
    """A folder of two recordings with three interactions."""
    return saved(tmp_path / "tapes", a=stream(1), b=(stream(2), cut(3)))


def test_it_asks_recordings(tapes: Path) -> None:
    """Rows for people: names, numbers to the right, NULL as a dash."""
    query = "SELECT model, count(*) AS n, sum(n_events) AS events, NULL AS x FROM interactions"
    done = run("sql", f"{query} GROUP BY 1", tapes)
    heads, row = done.stdout.splitlines()
    assert heads.split() == ["model", "n", "events", "x"]
    assert row.split()[:2] == ["gpt-4.1-2025-04-14", "3"]
    assert row.rstrip().endswith("–")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_name_that_is_not_utf8(tapes: Path) -> None:
    """What is no character in it is shown as U+FFFD."""
    (tape, *_) = tapes.rglob("*.tape")
    tape.rename(tapes / "caf\udce9.tape")
    for more in ((), ("--no-cache",)):
        result = run("sql", "SELECT recording FROM interactions", tapes, "--json", *more)
        assert result.exit_code == 0
        assert any("caf\ufffd" in row["recording"] for row in json.loads(result.output))


def test_json_and_csv_are_for_programs(tapes: Path) -> None:
    """Times as text, numbers as numbers; a text that a spreadsheet would run is no formula."""
    query = "SELECT '=1+1' AS a, 2 AS b, max(date) AS c, sum(n_events) > 5 AS d FROM interactions"
    (row,) = json.loads(run("sql", query, tapes, "--json").stdout)
    assert row == {"a": "=1+1", "b": 2, "c": "2026-01-01", "d": True}
    assert run("sql", query, tapes, "--csv").stdout == "a,b,c,d\n'=1+1,2,2026-01-01,True\n"
    assert run("sql", "SELECT 1 WHERE false", tapes, "--json").stdout == "[]\n"


def test_exported_tables_give_the_same(tapes: Path, tmp_path: Path) -> None:
    """A folder of them, or files; a table that is not among them is empty, which is said."""
    run("export", tapes, "-o", tmp_path / "out")
    run("export", tapes, "-o", tmp_path / "events.parquet", "--table", "events")
    for name in TABLES:
        query = f"SELECT * FROM {name} ORDER BY ALL"
        rows = json.loads(run("sql", query, tapes, "--json").stdout)
        assert json.loads(run("sql", query, tmp_path / "out", "--json").stdout) == rows
    query = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM texts)"
    done = run("sql", query, tmp_path / "events.parquet", "--csv")
    assert done.stderr == "Note: the export has no table texts: it is empty in this query\n"
    counts = done.stdout.splitlines()[1]
    assert counts.endswith(",0")
    assert not counts.startswith("0")


def test_the_query_may_be_in_a_file(tapes: Path, tmp_path: Path) -> None:
    """Or come from the standard input."""
    (tmp_path / "q.sql").write_text("SELECT count(*) AS n FROM interactions")
    assert run("sql", "--file", tmp_path / "q.sql", tapes, "--csv").stdout == "n\n3\n"
    assert run("sql", "--file", "-", tapes, "--csv", stdin="SELECT 7 AS n").stdout == "n\n7\n"


def count_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the recordings that are read from now on."""
    from streamtape.tabular import reading

    seen: list[str] = []
    really = streams.open_or_explain

    def counted(source: os.PathLike[str], name: str) -> object:
        seen.append(Path(source).name)
        return really(source, name)

    monkeypatch.setattr(reading, "open_or_explain", counted)
    return seen


def test_only_what_changed_is_read_again(tapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new recording, a changed one, one that is gone; rows are never doubled or stale."""
    query = "SELECT recording, count(*) AS n FROM interactions GROUP BY 1 ORDER BY 1"

    def counts() -> dict[str, int]:
        rows = json.loads(run("sql", query, tapes, "--json").stdout)
        return {Path(row["recording"]).stem: row["n"] for row in rows}

    seen = count_read(monkeypatch)
    assert counts() == {"a": 1, "b": 2}
    assert counts() == {"a": 1, "b": 2}
    assert seen == ["a.tape", "b.tape"]
    saved(tapes, b=stream(5), c=stream(6))
    assert counts() == {"a": 1, "b": 1, "c": 1}
    assert seen[2:] == ["b.tape", "c.tape"]
    (tapes / "a.tape").unlink()
    assert counts() == {"b": 1, "c": 1}
    assert len(seen) == 4
    monkeypatch.chdir(tapes.parent)
    (row, _) = json.loads(run("sql", query, "tapes", "--json").stdout)
    assert row["recording"] == str(Path("tapes") / "b.tape")
    assert len(seen) == 4
    run("sql", query, tapes, "--no-cache")
    assert len(seen) == 6


def test_many_small_changes_become_one_segment(
    tapes: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that queries stay fast; no row is lost or doubled by it."""
    monkeypatch.setattr(cache, "MAX_SEGMENTS", 2)
    for n in range(4):
        saved(tapes, **{f"n{n}": stream(n + 10)})
        found = run("sql", "SELECT count(*) AS n FROM interactions", tapes, "--csv").stdout
        assert found == f"n\n{4 + n}\n"
    query = "SELECT recording, interaction, event FROM events"
    rows = json.loads(run("sql", query, tapes, "--json").stdout)
    assert len({tuple(row.values()) for row in rows}) == len(rows)
    assert {Path(row["recording"]).stem for row in rows} == {"a", "b", "n0", "n1", "n2", "n3"}


def test_the_cache_is_bounded_and_mended(
    tapes: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is damaged is read again; what was idle longest goes; only its user may look."""
    query = "SELECT count(*) AS n FROM events"
    before = run("sql", query, tapes, "--csv").stdout
    (index,) = cache_folder.rglob("index.json")
    assert index.parent.stat().st_mode & 0o077 == 0
    (index.parent / "events.parquet").write_bytes(b"PAR1")
    assert run("sql", query, tapes, "--csv").stdout == before
    monkeypatch.setattr(cache, "LIMIT_BYTES", 0)
    run("sql", query, tapes / "a.tape")
    saved(tapes, c=stream(9))
    run("sql", query, tapes / "c.tape")
    assert len(list(cache_folder.rglob("index.json"))) == 1


def test_a_cache_that_cant_be_written_is_done_without(tapes: Path, cache_folder: Path) -> None:
    """The answer is the same."""
    cache_folder.write_text("a file is in its place")
    assert run("sql", "SELECT count(*) AS n FROM interactions", tapes, "--csv").stdout == "n\n3\n"


def test_the_cache_holds_no_names(tapes: Path, cache_folder: Path) -> None:
    """Recordings are numbers there, so a secret in a folder's name is not kept."""
    run("sql", "SELECT 1", tapes)
    kept = [path.read_bytes() for path in cache_folder.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"a.tape" in data for data in kept)


def test_unreadable_recordings_are_reported_every_time(tapes: Path) -> None:
    """The answer is about the others, and the status is 2, also when all else is cached."""
    (tapes / "bad.tape").write_bytes(b"no tape")
    for _ in range(2):
        done = run("sql", "SELECT count(*) AS n FROM interactions", tapes, "--csv")
        assert (done.exit_code, done.stdout) == (2, "n\n3\n")
        assert "bad.tape" in done.stderr


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM parquet_metadata('{secret}')",
        "COPY interactions TO '{folder}/out.csv'",
        "COPY (SELECT 1) TO '{folder}/out.parquet'",
        "EXPORT DATABASE '{folder}/out'",
        "ATTACH '{folder}/out.db' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '{secret}'",
        "CREATE SECRET (TYPE s3)",
        "CREATE PERSISTENT SECRET x (TYPE http, BEARER_TOKEN 'x')",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET lock_configuration = false",
        "RESET enable_external_access",
        "SET temp_directory = '{folder}'",
        "SET python_enable_replacements = true",
        "PRAGMA enable_profiling",
        "SELECT * FROM read_json('http://127.0.0.1:1/x.json')",
        "SELECT * FROM sniff_csv('{secret}')",
        "CREATE TABLE x AS SELECT * FROM read_blob('{secret}')",
        "SELECT getenv('HOME')",
        "SELECT * FROM query_table(['{secret}'])",
    ],
)
def test_a_query_reads_the_tables_alone(tapes: Path, tmp_path: Path, query: str) -> None:
    """No file, no network, no extension, no setting; nothing is written."""
    (tmp_path / "secret.csv").write_text("top secret\n")
    before = sorted(path for path in tmp_path.rglob("*") if "cache" not in path.parts)
    text = query.format(secret=tmp_path / "secret.csv", folder=tmp_path)
    done = run("sql", text, tapes)
    assert done.exit_code == 2, done.output
    assert "top secret" not in done.output
    assert "Traceback" not in done.output
    assert sorted(path for path in tmp_path.rglob("*") if "cache" not in path.parts) == before


def test_files_may_be_allowed(tapes: Path, tmp_path: Path) -> None:
    """By an option, and never by the query."""
    (tmp_path / "names.csv").write_text("model,team\ngpt-4.1-2025-04-14,red\n")
    query = f"SELECT DISTINCT team FROM interactions JOIN '{tmp_path}/names.csv' USING (model)"
    assert "--allow-files" in refused("sql", query, tapes) or "does not exist" in refused(
        "sql", query, tapes
    )
    assert run("sql", query, tapes, "--allow-files", "--csv").stdout == "team\nred\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["SELECT tpye FROM events", "{tapes}"], "events: recording, interaction, date, event"),
        (["SELECT * FROM evnts", "{tapes}"], "texts: recording"),
        (["SELEC 1", "{tapes}"], 'syntax error at or near "SELEC"'),
        (["SELECT 'x'::INT", "{tapes}"], "Could not convert string 'x'"),
        (["", "{tapes}"], "the query is empty"),
        (["SELECT 1"], "no recordings given"),
        ([], "no query given"),
        (["SELECT 1", "{tapes}/x.tape.parquet"], "x.tape.parquet"),
        (["SELECT 1", "{tapes}", "--json", "--csv"], "choose --json or --csv"),
        (["--file", "{tapes}/x.sql", "{tapes}"], "cannot read --file"),
    ],
)
def test_mistakes_are_reported_with_the_way_out(tapes: Path, args: list[str], message: str) -> None:
    """DuckDB's own words, and the tables and columns that there are."""
    assert message in refused("sql", *(arg.format(tapes=tapes) for arg in args))


def test_the_schema_can_be_listed() -> None:
    """Every column of every table, with type and unit."""
    text = run("sql", "--schema").stdout
    listed = json.loads(run("sql", "--schema", "--json").stdout)
    assert listed["schema_version"] == 1
    for table, columns in TABLES.items():
        assert [one["name"] for one in listed["tables"][table]] == [c.name for c in columns]
        assert all(f"  {column.name} " in text for column in columns)


def test_times_are_in_utc(tapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the machine is."""
    monkeypatch.setenv("TZ", "America/New_York")
    query = "SELECT min(hour(started_at)) AS h, min(started_at) AS t FROM interactions"
    (row,) = json.loads(run("sql", query, tapes, "--json").stdout)
    assert row["h"] == 0
    assert row["t"].startswith("2026-01-01T00:00:00")


def test_a_refused_query_is_shown_without_its_secrets(tmp_path: Path) -> None:
    """Though the database cuts its line, at whatever place of a key."""
    key = "sk-proj-" + "a1B2c3D4" * 12
    with sql.opened({}, spill_folder=str(tmp_path)) as connection:
        for between in ("\n", " ", "\t"):
            for n_before in (0, 20, 60, 110):
                query = f"SELECT{between}'{'x' * n_before}', '{key}'::INT, 1"
                with pytest.raises(UsageError) as caught:
                    list(sql.batches(connection, query))
                message = caught.value.args[0]  # as it was before errors mask what they say
                assert "LINE" in message
                assert "::INT" in message
                assert "a1B2" not in message
