"""`streamtape view`: one page of one or several recordings."""

import json
from pathlib import Path

import pytest

from tests.cli.running import interaction, refused, responses, run, tape
from tests.report.page.hostile import hostile
from tests.report.page.test_document import Page
from tests.streams import Writer

LLAMA = Path(__file__).parent.parent.parent / "cassettes" / "llama.cpp" / "responses.tape"


def test_one_page_of_several_recordings(tmp_path: Path) -> None:
    """Every interaction of every file, in order, with its file's name."""
    fine = Writer().message("one").end().interaction()
    tape(tmp_path / "a.tape", fine, interaction(responses("two")))
    tape(tmp_path / "b.tape", hostile())
    page = tmp_path / "both.html"
    result = run("view", tmp_path, "-o", page, "--json")
    report = json.loads(result.stdout)
    assert report == {"path": str(page), "bytes": page.stat().st_size, "interactions": 3}
    shown = Page(page.read_text()).data["interactions"]
    assert [(one["file"], one["number"]) for one in shown] == [
        ("a.tape", 0),
        ("a.tape", 1),
        ("b.tape", 0),
    ]
    assert "authorization" in json.dumps(shown[1]["masked"])


def test_findings_stand_at_their_events(tmp_path: Path) -> None:
    """What `check` finds is in the page, unless it is left out."""
    page = tmp_path / "run.html"
    run("view", LLAMA, "-o", page)
    (one,) = Page(page.read_text()).data["interactions"]
    assert {"required", "field", "sequence", "truncated"} == {f["rule"] for f in one["findings"]}
    assert one["findings"][4]["event"] == 4
    run("view", LLAMA, "-o", page, "--no-checks")
    (one,) = Page(page.read_text()).data["interactions"]
    assert one["findings"] == []


def test_where_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To stdout, or beside where one is, under the recording's name."""
    path = tape(tmp_path / "run.tape", interaction(responses("one")))
    assert run("view", path, "-o", "-").stdout.startswith("<!doctype html>")
    monkeypatch.chdir(tmp_path)
    assert "run.html: 1 interaction," in run("view", path).stderr
    assert (tmp_path / "run.html").read_text().startswith("<!doctype html>")
    assert "cannot write" in refused("view", path, "-o", tmp_path / "no" / "run.html")
    assert "no cassette" in refused("view", tmp_path / "none.tape")


def test_the_plain_text_is_there_without_scripts(tmp_path: Path) -> None:
    """Readers without scripts get what `show` tells."""
    page = tmp_path / "run.html"
    run("view", tape(tmp_path / "run.tape", interaction(responses("double ", "bath"))), "-o", page)
    ((_, text),) = Page(page.read_text()).of("pre")
    assert "double bath" in text
    assert "ending    complete" in text


@pytest.mark.parametrize("command", ["view", "diff"])
def test_a_page_replaces_no_cassette(command: str, tmp_path: Path) -> None:
    """`-o run.tape` by mistake costs no recording."""
    path = tape(tmp_path / "run.tape", interaction(responses("one")))
    before = path.read_bytes()
    expected = (
        ("view", path, "-o", path) if command == "view" else ("diff", path, path, "--html", path)
    )
    assert "is a cassette: a page would replace it" in refused(*expected)
    assert path.read_bytes() == before


def test_the_page_of_a_folder_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not that of the first file in it; an absolute path and `.` likewise."""
    monkeypatch.chdir(tmp_path)
    tape(tmp_path / "tapes" / "a.tape", interaction(responses("one")))
    assert run("view", "tapes/").exit_code == 0
    assert (tmp_path / "tapes.html").is_file()
    monkeypatch.chdir(tmp_path / "tapes")
    assert run("view", ".").exit_code == 0
    assert (tmp_path / "tapes" / "tapes.html").is_file()
