"""`streamtape check`: files and folders, exit statuses, output."""

import json
import shutil
from pathlib import Path

from tests.cli.running import interaction, refused, responses, run, tape
from tests.streams import Writer

LLAMA = Path(__file__).parent.parent.parent / "cassettes" / "llama.cpp" / "responses.tape"


def test_a_real_server_s_defects_are_reported() -> None:
    """llama.cpp's Responses stream: a line a finding, status 1."""
    result = run("check", LLAMA)
    assert result.exit_code == 1
    first, *lines = result.stdout.splitlines()
    assert first.endswith("responses.tape: 8 errors, 5 warnings")
    assert len(lines) == 13
    assert "has no output_index, content_index (120 times)" in result.stdout


def test_rules_can_be_switched_off(tmp_path: Path) -> None:
    """Without the rule that has errors, warnings are left: status 0, or 1 where they count."""
    assert run("check", LLAMA, "--off", "required").exit_code == 0
    assert run("check", LLAMA, "--off", "required", "--fail-on", "warning").exit_code == 1
    assert run("check", LLAMA, "--off", "required,field,sequence,truncated").stdout.endswith(
        "fine\n"
    )
    assert "unknown rule 'requird'" in refused("check", LLAMA, "--off", "requird")
    assert "unknown profile 'opnai'" in refused("check", LLAMA, "--profile", "opnai")


def test_a_folder_is_all_that_is_in_it(tmp_path: Path) -> None:
    """Each cassette below a folder has its own heading; an empty folder is refused."""
    (tmp_path / "deep").mkdir()
    shutil.copy(LLAMA, tmp_path / "deep" / "llama.tape")
    tape(tmp_path / "ours.tape", interaction(responses("double ", "bath")))
    report = json.loads(run("check", tmp_path, "--json").stdout)
    assert sorted(Path(name).name for name in report["files"]) == ["llama.tape", "ours.tape"]
    sources = {Path(f["source"]).name for f in report["findings"] if f["rule"] == "truncated"}
    assert sources == {"llama.tape"}
    tape(tmp_path / "fine.tape", Writer().message("fine").end().interaction())
    lines = run("check", tmp_path, "--off", "required,lifecycle,joined").stdout.splitlines()
    assert not any("fine.tape" in line for line in lines)
    assert lines[-1].startswith("3 files: 1 fine; ")
    (tmp_path / "empty").mkdir()
    assert "no cassettes" in refused("check", tmp_path / "empty")
    assert "no cassettes given" in refused("check")


def test_a_file_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    """The rest is checked, what is wrong is said, and the status is 2."""
    tape(tmp_path / "good.tape", Writer().message("fine").end().interaction())
    (tmp_path / "bad.tape").write_bytes(b"no cassette")
    result = run("check", tmp_path)
    assert result.exit_code == 2
    assert "bad.tape" in result.stderr
    assert result.stdout == "2 files: 1 fine; 1 can't be read\n"
    report = json.loads(run("check", tmp_path, "--json").stdout)
    assert [Path(name).name for name in report["files"]] == ["good.tape"]
    assert [Path(name).name for name in report["unreadable"]] == ["bad.tape"]


def test_sarif_names_the_file_and_the_rule() -> None:
    """SARIF 2.1.0, as code hosts read it."""
    result = run("check", LLAMA, "--sarif")
    assert result.exit_code == 1
    (report,) = json.loads(result.stdout)["runs"]
    one = report["results"][0]
    place = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place.endswith("cassettes/llama.cpp/responses.tape")
    assert (one["ruleId"], one["level"]) == ("required", "error")
    assert {rule["id"] for rule in report["tool"]["driver"]["rules"]} == {
        "field",
        "required",
        "sequence",
        "truncated",
    }
    assert "choose --json or --sarif" in refused("check", LLAMA, "--json", "--sarif")


def test_sarif_has_what_the_standard_requires(tmp_path: Path) -> None:
    """SARIF 2.1.0: 3.13 log, 3.14 run, 3.18 tool, 3.27 result; places are URI references."""
    folder = tmp_path / "a b#"
    folder.mkdir()
    shutil.copy(LLAMA, folder / "é%.tape")
    log = json.loads(run("check", folder, "--sarif").stdout)
    assert log["version"] == "2.1.0"
    (found,) = log["runs"]
    driver = found["tool"]["driver"]
    assert driver["name"] == "streamtape"
    known = {rule["id"] for rule in driver["rules"]}
    assert len(known) == len(driver["rules"])
    for result in found["results"]:
        assert result["message"]["text"]
        assert result["ruleId"] in known
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["occurrenceCount"] >= 1
        (place,) = result["locations"]
        place = place["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert place["artifactLocation"]["uri"] == (folder / "é%.tape").as_uri()


def test_sarif_tells_of_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A log without results is no clean bill where a file could not be read."""
    (report,) = json.loads(run("check", LLAMA, "--sarif").stdout)["runs"]
    assert report["invocations"] == [
        {"executionSuccessful": True, "toolExecutionNotifications": []}
    ]
    bad = tmp_path / "bad.tape"
    bad.write_bytes(b"junk")
    result = run("check", bad, "--sarif")
    assert result.exit_code == 2
    (report,) = json.loads(result.stdout)["runs"]
    (invocation,) = report["invocations"]
    assert invocation["executionSuccessful"] is False
    (note,) = invocation["toolExecutionNotifications"]
    assert note["level"] == "error"
    assert "is not a cassette" in note["message"]["text"]
    place = note["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == bad.as_uri()


def test_the_rules_are_listed() -> None:
    """Every rule with its weight and its question."""
    lines = run("check", "--rules").stdout.splitlines()
    assert any(line.split()[:2] == ["lifecycle", "error"] for line in lines)
    assert len(lines) > 25
