"""`streamtape ls`, and `show` of a folder: what is in it, a row a file."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from streamtape.tape.model import Ending, Head
from tests.cli.running import interaction, refused, responses, run, tape


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a whole stream, a broken one, one that was refused, and several in one."""
    monkeypatch.chdir(tmp_path)
    whole = interaction(responses("double"))
    head = Head(429, ((b"Content-Type", b"application/json"),), 10)
    made = tmp_path / "tapes"
    tape(made / "a" / "whole.tape", whole)
    tape(made / "broken.tape", replace(whole, ending=Ending("error", 9_000, "httpx.ReadError")))
    tape(made / "refused.tape", replace(whole, head=head))
    tape(made / "two.tape", whole, replace(whole, ending=Ending("abandoned", 9_000)))
    return made


@pytest.mark.parametrize("command", ["ls", "show"])
def test_a_row_a_file(folder: Path, command: str) -> None:
    """Its name, how it ended, what was asked; then how many files there are."""
    shown = run(command, "tapes")
    assert shown.exit_code == 0
    rows = {row.split()[0]: row for row in shown.stdout.splitlines()}
    assert " complete " in rows["tapes/a/whole.tape"]
    assert "gpt-4.1 POST api.example" in rows["tapes/a/whole.tape"]
    assert " error " in rows["tapes/broken.tape"]
    assert " 429 " in rows["tapes/refused.tape"]
    assert "1 complete, 1 abandoned" in rows["tapes/two.tape"]
    assert "and 1 more" in rows["tapes/two.tape"]
    assert shown.stdout.splitlines()[-1].startswith("4 files, ")


@pytest.mark.parametrize("command", ["ls", "show"])
def test_json(folder: Path, command: str) -> None:
    """The same as a list of objects."""
    found = {row["path"]: row for row in json.loads(run(command, "tapes", "--json").stdout)}
    row = found["tapes/two.tape"]
    assert row["endings"] == {"complete": 1, "abandoned": 1}
    assert row["interactions"] == 2
    assert row["n_bytes"] == Path("tapes/two.tape").stat().st_size
    assert row["method"] == "POST"
    assert row["url"].startswith("https://")
    assert row["error"] is None


def test_without_a_path_it_is_the_folder_that_one_is_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the shell's own `ls`."""
    monkeypatch.chdir(folder)
    assert run("ls").stdout.splitlines()[0].startswith("a/whole.tape")


def test_sorting(folder: Path) -> None:
    """By size, the largest first."""
    found = json.loads(run("ls", "tapes", "--json", "--sort", "size").stdout)
    sizes = [row["n_bytes"] for row in found]
    assert sizes == sorted(sizes, reverse=True)


def test_what_cannot_be_read_hides_no_other(folder: Path) -> None:
    """It is a row with the reason, and the status is 2; an empty file and a journal, too."""
    (folder / "text.tape").write_text("hello")
    (folder / "empty.tape").touch()
    (folder / "torn.tape.part").write_bytes(b"")
    shown = run("ls", "tapes")
    assert shown.exit_code == 2
    rows = {row.split()[0]: row for row in shown.stdout.splitlines()}
    assert "unreadable" in rows["tapes/text.tape"]
    assert "unreadable" in rows["tapes/empty.tape"]
    assert " complete " in rows["tapes/a/whole.tape"]
    assert "tapes/torn.tape.part" in rows


def test_refusals(folder: Path) -> None:
    """A folder without recordings, one that is not there, options that are for one file."""
    (folder / "none").mkdir()
    assert "no cassettes" in refused("ls", "tapes/none")
    assert "did you mean 'tapes'?" in refused("ls", "tape")
    for option in ("--events", "--frames", "--raw"):
        assert "is a folder: give a file" in refused("show", "tapes", option)


@pytest.mark.parametrize("columns", [30, 40, 50, 79])
def test_no_row_is_wider_than_the_screen(
    folder: Path, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where columns have no room, the parts of a row stand below each other."""
    monkeypatch.setenv("COLUMNS", str(columns))
    assert max(map(len, run("ls", "tapes").stdout.splitlines())) <= columns
