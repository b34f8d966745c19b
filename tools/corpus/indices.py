"""Transcripts of a folder of real streams whose indices are wrong: what servers send in practice.

Each stream is read as it is, and again with its indices taken out, begun at 1, and with
`output_index` 0 throughout; with and without the ids that tell items apart where the indices
don't. What it said must be the same. A stream of several choices is left out where nothing would
tell its choices apart.

    python tools/corpus/indices.py FOLDER [--owners] [--limit N]
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from streamtape.dialects.select import dialect_for, events_of
from streamtape.dialects.transcript import transcript_of
from tests.corpus import OWNERS
from tests.indices import ALTERATIONS, WITHOUT_CHOICES, altered, texts_of
from tests.real import bodies, recording


def compared(path: Path) -> Iterator[tuple[str, str, str]]:
    """How a stream with each alteration is read: the alteration, the outcome, and an example."""
    interaction = recording(path)
    table = dialect_for(interaction)
    events = list(events_of(interaction.frames(), table))
    whole = transcript_of(events, table)
    for name in ALTERATIONS:
        if whole.choices and name in WITHOUT_CHOICES:
            yield name, "left out: several choices", ""
            continue
        other = transcript_of(altered(events, name), table)
        one, two = texts_of(whole), texts_of(other)
        if one == two:
            yield name, "the same", ""
            continue
        field = next(f for f in one if one[f] != two[f])
        longer = len(str(two[field])) > len(str(one[field]))
        shown = f"{field}: {str(one[field])[:70]!r} / {str(two[field])[:70]!r}"
        yield name, "doubled" if longer else "different", shown


def main() -> None:
    """Run all of it on a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--owners", action="store_true", help="only the APIs' own providers")
    parser.add_argument("--limit", type=int, default=0, help="only so many streams, at random")
    given = parser.parse_args()
    paths = bodies(given.folder)
    if given.owners:
        paths = [p for p in paths if p.relative_to(given.folder).parts[0] in OWNERS]
    if given.limit:
        paths = random.Random(5).sample(paths, min(given.limit, len(paths)))
    counts: dict[str, Counter[str]] = {name: Counter() for name in ALTERATIONS}
    for path in paths:
        for name, outcome, example in compared(path):
            counts[name][outcome] += 1
            if example:
                print(f"  {name}: {outcome}: {path.relative_to(given.folder)}: {example}")
    print(f"{len(paths)} streams")
    for name, outcomes in counts.items():
        print(f"{name}: {dict(sorted(outcomes.items()))}")


if __name__ == "__main__":
    main()
