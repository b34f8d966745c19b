"""Real streams against the same answers told otherwise: none of it may be a change.

Each stream of a folder is altered in each way of `tests/same_answer.py`, and in all of them at
once, and compared with itself at levels `events` and `content`.

    python tools/corpus/same.py FOLDER [--limit N] [--way NAME] [--show N]
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from streamtape.compare.content_changes import compare_content
from streamtape.compare.event_changes import compare_events
from streamtape.dialects.select import dialect_for, events_of
from streamtape.dialects.transcript import transcript_of
from tests.mutations import renumbered
from tests.real import bodies, recording
from tests.same_answer import WAYS, in_all_ways

ALL = "all of them"
EACH = {**WAYS, ALL: in_all_ways}


def compared(path: Path, names: list[str]) -> Iterator[tuple[str, str, str, str]]:
    """How a stream told in each way compares: the way, the level, the dialect and a change."""
    interaction = recording(path)
    table = dialect_for(interaction)
    a = renumbered(list(events_of(interaction.frames(), table)))
    for name in names:
        b = renumbered(EACH[name](a, table, random.Random(path.name)))
        found = compare_events(a, b, table, table)
        yield name, "events", table.name, str(found[0]) if found else ""
        one, other = transcript_of(a, table), transcript_of(b, table)
        content = compare_content(one, other, table)
        yield name, "content", table.name, str(content[0]) if content else ""


def main() -> None:
    """Run all of it on a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="only so many streams, at random")
    parser.add_argument("--way", action="append", choices=list(EACH), help="only this way")
    parser.add_argument("--show", type=int, default=3, help="examples of each way and dialect")
    given = parser.parse_args()
    paths = bodies(given.folder)
    if given.limit:
        paths = random.Random(0).sample(paths, min(given.limit, len(paths)))
    counts: Counter[tuple[str, str, bool]] = Counter()
    shown: Counter[tuple[str, str, str]] = Counter()
    for path in paths:
        for name, level, dialect, change in compared(path, given.way or list(EACH)):
            counts[name, level, bool(change)] += 1
            shown[name, level, dialect] += bool(change)
            if change and shown[name, level, dialect] <= given.show:
                print(f"{name}, {level}, {dialect}: {change[:200]}  {path.name[:90]}")
    print(f"\n{len(paths)} streams")
    for name, level in dict.fromkeys((n, one) for n, one, _ in counts):
        differ = counts[name, level, True]
        print(f"  {name:<24} {level:<8} the same {counts[name, level, False]:>5}  not {differ:>4}")
    sys.exit(any(differs for *_, differs in counts))


if __name__ == "__main__":
    main()
