"""How much of what can go wrong the checks find: real streams, broken on purpose, and held to them.

    python -m tools.corpus.mutate_check FOLDER [--streams 40] [--each 3] [--seed 1]

FOLDER holds recorded streams as the tests know them (a body and a `.json` of facts each). Each way
to break a stream is tried `each` times on each stream, plainly and with the sequence numbers made
good afterwards. A mutant is found where an error or a warning is told that the stream did not have.

Some breaks leave a stream that the provider could have sent: a text delta less, where nothing says
what the whole text was, or an empty one. They are counted apart, and not hidden.
"""

from __future__ import annotations

import argparse
import copy
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamtape
from streamtape.checks.expected.tables import expected_of
from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import NOT_JSON, canonical, decode
from streamtape.dialects.rule_index import plan_for
from streamtape.dialects.select import PLAIN, EventReader, dialect_for
from streamtape.tape.events import Frame
from streamtape.tape.model import Chunk, Chunks, Interaction
from tests.corpus import Recorded, streams

FOLDERS = (
    "openai/responses",
    "azure-openai/responses",
    "openai/chat-completions",
    "azure-openai/chat-completions",
    "anthropic/messages",
    "google/generate-content",
)
MAX_EVENTS = 300
TRIES = 12  # places looked at until one is found where a break applies
_INDICES = ("output_index", "content_index", "summary_index", "index")
_WHOLES = ("text", "arguments", "refusal", "input", "code")
_FREE = {"text", "reasoning", "refusal", "signature", "transcript", "details", "output"}


@dataclass(slots=True)
class Item:
    """One event as it is sent: its name on the wire, and its payload (a text where no JSON)."""

    name: str
    payload: Any
    free: bool = False

    @property
    def type(self) -> str:
        """The type in the payload."""
        return str(self.payload.get("type", "")) if isinstance(self.payload, dict) else ""


Items = list[Item]
Operator = Callable[[Items, int, random.Random], bool]


def drop(items: Items, at: int, dice: random.Random) -> bool:
    """An event less."""
    del items[at]
    return True


def swap(items: Items, at: int, dice: random.Random) -> bool:
    """An event and the next one, the other way round."""
    if at + 1 >= len(items) or items[at].payload == items[at + 1].payload:
        return False
    items[at], items[at + 1] = items[at + 1], items[at]
    return True


def double(items: Items, at: int, dice: random.Random) -> bool:
    """An event twice."""
    items.insert(at, copy.deepcopy(items[at]))
    return True


def cut(items: Items, at: int, dice: random.Random) -> bool:
    """Nothing from here on."""
    if at == 0:
        return False
    del items[at:]
    return True


def renumber(items: Items, at: int, dice: random.Random) -> bool:
    """Another sequence number."""
    return _set(items[at].payload, "sequence_number", dice.randrange(1000, 9999))


def reindex(items: Items, at: int, dice: random.Random) -> bool:
    """Another index of an item, a part, a block or a choice."""
    payload = items[at].payload
    if not isinstance(payload, dict):
        return False
    holders = [payload, *(c for c in payload.get("choices") or () if isinstance(c, dict))]
    places = [(h, name) for h in holders for name in _INDICES if isinstance(h.get(name), int)]
    if not places:
        return False
    holder, name = dice.choice(places)
    holder[name] += dice.choice((1, 3, 7))
    return True


def edit(items: Items, at: int, dice: random.Random) -> bool:
    """A character of a whole text changed: the text that a `done` event or an item repeats."""
    payload = items[at].payload
    if not isinstance(payload, dict) or payload.get("delta"):
        return False
    places = [
        (holder, name)
        for holder in _dicts(payload)
        for name in _WHOLES
        if isinstance(holder.get(name), str) and len(holder[name]) > 1
    ]
    if not places or not str(payload.get("type", "")).endswith((".done", ".completed")):
        return False
    if "response" in payload:
        places = [p for p in places if "instructions" not in p[0]]
        places = [p for p in places if any(p[0] is d for d in _outputs(payload))]
        if not places:
            return False
    holder, name = dice.choice(places)
    spot = dice.randrange(len(holder[name]))
    letter = "#" if holder[name][spot] != "#" else "%"
    holder[name] = holder[name][:spot] + letter + holder[name][spot + 1 :]
    return True


def _outputs(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return list(_dicts({"": payload["response"].get("output") or []}))


def retype(items: Items, at: int, dice: random.Random) -> bool:
    """The type of another event of the stream."""
    payload = items[at].payload
    others = sorted({item.type for item in items} - {items[at].type, ""})
    if not isinstance(payload, dict) or "type" not in payload or not others:
        return False
    payload["type"] = dice.choice(others)
    if items[at].name != PLAIN:
        items[at].name = payload["type"]
    return True


def rename(items: Items, at: int, dice: random.Random) -> bool:
    """Another name on the wire than in the data."""
    if items[at].name == PLAIN:
        return False
    items[at].name += "x"
    return True


def change_id(items: Items, at: int, dice: random.Random) -> bool:
    """Another id: of the item, or of the response."""
    payload = items[at].payload
    if not isinstance(payload, dict):
        return False
    places = [
        (holder, name)
        for holder in (payload, payload.get("item"), payload.get("response"))
        for name in ("item_id", "id", "responseId")
        if isinstance(holder, dict) and isinstance(holder.get(name), str) and holder[name]
    ]
    if not places:
        return False
    holder, name = dice.choice(places)
    holder[name] += "x"
    return True


def no_json(items: Items, at: int, dice: random.Random) -> bool:
    """Data whose last brace is missing."""
    if not isinstance(items[at].payload, dict):
        return False
    items[at].payload = canonical(items[at].payload).decode()[:-1]
    return True


def no_field(items: Items, at: int, dice: random.Random) -> bool:
    """A field of the event less: its type, its index, its id, its text."""
    payload = items[at].payload
    names = ("output_index", "content_index", "item_id", "delta", "item", "part", "response",
             "index", "content_block", "message", "usageMetadata", "responseId", "id", "object",
             "sequence_number")  # fmt: skip
    have = [name for name in names if isinstance(payload, dict) and name in payload]
    if not have:
        return False
    del payload[dice.choice(have)]
    return True


def _set(payload: Any, name: str, value: Any) -> bool:
    if not isinstance(payload, dict) or name not in payload:
        return False
    payload[name] = value
    return True


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _dicts(one)


OPERATORS: dict[str, Operator] = {
    "drop": drop,
    "swap": swap,
    "double": double,
    "cut": cut,
    "renumber": renumber,
    "reindex": reindex,
    "edit": edit,
    "retype": retype,
    "rename": rename,
    "change-id": change_id,
    "no-json": no_json,
    "no-field": no_field,
}
# What changes nothing where the deltas are free: nobody can say which stream is the right one.
_SILENT = {"drop", "swap", "double"}
# What the numbers alone would give away, so that it is tried with good numbers, too.
_HIDDEN = ("drop", "swap", "double")


@dataclass(slots=True)
class Tally:
    """What became of the mutants of one API."""

    made: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of the mutants that were found."""
        return sum(self.found.values()) / max(sum(self.made.values()), 1)


def take_apart(interaction: Interaction, dialect: Dialect) -> Items:
    """The events of a stream, each with the mark of a free delta."""
    reader = EventReader(dialect)
    noise = {*dialect.noise}
    expected = expected_of(dialect)
    items = []
    for number, frame in enumerate(interaction.frames()):
        if frame.data is None:
            continue
        payload = decode(frame.data)
        if payload is NOT_JSON:
            items.append(Item(frame.event, frame.data))
            continue
        event = reader.read(frame, number)
        if event.type in noise:
            continue
        found = list(plan_for(dialect, event.type).find_deltas(payload, number))
        grown = {f.rule.channel for f in found if f.value}  # type: ignore[union-attr]  # find_deltas gives pieces
        free = bool(found) and grown <= _FREE
        if not found and not expected.tracks:  # a call that comes whole, in an event of its own
            free = any(True for _ in plan_for(dialect, event.type).find_wholes(payload, number))
        free = free and not expected.streamed
        items.append(Item(frame.event, payload, free and not _telling(payload)))
    return items


def _telling(payload: Any) -> bool:
    """Whether an event with a free delta says something besides that must come once."""
    if not isinstance(payload, dict):
        return False
    choices = [c for c in payload.get("choices") or () if isinstance(c, dict)]
    expected = any(c.get("finish_reason") or (c.get("delta") or {}).get("role") for c in choices)
    expected = expected or any((c.get("delta") or {}).get("tool_calls") for c in choices)
    ended = any(c.get("finishReason") for c in payload.get("candidates") or ())
    return expected or ended


def put_together(items: Items, like: Interaction) -> Interaction:
    """A recording of these events, otherwise like another one."""
    body = b"".join(_encoded(item) for item in items)
    changed = Chunks.of([Chunk(None, body)] if body else [])
    return Interaction(like.request, like.head, changed, like.ending, cuts_known=False)


def _encoded(item: Item) -> bytes:
    data = item.payload if isinstance(item.payload, str) else canonical(item.payload).decode()
    frame = Frame(item.name, data)
    name = b"" if frame.event == PLAIN else b"event: %s\n" % frame.event.encode()
    return name + b"data: " + data.encode("utf-8", "surrogatepass") + b"\n\n"


def findings_of(interaction: Interaction) -> set[tuple[str, str, str, int]]:
    """The errors and warnings on a stream."""
    return {
        (f.rule, f.where.what, f.message, f.count)
        for f in streamtape.check(interaction)
        if f.severity != "info"
    }


def mutate(recorded: Recorded, tally: Tally, *, each: int, dice: random.Random) -> None:
    """Break one stream in every way, and count what is found."""
    dialect = dialect_for(recorded.interaction)
    whole = take_apart(recorded.interaction, dialect)
    before = findings_of(put_together(whole, recorded.interaction))
    numbered = bool(dialect.sequence)
    for name, operator in OPERATORS.items():
        for hidden in (False, True) if numbered and name in _HIDDEN else (False,):
            for _ in range(each):
                items = copy.deepcopy(whole)
                for _ in range(TRIES):
                    at = dice.randrange(len(items))
                    silent = _is_silent(name, items, at)
                    if operator(items, at, dice):
                        break
                else:
                    continue
                if hidden:
                    _hide(items)
                if silent:
                    tally.silent += 1
                    continue
                label = f"{name}, renumbered" if hidden else name
                tally.made[label] += 1
                new = findings_of(put_together(items, recorded.interaction)) - before
                if new:
                    tally.found[label] += 1
                    tally.rules.update({rule for rule, *_ in new})
                else:
                    where = f"{whole[at].name} {whole[at].type}".strip()
                    tally.missed.append(f"{label} at #{at} {where} of {recorded.label}")


def _is_silent(name: str, items: Items, at: int) -> bool:
    if name not in _SILENT or not items[at].free:
        return False
    return name != "swap" or (at + 1 < len(items) and items[at + 1].free)


def _hide(items: Items) -> None:
    for number, item in enumerate(items):
        _set(item.payload, "sequence_number", number)


def measure(recordings: Iterable[Recorded], *, each: int = 3, seed: int = 1) -> dict[str, Tally]:
    """Break every whole stream of bearable length; a tally by API."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for recorded in recordings:
        if recorded.whole and 2 < recorded.facts["n_events"] <= MAX_EVENTS:
            dice = random.Random(f"{seed} {recorded.label}")
            mutate(recorded, tallies[recorded.api], each=each, dice=dice)
    return dict(tallies)


def sample(folder: Path, count: int, seed: int) -> list[Recorded]:
    """Some streams of each of the folders whose provider defines its API."""
    chosen: list[Recorded] = []
    for name in FOLDERS:
        every = list(streams(folder, name)) if (folder / name).is_dir() else []
        random.Random(seed).shuffle(every)
        chosen += every[:count]
    return chosen


def report(tallies: dict[str, Tally]) -> Iterator[str]:
    """The shares as Markdown: by way of breaking, by rule, and overall."""
    yield "| API | mutants | found | share | free deltas, not counted |"
    yield "|---|---|---|---|---|"
    for api, tally in tallies.items():
        made, found = sum(tally.made.values()), sum(tally.found.values())
        yield f"| {api} | {made} | {found} | {tally.share:.1%} | {tally.silent} |"
    made = sum(sum(t.made.values()) for t in tallies.values())
    found = sum(sum(t.found.values()) for t in tallies.values())
    yield f"| **all** | {made} | {found} | **{found / max(made, 1):.1%}** | |"
    yield ""
    yield "| broken by | mutants | found |"
    yield "|---|---|---|"
    names = sorted({name for t in tallies.values() for name in t.made})
    for name in names:
        made = sum(t.made[name] for t in tallies.values())
        found = sum(t.found[name] for t in tallies.values())
        yield f"| {name} | {made} | {found / made:.1%} |"
    yield ""
    yield "| rule | mutants that it found |"
    yield "|---|---|"
    rules: Counter[str] = sum((t.rules for t in tallies.values()), Counter())
    for rule, count in rules.most_common():
        yield f"| {rule} | {count} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--streams", type=int, default=40, help="of each provider and API")
    parser.add_argument("--each", type=int, default=3, help="mutants of each kind a stream")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--missed", type=int, default=0, help="how many missed mutants to list")
    request = parser.parse_args()
    tallies = measure(
        sample(request.folder, request.streams, request.seed), each=request.each, seed=request.seed
    )
    print("\n".join(report(tallies)))
    for tally in tallies.values():
        print("\n".join(tally.missed[: request.missed]))


if __name__ == "__main__":
    main()
