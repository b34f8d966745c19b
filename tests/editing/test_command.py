"""`streamtape edit`: files in, files out, and what it says."""

import json
from pathlib import Path

import pytest

import streamtape
from streamtape.tape.model import Cassette
from tests.cli.running import run
from tests.editing.streams import chat, responses


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """A recording with two interactions."""
    path = tmp_path / "run.tape"
    streamtape.save(Cassette((responses(), chat())), path)
    return path


def test_a_text_into_a_new_file(tape: Path, tmp_path: Path) -> None:
    """The recording stays, `show` says what was edited, and the file keeps the mark."""
    before, out = tape.read_bytes(), tmp_path / "out.tape"
    result = run("edit", tape, "-o", out, "--text", "Oslo=a\\=b")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{out}: 2 interactions, edited: text (")
    assert tape.read_bytes() == before
    assert streamtape.load(out)[1].transcript().text == "It rains in a\\=b today."
    assert "edited    text (" in run("show", out).stdout
    shown = json.loads(run("show", out, "--json").stdout)
    assert shown["interactions"][0]["edits"][0]["what"] == "text"
    assert "edited" not in run("show", tape).stdout


def test_in_place(tape: Path) -> None:
    """Only where it is asked for."""
    result = run("edit", tape, "--in-place", "--model", "new", "--json")
    assert json.loads(result.stdout)["files"] == [str(tape)]
    assert {one.transcript().model for one in streamtape.load(tape)} == {"new"}


def test_split_and_merge(tape: Path, tmp_path: Path) -> None:
    """One file for each interaction, and together again."""
    parts = tmp_path / "parts"
    assert run("edit", tape, "--split", "-o", parts).exit_code == 0
    assert [path.name for path in sorted(parts.iterdir())] == ["run-0.tape", "run-1.tape"]
    out = tmp_path / "again.tape"
    given = ("--merge", parts / "run-1.tape", "-o", out)
    assert run("edit", parts / "run-0.tape", *given).exit_code == 0
    assert out.read_bytes() == tape.read_bytes()
    one = ("--drop-interaction", "0", "-o", out, "--force")
    assert run("edit", tape, *one).exit_code == 0
    assert len(streamtape.load(out)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to edit: choose edits with --text, --model, --usage ... (see --help)"),
        (("--text", "a=b"), "no output given: -o FILE, or --in-place to replace"),
        (("--split",), "no output given: -o FOLDER"),
        (("-o", "{tape}", "--text", "Oslo=b"), "is the recording itself: --in-place replaces it"),
        (("-o", "{tape}", "--force", "--model", "b"), "is the recording itself"),
        (("-o", "{other}", "--model", "b"), "exists already; --force replaces it"),
        (("-o", "{other}", "--in-place", "--model", "b"), "leave out --output and --split"),
        (("-o", "{other}", "--split"), "that is a file; --split writes into a folder"),
        (("--in-place", "--text", "abc"), "'abc': write OLD=NEW"),
        (("--in-place", "--text", "=abc"), "'=abc': write OLD=NEW"),
        (("--in-place", "--text", "a=b", "--text", "a=c"), "--text 'a' is given twice"),
        (("--in-place", "--text", "Olso=b"), "the nearest is 'Oslo'"),
        (("--in-place", "--usage", "input=1"), "2 responses have it"),
        (("--in-place", "--merge", "none.tape"), "none.tape"),
    ],
)
def test_refusals(tape: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """Exit status 2, a message, and nothing is written."""
    other = tmp_path / "other.tape"
    other.write_bytes(tape.read_bytes())
    before = tape.read_bytes()
    names = {"tape": tape, "other": other}
    result = run("edit", tape, *(one.format(**names) for one in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert (tape.read_bytes(), other.read_bytes()) == (before, before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.tape", "run.tape"]
