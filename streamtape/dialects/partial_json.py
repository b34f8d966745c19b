"""JSON that is cut somewhere, parsed as far as it goes.

`{"city": "Par` is `{"city": "Par"}`: what is open is closed, a string keeps what it has, and a key
without its value, a number that may go on and half a literal are left out. Text that is not how
any JSON begins is NOT_JSON: nothing is guessed. (jiter's partial mode keeps a number that may go
on, 1 of what may become 12, and takes `{"a": 1} and more` for whole; so this is our own.)
"""

from __future__ import annotations

import re
from typing import Any

from streamtape.dialects.payload import NOT_JSON, decode

MAX_DEPTH = 200
_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<string>"[^"\\]*(?:\\.[^"\\]*)*")|(?P<open>[{\[])|(?P<close>[}\]])'
    r"|(?P<mark>[:,])|(?P<atom>-?[0-9][0-9.eE+-]*|true|false|null)(?=[ \t\r\n,}\]]))",
    re.DOTALL,
)
_HALF_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?$")
_HALF_ATOM = re.compile(
    r"-?(?:[0-9][0-9.eE+-]*)?$|t(?:r(?:ue?)?)?$|f(?:a(?:l(?:se?)?)?)?$|n(?:u(?:ll?)?)?$"
)
_CLOSER = {"{": "}", "[": "]"}


def parse_partial(text: str) -> tuple[Any, bool]:
    """The value of a JSON text that may be cut, and whether it is whole; else NOT_JSON."""
    value = decode(text)
    if value is not NOT_JSON:
        return value, True
    closed = _close(text)
    return (NOT_JSON if closed is None else decode(closed)), False


def _close(text: str) -> str | None:
    """The text up to the last place where it can be closed, closed; None where it is no JSON."""
    stack: list[str] = []
    best: str | None = None
    at, in_value = 0, True  # whether a string here would be a value, not a key
    while token := _TOKEN.match(text, at):
        at = token.end()
        kind, word = token.lastgroup, token.group(token.lastgroup or 0)
        if kind == "open":
            stack.append(_CLOSER[word])
            if len(stack) > MAX_DEPTH:
                return None
            in_value = word == "["
        elif kind == "close":
            if not stack or stack.pop() != word:
                return None
        elif kind == "mark":
            in_value = word == ":" or (bool(stack) and stack[-1] == "]")
            continue
        elif kind == "string" and not in_value:
            continue
        best = text[:at] + "".join(reversed(stack))
        if not stack:
            break
    rest = text[at:].lstrip(" \t\r\n")
    if not rest:
        return best
    if rest.startswith('"') and (stack or best is None):
        if not in_value:
            return best
        half = _HALF_ESCAPE.sub(r"\1", text)
        return half + '"' + "".join(reversed(stack))
    return best if stack and _HALF_ATOM.match(rest) else None
