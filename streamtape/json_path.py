"""JSON paths as users write them: one syntax for every option that takes one. Pure.

A subset of RFC 9535 (JSONPath): `$.user.email`, `$.items[0]`, `$['odd key']`, `$.items[*].id` and
`$.items.*.id` for each, `$..id` at any depth. The `$` in front may be left out, and a name may hold
dashes. A path selects its value and everything below it. Slices, filters, lists of names and
negative indices are refused: whether they select a value can't be decided from its own path alone.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from streamtape.errors import UsageError

Path = tuple[str | int, ...]
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_NAME = r"[^\W\d](?:[\w-]*\w)?"
_DOUBLE = r'"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"'
_SINGLE = r"'(?:[^'\\]|\\['\\/bfnrt]|\\u[0-9a-fA-F]{4})*'"
_STEP = re.compile(
    rf"(?:(?P<deep>\.\.)|\.)(?:(?P<name>{_NAME})|(?P<all>\*))"
    rf"|(?P<deep_too>\.\.)?\[\s*(?:(?P<each>\*)|(?P<index>0|[1-9]\d*)|(?P<double>{_DOUBLE})"
    rf"|(?P<single>{_SINGLE}))\s*\]"
)
_ANY = r'(?:\.\w+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])'
_KNOWN = "known: $.name, [0], ['odd key'], .* and [*] for each, ..name at any depth"


def path_text(path: Path) -> str:
    """A path as text: `$.items[0].id`, with odd names in brackets."""
    return "$" + "".join(map(step_text, path))


@lru_cache(maxsize=1024, typed=True)
def step_text(step: str | int) -> str:
    """One step of a path as text."""
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"


@lru_cache(maxsize=256)
def path_pattern(path: str) -> re.Pattern[str]:
    """The expression for the text (`path_text`) of selected paths; UsageError if invalid."""
    pattern = _pattern(path)
    if pattern is None:
        hint = _translated(path)
        meant = f"; did you mean {hint!r}?" if hint else ""
        raise UsageError(f"{path!r} is not a path into JSON{meant} ({_KNOWN})")
    return re.compile(pattern + r"(?=[.\[]|\Z)")


def _pattern(path: str) -> str | None:
    rest = path.removeprefix("$") if path.startswith(("$", "[", ".")) else f".{path}"
    pattern, at = r"\$", 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None:
            return None
        at = step.end()
        pattern += (rf"{_ANY}*?" if step["deep"] or step["deep_too"] else "") + _step(step)
    return pattern if path.strip() else None


def _step(step: re.Match[str]) -> str:
    if step["all"] or step["each"]:
        return _ANY
    if step["index"]:
        return re.escape(f"[{step['index']}]")
    if step["double"]:
        return re.escape(step_text(json.loads(step["double"], strict=False)))
    if step["single"]:
        inner = step["single"][1:-1].replace("\\'", "'").replace('"', '\\"')
        return re.escape(step_text(json.loads(f'"{inner}"', strict=False)))
    return re.escape(step_text(step["name"]))


def _translated(path: str) -> str | None:
    """Suggest the path for one in the syntax of another tool or of an earlier version."""
    text = path.strip().removeprefix("$").strip(".")
    text = re.sub(r"\.?\*\*\.?", "..", text)
    text = re.sub(r"(?<!\.)\.(\d+)(?=\.|\[|$)", r"[\1]", text)
    text = re.sub(r"/", ".", text.strip("/")) if "/" in text and "." not in text else text
    steps = re.sub(r"(^|\.)([^.\[\]*'\"]*[^\w.\[\]*'\"-][^.\[\]*'\"]*)", r"['\2']", text)
    for one in (text, steps):
        hint = f"${one}" if one.startswith(("..", "[")) else f"$.{one}"
        if one and _pattern(hint) is not None:
            return hint
    return None
