"""`streamtape show`, and git's textconv."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamtape.tape.model import Cassette, Ending
from streamtape.tape.store import save
from tests.cli.running import interaction, refused, responses, run, sse, tape
from tests.patience import PATIENCE_S


def test_shows_everything_that_matters(tmp_path: Path) -> None:
    """Request, head, grouped events, text, ending and what was masked are all there."""
    path = tape(tmp_path / "x.tape", interaction(responses("double ", "bubble ", "bath")))
    shown = run("show", path).stdout
    for part in (
        "#0  POST https://api.example.com/v1/responses  →  200 OK",
        "recorded 2026-01-01 00:00:00 UTC",
        '"input": "Say it."',
        "response.output_text.delta ×3",
        '"double bubble bath"',
        "model gpt-4.1, status completed",
        "complete at 7.0 ms",
        "request.header:authorization",
    ):
        assert part in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        (
            Ending("error", 9_000, "ReadError", "reset"),
            "ERROR at 9.0 ms\n    the stream broke with ReadError: reset",
        ),
        (Ending("abandoned", 9_000), "ABANDONED at 9.0 ms\n    the client stopped reading"),
        (
            Ending("unfinished", message="killed"),
            "UNFINISHED\n    the recorder stopped before the",
        ),
    ],
)
def test_broken_endings_stand_out(ending: Ending, says: str, tmp_path: Path) -> None:
    """An ending that is not complete is in capitals and says why."""
    path = tape(tmp_path / "x.tape", interaction(responses("a"), ending=ending))
    assert says in run("show", path).stdout


def test_without_times_equal_runs_look_equal(tmp_path: Path) -> None:
    """--no-times leaves out what two runs differ in by nature."""
    a = tape(tmp_path / "a.tape", interaction(responses("a"), gap_us=1_000))
    b = tape(tmp_path / "b.tape", interaction(responses("a"), gap_us=7_000))
    assert run("show", a).stdout != run("show", b).stdout
    assert run("show", a, "--no-times").stdout == run("show", b, "--no-times").stdout


def test_events_frames_and_raw(tmp_path: Path) -> None:
    """--events has whole payloads, --frames what was on the wire, --raw the body."""
    path = tape(tmp_path / "x.tape", interaction([b": ping\n\n", *sse('{"a": 1}', "two")]))
    assert run("show", path, "--events", "--no-times").stdout.splitlines() == [
        '0  message  {"a": 1}', "1  message  two",
    ]  # fmt: skip
    assert run("show", path, "--frames").stdout.splitlines() == [
        "0  0.001  : ping", '1  0.002  data: {"a": 1}', "2  0.003  data: two",
    ]  # fmt: skip
    assert run("show", path, "--raw").stdout == ': ping\n\ndata: {"a": 1}\n\ndata: two\n\n'


def test_json(tmp_path: Path) -> None:
    """--json has everything, the events where they are asked for."""
    path = tape(tmp_path / "x.tape", interaction(responses("a", "b")))
    (report,) = json.loads(run("show", path, "--json", "--events").stdout)["interactions"]
    assert report["transcript"]["text"] == "ab"
    assert report["events"][2]["payload"]["delta"] == "a"
    assert report["timing"]["first_content_us"] == 3_000
    assert report["redactions"] == [{"where": "request.header:authorization", "kind": "name"}]


def test_control_characters_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    """A stream can't clear the reader's screen."""
    path = tape(tmp_path / "x.tape", interaction(responses("a\x1b[2Jb")))
    shown = run("show", path).stdout
    assert "\x1b" not in shown
    assert "a␛[2Jb" in shown


def test_half_a_character_is_no_trouble(tmp_path: Path) -> None:
    """A text that ends in half of a surrogate pair is printed as its escape."""
    event = b'event: response.output_text.delta\ndata: {"type": "response.output_text.delta", '
    event += b'"output_index": 0, "content_index": 0, "delta": "\\ud83d"}\n\n'
    path = tape(tmp_path / "x.tape", interaction([event]))
    assert "\\ud83d" in run("show", path).stdout
    assert json.loads(run("show", path, "--json").stdout)


def test_a_body_that_can_not_be_unpacked_is_reported(tmp_path: Path) -> None:
    """A wrong content-encoding is a line of the report, not an error of the command."""
    one = interaction(sse("a"), content_type=b"text/event-stream\r\ncontent-encoding: gzip")
    assert one.head is not None
    head = type(one.head)(
        200, ((b"content-type", b"text/event-stream"), (b"content-encoding", b"gzip"))
    )
    path = tape(tmp_path / "x.tape", type(one)(one.request, head, one.chunks, one.ending))
    result = run("show", path)
    assert result.exit_code == 0
    assert "not what its content-encoding 'gzip' says" in result.stdout


def test_ordinary_and_empty_ones(tmp_path: Path) -> None:
    """A JSON answer is shown as JSON; a cassette without interactions says so."""
    body = [b'{"error": {"message": "no"}}']
    path = tape(tmp_path / "x.tape", interaction(body, content_type=b"application/json"))
    assert '"message": "no"' in run("show", path).stdout
    save(Cassette(), tmp_path / "empty.tape")
    assert "no interactions" in run("show", tmp_path / "empty.tape").stdout


def test_refusals(tmp_path: Path) -> None:
    """Options that exclude each other, and names that there are not."""
    path = tape(tmp_path / "x.tape", interaction(responses("a")))
    assert "choose one" in refused("show", path, "--raw", "--events")
    assert "unknown dialect 'opnai'" in refused("show", path, "--dialect", "opnai")


def test_git_shows_what_changed_in_a_cassette(tmp_path: Path) -> None:
    """As textconv, one changed word is one changed line of `git diff`."""
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*args: str) -> str:
        command = ["git", "-c", "user.name=n", "-c", "user.email=e@x", *args]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        ).stdout

    git("init", "-q")
    (tmp_path / ".gitattributes").write_text("*.tape diff=tape\n")
    git("config", "diff.tape.textconv", f"{sys.executable} -m streamtape show --no-times")
    tape(tmp_path / "x.tape", interaction(responses("double ", "bubble ", "bath")))
    git("add", ".")
    git("commit", "-qm", "one")
    tape(
        tmp_path / "x.tape", interaction(responses("dou", "ble rubber bath", run_id="2"), gap_us=9)
    )
    changed = [
        row
        for row in git("diff", "--no-color").splitlines()
        if row.startswith(("+", "-")) and not row.startswith(("+++", "---"))
    ]
    assert changed[-2:] == ["-    double bubble bath", "+    double rubber bath"]
    assert len(changed) <= 4
