"""Turns events into the units to compare, with the deltas to one target joined.

A unit is a text (adjacent deltas to the same target, joined, however they were cut), a fact (what a
delta's event says besides its piece of text, reported once, where it first says it; the opening of
a tool call is one of its own) or a whole event. A done value that repeats its joined deltas is an
echo: it is no news, so that one changed word is one change and not five. Each unit knows its
events, so that a report can point at them.

    #4  delta {text: "Double "}                     \
    #5  delta {text: "bubble", logprobs: [...]}      > text "Double bubble bath", of #4, #5, #6
    #6  delta {text: " bath"}                       /
                                                      fact logprobs, of #5
    #7  done  {text: "Double bubble bath", id: ..}    event "done", its text an echo

Two streams that cut the text elsewhere have the same units; a changed word changes one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamtape.compare.facts import Facts, FactValues
from streamtape.compare.normalise import MASK, looks_made, normaliser_for
from streamtape.compare.units import (
    CALL,
    ECHO,
    VEILED,
    IdSeen,
    Item,
    Keys,
    Run,
    Target,
    Unit,
    itemiser_for,
    token_of,
)
from streamtape.dialects.base import Dialect, Piece
from streamtape.dialects.payload import bind, canonical, join_text, parse_path
from streamtape.dialects.rule_index import Found, Plan, plan_for, template_for
from streamtape.tape.events import Event

MOST_RUNS = 16  # texts that may grow in turns and are recognised at a glance


class Coalescer:
    """Makes units of one stream's events.

    `compact` is for comparing: a null, an empty text and a missing field are the same, even for
    a piece of text.
    """

    def __init__(self, dialect: Dialect, *, compact: bool = False) -> None:
        self._compact = compact
        self._dialect = dialect
        self._normaliser = normaliser_for(dialect, compact=compact)
        self._idle = self._normaliser.idle and not (dialect.deltas or dialect.wholes)
        self._facts = Facts(dialect, compact=compact)
        self._itemiser = itemiser_for(dialect)
        self._plans: dict[str, Plan] = {}
        self._units: list[Unit] = []
        self._run: Run | None = None
        self._texts: dict[Target, list[str]] = {}
        self._keys = Keys(self._pieces)
        self._echoes: list[tuple[Unit, list[tuple[Found, Target]]]] = []
        self._made: set[str] = set()
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
        units = self._units
        for unit in units:
            unit.token = token_of(unit)
        # This object and its keys refer to each other: what is large is let go now, so that events
        # do not wait for the collector of cycles.
        self._units, self._run, self._runs, self._texts, self._echoes = [], None, {}, {}, []
        return units

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
        deltas.extend(plan.find_patches(payload, self._n_calls))
        calls = list(plan.find_calls(payload, event.index)) if plan.calls else []
        every_whole = list(plan.find_wholes(payload, event.index))
        wholes = [found for found in every_whole if isinstance(found.value, str)]
        clean, found_ids = self._normaliser.clean(payload, self._made)
        ids = [IdSeen(path, value, event.index, sure) for path, value, sure in found_ids]
        for seen in ids:
            self._keys.see(seen.value)
            if looks_made(seen.value):
                self._made.add(seen.value)
        if calls:
            self._n_calls += len(calls)
            self._runs.clear()  # the next pieces may be of a new call
        self._keys.take(calls, [*deltas, *every_whole] if calls else (), event)
        empty = list(plan.find_empty(payload, event.index)) if self._compact else deltas
        fuller = [d for d in deltas if d.value]
        silent = bool(deltas)
        if self._compact and not fuller:
            facts_found = self._facts.of(clean, empty, wholes)
            silent = not any(found.value for found in every_whole)
            silent = silent and self._facts.silent(event, empty, facts_found)
            silent = silent and (not calls or any(map(_is_of_call, empty)))
        if fuller or silent:
            facts_found = self._facts.of(clean, [*deltas, *empty], wholes)
            self._grow(event, fuller or self._about(empty), (facts_found, ids), calls)
            return
        unit = Unit("event", event.type, clean, event.index, event.at_us, ids=ids)
        unit.calls = [one for call in calls for one in self._keys.opened(call, payload)]
        unit.item = self._itemiser.find(event.type, payload)
        if wholes:
            self._echoes.append((unit, [(f, self._keys.target(f, payload)) for f in wholes]))
        self._add(unit)

    def _add(self, unit: Unit) -> None:
        self._flush()
        self._units.append(unit)

    def _grow(
        self,
        event: Event,
        deltas: list[Found],
        facts_found: tuple[FactValues, list[IdSeen]],
        calls: list[Found],
    ) -> None:
        payload, ids = event.payload, facts_found[1]
        targets = tuple(self._keys.target(found, payload) for found in deltas)
        of_calls = {_path(call): self._keys.target(call, payload) for call in calls}
        facts = self._facts.news(event, targets, facts_found[0], of_calls)
        beside = {t: len(d.value) for t, d in zip(targets, deltas, strict=True)}
        closing = {p: v for p, v in facts.items() if self._facts.closes(p)}
        opening = {p: v for p, v in facts.items() if p not in closing}
        for call in calls if opening else ():
            self._open(event, call, opening)
        if opening:
            self._add(self._fact(event, opening, beside, len(opening) + len(closing)))
        if any(beside.values()) or not self._compact:
            self._extend(event, deltas, targets, ids, keep=not facts)
        elif self._run is not None:
            self._run.see(ids)
        elif self._units:
            self._units[-1].ids = [*self._units[-1].ids, *ids]
        if closing:
            self._add(self._fact(event, closing, beside, len(opening) + len(closing), after=True))

    def _extend(
        self,
        event: Event,
        pieces: list[Found],
        targets: tuple[Target, ...],
        ids: list[IdSeen],
        *,
        keep: bool,
    ) -> None:
        """Add an event's pieces to the texts that grow side by side, or begin such."""
        run = self._run
        if run is None or run.targets != targets:
            self._flush()
            run = self._run = Run(targets, [_key_names(found) for found in pieces], event.type)
            run.item = self._itemiser.find(event.type, event.payload)
        run.add([found.value for found in pieces], event)
        run.template = template_for(self._dialect, event.payload, pieces)
        run.see(ids)
        if not keep or len(self._runs.get(event.type, ())) >= MOST_RUNS:
            self._runs.clear()  # a fact of one text may be news of another
        runs = self._runs.setdefault(event.type, {})
        runs.pop(targets, None)
        runs[targets] = run

    def _open(self, event: Event, call: Found, facts: FactValues) -> None:
        """Take the facts that open a tool call out of its event's, as a unit of their own."""
        rule, path = call.rule, _path(call)
        mine = [p for p in facts if p[: len(path)] == path and len(p) > len(path)]
        body = {p[len(path) :]: facts.pop(p) for p in mine}
        names = [parse_path(text) for text in getattr(rule, "name", "").split("|")]
        body = {("name",) if p in names else p: value for p, value in body.items()}
        if body and set(body) != {("index",)}:  # a number alone opens nothing
            unit = Unit("fact", CALL, body, event.index, event.at_us)
            unit.calls = list(self._keys.opened(call, event.payload))
            last = self._units[-1] if self._units else None
            if last and last.name == CALL and (last.first, last.calls) == (unit.first, unit.calls):
                last.body = {**body, **last.body}  # some servers tell a call twice in one event
                return
            unit.item = self._itemiser.find(event.type, event.payload)
            if unit.item is None:
                unit.item = self._item_of_call(self._keys.target(call, event.payload))
            self._add(unit)

    def _about(self, empty: list[Found]) -> list[Found]:
        """What an event without text is about: a call, where it names one; else its first text.

        What else says nothing beside a call is spelling: `""`, null, or a field left out.
        """
        if not self._compact:
            return empty
        of_calls = [found for found in empty if _is_of_call(found)]
        return of_calls or empty[:1]

    def _fact(
        self,
        event: Event,
        facts: FactValues,
        beside: dict[Target, int],
        n_facts: int,
        *,
        after: bool = False,
    ) -> Unit:
        unit = Unit("fact", event.type, facts, event.index, event.at_us)
        unit.beside, unit.after = beside, after
        unit.n_facts = n_facts if self._compact and not any(beside.values()) else 0
        unit.item = self._itemiser.find(event.type, event.payload)
        return unit

    def _item_of_call(self, target: Target) -> Item | None:
        """A tool call as an item, where the dialect has no other items and numbers its calls."""
        channel, key = target
        if channel != "arguments" or self._itemiser.name or not self._dialect.calls:
            return None
        return Item(key[:-1], key[-1]) if key and type(key[-1]) is int else None

    def _pieces(self, target: Target) -> list[str]:
        """What a text has so far."""
        pieces = self._texts.get(target, [])
        run = self._run
        if run is not None and target in run.targets:
            return [*pieces, *run.pieces[run.targets.index(target)]]
        return pieces

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
        facts_found = {(target[0], text) for target, text in texts.items()}
        firsts: set[int] = set()
        for found, target in (whole for _, wholes in self._echoes for whole in wholes):
            known = target in texts or (target[0], found.value) in facts_found
            if not known and not getattr(found.rule, "final", False):
                texts[target] = found.value
                facts_found.add((target[0], found.value))
                firsts.add(id(found))
        for unit, wholes in self._echoes:
            for found, target in (whole for whole in wholes if id(whole[0]) not in firsts):
                path = _path(found)
                unit.literals = (*unit.literals, (path, found.value))
                other = target not in texts and (target[0], found.value) in facts_found
                if other or texts.get(target) == found.value:
                    _assign(unit.body, path, ECHO)


def _whole(event: Event) -> Unit:
    """An event of which nothing is known, as a unit."""
    unit = Unit("event", event.type, event.payload, event.index, event.at_us)
    unit.token = (event.type, canonical(event.payload))
    return unit


def _is_of_call(found: Found) -> bool:
    return isinstance(found.rule, Piece) and found.rule.channel == "arguments"


def _path(found: Found) -> tuple[str, ...]:
    """Where in its event it was found."""
    return bind(parse_path(found.rule.path), found.bound)


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
