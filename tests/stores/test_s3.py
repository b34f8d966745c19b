"""Cassettes in S3, as moto's server speaks it: recorded, replayed, two writers, commands."""

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

import streamtape
from streamtape.cli.app import cli
from streamtape.errors import CassetteNotFoundError, CassetteWriteError, StoreConflictError
from streamtape.stores import s3
from streamtape.stores.locations import location_of
from streamtape.stores.recordings import recordings
from streamtape.stores.store_path import StorePath
from tests.fake_network import FakeNetwork
from tests.stores.tars import packed
from tests.stores.test_conditions import at, check_removal

pytestmark = pytest.mark.xdist_group("s3")
SAMPLES = Path(__file__).parents[2] / "cassettes" / "pairs" / "a"
TAPES = sorted(SAMPLES.glob("*.tape"))[:2]


@pytest.fixture
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where journals of recordings into stores lie."""
    monkeypatch.setenv("STREAMTAPE_JOURNALS", str(tmp_path / "journals"))
    return tmp_path / "journals"


def stream(request: Any) -> httpx.Response:
    """A stream that says what was requested."""
    body = f"data: {request.url.path}\n\n".encode()
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)


def network(answer: Callable[[Any], httpx.Response]) -> Any:
    """What stands for the network; no type checker can see that it is a transport."""
    return FakeNetwork(answer)


def get(url: str, path: str, **options: Any) -> str:
    """What a client is answered that records to a URL, or is played from there."""
    transport = streamtape.RecordingTransport(url, FakeNetwork(stream), **options)
    with httpx.Client(transport=transport) as client:
        return client.get(f"https://api.example.com{path}").text


def paths(url: str) -> list[str]:
    """The paths of the requests of a cassette, in its order."""
    return [one.request.url.rpartition("/")[2] for one in streamtape.load(url)]


def files(folder: Path) -> list[Path]:
    """The files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("n_listed", [1, 2, 1_000])
def test_lists_of_several_answers(
    bucket: str, n_listed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All names, sorted part by part, whatever an answer holds; what marks a folder is none."""
    monkeypatch.setattr(s3, "LISTED", n_listed)
    folder = location_of(f"{bucket}/listed{n_listed}")
    assert isinstance(folder, StorePath)
    expected = ["a/b/x.tape", "a/x.tape", "a-b/x.tape", "a.tape", "ä/x.tape"]
    for name in [*expected, "a/"]:
        (StorePath(folder.store, f"{folder.key}/{name}")).put([name.encode()], replaces=None)
    found = list(folder.rglob("*"))
    assert [place.relative_to(folder).as_posix() for place in found] == expected
    assert [place.entry() == place.current() for place in found] == [True] * 5
    assert list((folder / "a").rglob("*.tape")) == found[:2]  # and not those of a-b


def test_one_version_is_removed(bucket: str) -> None:
    """And what another writer put there meanwhile stays."""
    check_removal(at(f"{bucket}/to remove/ü.tape"))


def test_a_run_is_recorded_and_replayed(bucket: str, journals: Path, own_cache: Path) -> None:
    """The second run is answered from the bucket; nothing is left on this machine but the cache."""
    url = f"{bucket}/run/a.tape"
    assert get(url, "/a") == get(url, "/a") == "data: /a\n\n"
    assert paths(url) == ["a"]
    assert files(journals) == []
    assert not any(b"geheim" in path.read_bytes() for path in files(own_cache))
    assert streamtape.load(url).path == url


def test_a_store_s_own_requests_are_not_recorded(bucket: str, journals: Path) -> None:
    """What is loaded while a session is open is none of the program's requests."""
    url = f"{bucket}/own/a.tape"
    get(url, "/a")
    with streamtape.use_cassette(url, mode="none", unseen="error") as session:
        with httpx.Client(transport=network(stream)) as client:
            client.get("https://api.example.com/a")
        assert [one.name for one in recordings(f"{bucket}/own")] == ["a.tape"]
        assert len(streamtape.load(url)) == 1
    assert [one.request.url for one in session.exchanges] == ["https://api.example.com/a"]
    assert not session.unseen


def test_two_writers_lose_nothing(bucket: str, journals: Path) -> None:
    """Four recordings of one name at once: all of their interactions are there."""
    url = f"{bucket}/both/a.tape"
    together = threading.Barrier(4)

    def answer(request: Any) -> httpx.Response:
        together.wait()
        return stream(request)

    def one(path: str) -> None:
        transport = streamtape.RecordingTransport(url, FakeNetwork(answer), mode="new_episodes")
        with httpx.Client(transport=transport) as client:
            client.get(f"https://api.example.com/{path}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, "abcd"))
    assert sorted(paths(url)) == list("abcd")
    assert files(journals) == []


def test_an_expired_cassette_is_recorded_anew(bucket: str, journals: Path) -> None:
    """`max_age` makes a bucket a cache with a time to live, which many programs share."""
    url = f"{bucket}/old/a.tape"
    get(url, "/a")
    get(url, "/b", max_age="0.000001s", on_expired="record")
    assert paths(url) == ["b"]
    get(url, "/b", max_age="1h", on_expired="record")
    assert paths(url) == ["b"]


def test_what_can_t_be_put_is_in_the_journal(
    bucket: str, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the store fails at the end, the error says how the recording gets there."""
    url = f"{bucket}/fails/a.tape"

    def fail(*_: object, **__: object) -> str:
        raise TimeoutError("no answer")

    with monkeypatch.context() as patch:
        patch.setattr("streamtape.stores.s3.put", fail)
        with pytest.raises(CassetteWriteError, match=f"can't be reached.*-o {url}"):
            get(url, "/a")
    (left,) = files(journals)
    with pytest.raises(streamtape.JournalLeftError, match=f"-o {url}"):
        get(url, "/a")
    result = CliRunner().invoke(cli, ["recover", str(left), "-o", url])
    assert result.exit_code == 0, result.output
    assert paths(url) == ["a"]
    again = CliRunner().invoke(cli, ["recover", str(left), "-o", url])
    assert again.exit_code == 2


def test_a_missing_bucket_is_found_before_a_request(bucket: str, journals: Path) -> None:
    """Nothing is sent that could not be kept."""
    with pytest.raises(CassetteWriteError, match="there is no bucket 'nowhere'"):
        get("s3://nowhere/a.tape", "/a")
    with pytest.raises(CassetteNotFoundError, match="there is no bucket 'nowhere'"):
        streamtape.load("s3://nowhere/a.tape")
    assert files(journals) == []


def test_what_is_read_again_is_not_fetched(
    bucket: str, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ETag says whether the bytes in the cache are those of the bucket."""
    url = f"{bucket}/cached/a.tape"
    cassette = streamtape.load(TAPES[0])
    streamtape.save(cassette, url)
    place = location_of(url)
    assert isinstance(place, StorePath)
    read: list[str] = []
    original: Callable[..., Any] = type(place.store).read_sized  # type: ignore[attr-defined]  # S3's

    def read_sized(store: object, name: str, size: int | None) -> object:
        read.append(name)
        return original(store, name, size)

    monkeypatch.setattr(type(place.store), "read_sized", read_sized)
    assert streamtape.load(url) == cassette
    assert read == []  # it was kept when it was written
    for file in files(own_cache):
        file.unlink()
    assert streamtape.load(url) == streamtape.load(url) == cassette
    assert read == [f"{bucket[5:]}/cached/a.tape"]
    place.put([TAPES[1].read_bytes()], replaces=place.entry().version)
    for file in files(own_cache):
        file.unlink()
    assert streamtape.load(url) == streamtape.load(TAPES[1])
    assert len(read) == 2


@pytest.mark.parametrize(
    ("size", "refused"),
    # moto heeds no If-Match of an upload in parts; that it is sent, the next test shows.
    [(10, (None, "0123-10")), (70, (None,))],
    ids=["one put", "in parts"],
)
def test_puts_are_conditional(
    bucket: str, size: int, refused: tuple[str | None, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bucket itself refuses the second writer, of short objects and of long ones."""
    monkeypatch.setattr(s3, "PART_BYTES", 32)
    place = location_of(f"{bucket}/put/{size}")
    assert isinstance(place, StorePath)
    version = place.put([bytes(size)], replaces=None)
    entry = place.entry()
    assert (entry.version, entry.n_bytes) == (version, size)
    for replaces in refused:
        with pytest.raises(StoreConflictError, match="another writer meanwhile"):
            place.put([b"x" * size], replaces=replaces)
    assert place.entry().version == version
    assert place.put([b"last"], replaces=version) != version


@pytest.mark.parametrize(
    ("replaces", "condition"),
    [(None, {"IfNoneMatch": "*"}), ("ab-2-70", {"IfMatch": "ab-2"})],
)
def test_uploads_in_parts_are_conditional(
    replaces: str | None, condition: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last request of an upload has the condition; one that fails leaves no parts behind."""
    monkeypatch.setattr(s3, "PART_BYTES", 32)
    calls: list[tuple[str, dict[str, Any]]] = []

    class Bucket:
        def split_path(self, path: str) -> tuple[str, str, None]:
            return "bucket", path, None

        def call_s3(self, method: str, **arguments: Any) -> dict[str, str]:
            calls.append((method, arguments))
            if method == "complete_multipart_upload":
                raise OSError(22, "PreconditionFailed")
            return {"UploadId": "7", "ETag": '"x"'}

    with pytest.raises(StoreConflictError):
        s3.put(Bucket(), "a.tape", io.BytesIO(bytes(70)), replaces)
    sent = dict(calls)
    assert condition.items() <= sent["complete_multipart_upload"].items()
    assert [name for name, _ in calls].count("upload_part") == 3
    assert calls[-1][0] == "abort_multipart_upload"


def test_commands_read_and_write_there(bucket: str, tmp_path: Path) -> None:
    """Folders of a bucket, a shard in it, and what commands write."""
    folder = f"{bucket}/many"
    for path in TAPES:
        streamtape.save(streamtape.load(path), f"{folder}/{path.name}")
    shard = location_of(f"{bucket}/many/shard-000001")
    shard.with_name("shard-000001.tar").put(  # type: ignore[union-attr]  # a StorePath
        [packed([(path.name, path.read_bytes()) for path in TAPES])], replaces=None
    )
    names = [str(place) for place in recordings(folder)]
    in_shard = [f"{folder}/shard-000001.tar/{path.name}" for path in TAPES]
    assert names == [*(f"{folder}/{path.name}" for path in TAPES), *in_shard]
    for command in (
        ["check", folder],
        ["diff", str(TAPES[0]), in_shard[0]],
        ["diff", f"{folder}/shard-000001.tar", str(SAMPLES)],
        ["view", in_shard[0], "-o", f"{folder}/page.html"],
        ["convert", in_shard[0], f"{folder}/one.har"],
        ["convert", f"{folder}/one.har", f"{folder}/back.tape"],
        ["replay", in_shard[0], "--speed", "max"],
    ):
        result = CliRunner().invoke(cli, command)
        assert result.exit_code in {0, 1}, result.output
        assert "Error" not in result.output
    assert b"streamtape" in location_of(f"{folder}/page.html").read_bytes()
    assert len(streamtape.load(f"{folder}/back.tape")) == len(streamtape.load(TAPES[0]))
    refused = CliRunner().invoke(cli, ["convert", in_shard[0], f"{folder}/one.har"])
    assert refused.exit_code == 2
    assert "exists already" in refused.output
