"""The imports of a module: theirs that nothing uses go, ours that it needs come."""

from __future__ import annotations

from typing import TypeVar

import libcst as cst

from streamtape.convert.migrate.names import Names

N = TypeVar("N", cst.Import, cst.ImportFrom)


class _Used(cst.CSTVisitor):
    """The names that a module uses, imports aside."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        self.names.add(node.value)


def used_names(module: cst.Module) -> set[str]:
    """The names that a module uses, imports aside."""
    used = _Used()
    module.visit(used)
    return used.names


def with_imports(module: cst.Module, names: Names, used: set[str]) -> cst.Module:
    """The module without imports of theirs that nothing uses, and with ours that it needs."""
    module = module.visit(_Unimport({n for n in names.imported if n not in used}))
    present = {"pathlib": False, "streamtape": False, "pytest": False}
    for statement in module.body:
        if isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                if isinstance(small, cst.Import):
                    for alias in small.names:
                        if alias.asname is None and alias.evaluated_name in present:
                            present[alias.evaluated_name] = True
    missing = [name for name, there in present.items() if name in used and not there]
    return _added(module, sorted(missing))


def with_import(source: str, name: str) -> str:
    """The source with one more import at its head."""
    return _added(cst.parse_module(source), [name]).code


def _added(module: cst.Module, names: list[str]) -> cst.Module:
    at = _first_index(module)
    lines = [cst.parse_statement(f"import {name}\n") for name in names]
    return module.with_changes(body=[*module.body[:at], *lines, *module.body[at:]])


def _first_index(module: cst.Module) -> int:
    """Where an import can be added: after those at the head, or after the docstring."""
    at = 0
    for index, statement in enumerate(module.body):
        if not isinstance(statement, cst.SimpleStatementLine):
            break
        first = statement.body[0]
        is_docstring = index == 0 and isinstance(first, cst.Expr)
        if not (is_docstring or isinstance(first, cst.Import | cst.ImportFrom)):
            break
        at = index + 1
    return at


class _Unimport(cst.CSTTransformer):
    """Takes names out of the imports at the head of a module."""

    def __init__(self, unused: set[str]) -> None:
        super().__init__()
        self._unused = unused

    def leave_Import(
        self, original_node: cst.Import, updated_node: cst.Import
    ) -> cst.Import | cst.RemovalSentinel:
        kept = [a for a in updated_node.names if _bound(a) not in self._unused]
        return _imports(updated_node, kept)

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        if isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        kept = [a for a in updated_node.names if _bound(a) not in self._unused]
        return _imports(updated_node, kept)


def _imports(node: N, kept: list[cst.ImportAlias]) -> N | cst.RemovalSentinel:
    if isinstance(node.names, cst.ImportStar) or len(kept) == len(node.names):
        return node
    if not kept:
        return cst.RemoveFromParent()
    kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return node.with_changes(names=kept)


def _bound(alias: cst.ImportAlias) -> str:
    return alias.evaluated_alias or alias.evaluated_name.partition(".")[0]
