"""`streamtape migrate`: a test suite of VCR.py or a similar tool, rewritten."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import options, output
from streamtape.cli.errors import TROUBLE
from streamtape.cli.files import check_there
from streamtape.errors import StreamtapeError, UsageError
from streamtape.extras import install_command
from streamtape.stores.local import open_to_read, read_whole

if TYPE_CHECKING:
    from streamtape.convert.migrate.rewriting import Suite

_ROOT_FILES = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", ".git")
_SETTINGS = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", "Makefile", "noxfile.py")
_REQUIREMENTS = re.compile(r"(?:requirements|constraints).*\.txt$")
_IGNORED = {".git", ".tox", ".nox", ".venv", "venv", "node_modules", "__pycache__", "site-packages"}
_CASSETTE = re.compile(
    rb'(?:^|\n|[{,\s])["\']?(?:http_)?interactions["\']?\s*[:=]|\[\[interactions'
)
_LOOKED_AT = 4096  # bytes of a file that tell whether it is a cassette


@dataclass
class Plan:
    """What would be changed: texts by path, cassettes by where they go, and what to look at."""

    texts: dict[Path, tuple[str, str]] = field(default_factory=dict)
    cassettes: dict[Path, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@click.command(
    epilog="""\b
Examples:
  streamtape migrate tests                 show what would change, as a diff
  streamtape migrate tests --write         change it, and convert the cassettes
  streamtape migrate . > moving.patch      keep the diff

\b
Rewritten are marks, decorators, `with` blocks, fixtures, errors and imports, in tests; and the
options of pytest in pyproject.toml, pytest.ini, tox.ini, setup.cfg, noxfile.py, Makefile and
workflows, up to the project's root. Old cassettes stay where they are. What needs a person's eye
is on stderr, with file and line. Exit status: 0 fine, 2 where a file could not be read or written.
It needs an extra: pip install "streamtape-recorder[migrate]"."""
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Change the files and convert the cassettes.")
@click.option(
    "--force", is_flag=True, help="Convert cassettes again even if they were converted before."
)
@options.as_json
def command(*, path: Path, write: bool, force: bool, as_json: bool) -> None:
    """Move a test suite from VCR.py, pytest-recording, pytest-vcr or cassetter.

    PATH is the folder of the tests, or one file of it. Without --write, nothing is changed.
    """
    check_there(str(path))
    _require_libcst()
    plan = _plan(path.absolute(), force=force)
    if write:
        _carry_out(plan)
    if as_json:
        output.write_json(_as_json(plan, written=write))
    else:
        _report(plan, written=write)
    if plan.errors:
        raise click.exceptions.Exit(TROUBLE)


def _require_libcst() -> None:
    try:
        import libcst  # noqa: F401 - imported here, so that the error comes first
    except ImportError:
        raise UsageError(
            f"migrate needs LibCST; to install it: {install_command(extra='migrate')}"
        ) from None


def _plan(path: Path, *, force: bool) -> Plan:
    """What there is to do below a path; nothing is changed."""
    from streamtape.convert.migrate.paths import SUFFIXES, new_name
    from streamtape.convert.migrate.settings_text import rewrite_settings

    plan = Plan()
    root = _root_of(path)
    modules = dict(_texts(plan, _files(path, (".py",))))
    settings = dict(_texts(plan, _settings_files(path, root)))
    suite, adds_config = _suite(plan, modules, settings)
    for file, text in modules.items():
        _rewrite_module(plan, file, text, suite, root)
    if adds_config:
        _add_config(plan, path if path.is_dir() else path.parent, suite)
    for file, text in settings.items():
        changed = rewrite_settings(text)
        if changed != text:
            plan.texts[file] = text, changed
    for file in _files(path, ("", *SUFFIXES)):
        target = file.with_name(new_name(file.name))
        if _is_cassette(plan, file) and (force or not target.exists()):
            plan.cassettes[file] = target
    plan.notes = list(dict.fromkeys(plan.notes))
    return plan


def _root_of(path: Path) -> Path:
    """The project's root: the nearest folder that looks like one."""
    folder = path if path.is_dir() else path.parent
    for candidate in (folder, *folder.parents):
        if any((candidate / name).exists() for name in _ROOT_FILES):
            return candidate
    return folder


def _files(path: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """The files below a path with these suffixes, in order; nothing of environments."""
    if path.is_file():
        if path.suffix in suffixes:
            yield path
        elif suffixes != (".py",):
            yield from _files(path.parent, suffixes)
        return
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path).parts[:-1]
        if file.suffix in suffixes and _IGNORED.isdisjoint(inside) and file.is_file():
            yield file


def _settings_files(path: Path, root: Path) -> Iterator[Path]:
    """The files that hold options and requirements, from the path up to the root."""
    folder = path if path.is_dir() else path.parent
    for candidate in (folder, *folder.parents):
        for file in sorted(candidate.iterdir()):
            if file.name in _SETTINGS or _REQUIREMENTS.search(file.name):
                yield file
        if candidate == root:
            break
    workflows = root / ".github" / "workflows"
    if workflows.is_dir():
        yield from sorted((*workflows.glob("*.yml"), *workflows.glob("*.yaml")))


def _texts(plan: Plan, files: Iterator[Path]) -> Iterator[tuple[Path, str]]:
    for file in files:
        try:
            yield file, read_whole(file).decode()
        except (OSError, UnicodeDecodeError) as error:
            plan.errors.append(f"{file}: not read: {error}")


def _suite(plan: Plan, modules: dict[Path, str], settings: dict[Path, str]) -> tuple[Suite, bool]:
    """What holds for all modules, and whether their configuration has to be added."""
    import libcst as cst

    from streamtape.convert.migrate.options import Option
    from streamtape.convert.migrate.rewriting import Suite, read_names
    from streamtape.convert.migrate.settings_text import tools_in

    tools: set[str] = set()
    for file, text in settings.items():
        found = tools_in(text)
        tools |= found
        if found:
            plan.notes.append(
                f"{file}: {', '.join(sorted(found))}: replace it with streamtape-recorder"
            )
    suite = Suite()
    marks = config = False
    for file, text in list(modules.items()):
        try:
            names = read_names(text)
        except cst.ParserSyntaxError as error:
            plan.errors.append(f"{file}: not Python: {str(error).splitlines()[0]}")
            del modules[file]
            continue
        suite.objects.update(names.objects)
        marks, config = marks or names.marks, config or names.config
    if "pytest-recording" in tools:  # its default, where ours is `once`
        mode: Option = ("record_mode", cst.SimpleString('"none"'))
        suite.extra.append(mode)
    return suite, marks and not config


def _rewrite_module(plan: Plan, file: Path, text: str, suite: Suite, root: Path) -> None:
    from streamtape.convert.migrate.rewriting import rewrite

    def from_test(path: str) -> str:
        """A path that was meant from the root, as one from the folder of this module."""
        if Path(path).is_absolute():
            return path
        import os.path

        return Path(os.path.relpath(root / path, file.parent)).as_posix()

    def note(line: int, message: str) -> None:
        plan.notes.append(f"{file}:{line}: {message}")

    stems = _stems(file)

    def has_cassette(test: str) -> bool:
        return any(stem == test or stem.startswith(f"{test}[") for stem in stems)

    changed = rewrite(text, suite, note, from_test, has_cassette)
    if changed != text:
        plan.texts[file] = text, changed


def _stems(file: Path) -> list[str]:
    """The names of the cassettes of a module: in a folder of its own, or in that of all modules."""
    folder = file.parent / "cassettes"
    found = [*folder.glob("*"), *(folder / file.stem).glob("*")]
    return [path.stem for path in found if path.is_file()]


def _add_config(plan: Plan, folder: Path, suite: Suite) -> None:
    """Add the fixture `tape_config`, which says what was a default before."""
    from streamtape.convert.migrate.fixtures import config_fixture

    file = folder / "conftest.py"
    before, text = plan.texts.get(file, (None, None))
    if text is None or before is None:
        before = text = read_whole(file).decode() if file.exists() else ""
    plan.texts[file] = before, config_fixture(text, suite.extra)


def _is_cassette(plan: Plan, file: Path) -> bool:
    try:
        with open(open_to_read(file), "rb") as stream:  # noqa: PTH123 - a descriptor
            return _CASSETTE.search(stream.read(_LOOKED_AT)) is not None
    except OSError as error:
        plan.errors.append(f"{file}: not read: {error}")
        return False


def _carry_out(plan: Plan) -> None:
    """Write the texts, and the cassettes beside the old ones; each whole or not at all."""
    from streamtape.convert import About, formats
    from streamtape.tape.store import save
    from streamtape.tape.store.disk import replace

    vcr = formats.named("vcr")
    for source, target in plan.cassettes.items():
        about = About(str(source))
        try:
            save(formats.read(read_whole(source), about, vcr), target)
        except (StreamtapeError, OSError) as error:
            plan.errors.append(str(error))
        plan.notes += [f"{source}: {note}" for note in about.notes]
    for file, (_, text) in plan.texts.items():
        try:
            replace(file, [text.encode()])
        except (StreamtapeError, OSError) as error:
            plan.errors.append(f"{file}: not written: {error}")


def _report(plan: Plan, *, written: bool) -> None:
    from streamtape.units import count

    for file, (before, after) in plan.texts.items():
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"a/{_shown(file)}", f"b/{_shown(file)}",
            lineterm="",
        )  # fmt: skip
        if not written:
            output.write_text("\n".join(lines))
    for note in plan.notes:
        output.note(f"note: {note.replace(str(Path.cwd()) + '/', '')}")
    for error in plan.errors:
        output.note(f"Error: {error}")
    files, cassettes = count(len(plan.texts), "file"), count(len(plan.cassettes), "cassette")
    if not plan.texts and not plan.cassettes:
        output.note("nothing to migrate")
    elif written:
        output.note(f"{files} rewritten, {cassettes} converted; the old cassettes stay as they are")
    else:
        output.note(f"{files} to rewrite, {cassettes} to convert; --write does it")


def _shown(file: Path) -> str:
    try:
        return file.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return file.as_posix()


def _as_json(plan: Plan, *, written: bool) -> dict[str, Any]:
    return {
        "written": written,
        "files": [str(file) for file in plan.texts],
        "cassettes": [
            {"source": str(source), "target": str(target)}
            for source, target in plan.cassettes.items()
        ],
        "notes": plan.notes,
        "errors": plan.errors,
    }
