"""Events taken one by one, and what they said so far: the transcript as it grows.

Deltas are joined by target. A whole value is read where no delta came for its target, or where it
is the provider's last word. Nothing here raises on what a stream holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streamtape.dialects.base import Dialect, Patches, Piece
from streamtape.dialects.binary import image_of
from streamtape.dialects.partial import parse_partial
from streamtape.dialects.patches import patched, steps_of
from streamtape.dialects.paths import Bindings, find, get, parse_path, resolve_key
from streamtape.dialects.payload import NOT_JSON, canonical
from streamtape.dialects.plan import Plan, holds, plan_for
from streamtape.dialects.registry import dialect_named
from streamtape.dialects.template import Template, template_for
from streamtape.dialects.texts import Key, Text, Texts, join_text
from streamtape.tape.views import Event, Image, Part, ToolCall, Transcript


class _Alike:
    """The last delta, and the text that it added to: the next one is likely to be like it."""

    __slots__ = ("template", "text", "type")

    def __init__(self, event_type: str, template: Template, text: Text) -> None:
        self.type = event_type
        self.template = template
        self.text = text

    def take(self, event: Event) -> bool:
        """Take the next delta, if it is one that differs in its text only."""
        texts = self.template.read(event.payload)
        if texts is None:
            return False
        self.text.pieces.append(texts[0])
        self.text.events.append(event.index)
        return True


class Assembler:
    """Takes events one by one; `transcript()` is what they said so far."""

    def __init__(self, dialect: Dialect | str) -> None:
        self.dialect = dialect_named(dialect) if isinstance(dialect, str) else dialect
        self._texts = Texts()
        self._plans: dict[str, Plan] = {}
        self._calls: dict[Key, dict[str, str]] = {}
        self._patched: dict[Key, Any] = {}
        self._called: dict[Key, int] = {}
        self._annotations: dict[bytes, Any] = {}
        self._images: dict[str, Image] = {}
        self._facts: dict[str, Any] = {}
        self._reasons: dict[Any, str] = {}
        self._usage: dict[str, Any] = {}
        self._finished = False
        self._turn = 0
        self._alike: _Alike | None = None
        self._n_events = 0

    def feed(self, event: Event) -> None:
        """Take the next event of the stream."""
        self._n_events += 1
        if self._alike is not None and event.type == self._alike.type and self._alike.take(event):
            return
        self._alike = None
        dialect, payload, index = self.dialect, event.payload, event.index
        if event.type in dialect.opening and self._finished:
            self._turn += 1
        if event.type in dialect.terminal or event.type == dialect.done_marker:
            self._finished = True
        if not isinstance(payload, dict | list | str):
            if event.type in dialect.error_types:
                self._facts["error"] = payload
            return
        self._finished |= any(holds_anywhere(payload, c) for c in dialect.terminal_if)
        plan = self._plan(event.type)
        deltas = list(plan.find_deltas(payload, index))
        grown = [
            self._texts.grow(found.rule.channel, self._in_turn(found.key), found.value, index)
            for found in deltas
            if isinstance(found.rule, Piece)
        ]
        named = False
        for rule, key, _, value in plan.find_calls(payload, index):
            self._name(rule, self._in_turn(key), value, index)
            named = True
        named |= self._take_wholes(plan, payload, index)
        self._note(event)
        if len(deltas) == 1 and not named and grown[0] is not None:
            template = template_for(dialect, payload, deltas)
            self._alike = _Alike(event.type, template, grown[0]) if template else None

    def _take_wholes(self, plan: Plan, payload: Any, index: int) -> bool:
        """Take the values that come whole, and the patches of values; tells whether any came."""
        any_found = False
        finals: dict[str, list[tuple[Key, Any]]] = {}
        for rule, key, _, value in plan.find_wholes(payload, index):
            any_found = True
            where = self._in_turn(key)
            if not isinstance(rule, Piece):
                continue
            if rule.final:
                finals.setdefault(rule.channel, []).append((where, value))
            else:
                self._texts.put(rule.channel, where, value, index, seed=rule.seed)
        for patches in self.dialect.patches:
            self._patch(patches, payload, index)
        for channel, values in finals.items():
            self._texts.put_final(channel, values, index)
        return any_found

    def _plan(self, event_type: str) -> Plan:
        plan = self._plans.get(event_type)
        if plan is None:
            plan = self._plans[event_type] = plan_for(self.dialect, event_type)
        return plan

    def _in_turn(self, key: Key) -> Key:
        """The key, marked where a second answer follows the first in one body."""
        return (*key, f"turn {self._turn + 1}") if self._turn else key

    def _name(self, rule: Any, key: Key, value: dict[str, Any], index: int) -> None:
        call = self._calls.get(key)
        if call is None:
            if rule.final and self._calls:
                return
            call = self._calls[key] = {"id": "", "name": "", "kind": ""}
            self._called[key] = index
        for field, place in (("id", rule.id), ("name", rule.name), ("kind", rule.kind)):
            if not call[field]:
                call[field] = _first_text(value, place)

    def _patch(self, patches: Patches, payload: Any, index: int) -> None:
        for _, patch in find(payload, parse_path(patches.path)):
            if not (isinstance(patch, dict) and self._calls):
                continue
            steps = steps_of(str(patch.get(patches.place)))
            pieces = [patch[name] for name in patches.values if name in patch]
            if steps is None or not pieces:
                continue
            key = next(reversed(self._calls))
            self._patched[key] = patched(self._patched.get(key, {}), steps, pieces[0])
            self._texts.put("arguments", key, self._patched[key], index, seed=False)

    def _note(self, event: Event) -> None:
        dialect, payload = self.dialect, event.payload
        for name in ("id", "model"):
            if not self._facts.get(name):
                self._note_last(name, payload)
        self._note_last("status", payload)
        self._note_last("error", payload)
        if event.type in dialect.error_types and "error" not in self._facts:
            self._facts["error"] = payload
        for bound, value in _found(payload, dialect.finish_reason):
            if value:
                self._reasons[self._choice(payload, bound)] = str(value)
        for path in dialect.usage:
            for _, value in find(payload, parse_path(path)):
                counts = value if isinstance(value, dict) else {path.rpartition(".")[2]: value}
                self._usage.update((k, v) for k, v in counts.items() if v is not None)
        for _, value in _found(payload, dialect.annotations):
            if value is not None:
                self._annotations.setdefault(canonical(value), value)
        for _, value in _found(payload, dialect.images):
            image = image_of(value)
            if image is not None:
                self._images.setdefault(image.sha256, image)

    def _choice(self, payload: Any, bound: Bindings) -> Any:
        if not (self.dialect.by_choice and self.dialect.deltas):
            return 0
        return resolve_key(payload, self.dialect.deltas[0].key[:1], bound, 0)[0]

    def _note_last(self, name: str, payload: Any) -> None:
        for path in getattr(self.dialect, name):
            value = get(payload, parse_path(path))
            if value is not None and value != "":
                self._facts[name] = value

    def transcript(self) -> Transcript:
        """What the events so far said."""
        parts = self._texts.parts()
        calls = tuple(self._call(key, call) for key, call in self._calls.items())
        choices: list[Any] = [0]
        if self.dialect.by_choice:
            found = [p.key[0] for p in parts] + [c.key[0] for c in calls] + [*self._reasons]
            choices = sorted(set(found), key=_numbers_first) or [0]
        each = [self._of_choice(c, parts, calls, alone=len(choices) == 1) for c in choices]
        return each[0] if len(each) == 1 else self._with_choices(each, parts, calls)

    def _with_choices(
        self, each: list[Transcript], parts: tuple[Part, ...], calls: tuple[ToolCall, ...]
    ) -> Transcript:
        first = each[0]
        fields = {name: getattr(first, name) for name in Transcript.__slots__}
        return Transcript(
            **(fields | {"parts": parts, "tool_calls": calls, "choices": tuple(each)})
        )

    def _of_choice(
        self, choice: Any, parts: tuple[Part, ...], calls: tuple[ToolCall, ...], *, alone: bool
    ) -> Transcript:
        if not alone:
            parts = tuple(p for p in parts if p.key[:1] == (choice,))
            calls = tuple(c for c in calls if c.key[:1] == (choice,))
        said = {
            channel: between.join(p.text for p in parts if p.channel == channel and p.text)
            for channel, between in (("text", ""), ("refusal", ""), ("reasoning", "\n\n"))
        }
        return Transcript(
            self.dialect.name,
            text=said["text"],
            refusal=said["refusal"],
            reasoning=said["reasoning"],
            tool_calls=calls,
            structured=_structured(said["text"]),
            annotations=tuple(self._annotations.values()),
            images=tuple(self._images.values()),
            usage=dict(self._usage) or None,
            status=_text_or_none(self._facts.get("status")),
            finish_reason=self._reasons.get(choice) or (None if not alone else self._any_reason()),
            error=self._facts.get("error"),
            model=_text_or_none(self._facts.get("model")),
            id=_text_or_none(self._facts.get("id")),
            parts=parts,
            finished=self._finished,
            n_events=self._n_events,
        )

    def _any_reason(self) -> str | None:
        return next(iter(self._reasons.values()), None)

    def _call(self, key: Key, call: dict[str, str]) -> ToolCall:
        text = self._texts.get("arguments", key)
        arguments = join_text(text.pieces) if text else ""
        parsed, whole = parse_partial(arguments) if arguments else (None, False)
        return ToolCall(
            call["id"],
            call["name"],
            arguments,
            None if parsed is NOT_JSON else parsed,
            whole,
            call["kind"],
            key,
            self._called[key],
        )


def holds_anywhere(payload: Any, condition: tuple[str, tuple[Any, ...]]) -> bool:
    """Whether the condition holds for any of the values at its path, which may have `*`."""
    path, values = condition
    if "*" not in path:
        return holds(payload, condition)
    return any(
        value in values if values else value is not None
        for _, value in find(payload, parse_path(path))
    )


def _found(payload: Any, paths: tuple[str, ...]) -> Iterator[tuple[Bindings, Any]]:
    for path in paths:
        yield from find(payload, parse_path(path))


def _first_text(value: dict[str, Any], place: str) -> str:
    if place.startswith("="):
        return place[1:]
    for path in place.split("|"):
        found = get(value, parse_path(path))
        if isinstance(found, str | int) and found != "":
            return str(found)
    return ""


def _structured(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    value, _ = parse_partial(text)
    return None if value is NOT_JSON else value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _numbers_first(value: Any) -> tuple[bool, Any]:
    return (not isinstance(value, int), value if isinstance(value, int) else str(value))
