"""`streamtape stats`, `moderate` and `diff --fail-on`: files and folders, statuses, output."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.running import interaction, refused, responses, run, tape

CASSETTES = Path(__file__).parent.parent.parent / "cassettes"
LLAMA = CASSETTES / "llama.cpp" / "responses.tape"


def test_one_stream_is_reported_in_full() -> None:
    """Times to the first of things, gaps, and what each measure is."""
    lines = run("stats", LLAMA, "--plot").stdout.splitlines()
    assert lines[1].endswith("128 events, 21,333 bytes, 120 output tokens")
    assert any(line.split()[:1] == ["ttft"] and line.endswith("(text)") for line in lines)
    assert any("sending of the request to the response head" in line for line in lines)
    assert any("events over time" in line for line in lines)
    assert any("text growing  0 to 504 characters" in line for line in lines)


def test_many_streams_are_summed_up() -> None:
    """A folder gives mean, median, p90 and p99; CSV a row a stream; JSON all of it."""
    assert "streams in" in run("stats", CASSETTES).stdout.splitlines()[0]
    rows = list(csv.DictReader(io.StringIO(run("stats", CASSETTES, "--csv").stdout)))
    assert {Path(row["source"]).name for row in rows} >= {"responses.tape", "refusal.tape"}
    report = json.loads(run("stats", CASSETTES, "--json").stdout)
    assert len(report["streams"]) == len(rows)
    assert report["summary_us"]["ttfe"]["n"] == len(rows)
    assert "choose --json or --csv" in refused("stats", LLAMA, "--json", "--csv")


@pytest.mark.parametrize("options", [(), ("--csv",), ("--json",), ("--plot",)], ids=str)
@pytest.mark.parametrize("n_good", [0, 1, 2])
def test_a_file_that_is_no_cassette_is_named(
    tmp_path: Path, n_good: int, options: tuple[str, ...]
) -> None:
    """The others are measured all the same, whatever is written; the status is that of check."""
    (tmp_path / "a.tape").write_text("no cassette")
    for number in range(n_good):
        tape(tmp_path / f"b{number}.tape", interaction(responses("a", "b")))
    (tmp_path / "c.tape").write_bytes(b"")
    result = run("stats", tmp_path, *options)
    assert result.exit_code == run("check", tmp_path).exit_code == 2
    assert [name in result.stderr for name in ("a.tape", "b0.tape", "c.tape")] == [
        True,
        False,
        True,
    ]
    if options == ("--json",):
        found = json.loads(result.stdout)
        assert [Path(name).name for name in found["unreadable"]] == ["a.tape", "c.tape"]
        assert len(found["streams"]) == n_good
    elif options == ("--csv",):
        assert len(result.stdout.splitlines()) == 1 + n_good
    else:
        assert bool(result.stdout) == bool(n_good)


def test_a_plot_needs_a_name_that_says_its_kind(tmp_path: Path) -> None:
    """SVG where matplotlib is installed; another kind is refused."""
    assert "not as 'gif'" in refused("stats", LLAMA, "--plot-to", tmp_path / "run.gif")
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    assert run("stats", LLAMA, "--plot-to", tmp_path / "run.svg").exit_code == 0
    assert (tmp_path / "run.svg").read_bytes().startswith(b"<?xml")


def test_a_limit_needs_enough_recordings(tmp_path: Path) -> None:
    """One recording a side can't tell: status 2; a slip in the limit is refused."""
    result = run("diff", LLAMA, LLAMA, "--fail-on", "ttft=+20%")
    assert result.exit_code == 2
    assert "too few to tell (1 and 1 recordings" in result.stdout
    assert "invalid limit" in refused("diff", LLAMA, LLAMA, "--fail-on", "speed=+20%")


def test_slower_recordings_fail(tmp_path: Path) -> None:
    """Six recordings a side, twice as slow: status 1, with the interval; the same: 0."""
    for side, factor in (("a", 1), ("b", 2)):
        for number in range(6):
            gap_us = factor * (10_000 + 50 * number)
            one = interaction(responses("double ", "bubble ", "bath"), gap_us=gap_us)
            tape(tmp_path / side / f"{number}.tape", one)
    args = ("diff", tmp_path / "a", tmp_path / "b", "--fail-on", "total=+20%")
    result = run(*args)
    assert result.exit_code == 1
    assert "BEYOND" in result.stdout
    assert "95 % interval" in result.stdout
    report = json.loads(run(*args, "--json").stdout)
    assert report["limits"][0]["outcome"] == "beyond"
    assert run("diff", tmp_path / "a", tmp_path / "a", "--fail-on", "total=+20%").exit_code == 0


def test_a_classifier_is_named_and_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`module:function`, found from here: status 1 where it flags, 0 where it does not."""
    (tmp_path / "rules_of_stats.py").write_text(
        "def bad(text):\n    return 'bath' in text\n\nasync def fine(text):\n    return 0.1\n"
    )
    monkeypatch.chdir(tmp_path)
    path = tape(tmp_path / "a.tape", interaction(responses("double ", "bubble ", "bath")))
    result = run("moderate", path, "--with", "rules_of_stats:bad")
    assert result.exit_code == 1
    assert "as a whole flagged" in result.stdout
    assert "held back" in result.stdout
    report = json.loads(
        run("moderate", path, "--with", "rules_of_stats:bad", "--every", "5", "--json").stdout
    )
    assert [way["every"] for way in report[0]["ways"]] == [5]
    assert run("moderate", path, "--with", "rules_of_stats:fine").exit_code == 0
    assert "write MODULE:FUNCTION" in refused("moderate", path, "--with", "rules_of_stats")
    assert "has no function" in refused("moderate", path, "--with", "rules_of_stats:nothing")
    assert "cannot import" in refused("moderate", path, "--with", "no_such_module:f")
