"""Events to units: what is compared, with the deltas to one target joined.

A unit is a text (adjacent deltas to the same target, joined, however they were cut), a fact (what a
delta's event says besides its piece of text, told once, where it first says it; the opening of a
tool call is one of its own) or a whole event.
A done value that repeats its joined deltas is an echo: it is no news, so that one changed word is
one change and not five. Each unit knows its events, so that a report can point at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from streamtape.compare.itemise import itemiser_for
from streamtape.compare.normalise import MASK, Normaliser, normaliser_for
from streamtape.compare.units import CALL, ECHO, VEILED, IdSeen, Item, Run, Target, Unit, token_of
from streamtape.dialects.base import Call, Dialect, Piece
from streamtape.dialects.paths import bind, get, parse_path
from streamtape.dialects.payload import canonical
from streamtape.dialects.plan import Found, Plan, plan_for
from streamtape.dialects.template import template_for
from streamtape.dialects.texts import join_text
from streamtape.tape.views import Event

MOST_RUNS = 16  # texts that may grow in turns and are recognised at a glance


class Coalescer:
    """Makes units of one stream's events.

    `compact` is for comparing: a null, an empty text and a field that is not there are one, and a
    piece of text that is null is an empty piece.
    """

    def __init__(self, dialect: Dialect, *, compact: bool = False) -> None:
        self._compact = compact
        self._dialect = dialect
        self._normaliser: Normaliser = normaliser_for(dialect)
        self._idle = self._normaliser.idle and not (dialect.deltas or dialect.wholes)
        self._closing = [parse_path(p) for p in (*dialect.finish_reason, *dialect.closing)]
        self._type_places = _type_places(dialect)
        self._itemiser = itemiser_for(dialect)
        self._plans: dict[str, Plan] = {}
        self._units: list[Unit] = []
        self._run: Run | None = None
        self._said: dict[tuple[Target, ...], dict[tuple[str, ...], Any]] = {}
        self._texts: dict[Target, list[str]] = {}
        self._echoes: list[tuple[Unit, list[Found]]] = []
        self._names_of_ids: dict[str, str] = {}
        self._n_calls = 0
        self._runs: dict[str, dict[tuple[Target, ...], Run]] = {}  # the last ones, by event type

    def units(self, events: Iterable[Event]) -> list[Unit]:
        """The units of a stream, in order."""
        noise = self._dialect.noise
        if self._idle:
            return [_whole(event) for event in events if event.type not in noise]
        for event in events:
            if self._run is not None and self._run.takes(event):
                continue
            if not self._resumed(event) and event.type not in noise:
                self._feed(event)
        self._flush()
        self._resolve_echoes()
        for unit in self._units:
            unit.token = token_of(unit)
        return self._units

    def _resumed(self, event: Event) -> bool:
        """Whether the event is the next delta of a text that another one came in between of."""
        runs = self._runs.get(event.type, {})
        for targets, run in runs.items():
            if run is not self._run and (again := run.resumed(event)):
                self._flush()
                del runs[targets]  # texts mostly take turns: the one that waits longest is first
                self._run = runs[targets] = again
                return True
        return False

    def _feed(self, event: Event) -> None:
        payload = event.payload
        if not isinstance(payload, dict | list | str):
            self._add(Unit("event", event.type, payload, event.index, event.at_us))
            return
        plan = self._plans.get(event.type)
        if plan is None:
            plan = self._plans[event.type] = plan_for(self._dialect, event.type)
        deltas = list(plan.find_deltas(payload, event.index)) if plan.deltas else []
        if self._compact and not deltas and plan.deltas:
            deltas.extend(plan.find_nulls(payload, event.index))
        deltas.extend(plan.find_patches(payload, self._n_calls))
        calls = list(plan.find_calls(payload, event.index)) if plan.calls else []
        if calls:
            self._n_calls += len(calls)
            self._runs.clear()  # the next pieces may be of a new call
        clean, found_ids = self._normaliser.clean(payload)
        if self._compact:
            clean = self._normaliser.compact(clean)
        ids = [IdSeen(path, value, event.index) for path, value in found_ids]
        for _, value in found_ids:
            if value not in self._names_of_ids:
                self._names_of_ids[value] = f"id {len(self._names_of_ids)}"
        wholes = [f for f in plan.find_wholes(payload, event.index) if isinstance(f.value, str)]
        if deltas:
            facts = _facts(clean, deltas, wholes, self._type_places)
            self._grow(event, deltas, facts, ids, calls)
            return
        unit = Unit("event", event.type, clean, event.index, event.at_us, ids=ids)
        unit.calls = [opened for call in calls for opened in self._opened(call)]
        unit.item = self._itemiser.find(event.type, payload)
        if wholes:
            self._echoes.append((unit, wholes))
        self._add(unit)

    def _add(self, unit: Unit) -> None:
        self._flush()
        self._units.append(unit)

    def _opened(self, call: Found) -> Iterator[tuple[str, Target]]:
        """A tool call's name and the target of its arguments."""
        rule = call.rule
        if isinstance(rule, Call) and not rule.final:
            names = (get(call.value, parse_path(text)) for text in rule.name.split("|"))
            name = next((n for n in names if isinstance(n, str)), None)
            if name is not None:
                yield name, ("arguments", self._key(call))

    def _grow(
        self,
        event: Event,
        deltas: list[Found],
        said: dict[tuple[str, ...], Any],
        ids: list[IdSeen],
        calls: list[Found],
    ) -> None:
        fuller = [d for d in deltas if d.value] or self._empty(deltas)
        targets = tuple(self._target(found) for found in fuller)
        facts = self._news(targets, said)
        closing = {p: v for p, v in facts.items() if self._closes(p)}
        opening = {p: v for p, v in facts.items() if p not in closing}
        for call in calls if opening else ():
            self._open(event, call, opening)
        if opening:
            self._add(self._fact(event, opening))
        run = self._run
        if run is None or run.targets != targets:
            self._flush()
            run = self._run = Run(targets, [_key_names(found) for found in fuller], event.type)
            run.item = self._itemiser.find(event.type, event.payload)
        run.add([found.value for found in fuller], event)
        run.template = template_for(self._dialect, event.payload, fuller)
        for seen in ids:
            if run.last_ids.get(seen.path) != seen.value:
                run.last_ids[seen.path] = seen.value
                run.ids.append(seen)
        if facts or len(self._runs.get(event.type, ())) >= MOST_RUNS:
            self._runs.clear()  # what is said of one text may be news of another
        runs = self._runs.setdefault(event.type, {})
        runs.pop(targets, None)
        runs[targets] = run
        if closing:
            self._add(self._fact(event, closing))

    def _open(self, event: Event, call: Found, facts: dict[tuple[str, ...], Any]) -> None:
        """Take the facts that open a tool call out of its event's, as a unit of their own."""
        rule = call.rule
        path = bind(parse_path(rule.path), call.bound)
        mine = [p for p in facts if p[: len(path)] == path and len(p) > len(path)]
        body = {p[len(path) :]: facts.pop(p) for p in mine}
        names = [parse_path(text) for text in getattr(rule, "name", "").split("|")]
        body = {("name",) if p in names else p: value for p, value in body.items()}
        if body and set(body) != {("index",)}:  # a number alone opens nothing
            unit = Unit("fact", CALL, body, event.index, event.at_us)
            unit.calls = list(self._opened(call))
            last = self._units[-1] if self._units else None
            if last and last.name == CALL and (last.first, last.calls) == (unit.first, unit.calls):
                last.body = {**body, **last.body}  # some servers tell a call twice in one event
                return
            unit.item = self._itemiser.find(event.type, event.payload)
            if unit.item is None:
                unit.item = self._item_of_call(("arguments", self._key(call)))
            self._add(unit)

    def _empty(self, deltas: list[Found]) -> list[Found]:
        """Of pieces that are all empty, those that count: those of calls, where there are some.

        What else says nothing beside a call is spelling: `""`, null, or a field left out.
        """
        of_calls = [d for d in deltas if getattr(d.rule, "channel", "") == "arguments"]
        return (of_calls or deltas[:1]) if self._compact else deltas

    def _fact(self, event: Event, facts: dict[tuple[str, ...], Any]) -> Unit:
        unit = Unit("fact", event.type, facts, event.index, event.at_us)
        unit.item = self._itemiser.find(event.type, event.payload)
        return unit

    def _item_of_call(self, target: Target) -> Item | None:
        """A tool call as an item, where the dialect has no other items and numbers its calls."""
        channel, key = target
        if channel != "arguments" or self._itemiser.name or not self._dialect.calls:
            return None
        return Item(key[:-1], key[-1]) if key and type(key[-1]) is int else None

    def _target(self, found: Found) -> Target:
        return found.rule.channel, self._key(found)  # type: ignore[union-attr]  # deltas are found by pieces

    def _key(self, found: Found) -> tuple[Any, ...]:
        """A target's key, with an id in it replaced by that id's place in the stream."""
        names = self._names_of_ids
        return tuple(names.get(k, k) if isinstance(k, str) else k for k in found.key)

    def _news(
        self, targets: tuple[Target, ...], facts: dict[tuple[str, ...], Any]
    ) -> dict[tuple[str, ...], Any]:
        """What of the facts was not said before: for the stream as a whole, or of these targets."""
        news: dict[tuple[str, ...], Any] = {}
        for path, value in facts.items():
            of_target = any(step.isdigit() for step in path)
            said = self._said.setdefault(targets if of_target else (), {})
            if path not in said or said[path] != value:
                news[path] = said[path] = value
        return news

    def _closes(self, path: tuple[str, ...]) -> bool:
        return any(
            len(path) == len(pattern)
            and all(s in ("*", p) for s, p in zip(pattern, path, strict=True))
            for pattern in self._closing
        )

    def _flush(self) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        ids, first = run.ids, run.events[0]
        for target, names, pieces in zip(run.targets, run.key_names, run.pieces, strict=True):
            self._texts.setdefault(target, []).extend(pieces)
            text = join_text(pieces)
            if not text:
                continue
            unit = Unit("text", run.name, text, first.index, first.at_us, target, names, ids=ids)
            unit.item = run.item or self._item_of_call(target)
            if target[0] in VEILED:
                unit.body = MASK
            else:
                unit.pieces, unit.events = pieces, run.events
            self._units.append(unit)
            ids = []

    def _resolve_echoes(self) -> None:
        """Replace, in whole events, what repeats a text; keep what stood there.

        A text is what its deltas made or, without them, what the first event gives whole.
        """
        texts = {target: join_text(pieces) for target, pieces in self._texts.items()}
        said = {(target[0], text) for target, text in texts.items()}
        firsts: set[int] = set()
        for found in (found for _, wholes in self._echoes for found in wholes):
            target = self._target(found)
            known = target in texts or (target[0], found.value) in said
            if not known and not getattr(found.rule, "final", False):
                texts[target] = found.value
                said.add((target[0], found.value))
                firsts.add(id(found))
        for unit, wholes in self._echoes:
            for found in (found for found in wholes if id(found) not in firsts):
                target, path = self._target(found), bind(parse_path(found.rule.path), found.bound)
                unit.literals = (*unit.literals, (path, found.value))
                other = target not in texts and (target[0], found.value) in said
                if other or texts.get(target) == found.value:
                    _assign(unit.body, path, ECHO)


def _whole(event: Event) -> Unit:
    """An event of which nothing is known, as a unit."""
    unit = Unit("event", event.type, event.payload, event.index, event.at_us)
    unit.token = (event.type, canonical(event.payload))
    return unit


def _key_names(found: Found) -> tuple[str, ...]:
    """The fields that a target's key is made of, as a report names them."""
    return tuple(key.partition("|")[0].rpartition(".")[2].strip("#@=") for key in found.rule.key)


def _assign(value: Any, path: tuple[str, ...], new: Any) -> None:
    for step in path[:-1]:
        value = value[int(step)] if isinstance(value, list) else value.get(step, {})
    if isinstance(value, list):
        value[int(path[-1])] = new
    elif path[-1] in value:
        value[path[-1]] = new


def _facts(
    clean: Any, deltas: list[Found], wholes: list[Found], type_places: set[tuple[str, ...]]
) -> dict[tuple[str, ...], Any]:
    """What an event says besides its pieces of text: its leaves, without what is nothing."""
    out: dict[tuple[str, ...], Any] = {}
    skipped = set(type_places)
    for found in deltas:
        skipped.add(bind(parse_path(found.rule.path), found.bound))
        if isinstance(found.rule, Piece) and found.rule.when:
            skipped.add(bind(parse_path(found.rule.when[0]), found.bound))
        for key in found.rule.key:
            for text in key.split("|"):
                skipped.add(bind(parse_path(text), found.bound))
    skipped.update(bind(parse_path(f.rule.path), f.bound) for f in wholes)
    _leaves(clean, (), out, skipped)
    return out


def _type_places(dialect: Dialect) -> set[tuple[str, ...]]:
    return {parse_path(place) for place in dialect.type_from}


def _leaves(
    value: Any,
    path: tuple[str, ...],
    out: dict[tuple[str, ...], Any],
    skipped: set[tuple[str, ...]],
) -> None:
    if path in skipped or value is None or value == "":
        return
    if isinstance(value, dict):
        for name, one in value.items():
            _leaves(one, (*path, name), out, skipped)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            _leaves(one, (*path, str(number)), out, skipped)
    elif value != MASK:
        out[path] = value
