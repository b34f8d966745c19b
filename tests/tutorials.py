"""Runs a tutorial as its reader does: its files, its commands in their order, its other terminal.

A block with a title that is a file's name is that file. `console` blocks hold commands after `$ `
with what they print; `...` stands for more. A block with the title "another terminal" is started
and left running, "stop the other terminal" ends it first. Blocks of `sh` (installing, a key) are
not run. Times, dates and spaces may differ.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.patience import PATIENCE_S
from tests.ports import free_port

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)
_PORT = "8080"


def blocks(text: str) -> list[tuple[str, str, str]]:
    """(language, title, content) of every block."""
    return _BLOCK.findall(text)


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, with what is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def _plain(text: str) -> str:
    text = re.sub(r"\d[\d.,]* ?(?:ms|µs|s)\b", "TIME", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "DATE", text)
    return "\n".join(" ".join(line.split()) for line in text.splitlines()).strip()


def check_shown(shown: str, printed: str, command: str) -> None:
    """AssertionError where a command does not print what the tutorial shows, part by part."""
    rest = _plain(printed)
    for part in filter(None, map(_plain, re.split(r"^\.\.\.$", shown, flags=re.MULTILINE))):
        assert part in rest, f"$ {command}\n{printed}\n--- the tutorial shows:\n{shown}"
        rest = rest.partition(part)[2]


class Reader:
    """Follows a tutorial in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = str(free_port())
        kept = {"PATH", "LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_START"}
        self.env = {name: os.environ[name] for name in kept & os.environ.keys()}
        self.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{self.env['PATH']}"
        self.env |= {"HOME": str(folder), "PYTHONUTF8": "1"}
        self.other: subprocess.Popen[str] | None = None
        self.n_commands = 0

    def follow(self, text: str) -> None:
        """Do everything that the text says."""
        try:
            for language, title, content in blocks(text.replace(_PORT, self.port)):
                if "." in title:
                    (self.folder / title).write_text(content)
                elif language == "console":
                    self._type(title, content)
        finally:
            self.stop()

    def _type(self, title: str, content: str) -> None:
        if title == "stop the other terminal":
            self.stop()
        for command, shown in commands(content):
            self.n_commands += 1
            words = shlex.split(command)
            if title == "another terminal":
                self.other = subprocess.Popen(
                    words, cwd=self.folder, env=self.env, text=True, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )  # fmt: skip
                assert self.other.stdout is not None
                check_shown(shown, self.other.stdout.readline(), command)
            elif words[0] == "export":
                name, _, value = words[1].partition("=")
                self.env[name] = value
            else:
                done = subprocess.run(
                    ["sh", "-c", command], cwd=self.folder, env=self.env, text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                )  # fmt: skip
                check_shown(shown, done.stdout, command)
                assert shown or done.returncode == 0, f"$ {command}\n{done.stdout}"

    def stop(self) -> None:
        """End what runs in the other terminal, as Ctrl-C does."""
        if self.other is not None:
            self.other.terminate()
            self.other.communicate(timeout=PATIENCE_S)
            self.other = None
