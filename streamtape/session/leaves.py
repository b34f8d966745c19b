"""The leaves of a JSON value, each with its path: `$.input[0].content`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from streamtape.errors import UsageError

_PLAIN = re.compile(r"[A-Za-z_]\w*")
_STEP = re.compile(
    r"""(?P<deep>\.(?=\.))?
        (?:\.?(?P<all>\[\*\]|(?<=\.)\*) | \.(?P<name>[^.\[\]*]+) | \[(?P<index>\d+)\]
        | \[(?P<json>"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")\]
        | \['(?P<quoted>[^']*)'\])""",
    re.VERBOSE,
)


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Give every leaf of a JSON value with its path: `$.input[0].content`."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, path + _named(key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def _named(key: str) -> str:
    return f".{key}" if _PLAIN.fullmatch(key) else f"[{json.dumps(key, ensure_ascii=False)}]"


def has_below(paths: Iterable[str], path: str) -> bool:
    """Whether one of the paths lies below another one."""
    return any(other.startswith((f"{path}.", f"{path}[")) for other in paths)


def path_pattern(path: str) -> str:
    """A regular expression for a path and all that lies below it; UsageError for one that is none.

    `$.a.b`, `$.a[0]`, `$["odd key"]`; `*` is every key or index, `..` any depth (`$..id`). The `$`
    in front may be left out.
    """
    rest = path.removeprefix("$") if path.startswith(("$", "[", ".")) else f".{path}"
    pattern, at = r"\$", 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None:
            raise UsageError(
                f"{path!r} is no path of a JSON value: what stands at {rest[at:]!r} is not known "
                '(known: $.name, [0], ["odd key"], .* and [*] for each, ..name at any depth)'
            )
        at = step.end()
        pattern += (r"(?:[.\[].*)?" if step["deep"] else "") + _step(step)
    return pattern + r"(?:[.\[]|$)"


def _step(step: re.Match[str]) -> str:
    if step["all"]:
        return r'(?:\.\w+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])'
    if step["index"]:
        return re.escape(f"[{step['index']}]")
    if step["json"]:
        return re.escape(_named(json.loads(step["json"], strict=False)))
    return re.escape(_named(step["name"] or step["quoted"]))
