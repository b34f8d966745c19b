"""Arguments of tool calls set to other values: in deltas, done values, last words, later requests.

`city=Oslo` sets the argument of every call that has one of this name, where they all say the same;
`get_weather.city=Oslo` means the calls of one tool, `get_weather[1].city=Oslo` the second of them,
and `address.street=...` what lies deeper.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from streamtape.dialects.payload import NOT_JSON, decode
from streamtape.editing.documents import Document
from streamtape.editing.json_text import apply, changes, respelled
from streamtape.editing.opened import OpenInteraction
from streamtape.editing.patched_arguments import edit_patches
from streamtape.editing.runs import Run, put, runs_of, texts_in
from streamtape.errors import UsageError
from streamtape.tape.events import ToolCall
from streamtape.tape.texts import shortened

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_HOLDERS = ("arguments", "input", "args", "parameters")
_SHOWN = 60


class Call(NamedTuple):
    """A tool call of an interaction: where it is, and the run of its arguments."""

    opened: OpenInteraction
    call: ToolCall
    run: Run | None


class Target(NamedTuple):
    """An argument of a call, by the steps to it, and what it says."""

    call: Call
    steps: tuple[str | int, ...]
    value: Any


def set_arguments(interactions: Sequence[OpenInteraction], new: Mapping[str, str]) -> None:
    """Set arguments of tool calls, by name; see the head of this module for the names.

    A value is JSON where the argument was no text. UsageError where no call has the argument,
    where calls differ in it, and where the value is not of its type.
    """
    calls = [call for one in interactions for call in _calls(one)]
    values: dict[int, dict[tuple[str | int, ...], Any]] = {}
    for name, text in new.items():
        targets = _targets(name, calls)
        if len({json.dumps(target.value, sort_keys=True) for target in targets}) > 1:
            raise UsageError(_ambiguous(name, targets))
        for target in targets:
            number = calls.index(target.call)
            values.setdefault(number, {})[target.steps] = _typed(name, text, target.value)
    for number, changed in values.items():
        _edit(calls[number], changed, calls, interactions)


def _calls(one: OpenInteraction) -> Iterator[Call]:
    runs = {run.key: run for run in runs_of(one) if run.channel == "arguments"}
    for call in one.parsed.transcript.tool_calls:
        yield Call(one, call, runs.get(call.key))


def _steps(name: str) -> tuple[str | int, ...]:
    steps: list[str | int] = []
    at = 0
    while at < len(name):
        match = _STEP.match(name, at)
        if match is None:
            raise UsageError(
                f"invalid name of an argument {name!r}: write city, tool.city or a.b[0]"
            )
        steps.append(match[1] if match[2] is None else int(match[2]))
        at = match.end() + (name[match.end() : match.end() + 1] == ".")
    if not steps:
        raise UsageError("the name of an argument is empty")
    return tuple(steps)


def _targets(name: str, calls: Sequence[Call]) -> list[Target]:
    steps = _steps(name)
    found = [t for call in calls for t in _in_call(call, steps)]
    tool = str(steps[0])
    of_tool = [call for call in calls if call.call.name == tool]
    if not found and of_tool:
        rest = steps[1:]
        if rest and isinstance(rest[0], int):
            of_tool, rest = of_tool[rest[0] : rest[0] + 1], rest[1:]
        found = [t for call in of_tool for t in _in_call(call, rest)] if rest else []
    if not found:
        raise UsageError(_not_found(name, calls))
    return found


def _in_call(call: Call, steps: tuple[str | int, ...]) -> Iterator[Target]:
    value = decode(call.call.arguments) if call.call.arguments else NOT_JSON
    for step in steps:
        inside = dict(enumerate(value)) if isinstance(value, list) else value
        if not isinstance(inside, dict) or step not in inside:
            return
        value = inside[step]
    if value is not NOT_JSON:
        yield Target(call, steps, value)


def _typed(name: str, text: str, old: Any) -> Any:
    """The value that a text means: a text where one was there, JSON of the same type elsewhere."""
    if isinstance(old, str):
        return text
    value = decode(text)
    if value is NOT_JSON:
        if old is None:
            return text
        raise UsageError(
            f"argument {name!r} is {json.dumps(old)[:_SHOWN]}: give JSON, not {text!r}"
        )
    numbers = (int, float)
    both_numbers = type(old) in numbers and type(value) in numbers
    if old is not None and type(value) is not type(old) and not both_numbers:
        raise UsageError(
            f"argument {name!r} is {json.dumps(old)[:_SHOWN]}: {text!r} has another type"
        )
    return value


def _edit(
    call: Call,
    changed: dict[tuple[str | int, ...], Any],
    calls: Sequence[Call],
    interactions: Sequence[OpenInteraction],
) -> None:
    old = call.call.arguments
    value = decode(old)
    for steps, one in changed.items():
        _set(value, steps, one)
    data = old.encode("utf-8", "surrogatepass")
    some = changes(data, value)
    if call.run is not None and all(location is not None for location in call.run.locations):
        _edit_run(call.run, old, value)
    elif not edit_patches(call.opened, call.call, changed):
        raise UsageError(
            f"the arguments of {call.call.name} did not come as JSON text or as one object, "
            "and can't be edited"
        )
    new = apply(data, some).decode("utf-8", "surrogatepass")
    same = [one for one in calls if one.call.arguments == old and one is not call]
    repeats = _Repeats(decode(old), value, old, new, _ids(call) if same else set())
    n_places = len(changed)
    for one in interactions:
        documents = [d for d in one.documents if d.is_answer] if one is call.opened else []
        if one.request_document is not None:
            documents.append(one.request_document)
        found = sum(repeats.update(document) for document in documents)
        if one is call.opened:
            n_places += found
        elif found:
            one.mark("tool-argument", found)
    call.opened.mark("tool-argument", n_places)


def _ids(call: Call) -> set[str]:
    """The ids of a call: its own, and what else its object is called where it is first named."""
    found = {call.call.id}
    for document in call.opened.documents:
        if document.event.index == call.call.first_event:
            texts = list(texts_in(document.value))
            holders = {steps[:-1] for steps, text in texts if text == call.call.id}
            found |= {text for steps, text in texts if steps[:-1] in holders and steps[-1] == "id"}
    return found - {""}


def _edit_run(run: Run, old: str, value: Any) -> None:
    """Let the deltas, or the one object, say the new arguments."""
    (first, *rest) = run.locations
    assert first is not None
    if not rest and not isinstance(first.value, str):
        first.put(value)
        return
    text = run.text
    at = text.find(old)  # servers begin arguments with spaces, or with an empty object
    some = changes(old.encode("utf-8", "surrogatepass"), value)
    spans = []
    for start, end, new in some:
        before = old.encode("utf-8", "surrogatepass")
        first_char = at + len(before[:start].decode("utf-8", "surrogatepass"))
        last_char = at + len(before[:end].decode("utf-8", "surrogatepass"))
        spans.append((first_char, last_char, new.decode("utf-8", "surrogatepass")))
    run.edit(spans)


class _Repeats:
    """Whole arguments equal to those of the edited call: as a text or as an object."""

    def __init__(self, old: Any, new: Any, old_text: str, new_text: str, ids: set[str]) -> None:
        self._old, self._new = old, new
        self._old_text, self._new_text = old_text, new_text
        self._ids = ids  # if other calls have the same arguments: only those with one of these

    def update(self, document: Document) -> int:
        self._document = document
        return self._walk(document.value, (), near=not self._ids)

    def _walk(self, value: Any, steps: tuple[str, ...], *, near: bool) -> int:
        if isinstance(value, dict):
            near = near or any(one in self._ids for one in value.values() if isinstance(one, str))
            return sum(
                self._put((*steps, name), one)
                if near and name in _HOLDERS and self._is_old(one)
                else self._walk(one, (*steps, name), near=near)
                for name, one in list(value.items())
            )
        if isinstance(value, list):
            return sum(self._walk(v, (*steps, str(n)), near=near) for n, v in enumerate(value))
        return 0

    def _is_old(self, value: Any) -> bool:
        if isinstance(value, str):
            return value == self._old_text or (
                value.lstrip().startswith("{") and decode(value) == self._old
            )
        return bool(value) and value == self._old

    def _put(self, steps: tuple[str, ...], value: Any) -> int:
        new = self._new
        if isinstance(value, str):
            data = value.encode("utf-8", "surrogatepass")
            new = respelled(data, self._new).decode("utf-8", "surrogatepass")
        put(self._document, steps, new)
        return 1


def _set(value: Any, steps: tuple[str | int, ...], new: Any) -> None:
    for step in steps[:-1]:
        value = value[step]
    value[steps[-1]] = new


def _names(calls: Sequence[Call]) -> list[str]:
    found: dict[str, None] = {}
    for call in calls:
        value = decode(call.call.arguments)
        for name in value if isinstance(value, dict) else ():
            found[name] = None
    return list(found)


def _not_found(name: str, calls: Sequence[Call]) -> str:
    if not calls:
        return f"argument {name!r} was not found: the recording has no tool calls"
    known = _names(calls)
    tools = list(dict.fromkeys(call.call.name for call in calls))
    plain = re.split(r"[.\[]", name)
    near = difflib.get_close_matches(plain[-1], known, 1) or difflib.get_close_matches(
        plain[0], tools, 1
    )
    hint = f"; did you mean {near[0]!r}?" if near else ""
    have = ", ".join(known) or "none"
    return f"argument {name!r} was not found{hint} (arguments: {have}; tools: {', '.join(tools)})"


def _ambiguous(name: str, targets: Sequence[Target]) -> str:
    seen: dict[str, int] = {}
    shown = []
    for target in targets:
        tool = target.call.call.name
        number = seen[tool] = seen.get(tool, -1) + 1
        value = shortened(json.dumps(target.value, ensure_ascii=False), _SHOWN)
        shown.append(f"{tool}[{number}].{name.rpartition('.')[2]} is {value}")
    return f"argument {name!r} is in {len(targets)} calls that differ: name one: " + "; ".join(
        shown
    )
