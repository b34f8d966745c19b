"""Google Cloud and Azure, as servers for tests speak them: conditions, and what is removed."""

from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from click.testing import CliRunner

import streamtape
from streamtape.cli.app import cli
from streamtape.errors import StoreConflictError
from streamtape.stores import packing, s3
from streamtape.stores.locations import location_of
from streamtape.stores.packing import former_shards
from streamtape.stores.recordings import recordings
from streamtape.stores.store import StoreEntry
from streamtape.stores.store_path import StorePath
from tests.stores.servers import azure_server, google_server

pytestmark = pytest.mark.xdist_group("conditions")
NUMBERS = count(1)
SAMPLES = Path(__file__).parents[2] / "cassettes" / "pairs" / "a"


@pytest.fixture(scope="session")
def az(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads to an Azurite; one a run, as clients are kept by their URL."""
    pytest.importorskip("adlfs")
    with azure_server(tmp_path_factory.mktemp("azurite")) as environment:
        yield environment


@pytest.fixture(scope="session")
def gs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads to a fake-gcs-server; one a run, too."""
    pytest.importorskip("gcsfs")
    with google_server(tmp_path_factory.mktemp("gcs")) as environment:
        yield environment


@pytest.fixture(scope="module", params=["az", "gs"])
def bucket(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a new bucket or container."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in request.getfixturevalue(request.param).items():
            patch.setenv(name, value)
        import fsspec

        name = f"tapes{next(NUMBERS)}"
        fsspec.core.url_to_fs(f"{request.param}://{name}")[0].mkdir(name)
        yield f"{request.param}://{name}"


def at(url: str) -> StorePath:
    """The place of a URL of a store."""
    place = location_of(url)
    assert isinstance(place, StorePath)
    return place


def test_puts_are_conditional(bucket: str) -> None:
    """The store refuses the second writer: of a new name, of one replaced, of one that has gone."""
    place = at(f"{bucket}/a folder/ü b.tape")
    version = place.put([b"one"], replaces=None)
    assert place.entry().version == version
    newer = place.put([b"two", b"!"], replaces=version)
    entry = place.entry()
    assert (entry.version, entry.n_bytes, place.read_bytes()) == (newer, 4, b"two!")
    for replaces in (None, version):
        with pytest.raises(StoreConflictError, match="another writer meanwhile"):
            place.put([b"late"], replaces=replaces)
    assert place.read_bytes() == b"two!"
    assert place.remove()
    with pytest.raises(StoreConflictError, match="another writer meanwhile"):
        place.put([b"late"], replaces=newer)
    assert not place.exists()


def test_one_version_is_removed_and_no_other(bucket: str) -> None:
    """What another writer put there meanwhile stays."""
    check_removal(at(f"{bucket}/to remove/ü.tape"))


def test_other_stores_compare_before_they_remove(memory: str) -> None:
    """Memory here; and a store of one's own that can only remove whatever is there."""
    check_removal(at(f"{memory}/a.tape"))
    check_removal(StorePath(Removing(), "a.tape"))


def check_removal(place: StorePath) -> None:
    """Put two versions, and remove the first, the second, and what is not there any more."""
    version = place.put([b"one"], replaces=None)
    newer = place.put([b"two!"], replaces=version)
    with pytest.raises(StoreConflictError, match="another writer meanwhile"):
        place.remove(version)
    assert place.read_bytes() == b"two!"
    assert place.remove(newer)
    assert not place.exists()
    assert place.remove(newer)


class Removing:
    """A store of one's own in a dict, with `remove` alone."""

    def __init__(self) -> None:
        self._found: dict[str, bytes] = {}

    def stat(self, name: str) -> StoreEntry | None:
        data = self._found.get(name)
        return data and StoreEntry(name, data.hex(), len(data))  # type: ignore[return-value]  # a fake of the test

    def read(self, name: str) -> Iterable[bytes]:
        return [self._found[name]]

    def write(self, name: str, data: BinaryIO, *, replaces: str | None) -> str:
        del replaces
        self._found[name] = data.read()
        return self._found[name].hex()

    def list(self, folder: str) -> Iterable[StoreEntry]:
        return [StoreEntry(name, "") for name in self._found if name.startswith(folder)]

    def remove(self, name: str) -> None:
        del self._found[name]


@pytest.mark.parametrize("reason", ["PreconditionFailed", "NotImplemented"])
def test_s3_servers_that_refuse_to_remove(reason: str) -> None:
    """On the condition: another version is there. For want of conditions: it is removed without."""
    calls: list[dict[str, str]] = []

    class Bucket:
        def split_path(self, path: str) -> tuple[str, str, None]:
            return *path.split("/", 1), None  # type: ignore[return-value]  # a fake of the test

        def call_s3(self, method: str, **options: str) -> None:
            calls.append(options)
            if "IfMatch" in options:
                raise OSError(f"{method}: {reason}")

    name = {"Bucket": "b", "Key": "a/x"}
    if reason == "PreconditionFailed":
        with pytest.raises(StoreConflictError):
            s3.remove(Bucket(), "b/a/x", "abc-3")
    else:
        s3.remove(Bucket(), "b/a/x", "abc-3")
        assert calls.pop() == name
    assert calls == [{**name, "IfMatch": "abc"}]


def test_recordings_are_listed_loaded_and_checked(bucket: str) -> None:
    """As in any store."""
    for path in sorted(SAMPLES.glob("*.tape"))[:2]:
        streamtape.save(streamtape.load(path), f"{bucket}/runs/{path.name}")
    assert len(list(recordings(f"{bucket}/runs"))) == 2
    result = CliRunner().invoke(cli, ["check", f"{bucket}/runs/"])
    assert result.exit_code in {0, 1}, result.output
    assert "2 files" in result.output


def test_a_missing_bucket_is_named(bucket: str) -> None:
    """By both, as by S3."""
    with pytest.raises(streamtape.StreamtapeError, match="there is no bucket 'nowhere'"):
        at(f"{bucket.partition('://')[0]}://nowhere/a.tape").put([b"x"], replaces=None)


def test_packing_anew_removes_what_is_no_longer_needed(memory: str, tmp_path: Path) -> None:
    """In a store as in a folder: no recording is there twice."""
    for _ in range(2):
        args = ["pack", str(SAMPLES), "-o", f"{memory}/shards", "--force", "--size"]
        result = CliRunner().invoke(cli, [*args, "1KB"])
        assert result.exit_code == 0, result.output
    n = len(list(recordings(f"{memory}/shards")))
    assert len(former_shards(location_of(f"{memory}/shards"))) == n
    result = CliRunner().invoke(cli, [*args, "1GB"])
    assert result.exit_code == 0, result.output
    assert len(former_shards(location_of(f"{memory}/shards"))) == 1
    assert len(list(recordings(f"{memory}/shards"))) == n


def test_shards_that_another_one_wrote_stay(
    memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packing anew removes what was there when it began, and nothing that came meanwhile."""
    folder = at(f"{memory}/shards")
    old = folder / "shard-000007.tar"
    old.put([b"old"], replaces=None)
    with packing.packer(folder, None) as packer:
        packer.add("a.tape", location_of(next(SAMPLES.glob("*.tape"))))
        shards = packer.close()
        put = StorePath.put

        def put_late(place: StorePath, *args: Any, **options: Any) -> str:
            """Put it, and then something in the place of the old one."""
            version = put(place, *args, **options)
            put(old, [b"newer"], replaces=old.entry().version)
            return version

        monkeypatch.setattr(StorePath, "put", put_late)
        with pytest.raises(StoreConflictError, match="shard-000007"):
            packing.put_shards(shards, folder, one=False)
    assert old.read_bytes() == b"newer"
