"""`streamtape migrate`: a suite moved over, and run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("libcst", reason="LibCST is not installed (extra migrate)")

from streamtape.tape.store import load
from tests.cli.running import refused, run

TESTS = """\
import httpx
import pytest
import vcr


@pytest.mark.vcr
def test_marked():
    assert httpx.post("https://x.example/a", content="now another").text == "hello"


@pytest.mark.vcr
def test_quiet():
    pass


@vcr.use_cassette("tests/other/named.yaml")
def test_decorated():
    assert httpx.get("https://x.example/a?b=1").text == "hello"


def test_block():
    with vcr.use_cassette("tests/other/named.yaml") as cass:
        httpx.get("https://x.example/a?b=1")
        assert cass.play_count == 1
"""
CASSETTE = """\
interactions:
- request: {{method: {method}, uri: 'https://x.example/{path}', headers: {{}}, body: 'what it was'}}
  response: {{status: {{code: 200, message: OK}}, headers: {{}}, body: {{string: hello}}}}
version: 1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose tests use pytest-recording and VCR.py."""
    tests = tmp_path / "tests"
    for name, method, path in (
        ("cassettes/test_it/test_marked.yaml", "POST", "a"),
        ("other/named.yaml", "GET", "a?b=1"),
    ):
        place = tests / name
        place.parent.mkdir(parents=True)
        place.write_text(CASSETTE.format(method=method, path=path))
    (tests / "test_it.py").write_text(TESTS)
    (tests / "data.json").write_text('{"a": 1}')
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\n[dependency-groups]\ndev = ["pytest-recording"]\n'
        '[tool.pytest.ini_options]\naddopts = "--block-network"\n'
    )
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_moved_suite_passes(project: Path) -> None:
    """Its tests replay the converted cassettes, with what VCR.py compared, and nothing is sent."""
    result = run("migrate", project / "tests", "--write")
    assert result.exit_code == 0
    assert "3 files rewritten, 2 cassettes converted" in result.stderr
    assert load(project / "tests/cassettes/test_it/test_marked.tape")[0].body == b"hello"
    assert (project / "tests/other/named.yaml").exists()
    assert "--tape-block-network" in (project / "pyproject.toml").read_text()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
    again = run("migrate", project / "tests", "--write")
    assert "nothing to migrate" in again.stderr


def test_without_write_nothing_is_changed(project: Path) -> None:
    """A diff that `patch` takes is on stdout, what to look at on stderr."""
    before = contents(project)
    result = run("migrate", project / "tests")
    assert result.exit_code == 0
    assert "-@pytest.mark.vcr\n+@pytest.mark.streamtape\n" in result.stdout
    assert "allow_no_requests=True" in result.stdout
    assert "3 files to rewrite, 2 cassettes to convert; --write does it" in result.stderr
    assert "pytest-recording: replace it with streamtape-recorder" in result.stderr
    assert contents(project) == before


def test_json_lists_what_there_is_to_do(project: Path) -> None:
    """Files, cassettes, notes, errors."""
    report = json.loads(run("migrate", project, "--json").stdout)
    assert [Path(file).name for file in report["files"]] == [
        "test_it.py", "conftest.py", "pyproject.toml",
    ]  # fmt: skip
    assert len(report["cassettes"]) == 2
    assert (report["written"], report["errors"]) == (False, [])


def test_a_file_that_is_not_python_hides_no_other(project: Path) -> None:
    """It is an error with its name and status 2; the others are moved. So with a bad cassette."""
    (project / "tests/test_bad.py").write_text("def (:\n")
    (project / "tests/other/bad.yaml").write_text("interactions: 5\n")
    result = run("migrate", project / "tests", "--write")
    assert result.exit_code == 2
    assert "test_bad.py: not Python" in result.stderr
    assert "bad.yaml" in result.stderr
    assert "streamtape" in (project / "tests/test_it.py").read_text()
    assert (project / "tests/other/named.tape").exists()


def test_cassettes_that_were_converted_stay(project: Path) -> None:
    """They are converted again with --force alone."""
    run("migrate", project / "tests", "--write")
    assert "0 cassettes" in run("migrate", project / "tests").stderr.replace(
        "nothing to migrate", "0 cassettes"
    )
    assert "2 cassettes to convert" in run("migrate", project / "tests", "--force").stderr


def test_what_is_not_there_and_a_missing_extra(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped path, and the command that installs LibCST."""
    assert "nowhere" in refused("migrate", project / "nowhere")
    monkeypatch.setitem(sys.modules, "libcst", None)
    assert 'pip install "streamtape-recorder[migrate]"' in refused("migrate", project)
