"""`streamtape recover`: journals of recordings that died."""

import json
from pathlib import Path

from streamtape.mock.server import MockServer
from streamtape.tape.store import load
from tests.cli.running import recording, refused, run
from tests.patience import PATIENCE_S
from tools.attacks import damage


def left_behind(path: Path) -> bytes:
    """Kill a recording amid its stream; gives what its reader had got."""
    with MockServer(gap_us=20_000, events=20_000) as slow:
        child = recording(path, slow.base_url)
        assert child.stdout is not None
        read = child.stdout.readline()
        child.kill()
        read += child.communicate(timeout=PATIENCE_S)[0]
    return read


def test_a_killed_recording_is_recovered(tmp_path: Path) -> None:
    """Everything that had been printed is in the cassette, which is marked as unfinished."""
    path = tmp_path / "run.tape"
    read = left_behind(path)
    assert not path.exists()
    assert "streamtape recover" in refused("show", path)
    result = run("recover", f"{path}.part", "--json")
    assert result.exit_code == 0
    (report,) = json.loads(result.stdout)
    assert report["cassette"] == str(path)
    assert report["unfinished"] == 1
    assert load(path)[0].body.startswith(read)
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    """Another file and a missing one are messages, and stay as they are."""
    other = tmp_path / "x.tape.part"
    other.write_text("something else entirely")
    assert "x.tape.part" in refused("recover", other)
    assert other.read_text() == "something else entirely"
    assert "there is no journal" in refused("recover", tmp_path / "gone.part")


def test_a_damaged_journal_is_kept_and_the_status_is_1(tmp_path: Path) -> None:
    """What is missing is named with its place; the journal stays for another try."""
    part = tmp_path / "run.tape.part"
    data = bytearray(damage.record(tmp_path / "x.tape"))
    data[data.index(b'{"n": 2}')] ^= 1
    part.write_bytes(data)
    result = run("recover", part)
    assert result.exit_code == 1
    assert "the journal is damaged" in result.stdout
    assert "interaction 0: 1 chunk of 16 bytes missing after chunk 1" in result.stderr
    assert "was kept" in result.stderr
    assert part.exists()
    result = run("recover", part, "-o", tmp_path / "again.tape", "--json")
    assert result.exit_code == 1
    (report,) = json.loads(result.stdout)
    assert report["kept"] == str(part)
    assert [loss["records"] for loss in report["missing"]] == [1, 0]
