"""The rule about values that depend on one another, or on the request: one pass over the events.

The facts are data (`expected.facts`). They are laid out by event type and by the object that holds
their values, so that an event costs what its own facts cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from streamtape.checks.expected.base import Expected
from streamtape.checks.expected.facts import (
    AtMost,
    Because,
    Echo,
    Fact,
    Fields,
    Fixed,
    Given,
    Same,
    Sum,
    Unique,
)
from streamtape.checks.finding import Severity
from streamtape.checks.repeats import free_fields
from streamtape.checks.rule import Hit
from streamtape.checks.stream import Stream
from streamtape.dialects.base import Condition
from streamtape.dialects.payload import (
    MISSING,
    Bindings,
    Path,
    find,
    get,
    holds,
    parse_path,
    resolve_key,
)
from streamtape.tape.events import Event
from streamtape.tape.texts import shortened

_MAX_SHOWN = 60


class Looking:
    """One stream that is looked at: what its facts remember from event to event."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.known: dict[str, dict[Any, Any]] = defaultdict(dict)


Look = Callable[[Any, Any, Event, Bindings, Looking], Iterator[str]]
# A fact, its checker, when it applies, and the severity of a violation.
Lookup = tuple[Any, Look, Condition | None, Severity]
_OF_ONE_EVENT = (Fixed, Fields, Sum)  # all that they ask of an event is in it
Groups = tuple[tuple[Path, tuple[Lookup, ...]], ...]


def relations(stream: Stream) -> Iterator[Hit]:
    """Values agree with one another, and with the request."""
    if not stream.expected.facts:
        return
    looking, is_right = Looking(stream), False
    texts, counter = free_fields(stream.dialect)
    free = texts | {counter}
    for event, is_repeat in stream.with_repeats():
        if type(event.payload) is not dict:
            continue
        again = is_repeat and is_right
        is_right = True
        groups = groups_of(stream.expected, event.type, stream.profile, free if again else None)
        for holder, facts in groups:
            for bound, value in find(event.payload, holder) if holder else (((), event.payload),):
                if type(value) is dict:
                    for hit in _look(facts, value, event, bound, looking):
                        is_right = False
                        yield hit


def _look(
    facts: Sequence[Lookup], value: Any, event: Event, bound: Bindings, looking: Looking
) -> Iterator[Hit]:
    for fact, look, when, weight in facts:
        if when is None or holds(value, when):
            for message in look(fact, value, event, bound, looking):
                yield Hit(event.index, message, weight)


@lru_cache(maxsize=1024)
def groups_of(
    expected: Expected, event_type: str, profile: str | None, free: frozenset[str] | None = None
) -> Groups:
    """The facts of one event type that hold in a profile, by the path of what holds their values.

    All facts without a profile.
    Of an event that repeats the one before it, which kept them all, and may differ from it in the
    fields of some names (`free`): only those that may be broken by that.
    """
    seen: dict[str, list[Lookup]] = {}
    groups: dict[str, list[Lookup]] = {}
    for fact in expected.facts:
        weight = fact.weight if profile is None else _weight(fact, expected, profile)
        if weight is None or (free is not None and _is_kept_again(fact, free)):
            continue
        if isinstance(fact, Because) and (not fact.seen_types or event_type in fact.seen_types):
            seen.setdefault(fact.seen, []).append((fact, _see, None, weight))
        if not fact.types or event_type in fact.types:
            lookup = fact, _LOOKS[type(fact)], fact.when, weight
            groups.setdefault(fact.holder, []).append(lookup)
    both = [*seen.items(), *groups.items()]  # an event may hold what its own end is because of
    return tuple((parse_path(holder), tuple(facts)) for holder, facts in both)


def _is_kept_again(fact: Fact, free: frozenset[str]) -> bool:
    """Whether an event keeps a fact because the one before it, with the same values, did."""
    paths = [] if fact.when is None else [fact.when[0]]
    if isinstance(fact, AtMost):
        paths += [fact.path, fact.bound]
    elif isinstance(fact, Because):
        paths += [fact.path, fact.seen_path]
    else:
        return isinstance(fact, _OF_ONE_EVENT)
    return free.isdisjoint(path.rpartition(".")[2] for path in paths if path)


def _weight(fact: Fact, expected: Expected, profile: str) -> Severity | None:
    """What a breach weighs in a profile; None where the fact does not hold there."""
    if profile not in expected.owners:
        return fact.elsewhere
    return None if fact.only and profile not in fact.only else fact.weight


def _at(fact: Fact, path: str) -> str:
    return f"{fact.holder}.{path}" if fact.holder else path


def _shown(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return shortened(text, _MAX_SHOWN + 1)


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) is isinstance(other, bool)


def _fixed(fact: Fixed, value: Any, *_: Any) -> Iterator[str]:
    found = get(value, parse_path(fact.path), MISSING)
    if found is MISSING:
        if fact.there:
            yield f"has no {_at(fact, fact.path)}"
        return
    if not fact.values:
        if found is None:
            yield f"has {_at(fact, fact.path)} null"
    elif not any(_equal(found, one) for one in fact.values):
        expected_values = " or ".join(_shown(one) for one in fact.values)
        yield f"has {_at(fact, fact.path)} {_shown(found)}: expected {expected_values}"


def _sum(fact: Sum, value: Any, *_: Any) -> Iterator[str]:
    total = get(value, parse_path(fact.total))
    parts = [one or 0 for part in fact.parts for one in _parts(value, part)]
    if not _is_number(total) or not all(_is_number(part) for part in parts):
        return
    if total != sum(parts):
        added = " + ".join(str(part) for part in parts)
        yield f"has {_at(fact, fact.total)} {total}: {' + '.join(fact.parts)} is {added}"


def _parts(value: Any, path: str) -> list[Any]:
    if "*" in path:
        return [one for _, one in find(value, parse_path(path))]
    return [get(value, parse_path(path))]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at_most(fact: AtMost, value: Any, _event: Any, _bound: Any, looking: Looking) -> Iterator[str]:
    found = get(value, parse_path(fact.path))
    if fact.bound:
        most, named = get(value, parse_path(fact.bound)), fact.bound
    else:
        most, named = _requested_number(fact, looking)
    if not _is_number(found) or not _is_number(most):
        return
    if found > most or (fact.below and found == most):
        word = "less than" if fact.below else "at most"
        yield f"has {_at(fact, fact.path)} {found}: expected {word} {most}, its {named}"


def _requested_number(fact: AtMost, looking: Looking) -> tuple[Any, str]:
    request_body = dict(looking.stream.request_body)
    for path in fact.in_request:
        found = get(request_body, parse_path(path))
        if found is not None:
            return found, f"{path} in the request"
    return (fact.default if request_body else None), "number where the request gave none"


def _same(fact: Same, value: Any, event: Event, bound: Bindings, looking: Looking) -> Iterator[str]:
    key = resolve_key(event.payload, fact.key, bound, event.index)
    known = looking.known[fact.name].setdefault(key, {})
    for name in fact.names:
        found = get(value, parse_path(name), MISSING)
        if found is MISSING:
            if fact.known or not looking.stream.owned:
                continue  # other servers leave out of one event what another has
            found = None
        if fact.known and found in (None, ""):
            continue
        before = known.setdefault(name, found)
        if not _equal(before, found):
            yield f"has {_at(fact, name)} {_shown(found)}: it was {_shown(before)}"
            known[name] = found


def _fields(fact: Fields, value: Any, event: Event, _bound: Any, looking: Looking) -> Iterator[str]:
    key = event.type if fact.by_type else "", value.get(fact.kind) if fact.kind else None
    known = looking.known[fact.name].setdefault(repr(key), value)
    if value.keys() == known.keys():
        return
    lacking = [n for n in known if n not in value and n not in fact.save]
    further = [n for n in value if n not in known and n not in fact.save]
    if lacking:
        yield f"has no {', '.join(_at(fact, name) for name in lacking)}, which came before"
    if further:
        yield f"has {', '.join(_at(fact, name) for name in further)}, which did not come before"


def _unique(
    fact: Unique, value: Any, event: Event, bound: Bindings, looking: Looking
) -> Iterator[str]:
    found = get(value, parse_path(fact.path))
    if not isinstance(found, str) or not found:
        return
    key = resolve_key(event.payload, fact.key, bound, event.index)
    known = looking.known[fact.name].setdefault(found, (key, event.index))
    if known[0] != key:
        yield f"has {_at(fact, fact.path)} {found!r}, which event #{known[1]} had"


def _given(fact: Given, value: Any, _event: Any, _bound: Any, looking: Looking) -> Iterator[str]:
    found = get(value, parse_path(fact.path))
    request_body = dict(looking.stream.request_body)
    if found is None or not request_body:
        return
    known = looking.known[fact.name]
    if "given" not in known:
        paths = map(parse_path, fact.in_request)
        known["given"] = [one for path in paths for _, one in find(request_body, path)]
    if known["given"]:
        if found not in known["given"]:
            several = ", ".join(_shown(one) for one in known["given"][:4])
            yield f"has {_at(fact, fact.path)} {_shown(found)}: the request gave {several}"
    elif not fact.otherwise:
        yield f"has {_at(fact, fact.path)} {_shown(found)}: the request gave none"


def _echo(fact: Echo, value: Any, _event: Any, _bound: Any, looking: Looking) -> Iterator[str]:
    request_body = looking.stream.request_body
    for name in fact.names:
        if request_body.get(name) is None or name not in value:
            continue
        if not _equal(request_body[name], value[name]):
            message = f"has {_at(fact, name)} {_shown(value[name])}"
            yield f"{message}: the request asked for {_shown(request_body[name])}"


def _see(fact: Because, value: Any, *rest: Any) -> Iterator[str]:
    found = get(value, parse_path(fact.seen_path), MISSING) if fact.seen_path else value
    if found is not MISSING and (not fact.seen_values or found in fact.seen_values):
        rest[-1].known[fact.name]["seen"] = True
    return iter(())


def _because(
    fact: Because, value: Any, _event: Any, _bound: Any, looking: Looking
) -> Iterator[str]:
    found = get(value, parse_path(fact.path))
    seen = looking.known[fact.name].get("seen", False)
    expected_values = fact.seen_values or (fact.seen,)
    named = " or ".join(str(one) for one in expected_values)
    if found == fact.value and not seen and not looking.stream.resumed:
        yield f"has {_at(fact, fact.path)} {found!r}, but no {named} came"
    elif seen and found not in (None, fact.value, *fact.others) and not _forced(fact, looking):
        yield f"has {_at(fact, fact.path)} {found!r}, but {named} came: expected {fact.value!r}"


def _forced(fact: Because, looking: Looking) -> bool:
    """Whether the request made the choice itself, so that the value says nothing of it."""
    if not fact.forced:
        return False
    request_body = looking.stream.request_body
    choice = get(dict(request_body), parse_path(fact.forced))
    return not request_body or isinstance(choice, dict) or choice == "required"


_LOOKS: dict[type, Look] = {
    Fixed: _fixed, Sum: _sum, AtMost: _at_most, Same: _same, Unique: _unique, Given: _given,
    Echo: _echo, Because: _because, Fields: _fields,
}  # fmt: skip
