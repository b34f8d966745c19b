"""What is different in a terminal: colour, width; and where the reader of a pipe has gone."""

import os
import pty
import re
import struct
import subprocess
import sys
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest

from tests.cli.running import interaction, responses, tape
from tests.patience import PATIENCE_S


def in_terminal(*args: str | Path, columns: int = 80, **env: str) -> str:
    """What `streamtape ARGS...` writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS", "LINES"}}
    child = subprocess.Popen(
        [sys.executable, "-m", "streamtape", *map(str, args)],
        env={**clean, "TERM": "xterm-256color", **env},
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    pieces = []
    try:
        while piece := os.read(ours, 65536):
            pieces.append(piece)
    except OSError:
        pass  # how Linux says that the other side has closed
    os.close(ours)
    child.wait(PATIENCE_S)
    return b"".join(pieces).decode().replace("\r\n", "\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cassette with a text that is wider than a terminal."""
    return tape(tmp_path / "x.tape", interaction(responses(*["double bubble bath "] * 12)))


def test_a_terminal_gets_colour_and_its_width(path: Path) -> None:
    """Coloured, and wrapped at the width that the terminal has."""
    shown = in_terminal("show", path)
    assert "\x1b[" in shown
    narrow = re.sub(r"\x1b\[[0-9;]*m", "", in_terminal("show", path, columns=60))
    assert max(map(len, narrow.splitlines())) <= 60


def test_no_color_is_honoured(path: Path) -> None:
    """With NO_COLOR there is bold and dim, but no colour; a dumb terminal gets plain text."""
    assert "\x1b[3" not in in_terminal("show", path, NO_COLOR="1")
    assert "\x1b" not in in_terminal("show", path, TERM="dumb")


def test_wide_terminals_show_both_sides(path: Path, tmp_path: Path) -> None:
    """A diff is side by side where there is room."""
    words = ["double bubble bath "] * 11 + ["double rubber bath "]
    other = tape(tmp_path / "y.tape", interaction(responses(*words)))
    assert " │ " in in_terminal("diff", path, other, columns=130, NO_COLOR="1")
    assert " │ " not in in_terminal("diff", path, other, columns=80, NO_COLOR="1")


@pytest.mark.parametrize("command", ["show", "replay"])
def test_a_reader_that_has_gone_is_no_error_worth_a_word(command: str, path: Path) -> None:
    """`| head -1` ends quietly, with the status that a shell gives it."""
    reading, writing = os.pipe()
    os.close(reading)
    child = subprocess.run(
        [sys.executable, "-m", "streamtape", command, str(path)],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=PATIENCE_S,
        check=False,
    )
    os.close(writing)
    text = child.stderr
    assert child.returncode == 141
    assert b"Traceback" not in text
    assert b"Error" not in text
    assert b"BrokenPipe" not in text


def test_names_of_files_reach_a_page_without_escapes(path: Path, tmp_path: Path) -> None:
    """What a reader without scripts gets of a race may be read in a terminal, too."""
    odd = tmp_path / "b\x1b[2J\u202e.tape"
    tape(odd, interaction(responses("Hi")), interaction(responses("Ho")))
    page = tmp_path / "race.html"
    done = subprocess.run(
        [sys.executable, "-m", "streamtape", "view", "--compare", path, odd, "-o", page],
        capture_output=True,
        check=True,
    )
    for text in (page.read_text("utf-8"), done.stdout.decode(), done.stderr.decode()):
        assert re.search("[\x1b\u202e]", text) is None
