"""One place where two requests differ, with both values as people can read them: bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streamtape.errors import UsageError
from streamtape.tape.model import Request
from streamtape.tape.texts import masked_text

MOST_SHOWN = 200  # characters of one value


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two requests differ: `where` is a part, or a path in the JSON body."""

    where: str
    recorded: str
    requested: str


def text_of(body: bytes) -> str:
    """A body as text, with what can't be printed escaped."""
    text = body.decode("utf-8", "backslashreplace")
    shown = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
    return shown or "(empty)"


def only(pairs: Any, others: Any) -> str:
    """The names and values of one side that the other has not."""
    mine = [pair for pair in pairs if pair not in others]
    return ", ".join(f"{_str(name)}={_str(value)}" for name, value in mine) or "(not there)"


def _str(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def shown(old: str, new: str) -> tuple[str, str]:
    """Both values, without secrets, bounded: of long ones, what is around the first difference."""
    old, new = (masked_text(v.encode("utf-8", "backslashreplace").decode()) for v in (old, new))
    if max(len(old), len(new)) <= MOST_SHOWN:
        return old, new
    same = next((n for n, (x, y) in enumerate(zip(old, new, strict=False)) if x != y), None)
    start = max(0, (min(len(old), len(new)) if same is None else same) - MOST_SHOWN // 3)
    return _window(old, start), _window(new, start)


def _window(text: str, start: int) -> str:
    if len(text) <= MOST_SHOWN:
        return text
    piece = text[start : start + MOST_SHOWN]
    before, after = "..." if start else "", "..." if start + MOST_SHOWN < len(text) else ""
    return f"{before}{piece}{after} ({len(text)} characters)"


def objection(
    function: Callable[[Request, Request], object], recorded: Request, requested: Request
) -> str | None:
    """What a function of the user's has against a match; one may assert, as VCR.py's may."""
    name = getattr(function, "__name__", repr(function))
    reason = f"{name}() reports a difference"
    try:
        equal: object = function(recorded, requested)
    except AssertionError as error:
        return f"{reason}: {str(error).splitlines()[0]}" if str(error) else reason
    if equal is None:
        raise UsageError(f"the matcher {name} returned None; it must return True or False")
    return None if equal else reason
