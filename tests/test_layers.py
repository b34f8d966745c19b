"""The rooms import only from the rooms above them, and only some touch the outside world."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "streamtape"
ROOMS = (
    "errors", "printable", "tape", "framing", "dialects", "playback", "compare", "checks",
    "convert", "session", "transport", "server", "snapshots", "report", "pytest_plugin", "cli",
)  # fmt: skip
# Modules that stand above the rooms and join them.
JOINERS = {"__init__", "__main__", "analysis", "pytest_entry", "strategies"}
# Rooms further down that must not know these, though they stand above them.
FORBIDDEN = {
    "compare": {"playback"},
    "checks": {"playback", "compare"},
    "session": {"dialects"},
    "transport": {"dialects"},
    "server": {"dialects"},
}
# What reaches disk, sockets, clocks or dice, and who may.
OUTSIDE = {
    "asyncio", "os", "pathlib", "random", "selectors", "shutil", "socket", "socketserver",
    "subprocess", "tempfile", "threading", "time", "portalocker", "anyio", "trio", "http.server",
}  # fmt: skip
MAY_TOUCH = {"tape.store", "transport", "server", "snapshots", "pytest_plugin", "cli"}
# Names that are pure though their module is not: (module of ours, module, why).
PURE = {
    ("checks", "random"),  # a generator made from the seed that is given
    ("errors", "os"),  # os.PathLike in an annotation
    ("session", "threading"),  # a lock: decisions are taken by several threads
}


def room_of(path: Path) -> str:
    """The room that a source file belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def sources() -> list[Path]:
    """Every source file of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere, inside functions too, as `a.b.c`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide the layers"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_up(path: Path) -> None:
    """A room imports only from itself and the rooms above it."""
    room = room_of(path)
    if room not in ROOMS:
        assert room in JOINERS, f"{room} is no room"
        return
    allowed = set(ROOMS[: ROOMS.index(room) + 1]) - FORBIDDEN.get(room, set())
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "streamtape" and len(parts) > 1:
            assert parts[1] in allowed, f"{path.name} imports {name}, which {room} may not know"


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_core_touches_nothing(path: Path) -> None:
    """Only some rooms import what touches disk, sockets, clocks or dice."""
    room = room_of(path)
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    parents = {module[: dot.start()] for dot in re.finditer(r"\.", module)}
    if {module, *parents} & MAY_TOUCH or room in {
        "__init__",
        "__main__",
        "analysis",
        "strategies",
    }:
        return
    for name in imports(path):
        parts = name.split(".")
        hits = {".".join(parts[:n]) for n in range(1, len(parts) + 1)} & OUTSIDE
        assert all((room, hit) in PURE for hit in hits), f"{module} imports {name}"
