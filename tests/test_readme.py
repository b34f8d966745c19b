"""The README promises only what there is: its programs, names, options, commands and files."""

import ast
import re
import shlex
from pathlib import Path

import click
import pytest

import streamtape
from streamtape.cli.app import cli
from tests.cli.running import run

REPO = Path(__file__).parent.parent
README = (REPO / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PROGRAMS = [text for kind, text in BLOCKS if kind == "python"]
COMMANDS = [
    shlex.split(line[2:].partition("  #")[0])
    for kind, text in BLOCKS
    if kind == "console"
    for line in text.splitlines()
    if line.startswith("$ ")
]
OURS = [words for words in COMMANDS if words[0] == "streamtape"]
PICTURES = re.findall(r"`(streamtape play [^`]+ --to [^`]+)` made", README)
CASSETTES = [words for words in OURS if words[-1].startswith("cassettes/")]


def shown(words: list[str]) -> str:
    """What the text shows of a command's output; nothing where it only names the command."""
    return README.partition(f"$ {shlex.join(words)}\n")[2].partition("```")[0]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_is_python(program: str) -> None:
    """Each block of Python compiles; an `await` may stand outside of a function."""
    compile(program, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_every_name_is_public() -> None:
    """Whatever the text takes from the package is there."""
    names = set(re.findall(r"\bstreamtape\.([A-Za-z_]+)\b(?!\.md)", README))
    modules = {"pytest_plugin", "strategies", "tape"}
    assert not names - modules - set(streamtape.__all__)


@pytest.mark.parametrize("words", OURS, ids=" ".join)
def test_every_command_has_its_options(words: list[str]) -> None:
    """Each `streamtape` line names a command, and options that this command has."""
    own = words[2 : words.index("--")] if "--" in words else words[2:]
    command = cli.get_command(click.Context(cli), words[1])
    assert command is not None, words[1]
    known = {name for parameter in command.params for name in parameter.opts}
    assert not {word for word in own if word.startswith("-")} - known


@pytest.mark.parametrize(
    "words", [w for w in CASSETTES if "--plot" not in w and shown(w)], ids=" ".join
)
def test_shown_output_is_what_is_printed(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the text shows of the example cassettes is printed just so; `...` stands for more."""
    monkeypatch.chdir(REPO)
    printed = run(*words[1:]).output
    assert printed
    for part in re.split(r"^\.\.\.\n", shown(words), flags=re.MULTILINE):
        assert part in printed


@pytest.mark.parametrize(
    "command", re.findall(r"`(streamtape play [^`]+ --to [^`]+)` made", README)
)
def test_pictures_are_what_their_commands_write(command: str, tmp_path: Path) -> None:
    """A picture of the text is written anew, byte for byte, by the command that stands below it."""
    _, *words = command.split()
    place = words.index("--to") + 1
    made = tmp_path / Path(words[place]).name
    before = (str(REPO / word) if word.endswith(".tape") else word for word in words[:place])
    assert run(*before, made, *words[place + 1 :]).exit_code == 0
    assert made.read_bytes() == (REPO / words[place]).read_bytes()
    assert made.stat().st_size < 150_000


def test_every_file_is_there() -> None:
    """Paths of the checkout that the text names exist."""
    named = re.findall(r"(?<![\w/])((?:tools|cassettes|streamtape)/[\w./-]+\.\w+)\b", README)
    ours = {path for path in named if "/test_" not in path}  # the others are of a reader's tests
    assert ours
    package = Path(streamtape.__file__).parent.parent  # elsewhere where the wheel is tested
    roots = (REPO, package)
    assert {path for path in ours if not any((root / path).exists() for root in roots)} == set()
