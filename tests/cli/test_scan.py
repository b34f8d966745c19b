"""`streamtape scan`: secrets named, masked, never shown."""

import json
from dataclasses import replace
from pathlib import Path

from streamtape.tape.model import Ending
from streamtape.tape.store import TapeFile, load
from tests.cli.running import interaction, refused, responses, run, sse, tape

SECRET = "sk-proj-" + "a1B2c3D4e5F6g7H8" * 3


def leaky(path: Path) -> Path:
    """A cassette with a key in its response, whole and split over deltas."""
    return tape(
        path,
        interaction(sse(f'{{"text": "{SECRET}"}}')),
        interaction(responses("the key is ", SECRET[:20], SECRET[20:], " they say")),
    )


def test_clean_ones_are_clean(tmp_path: Path) -> None:
    """Nothing found: status 0, and nothing on stdout."""
    tape(tmp_path / "a" / "x.tape", interaction(responses("hello")))
    result = run("scan", tmp_path)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "x.tape: clean" in result.stderr


def test_secrets_are_named_by_place_and_never_shown(tmp_path: Path) -> None:
    """Whole or split over events: the interaction, the place and the kind; status 1."""
    path = leaky(tmp_path / "x.tape")
    result = run("scan", tmp_path)
    assert result.exit_code == 1
    assert "interaction 0: response.body:" in result.stdout
    assert "interaction 1: response.text:" in result.stdout
    assert SECRET[:12] not in result.output
    report = json.loads(run("scan", path, "--json").stdout)
    assert report["clean"] is False
    assert {leak["interaction"] for leak in report["files"][0]["leaks"]} == {0, 1}


def test_fix_masks_and_keeps_the_cuts(tmp_path: Path) -> None:
    """--fix leaves no secret, and every chunk as long as it was: status 0, and clean from then."""
    path = leaky(tmp_path / "x.tape")
    before = [[len(c.data) for c in i.chunks] for i in load(path)]
    result = run("scan", "--fix", path)
    assert result.exit_code == 0
    assert "masked" in result.stdout
    assert [[len(c.data) for c in i.chunks] for i in load(path)] == before
    assert run("scan", path).exit_code == 0
    assert SECRET not in str([i.body for i in load(path)])


def test_what_else_is_secret_can_be_said(tmp_path: Path) -> None:
    """Headers, patterns and JSON paths of one's own; kinds and names that are none."""
    path = tape(tmp_path / "x.tape", interaction(sse('{"team": "blue-7"}')))
    assert run("scan", path).exit_code == 0
    assert "team" in run("scan", path, "--pattern", "team=blue-[0-9]").stdout
    assert "KIND=REGEX" in refused("scan", path, "--pattern", "blue")
    assert "redaction pattern" in refused("scan", path, "--pattern", "x=[")


def test_journals_are_looked_at_and_left_alone(tmp_path: Path) -> None:
    """A journal that was left behind is scanned; masking waits until it is recovered."""
    one = replace(interaction(sse(SECRET)), ending=Ending("unfinished"))
    journal = TapeFile(tmp_path / "x.tape").open_journal()
    journal.request(0, one.request, 0)
    assert one.head is not None
    journal.head(0, one.head)
    for at_us, data in one.chunks:
        journal.chunk(0, at_us or 0, data)
    before = (tmp_path / "x.tape.part").read_bytes()
    result = run("scan", tmp_path)
    assert result.exit_code == 1
    assert "x.tape.part: interaction 0: response.body:" in result.stdout
    fixed = run("scan", tmp_path, "--fix")
    assert fixed.exit_code == 2
    assert "recover it" in fixed.stderr
    assert (tmp_path / "x.tape.part").read_bytes() == before
    journal.discard()


def test_a_file_that_can_not_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    """A torn cassette is told; the leaks of the others, too; status 2."""
    leaky(tmp_path / "a.tape")
    torn = tape(tmp_path / "b.tape", interaction(sse("x")))
    torn.write_bytes(torn.read_bytes()[:-3])
    result = run("scan", tmp_path, tmp_path / "gone.tape")
    assert result.exit_code == 2
    assert "a.tape: interaction 0" in result.stdout
    assert "b.tape" in result.stderr
    assert "gone.tape" in result.stderr


def test_texts_are_scanned_and_masked(tmp_path: Path) -> None:
    """Snapshots, pages and reports in a folder are looked at as well; what is no text is not."""
    token = SECRET
    (tmp_path / "__snapshots__").mkdir()
    snapshot = tmp_path / "__snapshots__" / "a.txt"
    snapshot.write_text(f"text:\n  use {token} now\n")
    (tmp_path / "image.bin").write_bytes(b"\0" + token.encode())
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text(token)
    found = run("scan", tmp_path)
    assert found.exit_code == 1
    assert f"a.txt: line 2: openai found, {len(token)} bytes" in found.stdout
    assert found.stdout.count("\n") == 1
    assert token not in found.stdout + found.stderr
    run("scan", tmp_path, "--fix")
    assert snapshot.read_text() == f"text:\n  use {'*' * len(token)} now\n"
    assert run("scan", snapshot).stderr.endswith("clean\n")


def test_a_json_path_that_is_none(tmp_path: Path) -> None:
    """It is refused, with the spelling that is meant."""
    message = refused("scan", tmp_path, "--json-path", "**.email")
    assert "did you mean '$..email'" in message


def test_of_many_files_the_clean_ones_are_counted(tmp_path: Path) -> None:
    """A thousand lines of `clean` hide the one that is not."""
    for number in range(30):
        tape(tmp_path / f"{number}.tape", interaction(responses("double")))
    (tmp_path / "bad.tape").write_text("hello")
    lines = run("scan", tmp_path).stderr.splitlines()
    assert len(lines) == 2
    assert "bad.tape" in lines[0]
    assert lines[1] == "31 files: 30 clean"
