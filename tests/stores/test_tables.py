"""Tables in stores: exported to S3, whole or not at all, and read again by SQL, part by part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import streamtape
from streamtape.errors import CassetteError, StoreConflictError
from streamtape.stores import fsspec_store
from streamtape.stores.locations import location_of
from streamtape.tabular.reading import extract
from streamtape.tabular.schema import TABLES
from streamtape.tabular.store.export import Export
from tests.cli.running import refused, run
from tests.registries import registries_restored
from tests.tabular.recordings import dialogue, saved, stream

pytestmark = pytest.mark.xdist_group("s3")


@pytest.fixture
def tapes(tmp_path: Path) -> Path:
    """Recordings of two days, and one whose day is not known."""
    unknown = stream(4)
    object.__setattr__(unknown, "started_at_us", None)
    return saved(tmp_path / "tapes", a=stream(1), b=(stream(2, day=1), dialogue()), c=unknown)


def names(url: str) -> list[str]:
    """The names of all files below a URL, without what tells runs apart."""
    place: Any = location_of(url)
    found = (str(path.relative_to(place)) for path in place.rglob("*"))
    return sorted(name if name.startswith("_") else name.rpartition("-")[0] for name in found)


def count(what: str, *urls: str, table: str = "interactions") -> Any:
    """A value that a query gives over a table."""
    done = run("sql", f"SELECT {what} AS v FROM {table}", *urls, "--json")
    return json.loads(done.stdout)[0]["v"]


def test_tables_in_s3_are_those_of_the_recordings(bucket: str, tapes: Path) -> None:
    """All rows of all tables, in folders by day; nothing of the run's own files is left here."""
    url = f"{bucket}/all/"
    assert "3 recordings; rows: interactions 4" in run("export", tapes, "-o", url).stdout
    found = names(url)
    assert "_streamtape.json" in found
    assert "events/date=2026-01-02/part-00000" in found
    assert "events/date=__HIVE_DEFAULT_PARTITION__/part-00000" in found
    whole, again = streamtape.tables(tapes), streamtape.tables(url)
    for name in TABLES:
        order = [(key, "ascending") for key in again[name].column_names[:2]]
        assert again[name].sort_by(order).equals(whole[name].sort_by(order)), name
    rows = json.loads(
        run("sql", "SELECT date, count(*) AS n FROM events GROUP BY 1 ORDER BY 1", url,
            "--json").stdout
    )  # fmt: skip
    assert [row["date"] for row in rows] == ["2026-01-01", "2026-01-02", None]


def test_one_file_in_s3(bucket: str, tapes: Path) -> None:
    """A table in an object; it is replaced only by --force."""
    url = f"{bucket}/one/events.parquet"
    run("export", tapes, "-o", url, "--table", "events")
    assert "--force replaces it" in refused("export", tapes, "-o", url, "--table", "events")
    run("export", tapes / "a.tape", "-o", url, "--table", "events", "--force")
    assert count("count(DISTINCT recording)", url, table="events") == 1
    assert names(f"{bucket}/one") == [""]


def test_force_replaces_all_files_of_an_export(bucket: str, tapes: Path) -> None:
    """Those of the former one are gone once the new one is whole."""
    url = f"{bucket}/again"
    run("export", tapes, "-o", url, "--table", "texts", "--table", "chunks")
    assert "--force replaces it" in refused("export", tapes, "-o", url)
    run("export", tapes, "-o", url, "--table", "chunks", "--partition-by", "none", "--force")
    assert names(url) == ["_streamtape.json", "chunks/part-00000"]


def test_what_fails_leaves_the_former_export(bucket: str, tapes: Path) -> None:
    """Readers find it the whole time; the files of the failed run are removed."""
    url = f"{bucket}/fails"
    tables = ("interactions",)
    run("export", tapes, "-o", url, "--table", *tables)
    before = names(url)
    with pytest.raises(KeyboardInterrupt), Export(url, tables, force=True) as export:
        export.add(extract([stream()], tables=tables))
        export._close(next(iter(export._open)))
        assert len(names(url)) == len(before) + 1
        assert count("count(*)", url) == 4
        raise KeyboardInterrupt
    assert names(url) == before


def killed(url: str, *, force: bool = False) -> list[str]:
    """Export as far as some files are there, and end as a killed process does; all names then."""
    export = Export(url, ("events", "chunks"), force=force)
    export.__enter__()
    export.add(extract([stream(), stream(day=1)], tables=export.tables))
    for key in list(export._open):
        export._close(key)
    return names(url)


def test_files_of_a_killed_export_are_collected(bucket: str, tapes: Path) -> None:
    """By the next one with --force, beside the former one's; others' files stay."""
    url = f"{bucket}/killed"
    run("export", tapes, "-o", url, "--table", "chunks")
    whole = names(url)
    assert len(killed(url, force=True)) == len(whole) + 4
    place: Any = location_of(url)
    (place / "events" / "notes.txt").put([b"mine"], replaces=None)
    (place / "events" / "part-00000.parquet").put([b"mine"], replaces=None)
    run("export", tapes, "-o", url, "--table", "chunks", "--force")
    assert names(url) == sorted([*whole, "", "events/part"])
    assert count("count(DISTINCT recording)", url, table="chunks") == 3


def test_an_export_may_follow_one_that_was_killed(bucket: str, tapes: Path) -> None:
    """Where nothing but its files are: by --force, which the message names."""
    url = f"{bucket}/never-whole"
    assert len(killed(url)) == 4
    message = refused("export", tapes, "-o", url, "--table", "chunks")
    assert "an export that did not end" in message
    assert "--force replaces them" in message
    run("export", tapes, "-o", url, "--table", "chunks", "--force")
    assert set(names(url)) == {
        "_streamtape.json",
        *(f"chunks/date={day}/part-00000" for day in ("2026-01-01", "2026-01-02")),
        "chunks/date=__HIVE_DEFAULT_PARTITION__/part-00000",
    }
    place: Any = location_of(f"{bucket}/others")
    (place / "events" / "notes.txt").put([b"mine"], replaces=None)
    assert "did not export" in refused("export", tapes, "-o", f"{bucket}/others", "--force")


def test_files_of_an_export_that_came_later_stay(
    bucket: str, tapes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another run puts there once the manifest has come is not taken for a killed one's."""
    from streamtape.stores.store_path import StorePath

    url = f"{bucket}/later"
    run("export", tapes, "-o", url, "--table", "chunks")
    really = StorePath.put
    came: list[Any] = []

    def put(self: StorePath, pieces: Any, *, replaces: str | None) -> str:
        version = really(self, pieces, replaces=replaces)
        if self.name == "_streamtape.json" and not came:
            came.append(self.parent / "chunks" / "part-00000-0123abcd.parquet")
            really(came[0], [b"another's"], replaces=None)
        return version

    monkeypatch.setattr(StorePath, "put", put)
    run("export", tapes, "-o", url, "--table", "chunks", "--force")
    assert came[0].read_bytes() == b"another's"


@pytest.mark.parametrize("name", ["race", "race.parquet"])
def test_of_two_writers_one_is_reported(bucket: str, tapes: Path, name: str) -> None:
    """Who comes second replaces nothing unseen, and its files are removed."""
    url = f"{bucket}/{name}"
    tables = ("chunks",)
    with pytest.raises(StoreConflictError), Export(url, tables) as late:
        run("export", tapes, "-o", url, "--table", "chunks")
        before = names(url)
        late.add(extract([stream()], tables=tables))
    assert names(url) == before
    assert count("count(DISTINCT recording)", url, table="chunks") == 3


def test_a_query_reads_what_it_needs(
    bucket: str, tapes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some ranges of the files of its table, and of no other."""
    url = f"{bucket}/ranges"
    run("export", tapes, "-o", url, "--table", "messages", "--table", "chunks")
    read: list[str] = []
    really = fsspec_store.FsspecStore.read_range

    def noted(store: Any, name: str, offset: int, n_bytes: int) -> bytes:
        read.append(name)
        return really(store, name, offset, n_bytes)

    monkeypatch.setattr(fsspec_store.FsspecStore, "read_range", noted)
    assert count("sum(n_bytes)", url, table="chunks") > 0
    assert {name.split("/")[2] for name in read} == {"chunks"}
    read.clear()
    run("sql", "SELECT * FROM chunks WHERE date = '2026-01-02'", url)
    assert {name.split("/")[3] for name in read} == {"date=2026-01-02"}


def test_sql_over_shards_in_s3(bucket: str, tapes: Path) -> None:
    """A folder of tars, one tar, one recording of it: the rows are those of the folder."""
    run("pack", tapes, "-o", f"{bucket}/shards/")
    tar = f"{bucket}/shards/shard-000000.tar"
    whole, one = count("sum(n_events)", str(tapes)), count("sum(n_events)", str(tapes / "b.tape"))
    for url, n_events in ((f"{bucket}/shards", whole), (tar, whole), (f"{tar}/b.tape", one)):
        assert count("sum(n_events)", url) == n_events


def test_nothing_of_others_is_replaced_in_s3(bucket: str, tapes: Path) -> None:
    """A folder with something else in it, a missing bucket; credentials are not shown."""
    run("pack", tapes, "-o", f"{bucket}/other/")
    output = refused("export", tapes, "-o", f"{bucket}/other", "--force")
    assert "streamtape did not export" in output
    assert "there is no bucket 'nowhere'" in refused(
        "export", tapes, "-o", "s3://nowhere/x.parquet"
    )
    assert "there is nothing at" in refused("sql", "SELECT 1", f"{bucket}/nothing")
    with pytest.raises(CassetteError, match="not the manifest"):
        place: Any = location_of(f"{bucket}/broken/_streamtape.json")
        place.replace_with([b'{"schema_version": 1, "tables": 7}'])
        streamtape.tables(f"{bucket}/broken")["events"]


def test_a_manifest_names_no_files_elsewhere(memory: str) -> None:
    """Nor does one of a later schema say what this one may read."""
    for files, version, message in (
        ({"../x.parquet": 1}, 1, "outside of the export"),
        ({}, 9, "later streamtape"),
    ):
        manifest = {"schema_version": version, "tables": {"events": {"files": files}}}
        place: Any = location_of(f"{memory}/_streamtape.json")
        place.replace_with([json.dumps(manifest).encode()])
        with pytest.raises(CassetteError, match=message):
            streamtape.tables(memory)["events"]


class Plain:
    """A store with the four methods alone: it reads no ranges, and removes nothing."""

    def __init__(self, url: str) -> None:
        self.files: dict[str, bytes] = {}

    def stat(self, name: str) -> streamtape.StoreEntry | None:
        data = self.files.get(name)
        return None if data is None else streamtape.StoreEntry(name, str(hash(data)), len(data))

    def read(self, name: str) -> list[bytes]:
        return [self.files[name]]

    def write(self, name: str, data: Any, *, replaces: str | None) -> str:
        self.files[name] = data.read()
        found = self.stat(name)
        assert found is not None
        return found.version

    def list(self, folder: str) -> list[streamtape.StoreEntry]:
        return [
            entry
            for name in self.files
            if name.startswith(f"{folder}/") and (entry := self.stat(name))
        ]


def test_a_store_of_ones_own_takes_tables(tapes: Path) -> None:
    """Files of a former export stay where it can't remove them, and are not read."""
    with registries_restored():
        streamtape.register_store("plaintables", Plain)
        url = "plaintables://host/tables"
        run("export", tapes, "-o", url, "--table", "interactions")
        n_files = len(names(url))
        run("export", tapes / "a.tape", "-o", url, "--table", "interactions", "--force")
        assert len(names(url)) > n_files
        assert count("count(*)", url) == 1
