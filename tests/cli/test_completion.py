"""Shell completion: what is completed, and that a real bash, zsh and fish do it."""

import os
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from streamtape.cli.app import cli
from streamtape.cli.overview import COMMANDS
from tests.cli.running import refused, run
from tests.patience import PATIENCE_S

SHELLS = ("bash", "zsh", "fish")
CHOICES = [
    ("diff a b --level co", ["content"]),
    ("diff a b --fail-on beh", ["behaviour"]),
    ("diff a b --fail-on ttf", ["ttfb=+", "ttfe=+", "ttft=+"]),
    ("check x --fail-on w", ["warning"]),
    ("check x --profile op", ["openai", "openrouter", "open-responses"]),
    ("check x --off sequence,ter", ["sequence,terminal"]),
    ("record -o x --mode n", ["none", "new_episodes"]),
    ("record -o x --provider anth", ["anthropic"]),
    ("record -o x --mo", ["--mode"]),
    ("convert a b --to n", ["ndjson"]),
    ("show x --dialect openai-resp", ["openai-responses"]),
    ("replay x --rechunk b", ["bytes", "byte"]),
    ("moderate x --every s", ["sentence"]),
    ("completion z", ["zsh"]),
    ("sc", ["scan"]),
    ("--ver", ["--version"]),
]
FILES = [
    "show ",
    "replay ",
    "check ",
    "stats a ",
    "view x -o ",
    "record -o ",
    "convert a ",
    "diff a ",
    "scan ",
    "recover ",
    "moderate ",
    "diff a b --html ",
    "stats a --plot-to ",
    "play ",
    "play x --to ",
    "replay x -- ",
    "record -o x -- ",
]


def completed(line: str) -> list[tuple[str, str]]:
    """What a shell is given for a line: type and value."""
    *args, last = line.split(" ")
    found = ShellComplete(cli, {}, "streamtape", "_X").get_completions(args, last)
    return [(item.type, item.value) for item in found]


@pytest.mark.parametrize(("line", "values"), CHOICES)
def test_names_are_completed(line: str, values: list[str]) -> None:
    """Commands, options, and values that are known."""
    assert sorted(value for _, value in completed(line)) == sorted(values)


@pytest.mark.parametrize("line", FILES)
def test_files_are_completed(line: str) -> None:
    """Wherever a path belongs, the shell completes files."""
    assert completed(line) == [("file", "")]


def test_folders_are_completed() -> None:
    """Where only a folder will do."""
    assert completed("demo --keep ") == [("dir", "")]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_that_names_a_file_completes_files(name: str) -> None:
    """By its metavar: no option is forgotten."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    for param in command.params:
        metavar = str(param.metavar or "")
        if metavar.startswith(("FILE", "FOLDER", "DIR")) or metavar in {"A", "B", "IN", "OUT"}:
            assert param.type.name in {"file", "dir", "path"}, param.name


@pytest.mark.parametrize("line", ["nonsense ", "record -o x -- ", "replay x -- pyth", "diff --x "])
def test_a_strange_line_is_no_traceback(line: str) -> None:
    """A shell that completes gets something or nothing."""
    completed(line)


def test_an_unknown_shell_is_refused() -> None:
    """With those that are known."""
    assert "'bash', 'zsh', 'fish'" in refused("completion", "tcsh")


DRIVERS = {
    "bash": """
source <(streamtape completion bash)
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
compopt() {{ echo "compopt $*"; }}
_streamtape_completion streamtape
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    "zsh": """
autoload -Uz compinit; compinit -D -u
source <(streamtape completion zsh)
compadd() {{ print -l -- "${{completions[@]}}"; }}
_describe() {{ print -l -- "${{completions_with_descriptions[@]%%:*}}"; }}
_path_files() {{ echo "compopt $*"; }}
words=({words}); CURRENT=$#words
_streamtape_completion
""",
    "fish": """
streamtape completion fish | source
complete -C "{line}"
""",
}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "expected"),
    [("streamtape diff a b --level ti", "timing"), ("streamtape rep", "replay"),
     ("streamtape show ru", "FILE")],
)  # fmt: skip
def test_a_real_shell_completes(shell: str, line: str, expected: str, tmp_path: Path) -> None:
    """The script runs in the shell that it is for, and gives what was asked for."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    if shutil.which("streamtape") is None:
        pytest.skip("the command is not on the PATH")
    (tmp_path / "run.tape").touch()
    quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    script = DRIVERS[shell].format(line=line, words=line)
    ran = subprocess.run(
        [program, *quiet, "-c", script],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        timeout=PATIENCE_S,
        check=False,
    )
    found = "compopt" if expected == "FILE" and shell != "fish" else expected
    found = "run.tape" if expected == "FILE" and shell == "fish" else found
    assert any(row.startswith(found) for row in ran.stdout.splitlines()), ran


@pytest.mark.parametrize("shell", SHELLS)
def test_json(shell: str) -> None:
    """The script as JSON, for programs that install it."""
    assert f"{shell}_complete" in run("completion", shell, "--json").stdout
