"""A module of tests, rewritten: marks, decorators, blocks, fixtures, errors and imports.

Every change is of one node, and each kind has a method of its own. Code that is not known for
certain to be VCR.py's is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import libcst as cst
from libcst import metadata
from libcst.helpers import get_full_name_for_node

from streamtape.convert.migrate.fixtures import (
    FIXTURES,
    rewrite_config,
    rewrite_parameters,
    uses_of,
)
from streamtape.convert.migrate.imports import used_names, with_imports
from streamtape.convert.migrate.marks import mark_of, tests_without
from streamtape.convert.migrate.names import ERRORS, VCR_CLASSES, Names, keywords
from streamtape.convert.migrate.options import Option, mapped, text_of
from streamtape.convert.migrate.paths import below, renamed, text

_REMOVED = ("vcr_cassette_dir", "vcr_cassette_name", "vcr_cassette_path", "vcr_markers")
_BESIDE = cst.parse_expression('pathlib.Path(__file__).parent / "cassettes"')


@dataclass
class Suite:
    """What holds for all modules of a suite.

    `objects`: the options of each VCR object, by name. `extra`: what the suite's tool had as
    defaults where ours are others.
    """

    objects: dict[str, list[Option]] = field(default_factory=dict)
    extra: list[Option] = field(default_factory=list)


def read_names(source: str) -> Names:
    """What the names in a module mean; cst.ParserSyntaxError where it is not Python."""
    names = Names()
    cst.parse_module(source).visit(names)
    return names


def rewrite(
    source: str,
    suite: Suite,
    note: Callable[[int, str], None],
    from_test: Callable[[str], str] = lambda path: path,
    has_cassette: Callable[[str], bool] = lambda test: True,
) -> str:
    """The module in our words; the same text where nothing in it is VCR.py's.

    `note` takes a line and what a person has to look at there. `from_test` gives a path that was
    meant from the folder where pytest runs as one from the module's own folder. `has_cassette`
    says whether a test (`test_a`, `TestB.test_a`) has a cassette of its own: one that is marked
    and has none may go on sending nothing.
    """
    module = cst.parse_module(source)
    names = Names()
    module.visit(names)
    wrapper = cst.MetadataWrapper(module, unsafe_skip_copy=True)
    rewriter = _Rewriter(names, suite, note, from_test)
    rewriter.without = tests_without(module, has_cassette)
    changed = wrapper.visit(rewriter)
    if changed.code == source:
        return source
    used = used_names(changed)
    for name in sorted(used & set(names.imported)):
        note(1, f"{names.imported[name]} is still used")
    return with_imports(changed, names, used).code


class _Rewriter(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (metadata.PositionProvider,)

    def __init__(
        self,
        names: Names,
        suite: Suite,
        note: Callable[[int, str], None],
        from_test: Callable[[str], str],
    ) -> None:
        super().__init__()
        self.names = names
        self.suite = suite
        self.objects = {**suite.objects, **names.objects}
        self.from_test = from_test
        self._note = note
        self._functions: list[str] = []
        self._fixtures: list[frozenset[str]] = []  # per enclosing function, its fixtures of VCR
        self._decorating: cst.CSTNode | None = None
        self.without: frozenset[cst.CSTNode] = frozenset()  # marks of tests without a cassette
        self._cassettes: set[str] = set()  # names that a `with` gives to a cassette

    def note(self, node: cst.CSTNode, message: str) -> None:
        self._note(self.get_metadata(metadata.PositionProvider, node).start.line, message)

    # marks -------------------------------------------------------------------------------------

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        mark = mark_of(original_node)
        if mark is not None:
            renamed_mark = updated_node.with_changes(attr=cst.Name("streamtape"))
            if mark != "block_network" and original_node not in self.without:
                return renamed_mark
            if mark != "block_network":
                return cst.Call(
                    renamed_mark, mapped([_NO_REQUESTS], _ignore, default_match=False).arguments()
                )
            return cst.Call(
                renamed_mark, mapped([_BLOCK], _ignore, default_match=False).arguments()
            )
        if original_node.attr.value in ERRORS and self._is_theirs(original_node):
            return cst.parse_expression("streamtape.MissError")
        return self._of_cassette(original_node, updated_node)

    def _of_cassette(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """An attribute of the cassette that a test reads, as one of the session."""
        owner = original_node.value
        if not (isinstance(owner, cst.Name) and owner.value in self._cassettes):
            return updated_node
        name = owner.value
        ours = {
            "play_count": f"len({name}.played)",
            "all_played": f"(not {name}.unplayed)",
            "responses": None,
            "dirty": None,
        }.get(original_node.attr.value, "")
        if ours is None:
            self.note(original_node, f"{name}.{original_node.attr.value} has no counterpart")
        return cst.parse_expression(ours) if ours else updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        mark = mark_of(original_node.func)
        if mark is not None:
            return self._marked(mark, original_node, updated_node)
        name = get_full_name_for_node(original_node.func) or ""
        if name.endswith("mark.usefixtures"):
            return updated_node.with_changes(
                args=[self._fixture_name(a) for a in updated_node.args]
            )
        if name == "len" and len(original_node.args) == 1:
            of = original_node.args[0].value
            if isinstance(of, cst.Name) and of.value in self._cassettes:
                return cst.parse_expression(f"len({of.value}.interactions)")
        if self._is_use(original_node) and original_node is not self._decorating:
            return self._block(original_node)
        return updated_node

    def visit_Decorator(self, node: cst.Decorator) -> None:
        self._decorating = node.decorator

    def _marked(self, mark: str, node: cst.Call, updated_node: cst.Call) -> cst.Call:
        func = updated_node.func
        if isinstance(func, cst.Call):
            func = func.func
        options = [_BLOCK] if mark == "block_network" else []
        options += [_NO_REQUESTS] if node.func in self.without else []
        options += keywords(node.args)
        args = mapped(options, self._noter(node), default_match=False).arguments()
        paths = [arg.value for arg in node.args if arg.keyword is None and not arg.star]
        if len(paths) > 1:
            self.note(node, "a mark names one cassette: the others are left out")
        if paths and mark != "block_network":
            path, known = renamed(paths[0])
            if not known:
                self.note(node, "the path is computed: see that it ends with .tape")
            args.insert(0, cst.Arg(path))
        if not args:
            return updated_node.with_changes(func=func, args=[])
        return updated_node.with_changes(func=func, args=args)

    def _fixture_name(self, arg: cst.Arg) -> cst.Arg:
        if text_of(arg.value) in FIXTURES:
            return arg.with_changes(value=text("tape"))
        return arg

    # cassettes ---------------------------------------------------------------------------------

    def _is_theirs(self, node: cst.CSTNode) -> bool:
        return self.names.full_name(node).partition(".")[0] in {"vcr", "cassetter"}

    def _is_use(self, node: cst.CSTNode) -> bool:
        """Whether this is `use_cassette` of VCR.py, of one of its objects, or of cassetter."""
        func = node.func if isinstance(node, cst.Call) else node
        name = get_full_name_for_node(func) or ""
        owner, _, last = name.rpartition(".")
        if self.names.full_name(func) in {"vcr.use_cassette", "cassetter.use_cassette"}:
            return True
        return last == "use_cassette" and (owner in self.objects or self._is_fixture(owner))

    def _is_fixture(self, name: str) -> bool:
        return any(name in names for names in self._fixtures)

    def _call_options(
        self, node: cst.BaseExpression
    ) -> tuple[cst.BaseExpression | None, list[cst.Arg], bool]:
        """The path of a `use_cassette`, its options in our words, and whether it is in a folder."""
        func = node.func if isinstance(node, cst.Call) else node
        args: Sequence[cst.Arg] = node.args if isinstance(node, cst.Call) else ()
        owner = (get_full_name_for_node(func) or "").rpartition(".")[0]
        shared = self.objects.get(owner, []) if owner in self.objects else []
        own = list(keywords(args))
        first = next((arg.value for arg in args if arg.keyword is None), None)
        path = first or dict(own).get("path")
        given = [(name, value) for name, value in (*shared, *own) if name != "path"]
        if "inject_cassette" in dict(given):
            self.note(node, "the cassette is no longer an argument: take the fixture `tape`")
            given = [(name, value) for name, value in given if name != "inject_cassette"]
        folder = dict(given).get("cassette_library_dir")
        if path is None and self._functions and node is self._decorating:
            path = text(self._functions[-1])  # VCR.py's name for it
        if path is not None:
            path, known = renamed(path)
            if not known:
                self.note(node, "the path is computed: see that it ends with .tape")
            if folder is None and self._is_fixture(owner):
                folder = _BESIDE
            if folder is not None:
                path = _beside(path) if folder is _BESIDE else below(folder, path)
        options = mapped(given, self._noter(node)).arguments()
        return path, options, folder is not None

    def _block(self, node: cst.Call) -> cst.Call:
        """`with vcr.use_cassette(...)` as `with streamtape.use_cassette(...)`."""
        path, options, _ = self._call_options(node)
        if path is None:
            self.note(node, "give it the path of a cassette: VCR.py took the function's name")
            return node
        func = cst.parse_expression("streamtape.use_cassette")
        return cst.Call(func, [cst.Arg(path), *options])

    def leave_Decorator(
        self, original_node: cst.Decorator, updated_node: cst.Decorator
    ) -> cst.Decorator:
        used = original_node.decorator
        if not self._is_use(used):
            return updated_node
        path, options, in_folder = self._call_options(used)
        args = list(options)
        if path is not None:
            value = text_of(path)
            if value is not None:
                given = self.from_test(value) if in_folder or _names_a_path(used) else value
                path = text(given if "/" in given else f"./{given}")
            elif in_folder:
                path = cst.Call(cst.Name("str"), [cst.Arg(path)])
            else:
                self.note(used, "the path of a decorator is meant from the test's own folder")
            args.insert(0, cst.Arg(path))
        func = cst.parse_expression("streamtape.cassette")
        return updated_node.with_changes(decorator=cst.Call(func, args) if args else func)

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if self._is_use(node.item) and node.asname is not None:
            target = node.asname.name
            if isinstance(target, cst.Name):
                self._cassettes.add(target.value)

    # statements and functions ------------------------------------------------------------------

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        (first, *others) = original_node.body
        if others:
            return updated_node
        value = first.value if isinstance(first, cst.Assign) else None
        if isinstance(value, cst.Call) and self.names.full_name(value.func) in VCR_CLASSES:
            return cst.RemoveFromParent()
        if isinstance(first, cst.Expr) and isinstance(first.value, cst.Call):
            owner, _, last = (get_full_name_for_node(first.value.func) or "").rpartition(".")
            theirs = owner in self.objects or owner == "vcr" or self._is_fixture(owner)
            if theirs and last.startswith("register_"):
                self.note(original_node, f"{owner}.{last} is left out: it has no counterpart")
                return cst.RemoveFromParent()
        return updated_node

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        taken = {p.name.value for p in node.params.params} & set(FIXTURES)
        self._functions.append(node.name.value)
        self._fixtures.append(frozenset(taken))
        for name in taken:
            if not uses_of(node.body, name).use_cassette:
                self._cassettes.update({name, "tape"})

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.RemovalSentinel:
        taken = self._fixtures.pop()
        self._functions.pop()
        name = original_node.name.value
        if name == "vcr_config":
            return rewrite_config(updated_node, self.suite.extra, self._noter(original_node))
        if name in _REMOVED:
            self.note(original_node, f"the fixture {name} has no counterpart: name the cassettes")
        if not taken:
            return updated_node
        changed = rewrite_parameters(original_node, updated_node, taken)
        if changed is None:
            self.note(original_node, f"{name} only set VCR.py up: it is left out")
            return cst.RemoveFromParent()
        return changed

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if original_node.value in ERRORS and self._is_theirs(original_node):
            return cst.parse_expression("streamtape.MissError")
        return updated_node

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        module = get_full_name_for_node(node.module) if node.module else ""
        if module in {"vcr.unittest", "vcr_unittest"}:
            self.note(node, "decorate the test case with @streamtape.cassette in place of this")
        return False  # the names in it are no uses

    def _noter(self, node: cst.CSTNode) -> Callable[[str], None]:
        return lambda message: self.note(node, message)


_BLOCK: Option = ("block_network", cst.Name("True"))
_NO_REQUESTS: Option = ("allow_no_requests", cst.Name("True"))


def _ignore(message: str) -> None:
    """Take a note that can't come."""


def _beside(path: cst.BaseExpression) -> cst.BaseExpression:
    """The path in the folder of cassettes beside the module."""
    value = text_of(path)
    if value is not None:
        return cst.parse_expression(
            f"pathlib.Path(__file__).parent / {text('cassettes/' + value).value}"
        )
    return cst.BinaryOperation(_BESIDE, cst.Divide(), path)


def _names_a_path(node: cst.BaseExpression) -> bool:
    """Whether a `use_cassette` is called with a path; VCR.py takes the function's name without."""
    return isinstance(node, cst.Call) and any(
        arg.keyword is None or arg.keyword.value == "path" for arg in node.args
    )
