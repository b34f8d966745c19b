"""`streamtape pack`: many recordings in few tars, the same bytes each time, and back."""

import json
import tarfile
from pathlib import Path

import pytest

import streamtape
from streamtape.errors import UsageError
from streamtape.stores.packing import parse_size
from tests.cli.running import interaction, responses, run, tape
from tests.stores.tars import member, tar

WHOLE = interaction(responses("double"))


@pytest.fixture
def tapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of five recordings, one of them in a folder with an odd name."""
    monkeypatch.chdir(tmp_path)
    for name in ("c.tape", "a.tape", "b.tape", "sub/d.tape", "ü/" + "lang" * 40 + ".tape"):
        tape(tmp_path / "tapes" / name, WHOLE)
    return tmp_path / "tapes"


def names(path: Path) -> list[str]:
    """The members of a tar, as Python reads them."""
    with tarfile.open(path) as archive:
        return archive.getnames()


def test_shards_are_tars_of_a_size(tapes: Path) -> None:
    """Filled in the order of the names; what other programs read, too."""
    n_bytes = (tapes / "a.tape").stat().st_size
    result = run(
        "pack", "tapes", "-o", "shards", "--size", str(3 * (n_bytes + 1024) + 1024), "--json"
    )
    assert result.exit_code == 0, result.output
    shards = json.loads(result.stdout)["shards"]
    assert [shard["path"] for shard in shards] == [f"shards/shard-{n:06d}.tar" for n in range(2)]
    assert [shard["recordings"] for shard in shards] == [3, 2]
    assert names(Path("shards/shard-000000.tar")) == ["a.tape", "b.tape", "c.tape"]
    assert names(Path("shards/shard-000001.tar"))[0] == "sub/d.tape"
    assert [Path(shard["path"]).stat().st_size for shard in shards] == [s["bytes"] for s in shards]
    assert {path.name for path in Path().iterdir()} == {"tapes", "shards"}


def test_the_same_recordings_give_the_same_bytes(tapes: Path) -> None:
    """Whenever they were written, from wherever they are named."""
    run("pack", "tapes", "-o", "one.tar")
    (tapes / "a.tape").touch()
    run("pack", str(tapes), "-o", "two.tar")
    run("pack", "one.tar", "-o", "three.tar")
    assert Path("one.tar").read_bytes() == Path("two.tar").read_bytes()
    assert Path("one.tar").read_bytes() == Path("three.tar").read_bytes()


def test_there_and_back(tapes: Path) -> None:
    """What is unpacked is what was packed, under the same names; diff sees through the shards."""
    run("pack", "tapes", "-o", "shards", "--size", "1KB")
    assert len(list(Path("shards").iterdir())) == 5
    assert run("diff", "tapes", "shards").exit_code == 0
    assert run("pack", "--unpack", "shards", "-o", "back").exit_code == 0
    files = {path.relative_to(tapes): path.read_bytes() for path in tapes.rglob("*.tape")}
    back = Path("back")
    assert {path.relative_to(back): path.read_bytes() for path in back.rglob("*.*")} == files
    again = run("pack", "--unpack", "shards", "-o", "back")
    assert again.exit_code == 2
    assert "'back/a.tape' exists already; --force replaces it" in again.stderr
    assert run("pack", "--unpack", "shards", "-o", "back", "--force").exit_code == 0


def test_one_of_them_by_name(tapes: Path) -> None:
    """`TAR/NAME` is a path wherever one is taken."""
    run("pack", "tapes", "-o", "shards")
    assert len(streamtape.load("shards/shard-000000.tar/sub/d.tape")) == 1
    assert "model gpt-4.1" in run("show", "shards/shard-000000.tar/sub/d.tape").stdout


def test_shards_that_are_there(tapes: Path) -> None:
    """They are replaced with --force alone, and then none of the former is left."""
    run("pack", "tapes", "-o", "shards", "--size", "1KB")
    refused = run("pack", "tapes", "-o", "shards")
    assert refused.exit_code == 2
    assert "shard-000000.tar' exists already; --force replaces it" in refused.stderr
    assert run("pack", "tapes", "-o", "shards", "--force").exit_code == 0
    assert [path.name for path in Path("shards").iterdir()] == ["shard-000000.tar"]


def test_what_fails_leaves_nothing(tapes: Path) -> None:
    """A file that is no cassette is named, and no shard is there."""
    (tapes / "sub" / "z.tape").write_bytes(b"not one of ours")
    result = run("pack", "tapes", "-o", "shards", "--size", "1KB")
    assert result.exit_code == 2
    assert "z.tape" in result.stderr
    assert {path.name for path in Path().iterdir()} == {"tapes"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["tapes", "-o", "shards", "--size", "many"], "invalid size 'many'"),
        (["tapes", "-o", "x.tar", "--size", "1MB"], "one tar has any size"),
        (["tapes", "tapes/sub/../sub", "-o", "x.tar"], "pack their common folder"),
        (["tapes/none.tape", "-o", "x.tar"], "no cassette"),
        (["shards-that-are-not", "-o", "x.tar"], "shards-that-are-not"),
        (["tapes", "-o", "tapes/a.tape"], "there is a file of that name"),
        (["tapes", "-o", "http://127.0.0.1:1/x/"], "http:// can only be read"),
        (["--unpack", "tapes", "-o", "memory://x"], "into a folder on this machine"),
        (["--unpack", "tapes", "-o", "back", "--size", "1MB"], "--size is for packing"),
    ],
)
def test_what_makes_no_sense(tapes: Path, arguments: list[str], says: str) -> None:
    """The reason, and the way out."""
    tape(tapes / "sub" / "a.tape", WHOLE)
    result = run("pack", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert {path.name for path in Path().iterdir()} == {"tapes"}


def test_hostile_tars_write_nothing_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links, devices and names that lead out are no recordings, and are not unpacked."""
    monkeypatch.chdir(tmp_path)
    good = tape(tmp_path / "good.tape", WHOLE)
    Path("evil.tar").write_bytes(
        tar(
            member("../out.tape", b"x"),
            member("/tmp/streamtape-out.tape", b"x"),
            member("link.tape", kind=b"2", link="/etc/passwd"),
            member("sub", kind=b"2", link="/tmp"),
            member("sub/in.tape", good.read_bytes()),
            member("esc\x1b[31m.tape", good.read_bytes()),
        )
    )
    assert "\x1b" not in run("ls", "evil.tar").stdout
    assert run("pack", "--unpack", "evil.tar", "-o", "back").exit_code == 0
    found = {path.relative_to("back").as_posix() for path in Path("back").rglob("*.tape")}
    assert found == {"sub/in.tape", "esc\x1b[31m.tape"}
    assert not Path("back/sub").is_symlink()


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [("256MB", 256_000_000), ("1 GiB", 1 << 30), ("4096", 4096), ("1.5kb", 1500), ("2B", 2)],
)
def test_sizes(text: str, n_bytes: int) -> None:
    """In the units that people use."""
    assert parse_size(text) == n_bytes


@pytest.mark.parametrize("text", ["", "0", "-1", "MB", "1XB", "1e999GB", "nan"])
def test_sizes_that_are_none(text: str) -> None:
    """What is no size is said to be none."""
    with pytest.raises(UsageError, match="invalid size"):
        parse_size(text)
