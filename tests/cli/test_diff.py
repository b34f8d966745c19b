"""`streamtape diff`: files and folders, exit statuses, output."""

import json
from pathlib import Path

from tests.cli.running import interaction, refused, responses, run, tape


def test_runs_that_differ_in_ids_and_cuts_are_the_same(tmp_path: Path) -> None:
    """Other ids and deltas split elsewhere are no difference: status 0."""
    a = tape(tmp_path / "a.tape", interaction(responses("double ", "bubble ", "bath")))
    b = tape(tmp_path / "b.tape", interaction(responses("dou", "ble bubble bath", run_id="2")))
    result = run("diff", a, b)
    assert result.exit_code == 0
    assert result.stdout.startswith("same at level events")


def test_one_changed_word_is_one_change(tmp_path: Path) -> None:
    """The word is shown where it is, in a few lines: status 1."""
    a = tape(tmp_path / "a.tape", interaction(responses("double ", "bubble ", "bath")))
    b = tape(tmp_path / "b.tape", interaction(responses("double ", "rubber ", "bath", run_id="2")))
    result = run("diff", a, b)
    assert result.exit_code == 1
    assert "1 changed" in result.stdout
    assert "double [-bubble-]{+rubber+} bath" in result.stdout
    assert len(result.stdout.splitlines()) < 10
    report = json.loads(run("diff", a, b, "--json").stdout)
    assert (report["same"], len(report["changes"])) == (False, 1)
    marked = run("diff", a, b, "--markdown").stdout
    assert "```diff\n" in marked
    assert "- double [-bubble-] bath\n+ double {+rubber+} bath\n" in marked


def test_levels(tmp_path: Path) -> None:
    """What is the same at one level may differ at another; an unknown one is refused."""
    a = tape(tmp_path / "a.tape", interaction(responses("double ", "bath")))
    b = tape(tmp_path / "b.tape", interaction(responses("dou", "ble bath", run_id="2")))
    assert run("diff", a, b, "--level", "content").exit_code == 0
    assert run("diff", a, b, "--level", "bytes").exit_code == 1
    assert "unknown level 'wrods'" in refused("diff", a, b, "--level", "wrods")


def test_folders_by_name(tmp_path: Path) -> None:
    """Each name is compared, what is missing on a side is told, and a table sums it up."""
    for side, word in (("a", "bubble"), ("b", "rubber")):
        tape(tmp_path / side / "same.tape", interaction(responses("x")))
        tape(tmp_path / side / "sub" / "word.tape", interaction(responses(word)))
    tape(tmp_path / "a" / "gone.tape", interaction(responses("x")))
    result = run("diff", tmp_path / "a", tmp_path / "b")
    assert result.exit_code == 1
    rows = [row.split() for row in result.stdout.splitlines()[3:6]]
    assert [row[:2] for row in rows] == [
        ["gone.tape", "only"], ["same.tape", "same"], ["sub/word.tape", "different"],
    ]  # fmt: skip
    report = json.loads(run("diff", tmp_path / "a", tmp_path / "b", "--json").stdout)
    assert [f["verdict"] for f in report["files"]] == ["only in a", "same", "different"]
    assert (
        "| `same.tape` | same |" in run("diff", tmp_path / "a", tmp_path / "b", "--markdown").stdout
    )


def test_trouble_with_one_file_of_a_folder_is_reported_beside_the_others(tmp_path: Path) -> None:
    """A damaged cassette is a row of its own, and the status is 2."""
    for side in ("a", "b"):
        tape(tmp_path / side / "same.tape", interaction(responses("x")))
        tape(tmp_path / side / "torn.tape", interaction(responses("x")))
    torn = tmp_path / "b" / "torn.tape"
    torn.write_bytes(torn.read_bytes()[:-3])
    result = run("diff", tmp_path / "a", tmp_path / "b")
    assert result.exit_code == 2
    assert "unreadable" in result.stdout
    assert "same.tape  same" in result.stdout


def test_refusals(tmp_path: Path) -> None:
    """A file against a folder, empty folders, a missing file, two kinds of output."""
    a = tape(tmp_path / "a" / "a.tape", interaction(responses("x")))
    (tmp_path / "none").mkdir()
    assert "two files or two folders" in refused("diff", a, tmp_path)
    assert "no cassettes" in refused("diff", tmp_path / "none", tmp_path / "none")
    assert "there is no cassette" in refused("diff", a, tmp_path / "gone.tape")
    assert "--json or --markdown" in refused("diff", a, a, "--json", "--markdown")


def test_the_verdict_as_a_gate(tmp_path: Path) -> None:
    """`--fail-on behaviour`: other words pass, another ending does not."""
    a = tape(tmp_path / "a" / "x.tape", interaction(responses("double ", "bath")))
    b = tape(tmp_path / "b" / "x.tape", interaction(responses("double ", "bubble", run_id="2")))
    cut = tape(tmp_path / "c" / "x.tape", interaction(responses("double ", "bath")[:-1]))
    reworded = run("diff", a, b, "--fail-on", "behaviour")
    assert (reworded.exit_code, "verdict: reworded" in reworded.stdout) == (0, True)
    changed = run("diff", a, cut, "--fail-on", "behaviour")
    assert changed.exit_code == 1
    assert "verdict: behaviour changed: " in changed.stdout
    report = json.loads(run("diff", a, cut, "--fail-on", "behaviour", "--json").stdout)
    assert report["verdict"] == "behaviour changed"
    assert report["reasons"]
    marked = run("diff", a, cut, "--level", "content", "--markdown").stdout
    assert "Verdict: **behaviour changed**" in marked
    folders = run("diff", a.parent, b.parent, "--fail-on", "behaviour")
    assert folders.exit_code == 0
    assert "verdicts: 1 reworded" in folders.stdout
    report = json.loads(run("diff", a.parent, cut.parent, "--level", "content", "--json").stdout)
    assert report["verdicts"] == {"behaviour changed": 1}
    assert run("diff", a.parent, cut.parent, "--fail-on", "behaviour").exit_code == 1
    (tmp_path / "c" / "x.tape").rename(tmp_path / "c" / "y.tape")
    assert run("diff", a.parent, cut.parent, "--fail-on", "behaviour").exit_code == 1
    page = tmp_path / "page.html"
    run("diff", a, b, "--level", "content", "--html", page)
    assert "x.tape: reworded" in page.read_text()


def test_the_gate_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    """Another level, and limits of time in the same run."""
    a = tape(tmp_path / "a.tape", interaction(responses("x")))
    assert "level content, got --level bytes" in refused(
        "diff", a, a, "--fail-on", "behaviour", "--level", "bytes"
    )
    assert "can't be combined with time limits" in refused(
        "diff", a, a, "--fail-on", "behaviour", "--fail-on", "ttft=+20%"
    )


def test_times_that_are_not_known_are_trouble(tmp_path: Path) -> None:
    """Nothing could be compared: that is neither the same nor different."""
    body = tmp_path / "a.sse"
    body.write_bytes(b"data: x\n\n")
    converted = tmp_path / "a" / "x.tape"
    converted.parent.mkdir()
    assert run("convert", body, converted).exit_code == 0
    result = run("diff", converted, converted, "--level", "timing")
    assert result.exit_code == 2
    assert result.stdout.startswith("nothing could be compared at level timing")
    assert (
        json.loads(run("diff", converted, converted, "--level", "timing", "--json").stdout)[
            "comparable"
        ]
        is False
    )
    result = run("diff", converted.parent, converted.parent, "--level", "timing")
    assert result.exit_code == 2
    assert "not compared" in result.stdout
