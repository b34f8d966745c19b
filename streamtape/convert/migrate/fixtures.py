"""The fixtures of pytest-recording, pytest-vcr and cassetter: their configuration and cassettes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import libcst as cst

from streamtape.convert.migrate.imports import with_import
from streamtape.convert.migrate.names import keywords
from streamtape.convert.migrate.options import Mapped, Option, mapped, text_of

V = TypeVar("V", bound=cst.BaseExpression | None)
FIXTURES = ("vcr", "vcr_cassette")


@dataclass
class Uses(cst.CSTVisitor):
    """How a function uses one of its names."""

    name: str
    use_cassette: int = 0
    register: int = 0
    given: int = 0
    other: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        if isinstance(node.value, cst.Name) and node.value.value == self.name:
            if node.attr.value == "use_cassette":
                self.use_cassette += 1
            elif node.attr.value.startswith("register_"):
                self.register += 1
            else:
                self.other += 1
            return False
        return True

    def visit_Return(self, node: cst.Return) -> bool:
        return not self._gives(node.value)

    def visit_Yield(self, node: cst.Yield) -> bool:
        return not self._gives(node.value)

    def visit_Name(self, node: cst.Name) -> None:
        self.other += node.value == self.name

    def _gives(self, value: cst.CSTNode | None) -> bool:
        given = isinstance(value, cst.Name) and value.value == self.name
        self.given += given
        return given


def uses_of(body: cst.CSTNode, name: str) -> Uses:
    """How a body uses a name."""
    uses = Uses(name)
    body.visit(uses)
    return uses


def rewrite_parameters(
    original: cst.FunctionDef, updated: cst.FunctionDef, taken: frozenset[str]
) -> cst.FunctionDef | None:
    """The function with `tape` for the cassette; None where it did nothing but set VCR.py up.

    A VCR object that was only taken for its `use_cassette` is not taken any more.
    """
    for name in sorted(taken):
        uses = uses_of(original.body, name)
        if uses.register and not (uses.use_cassette or uses.other):
            return None
        if uses.use_cassette and not uses.other:
            updated = _without(updated, name)
        elif not uses.use_cassette:
            changed = updated.visit(_Rename(name, "tape"))
            assert isinstance(changed, cst.FunctionDef)
            updated = changed
    return updated


def _without(function: cst.FunctionDef, name: str) -> cst.FunctionDef:
    kept = [p for p in function.params.params if p.name.value != name]
    if kept and len(kept) < len(function.params.params):
        old = function.params.params[-1]
        kept[-1] = kept[-1].with_changes(comma=old.comma)
    return function.with_changes(params=function.params.with_changes(params=kept))


class _Rename(cst.CSTTransformer):
    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self._old, self._new = old, new

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        return (
            updated_node.with_changes(value=self._new)
            if updated_node.value == self._old
            else (updated_node)
        )

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)


def rewrite_config(
    function: cst.FunctionDef, extra: Sequence[Option], note: Callable[[str], None]
) -> cst.FunctionDef:
    """The fixture `vcr_config` as `tape_config`, with the options that it gives in our words."""
    rewriter = _Config(extra, note)
    changed = function.visit(rewriter)
    assert isinstance(changed, cst.FunctionDef)
    if not rewriter.found:
        note("its options are computed: give them in our words")
    return changed.with_changes(name=cst.Name("tape_config"))


class _Config(cst.CSTTransformer):
    """Rewrites the dict that a fixture returns or yields."""

    def __init__(self, extra: Sequence[Option], note: Callable[[str], None]) -> None:
        super().__init__()
        self._extra = extra
        self._note = note
        self.found = False

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        return updated_node.with_changes(value=self._value(updated_node.value))

    def leave_Yield(self, original_node: cst.Yield, updated_node: cst.Yield) -> cst.Yield:
        return updated_node.with_changes(value=self._value(updated_node.value))

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        return updated_node.with_changes(value=self._value(updated_node.value))

    def _value(self, value: V) -> V | cst.Dict:
        options = _options_of(value)
        if options is None:
            return value
        self.found = True
        return as_dict(mapped([*self._extra, *options], self._note))


def _options_of(value: cst.CSTNode | None) -> list[Option] | None:
    """The options that a dict gives; None where it is computed."""
    if isinstance(value, cst.Call):
        is_dict = isinstance(value.func, cst.Name) and value.func.value == "dict"
        if is_dict and all(arg.keyword is not None for arg in value.args):
            return list(keywords(value.args))
    if not isinstance(value, cst.Dict):
        return None
    options: list[Option] = []
    for element in value.elements:
        key = text_of(element.key) if isinstance(element, cst.DictElement) else None
        if key is None:
            return None
        options.append((key, element.value))
    return options


def as_dict(options: Mapped) -> cst.Dict:
    """The options as a dict, on one line."""
    return cst.Dict(
        [
            cst.DictElement(cst.SimpleString(f'"{name}"'), value)
            for name, value in options.options.items()
        ]
    )


def config_fixture(source: str, extra: Sequence[Option]) -> str:
    """A conftest with the fixture `tape_config` added, which says what VCR.py had as defaults."""
    if "def tape_config" in source:
        return source
    options = cst.Module([]).code_for_node(as_dict(mapped(extra, lambda _: None)))
    body = f'@pytest.fixture(scope="session")\ndef tape_config():\n    return {options}\n'
    module = cst.parse_module(source)
    has_pytest = any(
        isinstance(small, cst.Import) and any(a.evaluated_name == "pytest" for a in small.names)
        for statement in module.body
        if isinstance(statement, cst.SimpleStatementLine)
        for small in statement.body
    )
    if not has_pytest:
        source = with_import(source, "pytest")
    return f"{source.strip(chr(10))}\n\n\n{body}"
