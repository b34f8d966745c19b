"""No test asserts on what a page shows at that moment: a page draws in its next frames."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.shared import REPO
from tests.test_tests import FILES, Function, functions, name_of

# What Playwright answers at once; its `expect`, and what is repeated until it holds, wait.
READS = {
    "evaluate", "evaluate_all", "inner_text", "inner_html", "text_content", "all_inner_texts",
    "all_text_contents", "bounding_box", "get_attribute", "input_value", "count", "all", "title",
    "is_visible", "is_hidden", "is_checked", "is_enabled", "is_disabled",
}  # fmt: skip
WAITS = {"until", "eventually", "wait_for_function"}
AT_REST = {  # names that hold what can't change any more, and why
    "test_it_plays_at_the_recorded_pace": {
        "seen": "playback has been stopped and drawn",
        "after": "a longer text is waited for; playback stands",
    },
    "test_pages_fit_and_are_read_by_all": {"serious": "axe looks once all is drawn"},
    "test_a_replay_shows_what_is_played_and_what_missed": {
        "faults_for_readers": "axe looks once all is drawn"
    },
    "test_a_replay_shows_how_far_it_has_come": {
        "faults_for_readers": "what it looks at is waited for"
    },
}


def reads(node: ast.AST, readers: set[str]) -> Iterator[str]:
    """The names by which an expression looks at a page at once; what a lambda does comes later."""
    if isinstance(node, ast.Lambda):
        return
    match node:
        case ast.Call(func=ast.Attribute(attr="count"), args=[_, *_]):
            pass  # of a text or a list
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in READS:
            yield attr
        case ast.Call(func=ast.Name(id=name)) if name in readers:
            yield name
    for child in ast.iter_child_nodes(node):
        yield from reads(child, readers)


def waits(function: Function) -> bool:
    """Whether a function waits for what it reads."""
    return any(isinstance(n, ast.Call) and name_of(n) in WAITS for n in ast.walk(function))


def readers_of(trees: Iterable[ast.AST]) -> set[str]:
    """The functions beside the tests that look at a page at once, for whoever calls them."""
    others = [f for t in trees for f in functions(t) if not f.name.startswith("test")]
    found: set[str] = set()
    while more := {
        f.name
        for f in others
        if f.name not in found and not waits(f) and any(n for s in f.body for n in reads(s, found))
    }:
        found |= more
    return found


def looks_at_once(function: Function, readers: set[str]) -> Iterator[str]:
    """Each assertion on such a look, or on a name that holds one, by its line."""
    kept = {
        name.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign | ast.AugAssign) and [*reads(node.value, readers)]
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            names = {n.id for n in ast.walk(node.test) if isinstance(n, ast.Name)} & kept
            for name in sorted(names | {*reads(node.test, readers)}):
                if name not in AT_REST.get(function.name, {}):
                    yield f"{node.lineno}: {name}"


def test_what_a_page_shows_is_waited_for() -> None:
    """By `expect`, `until` or `eventually`: a look is right only where the page was fast enough."""
    texts = {path: path.read_text("utf-8") for path in FILES}
    trees = {
        path: ast.parse(text)
        for path, text in texts.items()
        if "playwright" in text and path.name != Path(__file__).name
    }
    readers = readers_of(trees.values())
    found = [
        f"{path.relative_to(REPO)}:{look}"
        for path, tree in trees.items()
        for function in functions(tree)
        if function.name not in readers
        for look in looks_at_once(function, readers)
    ]
    assert {"seconds", "fits", "span"} <= readers
    assert found == []


@pytest.mark.parametrize(
    ("body", "n"),
    [
        ("assert page.evaluate('x') == 1", 1),
        ("assert page.locator('a').count() == 0", 1),
        ("assert seconds(page) == 0", 1),
        ("x = page.inner_text('p')\nassert x == 'y'", 1),
        ("x += page.inner_text('p')\nassert x == 'y'", 1),
        ("until(lambda: page.evaluate('x') == 1)", 0),
        ("eventually(lambda: seconds(page), 0)", 0),
        ("expect(page.locator('a')).to_have_count(0)", 0),
        ("assert 'text'.count('t') == 2", 0),
        ("before = seconds(page)\nuntil(lambda: seconds(page) > before)", 0),
    ],
)
def test_what_looks_at_once(body: str, n: int) -> None:
    """A read, a helper that reads, and a name that holds what was read."""
    source = "def test_it():\n" + "\n".join(f"  {line}" for line in body.splitlines())
    (function,) = functions(ast.parse(source))
    assert len([*looks_at_once(function, {"seconds"})]) == n
