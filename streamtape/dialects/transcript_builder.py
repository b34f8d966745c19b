"""Events taken one by one, and their transcript so far.

Deltas are joined by target. A whole value is read where no delta came for its target, or where it
is the provider's last word. Nothing here raises on what a stream holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from streamtape.dialects.alternatives import Found
from streamtape.dialects.base import Dialect, Patches, Piece
from streamtape.dialects.calls import Calls, OneCall
from streamtape.dialects.ends import error_in, finishes
from streamtape.dialects.images import image_of
from streamtape.dialects.json_patch import patched, steps_of
from streamtape.dialects.partial_json import parse_partial
from streamtape.dialects.payload import (
    NOT_JSON,
    NOTHING,
    Bindings,
    as_text,
    canonical,
    find,
    get,
    join_text,
    parse_path,
    resolve_key,
)
from streamtape.dialects.rule_index import Plan, Template, plan_for, template_for
from streamtape.dialects.select import dialect_named
from streamtape.dialects.texts import Key, Text, Texts, item_of
from streamtape.tape.events import Event, Image, Part, ToolCall, Transcript

# Texts that are joined to one, and what goes between; details are reasoning where it has no text.
_BETWEEN = (("text", ""), ("refusal", ""), ("reasoning", "\n\n"), ("details", "\n\n"))


class _Alike:
    """The last event, and the texts that it added to: the next one is likely to be like it."""

    __slots__ = ("all_say", "says", "template", "texts", "type")

    def __init__(
        self, event_type: str, template: Template, texts: list[Text], says: list[bool]
    ) -> None:
        self.type = event_type
        self.template = template
        self.texts = texts
        self.says = says
        self.all_say = all(says)

    @classmethod
    def of(
        cls, event: Event, dialect: Dialect, deltas: list[Found], grown: list[Text | None]
    ) -> _Alike | None:
        """What an event that added to some texts, and did nothing else, says of the next one."""
        texts = [text for text in grown if text is not None]
        apart = {(one.rule.channel, one.key) for one in deltas}  # type: ignore[union-attr]  # find_deltas gives pieces
        if not texts or not len(deltas) == len(texts) == len(apart):
            return None
        template = template_for(dialect, event.payload, deltas)
        says = [bool(one.value) for one in deltas]
        return cls(event.type, template, texts, says) if template else None

    def take(self, event: Event) -> bool:
        """Take the next event, if it differs in its texts only.

        The same ones must say something: which field of a text counts depends on that.
        """
        pieces = self.template.texts(event.payload)
        if pieces is None:
            return False
        if ("" in pieces or not self.all_say) and [*map(bool, pieces)] != self.says:
            return False
        for text, piece in zip(self.texts, pieces, strict=True):
            text.pieces.append(piece)
            text.events.append(event.index)
        return True


class Assembler:
    """Takes events one by one; `transcript()` is the transcript so far."""

    def __init__(self, dialect: Dialect | str) -> None:
        self.dialect = dialect_named(dialect) if isinstance(dialect, str) else dialect
        self._texts = Texts()
        self._plans: dict[str, Plan] = {}
        self._calls = Calls(self._texts)
        self._patched: dict[Key, Any] = {}
        self._annotations: list[Any] = []
        self._listed: dict[str, Counter[bytes]] = {}
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
        if event.direction == "client":
            return  # a request is no part of the transcript
        if self._alike is not None and event.type == self._alike.type and self._alike.take(event):
            return
        self._alike = None
        dialect, payload = self.dialect, event.payload
        if event.type in dialect.opening and self._finished:
            self._turn += 1
        self._finished |= finishes(dialect, event)
        if not isinstance(payload, dict | list | str):
            if event.type in dialect.error_types:
                self._facts["error"] = payload
            return
        plan = self._plan(event.type)
        deltas = list(plan.find_deltas(payload, event.index))
        wholes = list(plan.find_wholes(payload, event.index))
        calls = list(plan.find_calls(payload, event.index))
        starts = {
            (found.rule.key, found.bound): as_text(found.value)
            for found in (*deltas, *wholes)
            if calls and isinstance(found.rule, Piece) and found.rule.channel == "arguments"
        }
        named = self._calls.take([(c, self._in_turn(c.key)) for c in calls], starts, event)
        grown = [
            self._texts.grow(rule.channel, self._key(found, payload), found.value, event.index)
            for found in deltas
            if isinstance(rule := found.rule, Piece)
        ]
        self._take_wholes(wholes, event)
        self._note(event)
        if not (named or wholes):
            self._alike = _Alike.of(event, dialect, deltas, grown)

    def _take_wholes(self, wholes: list[Found], event: Event) -> None:
        """Take the values that come whole, and the patches of values."""
        items: dict[tuple[str, bool, Key], list[tuple[Found, Key]]] = {}
        for found in wholes:
            rule, key = found.rule, self._key(found, event.payload)
            if not isinstance(rule, Piece):
                continue
            if rule.seed:
                self._texts.open(rule.channel, key, found.value, event.index)
            elif rule.final or rule.by_place:
                item = () if rule.final else item_of(key)
                items.setdefault((rule.channel, rule.final, item), []).append((found, key))
            else:
                by = event.type if rule.types else ""
                self._texts.put(rule.channel, key, found.value, event.index, by=by)
        for (channel, final, _), values in items.items():
            values.sort(key=lambda one: one[0].bound)  # as they stand, not rule by rule
            keyed_values = [(key, found.value) for found, key in values]
            self._texts.put_all(channel, keyed_values, event.index, final=final)
        for patches in self.dialect.patches:
            self._patch(patches, event.payload, event.index)

    def _key(self, found: Found, payload: Any) -> Key:
        """What tells the target of a piece from others."""
        key, rule = self._in_turn(found.key), found.rule
        if isinstance(rule, Piece) and rule.channel == "arguments":
            return self._calls.key_of(found, key, payload)
        return key

    def _plan(self, event_type: str) -> Plan:
        plan = self._plans.get(event_type)
        if plan is None:
            plan = self._plans[event_type] = plan_for(self.dialect, event_type)
        return plan

    def _in_turn(self, key: Key) -> Key:
        """The key, marked where a second answer follows the first in one body."""
        return (*key, f"turn {self._turn + 1}") if self._turn else key

    def _patch(self, patches: Patches, payload: Any, index: int) -> None:
        for _, patch in find(payload, parse_path(patches.path)):
            call = self._calls.last
            if not isinstance(patch, dict) or call is None:
                continue
            steps = steps_of(str(patch.get(patches.path_field)))
            pieces = [patch[name] for name in patches.values if name in patch]
            if steps is None or not pieces:
                continue
            key = call.key
            self._patched[key] = patched(self._patched.get(key, {}), steps, pieces[0])
            self._texts.put("arguments", key, self._patched[key], index)

    def _note(self, event: Event) -> None:
        dialect, payload = self.dialect, event.payload
        for name in ("id", "model"):
            if not self._facts.get(name):
                self._note_last(name, payload)
        self._note_last("status", payload)
        error = error_in(dialect, event)
        if error is not None:
            self._facts["error"] = error
        for bound, value in _found(payload, dialect.finish_reason):
            if value and value not in NOTHING:
                self._reasons[self._choice(payload, bound)] = str(value)
        for path in dialect.usage:
            for _, value in find(payload, parse_path(path)):
                counts = value if isinstance(value, dict) else {path.rpartition(".")[2]: value}
                self._usage.update((k, v) for k, v in counts.items() if v is not None)
        self._annotate(payload)
        for _, value in _found(payload, dialect.images):
            image = image_of(value)
            if image is not None:
                self._images.setdefault(image.sha256, image)

    def _annotate(self, payload: Any) -> None:
        """Take what an event annotates: two equal ones are two, unless a list is repeated."""
        for _, value in _found(payload, self.dialect.annotations):
            if value is not None:
                self._annotations.append(value)
        for path in self.dialect.annotation_lists:
            here: Counter[bytes] = Counter()
            known = self._listed.setdefault(path, Counter())
            for _, value in find(payload, parse_path(path)):
                spelled = canonical(value)
                here[spelled] += 1
                if value is not None and here[spelled] > known[spelled]:
                    known[spelled] += 1
                    self._annotations.append(value)

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
        """The transcript of the events so far."""
        parts = self._texts.parts()
        calls = tuple(self._call(call) for call in self._calls)
        choices: list[Any] = [0]
        if self.dialect.by_choice:
            found = {p.key[0] for p in parts} | {c.key[0] for c in calls} or {*self._reasons}
            choices = sorted(found, key=_numbers_first) or [0]
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
        texts = {
            channel: between.join(p.text for p in parts if p.channel == channel and p.text)
            for channel, between in _BETWEEN
        }
        parsed, parsed_complete = _parsed(texts["text"])
        return Transcript(
            self.dialect.name,
            text=texts["text"],
            refusal=texts["refusal"],
            reasoning=texts["reasoning"] or texts["details"],
            tool_calls=calls,
            parsed=parsed,
            parsed_complete=parsed_complete,
            annotations=tuple(self._annotations),
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

    def _call(self, call: OneCall) -> ToolCall:
        text = self._texts.get("arguments", call.key)
        arguments = join_text(text.pieces) if text else ""
        parsed, whole = parse_partial(arguments) if arguments else (None, False)
        return ToolCall(
            call.id,
            call.name,
            arguments,
            None if parsed is NOT_JSON else parsed,
            whole,
            call.kind,
            call.key,
            call.first_event,
        )


def _found(payload: Any, paths: tuple[str, ...]) -> Iterator[tuple[Bindings, Any]]:
    for path in paths:
        yield from find(payload, parse_path(path))


def _parsed(text: str) -> tuple[Any, bool]:
    """The object or list that the text is as JSON, as far as it goes, and whether it is whole."""
    if not text.lstrip().startswith(("{", "[")):
        return None, False
    value, whole = parse_partial(text)
    return (None, False) if value is NOT_JSON else (value, whole)


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _numbers_first(value: Any) -> tuple[bool, Any]:
    return (not isinstance(value, int), value if isinstance(value, int) else str(value))
