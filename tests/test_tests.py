"""Every test can fail: it asserts something, and not only inside a loop that may never run."""

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from tests.shared import REPO

FILES = sorted(p for p in (REPO / "tests").rglob("*.py") if "node_modules" not in p.parts)
CHECKS = {"raises", "warns", "fail", "assert_outcomes", "fnmatch_lines", "no_fnmatch_line"}
NO_ERROR = {  # what these show is that no exception comes
    "test_any_text_gives_a_value_or_not_json",
    "test_any_payload_of_a_known_type_is_taken",
    "test_stopping_twice_and_never_starting",
    "test_hostile_text_takes_linear_time",
    "test_a_value_or_our_error",
    "test_every_program_is_python",
    "test_a_strange_line_is_no_traceback",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While


def name_of(call: ast.Call) -> str:
    """The name by which a function is called, without what it belongs to."""
    return str(getattr(call.func, "attr", "") or getattr(call.func, "id", ""))


def checks_in(node: ast.AST, helpers: set[str]) -> Iterator[ast.AST]:
    """The statements and calls that can fail a test."""
    for one in ast.walk(node):
        match one:
            case ast.Assert() | ast.Raise():
                yield one
            case ast.Call() if name_of(one) in CHECKS | helpers:
                yield one
            case ast.Call() if name_of(one).startswith(("to_", "not_to_")):  # Playwright's expect
                yield one
            case ast.Call() if any(
                k.arg == "check" and isinstance(k.value, ast.Constant) and k.value.value
                for k in one.keywords
            ):
                yield one


def functions(tree: ast.AST) -> Iterator[Function]:
    """The functions of a file, at any depth."""
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def helpers_that_check(trees: Iterable[ast.AST]) -> set[str]:
    """The functions beside the tests that assert something, or call one that does."""
    others = [f for t in trees for f in functions(t) if not f.name.startswith("test")]
    found = {f.name for f in others if any(checks_in(f, set()))}
    calls = {f: {name_of(n) for n in ast.walk(f) if isinstance(n, ast.Call)} for f in others}
    while more := {f.name for f in others if f.name not in found and calls[f] & found}:
        found |= more
    return found


def is_always_true(node: ast.expr) -> bool:
    """Whether a condition holds whatever the program does."""
    match node:
        case ast.Constant() | ast.JoinedStr() | ast.GeneratorExp() | ast.Lambda():
            return True
        case ast.Tuple(elts=elts):
            return bool(elts)
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(map(is_always_true, values))
        case ast.IfExp(body=one, orelse=other):
            return is_always_true(one) or is_always_true(other)
        case ast.Compare(left=ast.Call(func=ast.Name(id="len")), ops=[ast.GtE()]):
            return ast.dump(node.comparators[0]) == ast.dump(ast.Constant(0))
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is() | ast.GtE() | ast.LtE()]):
            # Two calls may differ, and so may two looks at a property.
            active = any(isinstance(n, ast.Call | ast.Attribute) for n in ast.walk(left))
            return not active and ast.dump(left) == ast.dump(node.comparators[0])
    return False


def filled(function: Function) -> set[str]:
    """The names in a test that begin as a list or tuple with something in it."""
    return {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Tuple)
        for target in node.targets
        if isinstance(target, ast.Name) and node.value.elts
    }


def may_be_empty(loop: Loop, names: set[str]) -> bool:
    """Whether a loop may not run at all; what `names` name is known to hold something."""
    match loop:
        case ast.For(iter=ast.Tuple() | ast.List() | ast.Dict() | ast.Set()):
            return False
        case ast.For(iter=ast.Name(id=name)) if name.isupper() or name in names:
            return False  # a constant of the file
        case ast.For(iter=ast.Call(func=ast.Name(id="range" | "enumerate" | "zip"))):
            return False
    return True


def guarded(function: Function, helpers: set[str]) -> str:
    """What keeps all checks of a test from being reached: a loop, an `if`, nothing to reach."""
    inside: dict[ast.AST, str] = {}
    names = filled(function)

    def descend(node: ast.AST, why: str) -> None:
        inside[node] = why
        if isinstance(node, Loop) and may_be_empty(node, names):
            why = f"a loop in line {node.lineno} that may be empty"
        elif isinstance(node, ast.If | ast.ExceptHandler):
            why = f"a condition in line {node.lineno}"
        for child in ast.iter_child_nodes(node):
            # What an `else` asserts makes the `if` safe: one of the two is reached.
            outside = isinstance(node, ast.If) and child in node.orelse
            # What a loop goes over is looked at once, whether it is empty or not.
            outside = outside or child in (getattr(node, "iter", None), getattr(node, "test", None))
            descend(child, inside[node] if outside else why)

    descend(function, "")
    reasons = [inside[check] for check in checks_in(function, helpers)]
    if not reasons:
        return "no assertion"
    return "" if "" in reasons else f"every assertion lies within {reasons[0]}"


def test_tests_can_fail() -> None:
    """No file of tests has an assertion that always holds, or a test whose checks may be skipped.

    Where a loop goes over what was found, say first that something was: `assert paths`.
    """
    trees = {path: ast.parse(path.read_text("utf-8")) for path in FILES}
    helpers = helpers_that_check(trees.values())
    found = []
    for path, tree in trees.items():
        name = path.relative_to(REPO)
        found += [
            f"{name}:{node.lineno}: always true: {ast.unparse(node.test)}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Assert) and is_always_true(node.test)
        ]
        for function in functions(tree):
            is_test = path.name.startswith("test_") and function.name.startswith("test_")
            is_test = is_test and function.name not in NO_ERROR
            if is_test and (why := guarded(function, helpers)):
                found.append(f"{name}:{function.lineno}: {function.name}: {why}")
    assert helpers
    assert found == []


ABSENT = re.compile(
    "not installed|has not run|could not be installed|no fake-gcs-server for|not on the PATH|mount"
)


def test_a_skip_is_for_what_is_absent() -> None:
    """A program or a privilege: continuous integration has all and fails on any other skip.

    What a parameter does not fit is no parameter of the test.
    """
    reasons = [
        (path.name, ast.unparse(node.args[0]))
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.skip"
    ]
    assert reasons
    assert [(name, reason) for name, reason in reasons if not ABSENT.search(reason)] == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("x = 1", "no assertion"),
        ("for x in f():\n  assert x", "a loop in line 2"),
        ("while f():\n  assert x", "a loop in line 2"),
        ("if f():\n  assert x", "a condition in line 2"),
        ("try:\n  f()\nexcept E:\n  assert x", "a condition in line 4"),
        ("for x in (1, 2):\n  assert x", ""),
        ("assert found\nfor x in found:\n  assert x", ""),
        ("if f():\n  assert x\nelse:\n  assert y", ""),
        ("with pytest.raises(E):\n  f()", ""),
        ("found = [1]\nfor x in found:\n  assert x", ""),
        ("found = []\nfor x in found:\n  assert x", "a loop in line 3"),
        ("run(check=True)", ""),
    ],
)
def test_what_guards_the_assertions_of_a_test(body: str, why: str) -> None:
    """Tests without a check that is always reached are reported with the line that skips it."""
    source = "def test_it():\n" + "\n".join(f"  {line}" for line in body.splitlines())
    (function,) = functions(ast.parse(source))
    found = guarded(function, set())
    assert why in found
    assert bool(found) is bool(why)


@pytest.mark.parametrize(
    "text",
    ["True", "1", "f'{x}'", "(x, 'message')", "x or True", "x if y else True", "x == x",
     "x[0] is x[0]", "len(x) >= 0", "(n for n in x)"],
)  # fmt: skip
def test_what_is_always_true(text: str) -> None:
    """Constants, alternatives to one, and a value compared with itself."""
    assert is_always_true(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    "text", ["x", "f() == f()", "x.y is x.y", "x and True", "len(x) > 0", "x == y", "()"]
)
def test_what_may_be_false(text: str) -> None:
    """Two calls and two looks at a property may differ; all else depends on a value."""
    assert not is_always_true(ast.parse(text, mode="eval").body)
