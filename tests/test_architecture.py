"""ARCHITECTURE.md tells the way: its files exist, its rooms are all rooms, its rules are held."""

import ast
import re
from pathlib import Path

import pytest

import streamtape
from tests.test_layers import ROOMS

REPO = Path(__file__).parent.parent
PACKAGE = Path(streamtape.__file__).parent
TEXTS = {name: (REPO / name).read_text() for name in ("ARCHITECTURE.md", "CONTRIBUTING.md")}
# Modules that users import; everything else that is public is a name of `streamtape` itself.
PUBLIC_MODULES = {"streamtape", "streamtape.strategies", "streamtape.pytest_plugin.syrupy"}
_FRONT = {"__main__", "pytest_entry"}  # what starts the front ends, and has no subject of its own


def named_paths(text: str) -> set[str]:
    """What looks like a path between backticks or in a link: `playback/faults.py`, `tools/x.sh`."""
    quoted = re.findall(r"`(?:python |sh )?([\w./-]+/[\w./*-]*)`", text)
    return {path for path in quoted if not path.startswith(("../", "."))}


@pytest.mark.parametrize("name", TEXTS)
def test_every_path_exists(name: str) -> None:
    """What the text names is a file or a folder of the package or of the repository."""
    paths = named_paths(TEXTS[name]) | set(re.findall(r"\]\(([\w./-]+)\)", TEXTS[name]))
    assert len(paths) > 5
    for path in paths:
        near = path.partition("._")[0]
        bases = (REPO, PACKAGE, PACKAGE.parent)
        found = [p for base in bases for p in (*base.glob(near), *base.glob(f"{near}.py"))]
        module, _, attribute = near.rpartition(".")
        found += [p for base in bases for p in base.glob(f"{module}.py") if attribute]
        assert found, f"{name} names {path}"


def test_every_room_is_there() -> None:
    """The table of rooms lists each one, in the order in which they may import each other."""
    text = TEXTS["ARCHITECTURE.md"]
    cells = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    listed = [
        name.strip("/").partition("/")[0] for name in re.findall(r"`([\w/]+)`", " ".join(cells))
    ]
    order = list(dict.fromkeys(name for name in listed if name in ROOMS))
    assert set(order) == set(ROOMS) - _FRONT


def test_only_public_modules_are_documented() -> None:
    """The documents' programs import nothing that may move in any release."""
    site = (REPO / "tools" / "docs" / "site").rglob("*.md")
    texts = "\n".join(path.read_text() for path in (REPO / "README.md", *site))
    programs = re.findall(r"^```python\n(.*?)^```", texts, re.MULTILINE | re.DOTALL)
    modules = set()
    for program in programs:
        for node in ast.walk(ast.parse(program)):
            if isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module)
            elif isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
    ours = {name for name in modules if name.partition(".")[0] == "streamtape"}
    assert ours
    assert ours <= PUBLIC_MODULES


def test_ten_changes_have_a_room() -> None:
    """The last table answers ten questions, each with a file or a room."""
    table = TEXTS["ARCHITECTURE.md"].partition("## Ten changes")[2]
    rows = re.findall(r"^\| (\d+)\. .+ \| .*`[\w/.]+`.* \|$", table, re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, 11))
