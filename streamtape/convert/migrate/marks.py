"""The marks of pytest-recording, pytest-vcr and cassetter, and the tests that they are on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst
from libcst.helpers import get_full_name_for_node

_MARKS = ("vcr", "default_cassette", "block_network")


def mark_of(node: cst.CSTNode) -> str | None:
    """The name of a mark of theirs; None if this is not one."""
    name = get_full_name_for_node(node) if isinstance(node, cst.Attribute) else None
    owner, _, last = (name or "").rpartition(".")
    is_mark = owner == "mark" or owner.endswith(".mark")
    return last if is_mark and last in _MARKS else None


def tests_without(
    module: cst.Module, has_cassette: Callable[[str], bool]
) -> frozenset[cst.CSTNode]:
    """The `vcr` marks on a test that has no cassette, or on a class or module with such a test.

    One that opens another cassette inside counts, too: that one takes its requests. VCR.py lets
    such a test pass as long as it sends nothing; a session of ours has to be told.
    """
    return frozenset(_without(module.body, "", has_cassette))


def _without(
    body: object, prefix: str, has_cassette: Callable[[str], bool]
) -> Iterator[cst.CSTNode]:
    statements = list(body) if isinstance(body, list | tuple) else []
    missing = False
    for statement in statements:
        if isinstance(statement, cst.FunctionDef) and statement.name.value.startswith("test"):
            name = f"{prefix}{statement.name.value}"
            if _opens_another(statement) or not has_cassette(name):
                marks = list(_vcr_marks(*statement.decorators))
                yield from marks
                missing = True
        elif isinstance(statement, cst.ClassDef):
            inner = list(_without(statement.body.body, f"{statement.name.value}.", has_cassette))
            yield from inner
            if _has_test_without(statement, has_cassette):
                yield from _vcr_marks(*statement.decorators)
                missing = True
    for statement in statements if missing else ():
        if isinstance(statement, cst.SimpleStatementLine) and _sets_pytestmark(statement):
            yield from _vcr_marks(statement)


def _has_test_without(node: cst.ClassDef, has_cassette: Callable[[str], bool]) -> bool:
    return any(
        isinstance(method, cst.FunctionDef)
        and method.name.value.startswith("test")
        and (_opens_another(method) or not has_cassette(f"{node.name.value}.{method.name.value}"))
        for method in node.body.body
    )


def _opens_another(function: cst.FunctionDef) -> bool:
    finder = _Finder()
    function.body.visit(finder)
    return finder.opens


def _sets_pytestmark(statement: cst.SimpleStatementLine) -> bool:
    first = statement.body[0]
    return isinstance(first, cst.Assign) and any(
        isinstance(target.target, cst.Name) and target.target.value == "pytestmark"
        for target in first.targets
    )


def _vcr_marks(*nodes: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The marks below these nodes that name no cassette; none where another one names it."""
    finder = _Finder()
    for node in nodes:
        node.visit(finder)
    if not finder.named:
        yield from finder.marks


class _Finder(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.marks: list[cst.CSTNode] = []
        self.named = False
        self.opens = False

    def visit_Call(self, node: cst.Call) -> None:
        name = get_full_name_for_node(node.func) or ""
        self.opens = self.opens or name.rpartition(".")[2] == "use_cassette"
        mark = mark_of(node.func)
        positional = any(arg.keyword is None for arg in node.args)
        self.named = self.named or (mark in {"vcr", "default_cassette"} and positional)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if mark_of(node) == "vcr":
            self.marks.append(node)
