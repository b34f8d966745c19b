"""The documents promise only what there is: programs, names, options, commands, files, links."""

import ast
import re
import shlex
from pathlib import Path

import click
import pytest

import streamtape
from streamtape.cli.app import cli
from tests.cli.running import run
from tools.docs import reference
from tools.docs.build import pages, unlisted

REPO = Path(__file__).parent.parent
SITE = REPO / "tools" / "docs" / "site"
README = (REPO / "README.md").read_text()
TEXTS = {
    str(path.relative_to(REPO)): path.read_text()
    for path in (REPO / "README.md", *sorted(SITE.rglob("*.md")))
}
BLOCKS = [
    (name, kind, text)
    for name, document in TEXTS.items()
    for kind, text in re.findall(r"^```(\w*)[^\n`]*\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
]
PROGRAMS = [(name, text) for name, kind, text in BLOCKS if kind == "python"]
COMMANDS = [
    (name, shlex.split(line[2:].partition("  #")[0]))
    for name, kind, text in BLOCKS
    if kind == "console"
    for line in text.splitlines()
    if line.startswith("$ ")
]
OURS = [(name, words) for name, words in COMMANDS if words[0] == "streamtape"]


def shown(name: str, words: list[str]) -> str:
    """What a document shows of a command's output; nothing where it only names the command."""
    return TEXTS[name].partition(f"$ {shlex.join(words)}\n")[2].partition("```")[0]


SHOWN = [
    (name, words)
    for name, words in OURS
    if words[-1].startswith("cassettes/") and "--plot" not in words and shown(name, words)
]


def named(value: object) -> str:
    """A test's name: the document, or the command."""
    return " ".join(value) if isinstance(value, list) else str(value).partition("\n")[0]


def test_the_readme_is_short() -> None:
    """Who opens it reads it to the end: at most 700 words."""
    assert len(README.split()) <= 700


@pytest.mark.parametrize("recorder", ["streamtape", "vcrpy"])
def test_the_readme_quotes_the_size_that_the_benchmarks_have(recorder: str) -> None:
    """Both are what `bench.py recording` measures; recorded times move it by some 1 %."""
    quoted = re.search(rf"^\| \**{recorder}\b.* \**([\d.]+) ([kM])B\** \|", README, re.MULTILINE)
    benchmarks = TEXTS["tools/docs/site/benchmarks.md"]
    measured = re.search(
        rf"^\| 5008 events on disk, [^|]* \| {recorder} \| ([\d,]+) \|", benchmarks, re.MULTILINE
    )
    assert quoted
    assert measured
    n_bytes = float(quoted[1]) * {"k": 1e3, "M": 1e6}[quoted[2]]
    assert n_bytes == pytest.approx(int(measured[1].replace(",", "")), rel=0.03)


def test_every_link_between_documents_leads_somewhere() -> None:
    """A file that a link names is there; pages of the reference are written by the site's build."""
    written = pages()
    for name, text in TEXTS.items():
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", prose):
            path = (REPO / name).parent.joinpath(target).resolve()
            page = path.is_relative_to(SITE) and str(path.relative_to(SITE)) in written
            picture = path.parent == SITE and (SITE.parent / path.name).exists()
            assert page or path.exists() or picture, f"{name}: {target}"


def test_nothing_of_the_site_is_loaded_from_elsewhere() -> None:
    """Drawings are text: the generator would fetch a library for Mermaid's."""
    assert [name for name, text in pages().items() if "```mermaid" in text] == []
    # Without this file of ours, the search in a folder would load one of that name from a CDN.
    assert 'path = "iframe-worker.js"' in (SITE.parent / "zensical.toml").read_text()


def test_every_page_is_in_the_navigation() -> None:
    """Nobody has to know an address."""
    assert unlisted() == []


def test_every_public_name_is_in_the_reference() -> None:
    """Each stands on one page, and says what it is."""
    listed = [name for names in reference.SUBJECTS.values() for name in names]
    listed += reference.error_names()
    assert sorted(listed) == sorted(set(streamtape.__all__) - {"__version__"})
    for name in listed:
        assert (getattr(streamtape, name).__doc__ or "").strip(), name


@pytest.mark.parametrize(("name", "program"), PROGRAMS, ids=named)
def test_every_program_is_python(name: str, program: str) -> None:
    """Each block of Python compiles; an `await` may stand outside of a function."""
    compile(program, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_every_name_is_public() -> None:
    """Whatever the text takes from the package is there."""
    modules = {"pytest_plugin", "strategies", "tape"}
    for name, text in TEXTS.items():
        used = set(re.findall(r"\bstreamtape\.([A-Za-z_]+)\b(?!\.md)", text))
        assert not used - modules - set(streamtape.__all__), name


@pytest.mark.parametrize(("name", "words"), OURS, ids=named)
def test_every_command_has_its_options(name: str, words: list[str]) -> None:
    """Each `streamtape` line names a command, and options that this command has."""
    end = next((i for i, word in enumerate(words) if word in {"--", "|", ">"}), len(words))
    own = words[2:end]
    command = cli.get_command(click.Context(cli), words[1])
    assert command is not None, (name, words[1])
    known = {name for parameter in command.params for name in parameter.opts}
    assert not {word for word in own if word.startswith("-")} - known


@pytest.mark.parametrize(("name", "words"), SHOWN, ids=named)
def test_shown_output_is_what_is_printed(
    name: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the text shows of the example cassettes is printed just so; `...` stands for more."""
    monkeypatch.chdir(REPO)
    printed = run(*words[1:]).output
    assert printed
    for part in re.split(r"^\.\.\.\n", shown(name, words), flags=re.MULTILINE):
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
    """Paths of the checkout that the texts name exist."""
    package = Path(streamtape.__file__).parent.parent  # elsewhere where the wheel is tested
    for name, text in TEXTS.items():
        paths = re.findall(r"(?<![\w/])((?:tools|cassettes|streamtape)/[\w./-]+\.\w+)\b", text)
        ours = {
            path for path in paths if "/test_" not in path
        }  # the others are of a reader's tests
        assert {p for p in ours if not any((at / p).exists() for at in (REPO, package))} == set(), (
            name
        )
