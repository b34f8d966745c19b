"""How many real streams keep each fact that the checks know: the reason for what it weighs where.

    python -m tools.corpus.rule_shares FOLDER

FOLDER holds recorded streams as the tests know them. The result is
`streamtape/checks/expected/shares.json`: by API and fact, how many of how many whole streams keep
it at the API's owners and elsewhere, of those that have what it is about.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from streamtape.analysis.streams import stream_of
from streamtape.checks.profiles import profile_named
from streamtape.checks.relations import Looking, groups_of
from streamtape.checks.stream import Stream
from streamtape.dialects.payload import find, holds
from tests.corpus import OWNERS, streams

TARGET = Path(__file__).parents[2] / "streamtape" / "checks" / "expected" / "shares.json"
Shares = dict[str, dict[str, dict[str, list[int]]]]


def kept(stream: Stream) -> dict[str, bool]:
    """Whether a stream keeps each fact that is about something that it has."""
    found: dict[str, bool] = {}
    looking = Looking(replace(stream, profile=stream.expected.owners[0]))
    for event in stream.events:
        if type(event.payload) is not dict:
            continue
        for holder, facts in groups_of(stream.expected, event.type, None):
            for bound, value in find(event.payload, holder) if holder else (((), event.payload),):
                for fact, look, when, _ in facts if type(value) is dict else ():
                    if when is not None and not holds(value, when):
                        continue
                    failed = [*look(fact, value, event, bound, looking)]
                    found[fact.name] = found.get(fact.name, True) and not failed
    return found


def counted(folder: Path) -> Shares:
    """By API, fact and side: how many streams keep it, and of how many."""
    shares: Shares = defaultdict(lambda: defaultdict(lambda: {"owners": [0, 0], "others": [0, 0]}))
    for recorded in streams(folder):
        stream = stream_of(recorded.interaction, profile_named("default"))
        if not recorded.whole or not stream.expected.facts:
            continue
        side = "owners" if recorded.provider in OWNERS else "others"
        for name, good in kept(stream).items():
            count = shares[stream.expected.dialect][name][side]
            count[0] += good
            count[1] += 1
    return shares


def main() -> None:
    """Count, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    shares = counted(parser.parse_args().folder)
    lines = [
        f'  "{api}": {{\n'
        + ",\n".join(f'    "{n}": {json.dumps(facts[n])}' for n in sorted(facts))
        + "\n  }"
        for api, facts in sorted(shares.items())
    ]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
