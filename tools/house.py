"""Count what makes the package hard or easy to read: its modules, imports, hops, globals, words.

    python tools/house.py                     # the counts, as text
    python tools/house.py --json              # as JSON
    python tools/house.py --list circles      # what was counted, one a line
    python tools/house.py --root ../older     # of another checkout; hops need its package

What is counted:

- modules: files of `streamtape/` with more than ten lines, and their lines. `one_importer`: those
  that one module alone imports; `small_one_importer`: those of them below 60 lines.
- imports: `lazy_imports` stand inside functions. `circles` are groups of modules that import each
  other, lazily or for type checkers included. The readers that `tape/model.py` imports in the
  reading methods of Interaction are left out: they are a facade, outside the order of rooms.
- globals: names of modules that a function changes, by `global` or by changing a list or a dict.
- words: how often words that this project avoids occur in names, and in texts. The list
  `names_with_words` has the names of our own among them: what is defined here, but for test
  functions, whose names are sentences.
- hops: the functions and modules of ours that one call enters, by `sys.setprofile`, the second time
  that it is made (the first one fills caches), on a recording of this repository.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import streamtape

# Where the package that is imported lies: the checkout, or where a wheel was installed.
ROOT = Path(streamtape.__file__).parent.parent
# Classes whose methods import against the order of rooms, when they are called: module, class.
FACADE = {"streamtape.displayed": "Displayed", "streamtape.tape.model": "Interaction"}
WORDS = ("asked", "told", "wanted", "said", "held", "broken", "stands", "is none")
CHANGES = {
    "append", "add", "clear", "discard", "extend", "insert", "pop", "popitem", "remove",
    "setdefault", "update",
}  # fmt: skip
SAMPLES = ("cassettes/pairs/a/responses-warmer.tape", "cassettes/pairs/b/responses-warmer.tape")
Trees = dict[str, ast.Module]


def sources(root: Path = ROOT) -> dict[str, Path]:
    """Every module of the package, by its dotted name."""
    found = {}
    for path in sorted((root / "streamtape").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def trees(root: Path = ROOT) -> Trees:
    """The parsed text of every module, by its dotted name."""
    return {name: ast.parse(path.read_text()) for name, path in sources(root).items()}


def homes(tree: ast.Module) -> dict[str, str]:
    """Where the package says that its public names live: the table in its `__init__`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_HOMES":
            found: dict[str, str] = ast.literal_eval(node.value)
            return found
    return {}


def facade(module: str, tree: ast.Module) -> set[ast.AST]:
    """The imports of a module that the order of rooms does not hold for."""
    name = FACADE.get(module)
    classes = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name]
    return {
        node
        for one in classes
        for node in ast.walk(one)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }


def imports(tree: ast.AST, public: dict[str, str], left_out: set[ast.AST]) -> Iterator[str]:
    """Every module or name that a file imports, as `a.b.c`, inside functions too.

    A public name had from `streamtape` itself counts as imported from where it lives; so does a
    module of ours whose name stands as a text, for `import_module`.
    """
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide the layers"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield f"{public[alias.name]}.{alias.name}" if _is_public(whole, public) else whole
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if _is_public(f"{node.value.id}.{node.attr}", public):
                yield f"{public[node.attr]}.{node.attr}"
        elif isinstance(node, ast.Constant) and _is_module_name(node.value):
            yield str(node.value)


def _is_module_name(value: object) -> bool:
    """Whether a text names a module of ours, or something in one."""
    if not isinstance(value, str) or not re.fullmatch(r"streamtape(\.\w+)+", value):
        return False
    room = ROOT / "streamtape" / value.split(".")[1]
    return room.is_dir() or room.with_suffix(".py").is_file()


def _is_public(name: str, public: dict[str, str]) -> bool:
    package, _, last = name.partition(".")
    return package == "streamtape" and last in public


def graph(root: Path = ROOT) -> dict[str, set[str]]:
    """Which modules of ours each module imports, but for `__init__` and the facade."""
    found = trees(root)
    public = homes(found.pop("streamtape"))
    arrows: dict[str, set[str]] = {}
    for module, tree in found.items():
        names = imports(tree, public, facade(module, tree))
        arrows[module] = {home for name in names if (home := _module(name, found))} - {module}
    return arrows


def _module(name: str, known: Trees) -> str:
    """The longest beginning of a dotted name that is a module of ours; empty for none."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that can reach each other."""
    reached = {name: _reach(name, arrows) for name in arrows}
    groups = {
        tuple(sorted(b for b in reached[a] if a in reached[b])) for a in arrows if a in reached[a]
    }
    return [list(group) for group in sorted(groups)]


def _reach(start: str, arrows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(arrows[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(arrows.get(name, ()))
    return found


def lazy_imports(found: Trees) -> list[str]:
    """The imports that stand inside functions."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    lines = {
        (module, node.lineno)
        for module, tree in found.items()
        for function in ast.walk(tree)
        if isinstance(function, functions)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return [f"{module}:{line}" for module, line in sorted(lines)]


def changed_globals(found: Trees) -> list[str]:
    """The module names that some function changes."""
    changed: set[str] = set()
    for module, tree in found.items():
        own = {n.id for node in tree.body for n in _targets(node)}
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                changed |= {f"{module}.{name}" for name in _changes(function) if name in own}
        changed |= set(_changed_from_outside(tree, found))
    return sorted(changed)


def _targets(node: ast.stmt) -> Iterator[ast.Name]:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (target for target in targets if isinstance(target, ast.Name))


def _changes(function: ast.AST) -> Iterator[str]:
    local = {
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    } | {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
    declared: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            declared.update(node.names)
    yield from declared
    for node in ast.walk(function):
        value: ast.AST | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            value = node.func.value if node.func.attr in CHANGES else None
        elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            value = node.value
        if isinstance(value, ast.Name) and value.id not in local - declared:
            yield value.id


def _changed_from_outside(tree: ast.Module, found: Trees) -> Iterator[str]:
    """What a module changes of another: `noticed.listeners.append(...)`."""
    aliases = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if f"{node.module}.{alias.name}" in found
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        place = node.func.value
        if not (isinstance(place, ast.Attribute) and isinstance(place.value, ast.Name)):
            continue
        if node.func.attr in CHANGES and place.value.id in aliases:
            yield f"{aliases[place.value.id]}.{place.attr}"


def words(root: Path) -> dict[str, Counter[str]]:
    """How often each word of `WORDS` stands in names, and in texts and comments."""
    counts: dict[str, Counter[str]] = {"names": Counter(), "texts": Counter()}
    for path in sources(root).values():
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            if token.type == tokenize.NAME:
                counts["names"].update(w for w in WORDS if w in token.string.lower().split("_"))
            elif token.type in (tokenize.STRING, tokenize.COMMENT, *_F_STRINGS):
                text = token.string.lower()
                for word in WORDS:
                    counts["texts"][word] += len(re.findall(rf"\b{word}\b", text))
    return counts


def names_with_words(folder: Path, avoided: Iterable[str]) -> Iterator[str]:
    """What the modules of a folder define under a name with such a word, as `file:line name`."""
    for path in sorted(folder.rglob("*.py")):
        if set(path.stem.split("_")) & set(avoided):
            yield f"{path.relative_to(folder.parent)}:1 {path.stem}"
        text = path.read_text()
        if not any(word in text.lower() for word in avoided):  # much faster than to parse it
            continue
        for node in ast.walk(ast.parse(text)):
            name = _defined(node)
            if set(_WORD.findall(name.lower())) & set(avoided):
                line = getattr(node, "lineno", 1)
                yield f"{path.relative_to(folder.parent)}:{line} {name}"


def _defined(node: ast.AST) -> str:
    """The name that a node defines, if it does; in snake case."""
    name = ""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = "" if node.name.startswith("test_") else node.name
    elif isinstance(node, ast.arg):
        name = node.arg
    elif isinstance(node, ast.alias):
        name = node.asname or ""
    elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
        name = node.id if isinstance(node, ast.Name) else node.attr
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)


_WORD = re.compile(r"[a-z]+")
_F_STRINGS = [getattr(tokenize, n) for n in ("FSTRING_MIDDLE",) if hasattr(tokenize, n)]


def entered(call: Callable[[], object]) -> Counter[tuple[str, str]]:
    """The functions of ours that a call enters, made for the second time: (module, function)."""
    call()
    seen: Counter[tuple[str, str]] = Counter()

    def note(frame: Any, event: str, _: object) -> None:
        if event == "call":
            module = frame.f_globals.get("__name__", "")
            if module.partition(".")[0] == "streamtape":
                seen[module, frame.f_code.co_qualname] += 1

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return seen


def trips() -> dict[str, Counter[tuple[str, str]]]:
    """What the calls enter that a newcomer follows first."""
    checkout = Path(__file__).parent.parent
    a, b = (streamtape.load(checkout / name)[0] for name in SAMPLES)
    return {
        "load": entered(lambda: streamtape.load(checkout / SAMPLES[0])),
        "events": entered(lambda: list(a.events())),
        "transcript": entered(a.transcript),
        "diff": entered(lambda: streamtape.diff(a, b)),
        "check": entered(lambda: streamtape.check(a)),
        "stats": entered(lambda: streamtape.stats(a)),
        "snapshot": entered(lambda: streamtape.snapshot(a)),
    }


def openings(seen: Counter[tuple[str, str]]) -> int:
    """How often a body was read from its first chunk on."""
    return seen["streamtape.framing.select", "_chosen"]


def count(root: Path = ROOT) -> dict[str, Any]:
    """Every count, and under `lists` what was counted."""
    found = trees(root)
    arrows = graph(root)
    n_lines = {name: len(path.read_text().splitlines()) for name, path in sources(root).items()}
    modules = {name: n for name, n in n_lines.items() if n > 10}
    importers: defaultdict[str, set[str]] = defaultdict(set)
    for module, those in arrows.items():
        for one in those:
            importers[one].add(module)
    once = sorted(name for name in modules if len(importers[name]) == 1)
    small = [name for name in once if modules[name] < 60]
    text = words(root)
    seen = trips()
    lists = {
        "circles": [" ".join(group) for group in circles(arrows)],
        "lazy_imports": lazy_imports(found),
        "globals": changed_globals(found),
        "one_importer": once,
        "small_one_importer": small,
        "names_with_words": [
            name
            for folder in ("streamtape", "tests", "tools")
            if (root / folder).is_dir()
            for name in names_with_words(root / folder, WORDS)
        ],
        **{f"hops_{name}": sorted({m for m, _ in one}) for name, one in seen.items()},
    }
    return {
        "modules": len(modules),
        "lines": sum(modules.values()),
        "longest": max(modules.values()),
        "one_importer": len(once),
        "small_one_importer": len(small),
        "circles": len(lists["circles"]),
        "lazy_imports": len(lists["lazy_imports"]),
        "globals": len(lists["globals"]),
        "words_in_names": dict(text["names"]),
        "words_in_texts": dict(text["texts"]),
        "hops": {
            name: {
                "functions": len(one),
                "modules": len(lists[f"hops_{name}"]),
                "bodies_opened": openings(one),
            }
            for name, one in seen.items()
        },
        "lists": lists,
    }


def lines(counts: dict[str, Any]) -> Iterator[str]:
    """The counts as text."""
    for name, value in counts.items():
        if name == "hops":
            for trip, one in value.items():
                yield f"{trip + '()':22}" + ", ".join(f"{n} {k}" for k, n in one.items())
        elif name != "lists":
            text = (
                value if isinstance(value, int) else ", ".join(f"{k} {n}" for k, n in value.items())
            )
            yield f"{name:22}{text}"


def main() -> None:
    """Count, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to count")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.add_argument("--list", metavar="NAME", help="print what was counted under NAME")
    args = parser.parse_args()
    counts = count(args.root)
    if args.list:
        if args.list not in counts["lists"]:
            parser.error(f"unknown list {args.list!r}; lists: {', '.join(counts['lists'])}")
        print(*counts["lists"][args.list], sep="\n")
    elif args.json:
        print(json.dumps(counts, indent=2))
    else:
        print(*lines(counts), sep="\n")


if __name__ == "__main__":
    main()
