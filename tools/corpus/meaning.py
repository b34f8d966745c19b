"""Dialects and diff on a folder of real streams: what the test suite does on a few, on all of them.

Each stream is read and held against the accumulators of the openai and anthropic SDKs; cut at many
places; compared with another run of itself (other ids, times, padding, cuts); then streams with one
altered event are compared, and the alteration must be found alone, at its place. Streams of one
prompt (`same_prompt_groups` of the folder's manifest.json) are compared and their reports shown.

    python tools/corpus/meaning.py FOLDER [--limit N] [--prefixes N] [--mutations N] [--reports N]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import streamtape
from streamtape.compare.content_changes import compare_content
from streamtape.compare.event_changes import compare_events
from streamtape.dialects.base import Dialect
from streamtape.dialects.select import dialect_for, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.tape.events import Event
from tests.accumulators import accumulated, in_their_words
from tests.mutations import MUTATIONS, another_run, mutated, recut, renumbered
from tests.real import bodies, recording

Stream = tuple[Dialect, list[Event]]


@cache
def read(path: Path) -> Stream:
    """The dialect and the events of one stream."""
    recorded = recording(path)
    table = dialect_for(recorded)
    return table, renumbered(list(events_of(recorded.frames(), table)))


def transcripts(paths: list[Path]) -> Iterator[str]:
    """Transcripts against the SDKs' accumulators: how many are equal, and which are not."""
    seen: Counter[str] = Counter()
    for path in paths:
        table, events = read(path)
        theirs = accumulated(table.name, table.profile_of, events)
        if theirs is None:
            seen["no accumulator, or it refuses"] += 1
            continue
        mine = in_their_words(transcript_of(events, table), theirs)
        off = [name for name in theirs if mine[name] != theirs[name]]
        seen["equal" if not off else "different"] += 1
        for name in off:
            yield f"  {path.name}: {name}: {mine[name]!r:.60} / SDK {theirs[name]!r:.60}"
    yield f"transcripts against the SDKs: {dict(seen)}"


def prefixes(paths: list[Path], n_each: int) -> Iterator[str]:
    """Streams cut at random events: each has a transcript."""
    dice, n_cut = random.Random(1), 0
    for path in paths:
        table, events = read(path)
        for _ in range(n_each):
            end = dice.randrange(len(events) + 1)
            assert transcript_of(events[:end], table).n_events == end
            n_cut += 1
    yield f"prefixes read: {n_cut}"


def other_runs(paths: list[Path]) -> Iterator[str]:
    """Another run of the same answer: no change at level events, none at level content."""
    seen: Counter[str] = Counter()
    for path in paths:
        table, a = read(path)
        dice = random.Random(path.name)
        b = another_run(recut(a, table, dice), table, dice)
        changes = compare_events(a, b, table, table)
        transcript = compare_content(transcript_of(a, table), transcript_of(b, table), table)
        seen["same" if not (changes or transcript) else "different"] += 1
        for change in (*changes[:3], *transcript[:3]):
            yield f"  {path.name}: {change}"
    yield f"other runs of the same answer: {dict(seen)}"


def mutations(paths: list[Path], n_mutations: int) -> Iterator[str]:
    """One event altered: found alone, at its place."""
    dice = random.Random(7)
    seen: Counter[str] = Counter()
    while sum(seen.values()) < n_mutations:
        path, kind = dice.choice(paths), dice.choice(MUTATIONS)
        table, a = read(path)
        altered = mutated(a, table, kind, dice) if len(a) > 2 else None
        if altered is None:
            continue
        b, places = altered
        changes = compare_events(a, b, table, table)
        expected = {p.index for c in changes for p in (c.a, c.b) if p}
        near = any(abs(t - p) <= 1 for t in expected for p in places)
        alone = len(changes) == 1 and near
        seen[f"{kind}: {'alone, at its place' if alone else f'{len(changes)} changes'}"] += 1
        if not alone:
            yield f"  {path.name}: {kind} at {sorted(places)}: {'; '.join(map(str, changes[:4]))}"
    yield f"one altered event: {dict(sorted(seen.items()))}"


def reports(folder: Path, n_reports: int) -> Iterator[str]:
    """The reports of streams of the same prompt."""
    manifest = folder / "manifest.json"
    groups = json.loads(manifest.read_bytes()).get("same_prompt_groups", [])
    for group in random.Random(3).sample(groups, min(n_reports, len(groups))):
        one, other = (recording(folder / name) for name in group[:2])
        yield f"{group[0]}\n{group[1]}"
        yield streamtape.diff(one, other).summary()
        yield streamtape.diff(one, other, level="content").summary(5) + "\n"


def main() -> None:
    """Run all of it on a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="only so many streams, at random")
    parser.add_argument("--prefixes", type=int, default=1, help="cuts of each stream")
    parser.add_argument("--mutations", type=int, default=200)
    parser.add_argument("--reports", type=int, default=0)
    given = parser.parse_args()
    paths = bodies(given.folder)
    if given.limit:
        paths = random.Random(5).sample(paths, min(given.limit, len(paths)))
    print(f"{len(paths)} streams")
    for lines in (
        transcripts(paths),
        prefixes(paths, given.prefixes),
        other_runs(paths),
        mutations(paths, given.mutations),
        reports(given.folder, given.reports),
    ):
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
