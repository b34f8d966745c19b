"""One answer in the ways in which it may come: nothing that a comparison may call a change.

`WAYS` names them. Each takes a stream's events and gives those of another run, server or proxy that
says the same: other ids, times, cuts, padding, counts, and other spelling of equal JSON.
"""

import copy
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from streamtape.compare.normalise import normaliser_for
from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import bind, parse_path
from streamtape.dialects.rule_index import plan_for
from streamtape.tape.events import Event
from tests.mutations import deltas, frame_of, only_delta, put, recut, renumbered

Way = Callable[[Sequence[Event], Dialect, random.Random], list[Event]]
Path = tuple[str, ...]
TIMES = {
    "created", "created_at", "completed_at", "createTime", "started_at", "expires_at", "updated",
    "timestamp", "eventTime", "cancelled_at", "failed_at",
}  # fmt: skip
PADDING = {"obfuscation", "p", "sequence_number"}
USAGE = {"usage", "usageMetadata", "amazon-bedrock-invocationMetrics", "metrics", "billed_units"}
_MADE = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[0-9a-f]{24,}"
    r"|[a-z]{2,9}([_-][a-z]{2,9})?[_-](?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{12,}(:\d+)*"
)


def looks_made(value: str) -> bool:
    """Whether a text looks like an id that a provider made up."""
    return _MADE.fullmatch(value) is not None


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value of a payload that holds no others, with its path."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        yield path, value
    for name, one in list(items):
        yield from leaves(one, (*path, str(name)))


def texts_of(event: Event, table: Dialect) -> set[Path]:
    """The paths of what is text to the reader, in an event: there nothing is an id."""
    plan = plan_for(table, event.type)
    found = [*deltas(event, table), *plan.find_wholes(event.payload, event.index)]
    return {bind(parse_path(one.rule.path), one.bound) for one in found}


def wholes_of(event: Event, table: Dialect) -> list[Any]:
    """The texts that an event gives whole."""
    found = plan_for(table, event.type).find_wholes(event.payload, event.index)
    return [one.value for one in found]


def of_user(path: Path, table: Dialect) -> bool:
    """Whether a path is below one whose values are the user's own."""
    for text in (*table.opaque, *(patches.path for patches in table.patches)):
        if text.startswith("**."):
            if text[3:] in path[:-1]:
                return True
            continue
        known = parse_path(text)
        if len(path) >= len(known) and all(
            s in ("*", p) for s, p in zip(known, path, strict=False)
        ):
            return True
    return False


def other_ids(events: Sequence[Event], table: Dialect, dice: random.Random) -> list[Event]:
    """Every id renamed, the same one alike throughout: by the table, or by how it looks."""
    names: dict[str, str] = {}

    def renamed(value: str) -> str:
        return names.setdefault(value, f"id-{dice.randrange(10**15):015}")

    out = []
    for event in events:
        payload = copy.deepcopy(event.payload)
        if isinstance(payload, dict | list):
            texts = texts_of(event, table)
            places = [
                p for p, value, _ in normaliser_for(table).clean(payload)[1] if not value.isdigit()
            ]
            for path, value in leaves(payload):
                if not isinstance(value, str) or path in texts or of_user(path, table):
                    continue
                if path in places or looks_made(value) or value in names:
                    put(payload, path, renamed(value))
        out.append(Event(event.type, payload))
    return out


def _named(names: set[str], new: Callable[[Any, random.Random], Any]) -> Way:
    """A way that alters the values of some names, at any depth, but for the user's own."""

    def way(events: Sequence[Event], table: Dialect, dice: random.Random) -> list[Event]:
        def altered(value: Any, path: Path) -> Any:
            if isinstance(value, list):
                return [altered(one, (*path, str(n))) for n, one in enumerate(value)]
            if not isinstance(value, dict):
                return value
            return {
                name: new(one, dice)
                if name in names and one is not None and not of_user((*path, name), table)
                else altered(one, (*path, name))
                for name, one in value.items()
            }

        return [Event(event.type, altered(event.payload, ())) for event in events]

    return way


def _later(value: Any, dice: random.Random) -> Any:
    if isinstance(value, str):
        return "2031-01-01T00:00:00.5Z"
    return value if isinstance(value, dict | list) else 1_900_000_000 + dice.randrange(10**6)


def _counted(value: Any, dice: random.Random) -> Any:
    """Other counts, and a detail that was not there."""
    if isinstance(value, dict):
        counts = {name: _counted(one, dice) for name, one in value.items()}
        return {**counts, "acme_tokens_details": {"acme": dice.randrange(99)}}
    return dice.randrange(1, 999) if type(value) in (int, float) else value


def _padded(value: Any, dice: random.Random) -> Any:
    return "o" * dice.randrange(1, 9) if isinstance(value, str) else dice.randrange(10**6)


def _with_cuts(value: Any, dice: random.Random) -> Any:
    """What is told of each piece of a text: other pieces, other tellings."""
    if isinstance(value, list):
        return [_with_cuts(one, dice) for one in value][:1]
    if isinstance(value, dict):
        return {name: _with_cuts(one, dice) for name, one in value.items()}
    return dice.randrange(99) if type(value) in (int, float) else value


def _spelled(spell: Callable[[Any, Dialect, random.Random, Path], Any]) -> Way:
    def way(events: Sequence[Event], table: Dialect, dice: random.Random) -> list[Event]:
        return [Event(e.type, spell(e.payload, table, dice, ())) for e in events]

    return way


def _shuffled(value: Any, table: Dialect, dice: random.Random, path: Path) -> Any:
    if isinstance(value, dict):
        fields = list(value.items())
        dice.shuffle(fields)
        return {name: _shuffled(one, table, dice, path) for name, one in fields}
    return [_shuffled(one, table, dice, path) for one in value] if type(value) is list else value


def _nulls(empty: Callable[[Any], bool], new: Any, *, absent: bool = False) -> Way:
    """Fields of one empty value with another one, or without."""

    def spell(value: Any, table: Dialect, dice: random.Random, path: Path) -> Any:
        if isinstance(value, list):
            return [spell(v, table, dice, (*path, str(n))) for n, v in enumerate(value)]
        if not isinstance(value, dict):
            return value
        out = {}
        for name, one in value.items():
            if of_user((*path, name), table):
                out[name] = one
            elif not empty(one):
                out[name] = spell(one, table, dice, (*path, name))
            elif not absent:
                out[name] = new
        return out

    return _spelled(spell)


def _floats(value: Any, table: Dialect, dice: random.Random, path: Path) -> Any:
    if isinstance(value, dict):
        return {
            k: v if "ndex" in k else _floats(v, table, dice, (*path, k)) for k, v in value.items()
        }
    if isinstance(value, list):
        return [_floats(one, table, dice, path) for one in value]
    return float(value) if type(value) is int and abs(value) < 2**50 else value


def empty_pieces(events: Sequence[Event], table: Dialect, dice: random.Random) -> list[Event]:
    """Here and there an empty piece of text between two pieces, as some servers send them."""
    out: list[Event] = []
    frame: Any = None
    for event in events:
        found = only_delta(event, table)
        before, frame = frame, frame_of(event, found[1]) if found else None
        whole = any(text for text in wholes_of(event, table))
        if found and frame == before and not whole and dice.random() < 0.3:
            payload = copy.deepcopy(event.payload)
            put(payload, found[1], "")
            out.append(Event(event.type, payload))
        out.append(event)
    return out


WAYS: dict[str, Way] = {
    "other ids": other_ids,
    "other times": _named(TIMES, _later),
    "other padding": _named(PADDING, _padded),
    "other counts": _named(USAGE, _counted),
    "other probabilities": _named({"logprobs", "avgLogprobs"}, _with_cuts),
    "other cuts": recut,
    "empty pieces": empty_pieces,
    "other order of fields": _spelled(_shuffled),
    "null for empty": _nulls(lambda v: v == "", None),
    "empty for null": _nulls(lambda v: v is None, ""),
    "nothing for null": _nulls(lambda v: v is None, None, absent=True),
    "nothing for empty": _nulls(lambda v: v == "", None, absent=True),
    "numbers with a point": _spelled(_floats),
}


def in_all_ways(events: Sequence[Event], table: Dialect, dice: random.Random) -> list[Event]:
    """All the ways, one after another."""
    for way in WAYS.values():
        events = renumbered(way(events, table, dice))
    return list(events)
