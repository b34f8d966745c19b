"""How much of what can go wrong with a field the checks find: every field of real streams, broken.

    python -m tools.corpus.mutate_fields FOLDER [--streams 25] [--seed 1] [--missed 40]

FOLDER holds recorded streams as the tests know them. For each path of each event type of a stream,
one event that has it is broken in each way: the field left out, null, of another type, another
value of the same type, negative. A mutant is found where an error or a warning is told that the
stream did not have.

Nobody can tell of some: another text where nothing repeats it, an id that stands once, a count that
nothing adds up, a setting that no request had, a field that may be absent. Which field may be free
in which way is written down in `FREE`; those mutants are counted apart.
"""

from __future__ import annotations

import argparse
import copy
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamtape.dialects.select import dialect_for
from tests.corpus import Recorded
from tools.corpus.mutate_check import Items, findings_of, put_together, sample, take_apart

WAYS = ("drop", "null", "retype", "other", "negative")
MAX_EVENTS = 300
# Fields (by regular expression over `type path`) that may be anything in some ways.
_ANY = "drop|null|retype|other|negative"
FREE: tuple[tuple[str, str], ...] = (
    # texts that nothing repeats, and padding
    ("drop|null|other", r"delta\.(?:content|refusal|text|thinking|signature|partial_json)\b"),
    ("drop|null|other", r"parts\.\*(?:\.(?:text|thoughtSignature|functionCall\b.*))?$"),
    ("drop|null|other", r"function\.arguments$|encrypted_content$"),
    (_ANY, "obfuscation"),
    # ids, names and times that stand once
    ("other", r"(?:^| )(?:message\.)?(?:id|model|created)$|content_block\.id$|tool_calls\.\*\.id$"),
    ("drop|null|other", r"functionCall\.id$|completed_at$"),
    # what no type is published of, or what may be absent and has no twin
    (_ANY, r"content_filter|prompt_filter|latency_checkpoint"),
    ("drop|null|other", r"service_?[tT]ier|inference_geo|stop_details|moderation|caller"),
    ("drop|null|other", r"context_management|logprobs|groundingMetadata|urlContextMetadata"),
    # counts that nothing adds up
    ("drop|null|other", r"_details(?:\.|$)|TokensDetails|cache_|usage\.(?:in|out)put_tokens$"),
    ("drop|null", r"system_fingerprint$|finish_reason$|delta\.tool_calls$"),
)
Path_ = tuple[str | int, ...]


def leaves(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every place in a value, with what stands there."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*path, name))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from leaves(one, (*path, place))


def named(path: Path_) -> str:
    """A path with `*` for places in arrays."""
    return ".".join("*" if isinstance(step, int) else step for step in path)


def mutated(value: Any, way: str) -> Any:
    """What takes the place of a value; the value itself where a way does not apply."""
    if way == "null":
        return None
    if way == "retype":
        swapped: dict[type, Any] = {str: 7, int: "7", float: "7", bool: "yes", dict: [], list: {}}
        return value if value is None else swapped[type(value)]
    if way == "negative" and isinstance(value, int | float) and not isinstance(value, bool):
        return -1 - abs(value)
    if way == "other":
        if isinstance(value, str):
            return f"{value}x"
        if isinstance(value, bool):
            return not value
        if isinstance(value, int | float):
            return value + 5
    return value


def put(items: Items, at: int, path: Path_, way: str) -> Items | None:
    """The items with one field of one of them broken; None where a way changes nothing."""
    changed = list(items)
    changed[at] = copy.deepcopy(items[at])
    holder = changed[at].payload
    for step in path[:-1]:
        holder = holder[step]
    if way == "drop":
        del holder[path[-1]]
        return changed
    before = holder[path[-1]]
    after = mutated(before, way)
    if after is before or (after == before and type(after) is type(before)):
        return None
    holder[path[-1]] = after
    return changed


def mutants(items: Items, dice: random.Random) -> Iterator[tuple[str, str, Items]]:
    """Each way to break each path of each event type: the way, what it breaks, the stream."""
    places: dict[str, list[tuple[int, Path_]]] = defaultdict(list)
    for at, item in enumerate(items):
        if isinstance(item.payload, dict):
            for path, _ in leaves(item.payload):
                places[f"{item.type} {named(path)}".strip()].append((at, path))
    for name, found in places.items():
        at, path = dice.choice(found)
        for way in WAYS:
            changed = put(items, at, path, way)
            if changed is not None:
                yield way, name, changed


def is_free(way: str, name: str) -> bool:
    """Whether nobody can tell."""
    return any(re.search(f"^(?:{ways})$", way) and re.search(path, name) for ways, path in FREE)


class Tally:
    """What became of the mutants of one API."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.free: Counter[str] = Counter()
        self.missed: Counter[tuple[str, str]] = Counter()
        self.tried: Counter[tuple[str, str]] = Counter()

    def take(self, recorded: Recorded, dice: random.Random) -> None:
        """Break one stream in every way."""
        whole = take_apart(recorded.interaction, dialect_for(recorded.interaction))
        before = findings_of(put_together(whole, recorded.interaction))
        for way, name, items in mutants(whole, dice):
            new = findings_of(put_together(items, recorded.interaction)) - before
            if not new and is_free(way, name):
                self.free[way] += 1
                continue
            self.made[way] += 1
            self.tried[way, name] += 1
            if new:
                self.found[way] += 1
            else:
                self.missed[way, name] += 1


def measure(chosen: list[Recorded], seed: int) -> dict[str, Tally]:
    """A tally by API."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for recorded in chosen:
        if recorded.whole and 2 < recorded.facts["n_events"] <= MAX_EVENTS:
            tallies[recorded.api].take(recorded, random.Random(f"{seed} {recorded.label}"))
    return dict(tallies)


def report(tallies: dict[str, Tally]) -> Iterator[str]:
    """The shares as Markdown."""
    yield f"| API | mutants | found | {' | '.join(WAYS)} | nobody can tell |"
    yield f"|---|---|---|{'---|' * len(WAYS)}---|"
    for api, tally in tallies.items():
        made, found = sum(tally.made.values()), sum(tally.found.values())
        shares = [f"{tally.found[way] / max(tally.made[way], 1):.1%}" for way in WAYS]
        free = sum(tally.free.values())
        yield f"| {api} | {made:,} | {found / max(made, 1):.1%} | {' | '.join(shares)} | {free:,} |"


def main() -> None:
    """Print the table, and what was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--streams", type=int, default=25, help="of each provider and API")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--missed", type=int, default=0, help="how many missed fields to list")
    given = parser.parse_args()
    tallies = measure(sample(given.folder, given.streams, given.seed), given.seed)
    print("\n".join(report(tallies)))
    for api, tally in tallies.items():
        for (way, name), count in tally.missed.most_common(given.missed):
            print(f"{api}: {way} {name}: {count} of {tally.tried[way, name]}")


if __name__ == "__main__":
    main()
