"""Text from elsewhere is shown as what it is, wherever it is printed."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamtape
from streamtape.printable import (
    PrintableBytes,
    printable,
    printable_cell,
    printable_json,
    printable_line,
)
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tests.cli.running import run, tape

# A window title and a cleared screen, as two bytes and as one (C1); a text turned around.
HARM = "\x1b]0;pwned\x07\x1b[2J\x9b2J\x9d0;x\x9c\u202egpj.exe\u2066\x7f\x85\u2028"
UNSAFE = {chr(n) for n in (*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F)} | {
    chr(n) for n in (*range(0x2028, 0x202F), *range(0x2066, 0x206A))
}


@given(st.text())
def test_nothing_unsafe_is_left(text: str) -> None:
    """Of control characters only line ends and tabs remain, in a line not even those ends."""
    assert not set(printable(text)) & (UNSAFE - {"\n", "\t"})
    assert "\n" not in printable_line(text)
    assert printable(printable(text)) == printable(text)


@given(st.recursive(st.text() | st.integers(), lambda s: st.dictionaries(st.text(), s)))
def test_json_means_the_same(value: Any) -> None:
    """Escaped JSON reads back as what it was; in it nothing unsafe stands."""
    text = printable_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert not set(text) & UNSAFE


@given(st.binary(max_size=200), st.integers(1, 7))
def test_pieces_make_what_the_whole_makes(data: bytes, size: int) -> None:
    """Characters and line ends may be cut anywhere."""
    whole, made = PrintableBytes(), PrintableBytes()
    pieces = [made.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert b"".join(pieces) == whole.feed(data)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "＝1"])
def test_cells_run_nothing(text: str) -> None:
    """A text that a spreadsheet takes for a formula gets an apostrophe; numbers stay numbers."""
    assert str(printable_cell(text)).startswith("'")
    assert [printable_cell(value) for value in (-1, None, "a=b")] == [-1, None, "a=b"]


def hostile() -> Interaction:
    """An interaction whose every text tries to do harm to a terminal."""
    event = json.dumps(
        {"type": f"x{HARM}", "model": f"=m{HARM}", "delta": HARM}, ensure_ascii=False
    )
    request = Request(
        f"GET{HARM}",
        f"http://x/{HARM}",
        ((b"x-a" + HARM.encode(), HARM.encode()),),
        HARM.encode(),
    )
    head = Head(
        200,
        ((b"content-type", b"text/event-stream"), (b"x-b", HARM.encode())),
        0,
        f"HTTP{HARM}",
        f"OK{HARM}",
    )
    body = f"event: x{HARM}\ndata: {event}\n\ndata: {HARM}\n\n".encode()
    ending = Ending("error", 9, f"Read{HARM}", HARM, "httpx", ())
    return Interaction(request, head, Chunks.of([Chunk(1, body)]), ending)


COMMANDS = (
    ("show", "A"),
    ("show", "A", "--full"),
    ("show", "A", "--json"),
    ("check", "A"),
    ("check", "A", "--json"),
    ("check", "A", "--sarif"),
    ("stats", "A"),
    ("stats", "A", "--json"),
    ("stats", "A", "--csv"),
    ("diff", "A", "B"),
    ("diff", "A", "B", "--json"),
    ("diff", "A", "B", "--markdown"),
    ("diff", "A", "B", "--level", "bytes"),
    ("scan", "A"),
    ("scan", "A", "--json"),
    ("moderate", "A"),
    ("convert", "A", "C"),
    ("replay", "A", "--json", "--speed", "max"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_it(command: tuple[str, ...], tmp_path: Path) -> None:
    """Whatever a cassette holds, neither stdout nor stderr has anything that a terminal obeys."""
    files = {
        "A": tape(tmp_path / "a.tape", hostile(), hostile()),
        "B": tape(tmp_path / f"b{HARM.replace('/', '')}.tape", hostile()),
        "C": tmp_path / "c.har",
    }
    ran = run(*(files.get(word, word) for word in command))
    assert "Traceback" not in ran.output
    assert "No such option" not in ran.output
    for text in (ran.stdout, ran.stderr):
        assert not set(text) & (UNSAFE - {"\n", "\t"})


def test_csv_stays_csv(tmp_path: Path) -> None:
    """The cells read back; none of them begins as a formula does."""
    ran = run("stats", tape(tmp_path / "=a.tape", hostile()), "--csv")
    rows = list(csv.reader(io.StringIO(ran.stdout)))
    assert len(rows) == 2
    assert len(rows[0]) == len(rows[1])
    assert not [cell for cell in rows[1] if cell.startswith(("=", "@"))]


def test_a_miss_does_no_harm(tmp_path: Path) -> None:
    """The error names the nearest interaction, which anybody can have recorded."""
    path = tape(tmp_path / "a.tape", hostile())
    with pytest.raises(streamtape.MissError) as missed, streamtape.use_cassette(path, mode="none"):
        httpx.get("http://x/b")
    assert not set(str(missed.value)) & (UNSAFE - {"\n"})


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_a_body_on_a_terminal(tmp_path: Path) -> None:
    """To a terminal a body is printed safely; into a pipe it goes byte by byte as it was."""
    path = tape(tmp_path / "a.tape", hostile())
    argv = [sys.executable, "-m", "streamtape", "replay", str(path), "--speed", "max"]
    piped = subprocess.run(argv, capture_output=True, check=False)
    assert piped.stdout == hostile().body
    ours, theirs = pty.openpty()
    with subprocess.Popen(argv, stdout=theirs, stderr=subprocess.DEVNULL) as child:
        os.close(theirs)
        shown = b""
        try:
            while data := os.read(ours, 1 << 16):
                shown += data
        except OSError:
            pass  # how the other side of a terminal ends
        child.wait()
    os.close(ours)
    assert "␛[2J" in shown.decode()
    assert not set(shown.decode()) & (UNSAFE - {"\n", "\t", "\r"})
