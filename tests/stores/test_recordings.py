"""Every recording of folders, tars and stores, one after the other; and the commands over them."""

import io
import pickle
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from click.testing import CliRunner

import streamtape
from streamtape.cli.app import cli
from streamtape.errors import CassetteError, CassetteNotFoundError, StoreConflictError, UsageError
from streamtape.stores.ahead import fetch_ahead
from streamtape.stores.locations import location_of
from streamtape.stores.recordings import recordings
from streamtape.stores.registry import register_store
from streamtape.stores.store import StoreEntry
from streamtape.stores.store_path import StorePath
from tests.patience import PATIENCE_S
from tests.registries import registries_restored
from tests.stores.tars import member, packed, tar

SAMPLES = Path(__file__).parents[2] / "cassettes" / "pairs" / "a"
TAPES = sorted(SAMPLES.glob("*.tape"))[:2]


class Dictionary:
    """A store of one's own, as small as it can be."""

    url = "dictionary://here"

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def stat(self, name: str) -> StoreEntry | None:
        data = self.files.get(name)
        return None if data is None else StoreEntry(name, f"v{hash(data)}", len(data))

    def read(self, name: str) -> Iterable[bytes]:
        try:
            yield self.files[name]
        except KeyError:
            raise FileNotFoundError(name) from None

    def write(self, name: str, data: BinaryIO, *, replaces: str | None) -> str:
        found = self.stat(name)
        if (found and found.version) != replaces:
            raise StoreConflictError(f"{name!r} has another version")
        self.files[name] = data.read()
        return f"v{hash(self.files[name])}"

    def list(self, folder: str) -> Iterable[StoreEntry]:
        names = [name for name in self.files if name.startswith(f"{folder}/") or not folder]
        return [StoreEntry(name, f"v{hash(self.files[name])}") for name in names]


@pytest.fixture(params=["folder", "tar", "memory", "own", "tar in memory", "shards"])
def where(request: pytest.FixtureRequest, tmp_path: Path, memory: str) -> str | StorePath:
    """The same two recordings, in a folder or in what is taken for one."""
    files = [(f"sub/{path.name}", path.read_bytes()) for path in TAPES]
    if request.param == "memory":
        for name, data in files:
            location_of(f"{memory}/{name}").write(io.BytesIO(data), replaces=None)  # type: ignore[union-attr]  # a StorePath
        return memory
    if request.param == "own":
        store = Dictionary()
        store.files.update(files)
        return StorePath(store)
    if request.param == "tar in memory":
        place = location_of(f"{memory}.tar")
        StorePath(place.store.tar.store, "runs.tar").write(io.BytesIO(packed(files)), replaces=None)  # type: ignore[union-attr]  # a TarStore
        return f"{memory}.tar"
    if request.param == "folder":
        for name, data in files:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(data)
        return str(tmp_path)
    if request.param == "tar":
        (tmp_path / "runs.tar").write_bytes(packed(files))
        return str(tmp_path / "runs.tar")
    (tmp_path / "shard-000000.tar").write_bytes(packed(files[:1]))
    (tmp_path / "shard-000001.tar").write_bytes(packed(files[1:]))
    return str(tmp_path)


def test_all_are_read_alike(where: str | StorePath) -> None:
    """In order, by stable names, each loaded by who unpickles it."""
    found = list(recordings(where))
    assert [place.name for place in found] == [path.name for path in TAPES]
    for place, path in zip(found, TAPES, strict=True):
        again = pickle.loads(pickle.dumps(place))
        cassette = streamtape.load(place)
        assert cassette == streamtape.load(path)
        assert streamtape.load(again) == cassette
        assert cassette.path == str(place)
    assert [str(place) for place in recordings(where)] == [str(place) for place in found]


def test_one_that_is_named_twice_comes_once(where: str | StorePath) -> None:
    """As it does of a folder and a file in it."""
    one = next(iter(recordings(where)))
    assert next(str(place) for place in recordings(one, where)) == str(one)
    assert len(list(recordings(one, where, where))) == len(TAPES)


COMMANDS = [
    ("check",), ("stats",), ("ls",), ("ls", "--json"), ("scan",), ("show",),
    ("diff", str(SAMPLES)), ("stats", "--json"),
]  # fmt: skip


@pytest.fixture
def own_registry() -> Iterator[None]:
    """What a test registers is forgotten after it."""
    with registries_restored():
        yield


@pytest.mark.usefixtures("own_registry")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_take_it(where: str | StorePath, command: tuple[str, ...]) -> None:
    """What takes a folder takes a tar and a store, and names what is in it."""
    if isinstance(where, StorePath):
        store = where.store
        register_store("dictionary", lambda _url: store)
        where = "dictionary://here/"
    result = CliRunner().invoke(cli, [*command, where])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    assert "Error" not in result.output
    assert result.exit_code in {0, 1}


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["check", "memory://none.tape"], "there is nothing at 'memory://none.tape'"),
        (["ls", "memory://none/"], "there is nothing at 'memory://none'"),
        (["check", "memory://none/"], "there is nothing at 'memory://none'"),
        (["check", "nowhere://x/"], "unknown scheme 'nowhere'"),
        (["show", "oss://bucket/x.tape"], "ossfs"),
        (["stats", "none.tar/run.tape"], "none.tar"),
        (["recover", "memory://run.tape.part"], "journal"),
    ],
)
def test_what_is_missing_is_named(command: list[str], says: str, memory: str) -> None:
    """Trouble, with the way out, and no traceback."""
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 2
    assert says in result.output
    assert isinstance(result.exception, SystemExit)


def test_hostile_members_are_not_touched(tmp_path: Path) -> None:
    """Links and names that lead out are no recordings; a member that is cut off is an error."""
    leading_out = member("link.tape", kind=b"2", link="/etc/passwd"), member("../out.tape", b"x")
    (tmp_path / "cut.tar").write_bytes(tar(*leading_out, member("cut.tape", b"x", size=9000)))
    with pytest.raises(CassetteError, match=r"cut off within 'cut\.tape'"):
        list(recordings(tmp_path / "cut.tar"))
    (tmp_path / "x.tar").write_bytes(tar(*leading_out, member("in.tape", b"x")))
    (only,) = recordings(tmp_path / "x.tar")
    assert only.name == "in.tape"
    with pytest.raises(CassetteNotFoundError, match=r"nothing at '.*x.tar.link.tape'"):
        streamtape.load(tmp_path / "x.tar" / "link.tape")
    with pytest.raises(UsageError, match="a tar can't be changed"):
        streamtape.save(streamtape.load(TAPES[0]), tmp_path / "x.tar" / "new.tape")


def test_what_is_no_tar_is_said(tmp_path: Path) -> None:
    """A compressed one, or anything else of that name."""
    (tmp_path / "x.tar").write_bytes(b"\x1f\x8b" * 600)
    result = CliRunner().invoke(cli, ["check", str(tmp_path / "x.tar")])
    assert result.exit_code == 2
    assert "it is not a tar, is compressed, or is damaged" in result.output


def test_a_changed_tar_is_read_anew(tmp_path: Path) -> None:
    """Its index belongs to one version of it."""
    path = tmp_path / "x.tar"
    path.write_bytes(packed([("a.tape", TAPES[0].read_bytes())]))
    place = location_of(path / "a.tape")
    first = streamtape.load(place)
    path.write_bytes(packed([("b", b"longer"), ("a.tape", TAPES[1].read_bytes())]))
    assert streamtape.load(place) == streamtape.load(TAPES[1]) != first


def test_several_are_fetched_at_once() -> None:
    """A batch of a store's paths is in the cache before the first is read; what fails is left."""
    together = threading.Barrier(3, timeout=PATIENCE_S)
    store = Dictionary()

    class Slow(Dictionary):
        def read(self, name: str) -> Iterable[bytes]:
            together.wait()
            return store.read(name)

    slow = Slow()
    slow.files = store.files = {f"{n}.tape": TAPES[0].read_bytes() for n in range(3)}
    batch = [*recordings(StorePath(slow)), location_of("memory://none.tape")]
    fetch_ahead([(place.name, place) for place in batch])
    together.abort()  # whoever reads now fails
    assert all(len(streamtape.load(place)) for place in batch[:3])


def test_writes_are_conditional(memory: str) -> None:
    """A second writer of one name is told, and overwrites nothing."""
    place = location_of(f"{memory}/a.tape")
    assert isinstance(place, StorePath)
    version = place.write(io.BytesIO(b"one"), replaces=None)
    with pytest.raises(StoreConflictError, match="another writer meanwhile"):
        place.write(io.BytesIO(b"two"), replaces=None)
    place.write(io.BytesIO(b"three"), replaces=version)
    with pytest.raises(StoreConflictError, match="another writer meanwhile"):
        place.write(io.BytesIO(b"four"), replaces=version)
    assert place.read_bytes() == b"three"
