"""Regression or rewording: what changes at level `content` mean for a program.

By facts alone: no model, and no guess at what words mean. A change is one of behaviour if a
program that reads the answer could act differently: other tools or arguments, another structure, a
refusal, an error, another ending. It is one of wording if only text differs. Reasoning always
counts as wording, since the number of thoughts varies from run to run. So does the output of a
provider's tool, whose input is compared already; so do citations, which follow the words, and
images, unless their number changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamtape.compare.comparison import Change, Verdict, short
from streamtape.compare.content_changes import STRUCTURE, data_in
from streamtape.compare.units import CALL

MAX_VALUE = 40  # characters of a value in a reason
_WORDING = ("reasoning", "output")
_COUNTED = ("annotation", "image")
_ENDINGS = {
    "finish_reason": "finish reason",
    "status": "status",
    "error": "error",
    "head": "HTTP status",
    "ending": "ending",
    "finished": "reached its end",
}
_ACTIONS = {"inserted": "added", "removed": "removed", "swapped": "moved"}


def verdict_of(changes: Iterable[Change]) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict on changes at level `content`, and the facts that made it `behaviour changed`."""
    changes = list(changes)
    reasons = [reason for change in changes if (reason := reason_of(change))]
    reasons.extend(_counts(changes))
    if reasons:
        return "behaviour changed", tuple(dict.fromkeys(reasons))
    return ("reworded" if changes else "same"), ()


def reason_of(change: Change) -> str | None:
    """Why a change is one of behaviour, in a few words; None where it is one of wording."""
    what = change.what
    if what in _WORDING or what in _COUNTED:
        return None
    if what.startswith(CALL):
        return _of_call(change)
    if what in _ENDINGS:
        path = f" {change.path}" if change.path and what != "head" else ""
        return f"{_ENDINGS[what]}{path}: {_value(change.before)} → {_value(change.after)}"
    if what == "code":  # what an interpreter was given to run: an argument, in another place
        return f"{what} {_ACTIONS.get(change.kind, change.kind)}"
    if change.kind != "changed":
        if not str(change.before or change.after or "").strip():
            return None
        return f"{what} {_ACTIONS[change.kind]}"
    if change.path == STRUCTURE and change.pieces:
        forms = ("prose" if data_in(v) is None else "JSON" for v in (change.before, change.after))
        return f"{what}: {' → '.join(forms)}"
    if change.path:  # of a text that is JSON: strings may be reworded, the rest is data
        if isinstance(change.before, str) and isinstance(change.after, str):
            return None
        return f"{what} {change.path}: {_value(change.before)} → {_value(change.after)}"
    return None


def _of_call(change: Change) -> str:
    if change.kind == "changed" and change.path == "name":
        return f"tool renamed: {change.before} → {change.after}"
    if change.kind == "changed":
        tool = change.what.removeprefix(CALL).strip()
        return f"tool {tool}: {change.path} {_value(change.before)} → {_value(change.after)}"
    value = change.before if change.after is None else change.after
    name = value.get("name") if isinstance(value, dict) else value
    return f"tool call {_ACTIONS[change.kind]}: {name}"


def _counts(changes: Iterable[Change]) -> Iterable[str]:
    """Pictures differ in every run; that there are more or fewer of them is a fact."""
    kinds = [change.kind for change in changes if change.what == "image"]
    more = kinds.count("inserted") - kinds.count("removed")
    if more:
        yield f"images: {abs(more)} {'more' if more > 0 else 'fewer'}"


def _value(value: Any) -> str:
    return "nothing" if value is None else short(value, MAX_VALUE)
