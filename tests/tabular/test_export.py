"""`streamtape export`: Parquet files, whole or not at all, and the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import streamtape
from streamtape.errors import CassetteError
from streamtape.tabular.reading import extract
from streamtape.tabular.schema import TABLES
from streamtape.tabular.store import parquet_file
from streamtape.tabular.store.export import Export
from tests.cli.running import refused, run
from tests.tabular.recordings import cut, dialogue, saved, stream

pq = pytest.importorskip("pyarrow.parquet")
duckdb = pytest.importorskip("duckdb")


@pytest.fixture
def tapes(tmp_path: Path) -> Path:
    """A folder of recordings of three days, and one whose day is not known."""
    unknown = stream(4)
    object.__setattr__(unknown, "started_at_us", None)
    return saved(
        tmp_path / "tapes",
        a=stream(1),
        b=(stream(2, day=1), cut(3), dialogue()),
        c=unknown,
    )


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_folder_has_all_tables_by_day(tapes: Path, tmp_path: Path) -> None:
    """As Hive names it; DuckDB and streamtape read it back as it was."""
    out = tmp_path / "out"
    done = run("export", tapes, "-o", out)
    assert "3 recordings; rows: interactions 5, events" in done.stdout
    assert "events/date=2026-01-02/part-00000.parquet" in files(out)
    assert "events/date=__HIVE_DEFAULT_PARTITION__/part-00000.parquet" in files(out)
    manifest = json.loads((out / "_streamtape.json").read_text())
    assert (manifest["schema_version"], manifest["tables"]["interactions"]["rows"]) == (1, 5)
    whole = streamtape.tables(tapes)
    again = streamtape.tables(out)
    for name in TABLES:
        order = [(key, "ascending") for key in again[name].column_names[:2]]
        assert again[name].sort_by(order).equals(whole[name].sort_by(order)), name
    found = duckdb.sql(
        f"SELECT date, count(*) FROM read_parquet('{out}/interactions/**/*.parquet', "
        "hive_partitioning = true) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert [(str(day), n) for day, n in found] == [
        ("2026-01-01", 3), ("2026-01-02", 1), ("None", 1),
    ]  # fmt: skip


def test_a_file_has_one_table(tapes: Path, tmp_path: Path) -> None:
    """The interactions, or the one that is named; its metadata tells which, and the columns."""
    out = tmp_path / "out.parquet"
    run("export", tapes, "-o", out)
    assert pq.read_schema(out).metadata[b"streamtape.table"] == b"interactions"
    run("export", tapes, "-o", out, "--table", "events", "--force")
    assert streamtape.tables(out)["events"].equals(streamtape.tables(tapes)["events"])
    assert len(streamtape.tables(out)["chunks"]) == 0
    assert "choose it with --table" in refused(
        "export", tapes, "-o", tmp_path / "x.parquet", "--table", "events", "--table", "chunks"
    )


@pytest.mark.parametrize("size", [1, 2, 3])
def test_bytes_do_not_depend_on_batches(tapes: Path, tmp_path: Path, size: int) -> None:
    """However many recordings were read at once, the files are the same."""
    run("export", tapes, "-o", tmp_path / "one")
    paths = sorted(tapes.glob("*.tape"))
    with Export(tmp_path / "other", tuple(TABLES)) as export:
        for at in range(0, len(paths), size):
            export.add(extract(paths[at : at + size], tables=tuple(TABLES)))
    assert files(tmp_path / "other") == files(tmp_path / "one")


def test_row_groups_can_be_skipped(
    tapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They end between recordings, and have the least and greatest of each short column."""
    monkeypatch.setattr(parquet_file, "ROW_GROUP_ROWS", 10)
    run("export", tapes, "-o", tmp_path / "events.parquet", "--table", "events")
    metadata = pq.read_metadata(tmp_path / "events.parquet")
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    names = [group.column(0).statistics.min for group in groups]
    assert names == [str(tapes / f"{name}.tape") for name in "abc"]
    assert names == [group.column(0).statistics.max for group in groups]


def test_many_partitions_keep_few_files_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was idle longest is closed, and goes on in another part."""
    from streamtape.tabular.store import export

    monkeypatch.setattr(export, "MAX_OPEN", 2)
    named = {f"r{n}": stream(n, day=n % 3) for n in range(6)}
    run("export", saved(tmp_path / "tapes", **named), "-o", tmp_path / "out")
    found = sorted(path.name for path in (tmp_path / "out" / "events").rglob("*.parquet"))
    assert found == ["part-00000.parquet"] * 3 + ["part-00001.parquet"] * 3
    assert len(streamtape.tables(tmp_path / "out")["interactions"]) == 6


@pytest.mark.parametrize("size", [1, 2, 7])
def test_days_that_are_over_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """After some recordings without a row for it, however they were batched; more begin a part."""
    from streamtape.tabular.store import export

    monkeypatch.setattr(export, "IDLE_RECORDINGS", 2)
    days = (1, 1, 2, 1, 2, 2, 1)
    named = {f"r{n}": stream(n, day=day) for n, day in enumerate(days)}
    paths = sorted(saved(tmp_path / "tapes", **named).iterdir())
    tables = ("interactions", "events")
    with Export(tmp_path / "out", tables) as to:
        for at in range(0, 6, size):
            to.add(extract(paths[at : min(at + size, 6)], tables=tables))
        assert len({partition for _, partition in to._open}) == 1
        to.add(extract(paths[6:], tables=tables))
    found = sorted((tmp_path / "out" / "events").rglob("*.parquet"))
    assert [path.name[5:10] for path in found] == ["00000", "00001", "00000"]
    assert len(streamtape.tables(tmp_path / "out")["interactions"]) == 7


@pytest.mark.parametrize("size", [1, 2, 6])
def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Of all files together; the one that has most writes a row group, and stays open."""
    from streamtape.tabular.store import export

    paths = sorted(
        saved(tmp_path / "tapes", **{f"r{n}": stream(n, day=n % 2) for n in range(6)}).iterdir()
    )
    monkeypatch.setattr(export, "MAX_WAITING_BYTES", 4000)
    tables = ("interactions", "events")
    with Export(tmp_path / "out", tables) as to:
        for at in range(0, len(paths), size):
            to.add(extract(paths[at : at + size], tables=tables))
            assert sum(file.waiting_bytes for file in to._open.values()) <= 4000
    found = sorted((tmp_path / "out" / "events").rglob("*.parquet"))
    assert [path.name for path in found] == ["part-00000.parquet"] * 2
    groups = [pq.read_metadata(path).num_row_groups for path in found]
    assert groups == [3, 3], "the same, however the recordings were batched"


def test_unreadable_recordings_are_reported(tapes: Path, tmp_path: Path) -> None:
    """The others are exported; the status is 2."""
    (tapes / "bad.tape").write_bytes(b"no tape")
    done = run("export", tapes, "-o", tmp_path / "out", "--json")
    assert done.exit_code == 2
    report = json.loads(done.stdout)
    assert list(report["unreadable"]) == [str(tapes / "bad.tape")]
    assert report["tables"]["interactions"] == 5
    assert "bad.tape" in done.stderr


@pytest.mark.parametrize("target", ["out", "out.parquet"])
@pytest.mark.parametrize("bad", ["nowhere.tape", "bad.tape"])
def test_an_export_of_nothing_replaces_nothing(
    tapes: Path, tmp_path: Path, target: str, bad: str
) -> None:
    """Where no recording can be read, the export that is there stays, also with --force."""
    (tmp_path / "bad.tape").write_bytes(b"no tape")
    refused = run("export", tmp_path / bad, "-o", tmp_path / target)
    assert (refused.exit_code, list(tmp_path.glob("out*"))) == (2, [])
    run("export", tapes, "-o", tmp_path / target)
    refused = run("export", tmp_path / bad, "-o", tmp_path / target, "--force")
    assert refused.exit_code == 2
    assert bad in refused.stderr
    assert "no recording can be read" in refused.stderr
    assert len(streamtape.tables(tmp_path / target)["interactions"]) == 5


def test_a_failure_leaves_nothing_behind(tapes: Path, tmp_path: Path) -> None:
    """Neither half an export nor what was written beside it; an old export stays."""
    out = tmp_path / "out"
    run("export", tapes, "-o", out)
    before = files(out)
    for target in (out, tmp_path / "new", tmp_path / "x.parquet"):
        tables = ("events",) if target.suffix else tuple(TABLES)
        with (
            pytest.raises(KeyboardInterrupt),
            Export(target, tables, force=True) as export,
        ):
            export.add(extract([stream()], tables=tables))
            raise KeyboardInterrupt
    assert files(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "tapes"]


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("taken", [], "'--force replaces it'"),
        ("taken.parquet", [], "'--force replaces it'"),
        ("folder", ["--force"], "'that streamtape did not export'"),
        ("file", ["--force"], "'is a file: name a folder, or a file *.parquet'"),
        ("folder.parquet", ["--force"], "'is a folder: name a file *.parquet'"),
    ],
)
def test_nothing_of_others_is_replaced(
    tapes: Path, tmp_path: Path, name: str, args: list[str], message: str
) -> None:
    """Only an export is replaced, and only by --force."""
    run("export", tapes, "-o", tmp_path / "taken")
    run("export", tapes, "-o", tmp_path / "taken.parquet")
    for folder in ("folder", "folder.parquet"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    assert message.strip("'") in refused("export", tapes, "-o", tmp_path / name, *args)
    assert (tmp_path / "folder" / "mine.txt").read_text() == "mine"


def test_force_replaces_an_export(tapes: Path, tmp_path: Path) -> None:
    """All of it: tables that the new one has not are gone."""
    out = tmp_path / "out"
    run("export", tapes, "-o", out)
    run("export", tapes, "-o", out, "--table", "chunks", "--partition-by", "none", "--force")
    assert sorted(files(out)) == ["_streamtape.json", "chunks/part-00000.parquet"]


def _with_metadata(path: Path, **metadata: str) -> Path:
    pa: Any = pytest.importorskip("pyarrow")
    table = pa.table({"a": [1]}).replace_schema_metadata(metadata)
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "streamtape did not export"),
        ({"streamtape.table": "evnts", "streamtape.schema_version": "1"}, "did not export"),
        ({"streamtape.table": "events", "streamtape.schema_version": "9"}, "later streamtape"),
    ],
)
def test_other_files_are_kept_apart(tmp_path: Path, metadata: dict[str, str], message: str) -> None:
    """A Parquet file of somebody else, and one of a later schema."""
    path = _with_metadata(tmp_path / "x.parquet", **metadata)
    with pytest.raises(CassetteError, match=message):
        streamtape.tables(path)["events"]
