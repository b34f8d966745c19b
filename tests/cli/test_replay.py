"""`streamtape replay` to stdout."""

import gzip
import itertools
import json
import sys
import time
from pathlib import Path

import pytest

from streamtape.tape.model import Ending, Head
from tests.cli.running import interaction, refused, responses, run, sse, tape


def test_plays_the_bytes(tmp_path: Path) -> None:
    """Stdout has the recorded body, stderr says which request it answered."""
    pieces = responses("double ", "bubble ", "bath")
    result = run("replay", tape(tmp_path / "x.tape", interaction(pieces)), "--speed", "max")
    assert result.exit_code == 0
    assert result.stdout_bytes == b"".join(pieces)
    assert result.stderr == ("interaction 0: POST https://api.example.com/v1/responses → 200 OK\n")


def test_the_recorded_pace_is_the_default(tmp_path: Path) -> None:
    """Without --speed the last byte comes when it came."""
    path = tape(tmp_path / "x.tape", interaction(sse("a", "b", "c"), gap_us=30_000))
    began = time.monotonic()
    run("replay", path)
    assert time.monotonic() - began >= 0.09


def test_idle_limit_shortens_gaps(tmp_path: Path) -> None:
    """--idle-limit makes an hour of silence short."""
    path = tape(tmp_path / "x.tape", interaction(sse("a", "b"), gap_us=3_600_000_000))
    began = time.monotonic()
    assert run("replay", path, "--idle-limit", "0.01").exit_code == 0
    assert time.monotonic() - began < 3_600
    rows = run("replay", path, "--idle-limit", "0.01", "--json", "--speed", "1").stdout
    times = [json.loads(row)["at_us"] for row in rows.splitlines()]
    assert times == [10_000, 10_000, 20_000]


def test_several_interactions_in_order_or_one(tmp_path: Path) -> None:
    """All are played in order; --index chooses one, also from the end."""
    path = tape(tmp_path / "x.tape", interaction(sse("a")), interaction(sse("b")))
    assert run("replay", path).stdout == "data: a\n\ndata: b\n\n"
    assert run("replay", path, "--index", "0").stdout == "data: a\n\n"
    assert run("replay", path, "--index", "-1").stdout == "data: b\n\n"
    assert "interactions 0 to 1" in refused("replay", path, "--index", "2")


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        (Ending("error", 5_000, "ReadError", "reset"), "breaks here with ReadError: reset"),
        (Ending("abandoned", 5_000), "(abandoned)"),
        (Ending("unfinished", message="killed"), "killed (unfinished)"),
    ],
)
def test_a_recording_that_did_not_end_well_says_so(
    ending: Ending, says: str, tmp_path: Path
) -> None:
    """The bytes are played, the ending is told, status 1."""
    path = tape(tmp_path / "x.tape", interaction(sse("a"), ending=ending))
    result = run("replay", path, "--speed", "max")
    assert result.exit_code == 1
    assert result.stdout == "data: a\n\n"
    assert says in result.stderr


def test_compressed_bodies_are_unpacked_but_not_with_raw(tmp_path: Path) -> None:
    """Stdout is readable by default; --raw gives the wire bytes."""
    packed = gzip.compress(b"data: hello\n\n")
    one = interaction([packed[:20], packed[20:]])
    head = Head(200, ((b"content-type", b"text/event-stream"), (b"content-encoding", b"gzip")), 1)
    one = type(one)(one.request, head, one.chunks, one.ending)
    path = tape(tmp_path / "x.tape", one)
    assert run("replay", path).stdout == "data: hello\n\n"
    assert run("replay", path, "--raw").stdout_bytes == packed


def test_json_gives_the_steps(tmp_path: Path) -> None:
    """--json writes each step as a line, with its time at the asked-for pace."""
    ending = Ending("error", 3_000, "ReadError", "reset")
    path = tape(tmp_path / "x.tape", interaction(sse("a", "b"), ending=ending))
    result = run("replay", path, "--json", "--speed", "2")
    steps = [json.loads(row) for row in result.stdout.splitlines()]
    assert [(s["step"], s["at_us"]) for s in steps] == [
        ("start", 500), ("emit", 500), ("emit", 1_000), ("fail", 1_500),
    ]  # fmt: skip
    assert steps[1]["text"] == "data: a\n\n"
    assert steps[-1]["exception"] == "ReadError"


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan", "inf"])
def test_a_speed_that_is_none_is_refused(speed: str, tmp_path: Path) -> None:
    """Only numbers above 0 and max are speeds."""
    assert "invalid speed" in refused("replay", tmp_path / "x.tape", "--speed", speed)


def test_what_is_no_cassette_is_refused(tmp_path: Path) -> None:
    """Another file, a torn one and a missing one each give a message that names the file."""
    path = tape(tmp_path / "x.tape", interaction(responses("a")))
    torn = tmp_path / "torn.tape"
    torn.write_bytes(path.read_bytes()[:-9])
    (tmp_path / "text.tape").write_text("hello")
    assert "torn.tape" in refused("replay", torn)
    assert "not a cassette" in refused("replay", tmp_path / "text.tape")
    assert "there is no cassette" in refused("replay", tmp_path / "gone.tape")
    assert "folder" in refused("replay", tmp_path)


def test_cuts_pace_and_faults(tmp_path: Path) -> None:
    """--rechunk cuts anew, --pace sets times, --fault breaks and says so: status 1."""
    path = tape(tmp_path / "x.tape", interaction([b"".join(sse("a", "b", "c"))], gap_us=50))
    rows = run("replay", path, "--json", "--rechunk", "event", "--pace", "rate=2ms").stdout
    steps = [json.loads(row) for row in rows.splitlines()]
    assert [step["text"] for step in steps[1:]] == ["data: a\n\n", "data: b\n\n", "data: c\n\n"]
    gaps = [b["at_us"] - a["at_us"] for a, b in itertools.pairwise(steps[1:])]
    assert gaps == [2_000, 2_000]
    result = run("replay", path, "--fault", "cut@event=1", "--speed", "max")
    assert result.exit_code == 1
    assert result.stdout == "data: a\n\n"
    assert "fault: cut@event=1" in result.stderr
    assert "the stream breaks here" in result.stderr


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--rechunk", "evnt", "unknown rechunk 'evnt'"),
        ("--pace", "fast", "fast"),
        ("--fault", "cut@nowhere=1", "cut@nowhere=1"),
    ],
)
def test_an_unknown_way_to_play_is_refused(option: str, value: str, says: str) -> None:
    """A text that says nothing known is refused before a file is opened."""
    assert says in refused("replay", "no-such.tape", option, value)


def test_a_fault_that_strikes_nothing_is_reported(tmp_path: Path) -> None:
    """A place that no stream reaches is a mistake: exit status 1, to stdout and beside a child."""
    path = tape(tmp_path / "x.tape", interaction(responses("a")))
    ran = run(
        "replay", path, "--speed", "max", "--fault", "drop@event=900", "--fault", "double@event=0"
    )
    assert ran.exit_code == 1
    assert "fault drop@event=900 had no effect" in ran.stderr
    assert "fault double@event=0 struck" not in ran.stderr
    for fault in ("drop@event=1", "drop@event=?", "swap@event=?"):
        ran = run("replay", path, "--speed", "max", "--fault", fault)
        assert (ran.exit_code, "had no effect" in ran.stderr) == (0, False)
    child = run("replay", path, "--fault", "cut@event=1", "--", sys.executable, "-c", "")
    assert child.exit_code == 1
    assert "fault cut@event=1 had no effect" in child.stderr
