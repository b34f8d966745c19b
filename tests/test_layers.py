"""The rooms import only from the rooms above them, and only some touch the outside world."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import streamtape
from tools import house

PACKAGE = Path(streamtape.__file__).parent
ROOMS = (
    "errors", "async_entry", "markup", "printable", "displayed", "choices", "extras", "units",
    "json_path", "cluster", "content", "secrets", "stores", "tape", "framing", "dialects",
    "metrics", "playback",
    "composer", "compare", "checks", "analysis", "editing", "variations", "convert", "session",
    "transport", "sdk_events", "strategies", "flight", "server", "mock", "snapshots", "tabular",
    "otlp", "report", "pytest_plugin", "pytest_entry", "cli", "__main__",
)  # fmt: skip
# Rooms further down that must not know these, though they stand above them.
FORBIDDEN = {
    "compare": {"playback"},
    "checks": {"playback", "compare"},
    "session": {"dialects", "compare", "checks", "analysis", "convert"},
    "transport": {"dialects", "compare", "checks", "convert"},
    "server": {"dialects", "compare", "checks", "convert"},
}
# Two facades: the reading methods of Interaction, and how values show themselves. What they need is
# further down, and is imported when they are called.
FACADE = {
    "streamtape.displayed": {
        "streamtape.report.displays.html_of",
        "streamtape.report.displays.rich_of",
    },
    "streamtape.tape.model": {
        "streamtape.framing.select.frames",
        "streamtape.dialects.select.event_at",
        "streamtape.dialects.select.events",
        "streamtape.dialects.transcript.transcript",
        "streamtape.dialects.turns.turns",
        "streamtape.sdk_events.sdk_events",
    },
}
# What reaches disk, sockets, clocks or dice, and who may.
OUTSIDE = {
    "asyncio", "os", "pathlib", "random", "selectors", "shutil", "socket", "socketserver",
    "subprocess", "tempfile", "threading", "time", "fcntl", "portalocker", "anyio", "trio",
    "http.server",
}  # fmt: skip
MAY_TOUCH = {
    "stores",
    "tape.store",
    "tabular.store",
    "cluster",
    "transport",
    "flight",
    "server",
    "mock",
    "snapshots",
    "pytest_plugin",
    "cli",
}
# Names that are pure though their module is not: (module of ours, module, why).
PURE = {
    ("analysis", "asyncio"),  # runs a classifier that is a coroutine to its end
    ("analysis", "os"),  # os.PathLike in an annotation
    ("metrics", "random"),  # a generator made from the seed that is given
    ("errors", "os"),  # os.PathLike in an annotation
    ("secrets", "threading"),  # what belongs to each thread: scratch space of a search
    ("session", "threading"),  # a lock: decisions are taken by several threads
    ("strategies", "os"),  # os.PathLike in an annotation
    ("tabular", "os"),  # os.PathLike, and the text of a path
}
PUBLIC = house.homes(ast.parse((PACKAGE / "__init__.py").read_text()))


def room_of(path: Path) -> str:
    """The room that a source file belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def module_of(path: Path) -> str:
    """The dotted name of a source file."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def sources() -> list[Path]:
    """Every source file of the package but the table of public names, which joins all rooms."""
    return sorted(set(PACKAGE.rglob("*.py")) - {PACKAGE / "__init__.py"})


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module that a file imports, inside functions too, through `streamtape` itself too."""
    tree = ast.parse(path.read_text())
    return tuple(house.imports(tree, PUBLIC, house.facade(module_of(path), tree)))


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_up(path: Path) -> None:
    """A room imports only from itself and the rooms above it."""
    room = room_of(path)
    assert room in ROOMS, f"{room} is no room"
    allowed = set(ROOMS[: ROOMS.index(room) + 1]) - FORBIDDEN.get(room, set())
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "streamtape" and len(parts) > 1 and parts[1] != "__version__":
            assert parts[1] in allowed, f"{path.name} imports {name}, which {room} may not know"


def test_the_facades_are_what_they_say() -> None:
    """The exceptions to the order: what the methods of two classes import."""
    found: dict[str, set[str]] = {}
    for module in house.FACADE:
        tree = ast.parse((PACKAGE.parent / f"{module.replace('.', '/')}.py").read_text())
        nodes = house.facade(module, tree)
        found[module] = {name for node in nodes for name in house.imports(node, PUBLIC, set())}
    assert found == FACADE


def test_no_modules_import_each_other() -> None:
    """No circles, not even by imports inside functions or for type checkers."""
    assert house.circles(house.graph()) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import streamtape\nstreamtape.diff(a, b)", "streamtape.analysis.diff.diff"),
        ("from streamtape import Session", "streamtape.session.session.Session"),
        ("def f():\n    import streamtape.cli.app", "streamtape.cli.app"),
        ("import_module('streamtape.report.show')", "streamtape.report.show"),
    ],
)
def test_every_way_to_import_is_seen(text: str, found: str) -> None:
    """By attribute of the package, by its public name, in a function, by a text."""
    assert found in set(house.imports(ast.parse(text), PUBLIC, set()))


def test_a_circle_is_found() -> None:
    """Two modules that import each other by way of a third."""
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set[str]()}
    assert house.circles(arrows) == [["a", "b", "c"]]


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_core_touches_nothing(path: Path) -> None:
    """Only some rooms import what touches disk, sockets, clocks or dice."""
    room = room_of(path)
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    parents = {module[: dot.start()] for dot in re.finditer(r"\.", module)}
    if {module, *parents} & MAY_TOUCH:
        return
    wrong = set()
    for name in imports(path):
        parts = name.split(".")
        hits = {".".join(parts[:n]) for n in range(1, len(parts) + 1)} & OUTSIDE
        wrong |= {hit for hit in hits if (room, hit) not in PURE}
    assert wrong == set(), f"{module} imports them"
