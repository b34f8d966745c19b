"""The group: help, names, and what becomes of trouble."""

import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from streamtape import __version__
from streamtape.cli.app import cli
from streamtape.cli.overview import COMMANDS
from tests.children import unmeasured
from tests.cli.running import refused, run
from tests.patience import PATIENCE_S

TAPE = str(Path(__file__).parent.parent.parent / "cassettes" / "llama.cpp" / "responses.tape")


def test_help_lists_every_command() -> None:
    """`streamtape --help` names every command and what it does."""
    result = run("--help")
    assert result.exit_code == 0
    for name, (_, says) in COMMANDS.items():
        assert name in result.stdout
        assert says in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_examples_and_json(name: str) -> None:
    """Every command's help says what it does, shows examples, and has --json.

    `play` is for people alone: what it plays, `show --json` has for programs.
    """
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert name == "play" or "--json" in result.stdout


def test_help_imports_no_command() -> None:
    """The list of commands needs none of them, nor what they are made of."""
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from streamtape.cli.app import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0\n"
        "heavy = {'httpx', 'rich', 'zstandard', 'msgpack', 'msgspec', 'asyncio', 'ssl'}\n"
        "print(sorted(heavy & set(sys.modules)), [m for m in sys.modules if 'cli.' in m])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert result.stderr == ""
    found, modules = result.stdout.strip().split("] [")
    assert found == "["
    assert "record" not in modules


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_first_help_is_the_same_without_the_parser_of_options(option: str) -> None:
    """A process that is asked for help alone says what the group says, and loads no click."""
    code = (
        f"import sys; sys.argv = ['streamtape', {option!r}]\n"
        "from streamtape.cli import main\n"
        "main()\n"
        "assert 'click' not in sys.modules and 'typing' not in sys.modules\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
        env=unmeasured(),
    )
    assert ran.stdout == run(option).stdout
    assert ran.stderr == ""


def test_the_overview_tells_the_options_that_there_are() -> None:
    """The text is written by hand: it has each option of the group, and its help."""
    lines = run("--help").stdout.splitlines()
    options = lines[lines.index("Options:") + 1 : lines.index("Commands:") - 1]
    with click.Context(cli) as context:
        expected = [p.get_help_record(context) for p in cli.get_params(context)]
    assert options == [f"  {record[0]:13}  {record[1]}" for record in expected if record]


def test_version() -> None:
    """`--version` says the version."""
    assert run("--version").stdout == f"streamtape, version {__version__}\n"


def test_an_unknown_command_is_refused_with_the_one_that_was_meant() -> None:
    """A misspelt command gives the nearest one, status 2."""
    assert "Did you mean 'replay'?" in refused("relay", "x.tape")


def test_module_runs_as_a_program(tmp_path: Path) -> None:
    """`python -m streamtape` is the same command; trouble is a message and status 2."""
    ran = subprocess.run(
        [sys.executable, "-m", "streamtape", "show", "nothing.tape"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        timeout=PATIENCE_S,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("Error: there is no cassette 'nothing.tape'")
    assert ran.stdout == ""


@pytest.mark.skipif(sys.platform == "win32", reason="there a process has no such descriptors")
@pytest.mark.parametrize("args", [("--help",), ("show", TAPE), ("show", "nothing.tape")])
def test_without_a_stdout(args: tuple[str, ...]) -> None:
    """A process that was started with its stdout closed does its work, and says no traceback."""
    command = shlex.join([sys.executable, "-m", "streamtape", *args])
    ran = subprocess.run(
        ["sh", "-c", f"exec {command} >&-"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert ran.returncode == (2 if "nothing.tape" in args else 0)
    assert ran.stderr.startswith("Error: " if ran.returncode else "")
    assert "Traceback" not in ran.stderr
