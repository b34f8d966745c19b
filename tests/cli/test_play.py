"""`streamtape play`: the text at its pace, files that move, refusals, and the screen with keys."""

import asyncio
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Awaitable, Callable
from fcntl import ioctl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from streamtape.cli import play_plain, play_screen
from streamtape.report.play.scenes import Act, scene_of
from streamtape.transport.clocks import VirtualClock
from tests.cli.running import interaction, refused, responses, run, tape
from tests.patience import PATIENCE_S
from tests.report.play.streams import HOSTILE, act, agent, spoken

if TYPE_CHECKING:
    from streamtape.cli.play_app import PlayApp

WORDS = ("double ", "bubble ", "bath")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cassette of one short stream."""
    return tape(tmp_path / "run.tape", interaction(responses(*WORDS), gap_us=10_000))


def test_without_a_terminal_the_text_is_printed(path: Path) -> None:
    """Each text under its heading, in the order in which it came, then how it ended."""
    assert run("play", path, "--speed", "max").stdout == (
        "run.tape  POST https://api.example.com/v1/responses → 200 OK\n"
        "❯ Say it.\n\ndouble bubble bath\n\n(complete)\n"
    )
    both = tape(path.with_name("both.tape"), agent(), interaction(responses("b")))
    text = run("play", both, "--speed", "max").stdout
    assert "[reasoning]\nThey want the weather.\n\n[tool call: get_weather]\n" in text
    assert text.index("both.tape #0") < text.index("both.tape #1")
    assert "#0" not in run("play", both, "--speed", "max", "--index", "1").stdout


class Typed:
    """Takes down what is written, and when by a clock."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.written: list[tuple[int, bytes]] = []

    def __call__(self, data: bytes) -> None:
        self.written.append((self._clock.now_us(), data))


@pytest.mark.parametrize(("speed", "factor"), [(1.0, 1), (2.0, 2), (None, None)])
def test_text_is_printed_at_its_pace(
    monkeypatch: pytest.MonkeyPatch, speed: float | None, factor: int | None
) -> None:
    """Every piece when it came, by the speed; all at once without one."""
    clock = VirtualClock()
    typed = Typed(clock)
    monkeypatch.setattr("streamtape.cli.output.write_bytes", typed)
    play_plain.play_plain([act(spoken(*WORDS))], speed, clock)
    when = {data: at_us for at_us, data in typed.written}
    expected = (300_000, 400_000, 500_000)
    for word, at_us in zip(WORDS, expected, strict=True):
        assert when[word.encode()] == (at_us // factor if factor else 0)


@pytest.mark.parametrize("kind", ["svg", "gif", "cast"])
def test_files_are_the_same_each_time(path: Path, kind: str) -> None:
    """A file that moves depends on the recording and the options alone; ours are replaced."""
    if kind == "gif":
        pytest.importorskip("PIL", reason="the extra `play` is not installed")
    target = path.with_suffix(f".{kind}")
    result = run("play", path, "--to", target)
    assert result.exit_code == 0
    assert "frames" in result.stderr
    first = target.read_bytes()
    assert run("play", path, "--to", target).exit_code == 0
    assert target.read_bytes() == first
    assert run("play", path, "--to", target, "--width", "50", "--height", "9").exit_code == 0
    assert target.read_bytes() != first


def test_options_of_a_cast(path: Path) -> None:
    """Version, size and speed reach the file."""
    target = path.with_suffix(".cast")
    run("play", path, "--to", target, "--asciicast", "2", "--width", "44", "--speed", "0.5")
    header, *rows = map(json.loads, target.read_text().splitlines())
    assert (header["version"], header["width"]) == (2, 44)
    assert rows[-1][0] == pytest.approx(0.14 + 2)


def test_slips_are_refused(path: Path) -> None:
    """With what was wrong, and what would be right."""
    other = path.with_name("other.svg")
    other.write_text("mine")
    assert "name a file *.svg, *.gif or *.cast" in refused("play", path, "--to", "x.mp4")
    assert "leaves nothing to animate" in refused("play", path, "--to", "x.svg", "--speed", "max")
    assert "streamtape did not write it" in refused("play", path, "--to", other)
    assert "is a cassette" in refused("play", path, "--to", path)
    assert "choose --plain or --to" in refused("play", path, "--plain", "--to", "x.svg")
    assert "at most 4 files" in refused("play", *[path] * 5)
    assert "--index 7" in refused("play", path, "--index", "7")
    empty = tape(path.with_name("empty.tape"))
    assert "nothing to play" in refused("play", empty)
    assert "no cassette" in refused("play", path.with_name("no.tape"))


def test_equal_names_keep_their_folders(tmp_path: Path) -> None:
    """Before and after can be told apart."""
    for side in ("before", "after"):
        tape(tmp_path / side / "run.tape", interaction(responses(side)))
    text = run(
        "play", tmp_path / "before/run.tape", tmp_path / "after/run.tape", "--speed", "max"
    ).stdout
    assert f"{tmp_path / 'before/run.tape'}  POST" in text


def test_hostile_recordings_are_printed_harmlessly(tmp_path: Path) -> None:
    """Nothing of what a terminal would obey is left."""
    path = tape(tmp_path / "x.tape", interaction(responses(HOSTILE)))
    text = run("play", path, "--speed", "max").stdout
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\0"} & set(text)


def on_screen(
    acts: list[Act], script: Callable[["PlayApp", Any], Awaitable[None]], **size: int
) -> None:
    """Run a script of key presses on the screen; time passes only as it says."""
    pytest.importorskip("textual", reason="the extra `play` is not installed")
    from streamtape.cli.play_app import PlayApp
    from streamtape.report.play.player import Player

    app = PlayApp(Player(acts), now_us=lambda: 0)

    async def play() -> None:
        async with app.run_test(size=(size.get("columns", 70), size.get("rows", 16))) as pilot:
            await script(app, pilot)

    asyncio.run(play())


def shown(app: "PlayApp") -> list[str]:
    """The rows of the screen, as they are drawn."""
    from textual.geometry import Region

    width, height = app.size
    lines = app.screen._compositor.render_strips()
    assert Region(0, 0, width, height)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_keys_move_the_player() -> None:
    """Pause, seek, step, speed, interactions, waits, both ends."""

    async def script(app: "PlayApp", pilot: Any) -> None:
        player = app.player
        await pilot.press("space")
        assert not player.is_playing
        await pilot.press("right", "right")
        assert player.at_us == ONE.length_us / 10
        await pilot.press("full_stop")
        assert player.at_us == 100_000
        await pilot.press("plus")
        assert player.speed == 2.0
        await pilot.press("minus", "minus")
        assert player.speed == 0.5
        await pilot.press("right_square_bracket")
        assert player.number == 1
        await pilot.press("5", "w")
        assert player.at_us == 1_500_000
        await pilot.press("end")
        assert player.at_us == player.act.length_us
        await pilot.press("home", "p")
        assert (player.number, player.at_us) == (0, 0)
        await pilot.press("q")

    on_screen([ONE, act(scene_of("b.tape", agent()))], script)


ONE = act(spoken(*WORDS))


def test_the_screen_shows_the_moment_and_the_keys() -> None:
    """Text, clock and keys; after a resize, too; a click on the bar goes there."""

    async def script(app: "PlayApp", pilot: Any) -> None:
        await pilot.press("space", "end")
        await pilot.pause()
        rows = shown(app)
        assert any("double bubble bath" in row for row in rows)
        assert "‖ 0.70 / 0.70 s" in rows[-2]
        assert "q quit" in rows[-1]
        assert "interaction" not in rows[-1]  # there is only one
        await pilot.resize_terminal(44, 12)
        await pilot.pause()
        assert len(shown(app)) == 12
        assert any("double bubble bath" in row for row in shown(app))
        await pilot.click("Moment", offset=(0, 9))
        assert app.player.at_us == 0

    on_screen([ONE], script)


def test_leaving_by_ctrl_c_is_kept_apart() -> None:
    """Its status is that of a command that was interrupted."""

    async def script(app: "PlayApp", pilot: Any) -> None:
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app.return_code == 130

    on_screen([ONE], script)


def test_time_moves_the_text() -> None:
    """A tick lets pass what has passed, and no more than a second of it at once."""
    pytest.importorskip("textual", reason="the extra `play` is not installed")
    from streamtape.cli.play_app import PlayApp
    from streamtape.report.play.player import Player

    now_us = 0
    app = PlayApp(Player([act(spoken(*WORDS, gap_us=1_000_000))]), now_us=lambda: now_us)

    async def play() -> None:
        nonlocal now_us
        async with app.run_test(size=(70, 16)):
            now_us = 400_000
            app.tick()
            assert app.player.at_us == 400_000
            now_us = 3_600_000_000
            app.tick()
            assert app.player.at_us == 1_400_000

    asyncio.run(play())


def test_without_the_extra_it_says_how_to_get_keys(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text is printed, and the note names what to install."""
    monkeypatch.setattr("streamtape.cli.play._is_interactive", lambda: True)
    monkeypatch.setattr(play_screen, "is_installed", lambda: False)
    result = run("play", path, "--speed", "max")
    assert "double bubble bath" in result.stdout
    assert "streamtape-recorder[play]" in result.stderr


def test_a_signal_leaves_the_terminal_as_it_was(path: Path) -> None:
    """The screen is given back, the cursor is shown, keys are echoed again."""
    pytest.importorskip("textual", reason="the extra `play` is not installed")
    long = tape(path.with_name("long.tape"), interaction(responses(*WORDS), gap_us=600_000_000))
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(theirs)
    child = subprocess.Popen(
        [sys.executable, "-m", "streamtape", "play", str(long)],
        env={**os.environ, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    written = b""
    while b"long.tape" not in written:
        assert select.select([ours], [], [], PATIENCE_S)[0], written
        written += os.read(ours, 65536)
    child.send_signal(signal.SIGTERM)
    while child.poll() is None:
        if select.select([ours], [], [], 0.05)[0]:
            written += os.read(ours, 65536)
    while select.select([ours], [], [], 0)[0]:
        written += os.read(ours, 65536)
    assert termios.tcgetattr(theirs) == before
    os.close(theirs)
    os.close(ours)
    assert child.returncode == 143
    assert written.rindex(b"\x1b[?1049l") > written.rindex(b"\x1b[?1049h")
    assert written.rindex(b"\x1b[?25h") > written.rindex(b"\x1b[?25l")
    assert b"Traceback" not in written


def test_folders_play_one_after_the_other(tmp_path: Path) -> None:
    """All recordings below, by name; beside a file, which plays in the other column."""
    for name in ("b", "a"):
        tape(tmp_path / "runs" / f"{name}.tape", interaction(responses(f"{name}-word")))
    file = tape(tmp_path / "c.tape", interaction(responses("c-word")))
    printed = run("play", tmp_path / "runs", "--plain", "--speed", "max").stdout
    assert [printed.index(f"{name}-word") for name in "ab"] == sorted(
        printed.index(f"{name}-word") for name in "ab"
    )
    assert "a.tape" in printed
    both = run("play", tmp_path / "runs", file, "--plain", "--speed", "max").stdout
    assert all(f"{name}-word" in both for name in "abc")
    (tmp_path / "none").mkdir()
    assert "no cassettes (*.tape)" in refused("play", tmp_path / "none", "--plain")
