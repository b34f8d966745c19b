"""Which regular expressions of a user's own would mask nothing, and why. Pure.

Python has no public way to ask an expression for its width, so this reads the tree of its parser.
Where a release of Python has no such parser, only what matches an empty text is found.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

_ANCHORS = {
    "AT_BEGINNING": "^", "AT_BEGINNING_STRING": r"\A", "AT_END": "$", "AT_END_STRING": r"\Z",
}  # fmt: skip
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_COUNTED_CHARACTER = re.compile(r"[^\x00-\x7f][*+?{]")
_NEWLINE = 10


def why_nothing(pattern: str) -> str | None:
    """Why an expression would mask nothing, with the way out; None where it may mask something.

    What is masked is the first group that matches a character, or the whole match where no group
    takes part in it.
    `re.error` where it is no expression.
    """
    compiled = re.compile(pattern.encode())
    if counted := _COUNTED_CHARACTER.search(pattern):
        character, count = counted[0][0], counted[0][1]
        return (
            f"it is matched against bytes, and {counted[0]!r} counts the last byte of a character: "
            f"write (?:{character}){count}"
        )
    try:
        tree = importlib.import_module("re._parser").parse(pattern.encode())
    except ImportError:
        return _EMPTY if compiled.match(b"") and not compiled.groups else None
    return _why_no_width(tree, compiled) or _why_no_line(tree)


_EMPTY = "it matches an empty text, which leaves nothing to mask"


def _why_no_width(tree: Any, compiled: re.Pattern[bytes]) -> str | None:
    least, most = tree.getwidth()
    groups = {number: group.getwidth() for number, group in _groups(tree)}
    if "s" in compiled.groupindex:  # the one group that is masked, whatever others there are
        groups = {1: groups.get(compiled.groupindex["s"], (0, 0))}
    if groups and all(width[1] == 0 for width in groups.values()):
        return "its group matches no character, and what a group matches is masked"
    if not groups and most == 0:
        return f"{_EMPTY}: look-arounds and \\b are not part of a match; add what they stand beside"
    if least == 0 and all(width[0] == 0 for width in groups.values()):
        return f"{_EMPTY}: let it match one character at least, as with + in the place of *"
    return None


def _why_no_line(tree: Any) -> str | None:
    for name, argument in _needed(tree):
        if name == "AT" and str(argument) in _ANCHORS:
            sign = _ANCHORS[str(argument)]
            return f"{sign} matches an end of the whole body, not of a value: leave it out"
        if name == "LITERAL" and argument == _NEWLINE:
            return "it needs the end of a line, and is matched within lines only"
    return None


def _needed(tree: Any) -> Iterator[tuple[str, Any]]:
    """What each match has: not what is optional, or one of several alternatives."""
    for operation, argument in tree:
        name = str(operation)
        if name == "SUBPATTERN" or (name in _REPEATS and argument[0] > 0):
            yield from _needed(argument[-1])
        elif name == "ATOMIC_GROUP":
            yield from _needed(argument)
        elif name == "ASSERT":
            yield from _needed(argument[1])
        else:
            yield name, argument


def _groups(node: Any) -> Iterator[tuple[int, Any]]:
    """The numbered groups of a tree, also those within others and within look-arounds."""
    if isinstance(node, tuple) and len(node) == 2 and str(node[0]) == "SUBPATTERN":
        number, *_, inner = node[1]
        if number is not None:
            yield number, inner
    if isinstance(node, list | tuple) or hasattr(node, "getwidth"):
        for part in node:
            yield from _groups(part)
