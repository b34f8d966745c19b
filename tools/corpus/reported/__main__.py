"""Counts how many reported faults the checks find.

    python -m tools.corpus.reported [--api API]... [--per N] [--seed N] [--core] [--list] [--misses]

Each fault is made of up to N real streams of the API's owner in ../shared, which are in order. It
is found if a check of the result says an error or a warning (the stream as it was had none).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from tools.corpus.reported import chat, gemini, messages, responses, wire
from tools.corpus.reported.kit import ALL, APIS
from tools.corpus.reported.measure import Tally, tally
from tools.corpus.reported.streams import of_archive, of_core

MODULES = (responses, messages, chat, gemini, wire)


def measure(
    api: str, *, per: int, seed: int, core: bool = False, names: Iterable[str] = ()
) -> list[Tally]:
    """What became of every mutation of an API (or of those with some names)."""
    source, expected = of_core if core else of_archive, set(names)
    chosen = [m for m in ALL if api in m.apis and (not expected or m.name in expected)]
    return [tally(m, api, source=source, seed=seed, per=per) for m in chosen]


def rates(tallies: list[Tally]) -> tuple[float, float]:
    """The share of broken streams that are found, and the mean of that share by mutation."""
    counted = [t for t in tallies if t.counts]
    streams = sum(t.found for t in counted) / max(1, sum(t.tried for t in counted))
    return streams, sum(t.found / t.tried for t in counted) / max(1, len(counted))


def table(tallies: list[Tally]) -> list[str]:
    """A line a mutation, those that are missed most often first."""
    ordered = sorted(tallies, key=lambda t: (not t.counts, t.found / max(1, t.tried)))
    lines = []
    for one in ordered:
        found = one.mutation
        rule = ", ".join(rule for rule, _ in one.rules.most_common(2))
        note = f"  (cannot be told: {found.untellable})" if found.untellable else ""
        note = note or ("  (no stream to make it of)" if not one.tried else "")
        lines.append(
            f"  {one.found:3}/{one.tried:<3} {found.layer:9} {found.name:24} {found.description}"
            f"  [{found.source}]{'  ' + rule if rule else ''}{note}"
        )
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--api", action="append", choices=APIS, help="one or more APIs (all)")
    parser.add_argument("--per", type=int, default=20, help="streams a mutation (20)")
    parser.add_argument("--seed", type=int, default=1, help="which streams, and which events (1)")
    parser.add_argument("--core", action="store_true", help="the core of the corpus only")
    parser.add_argument("--list", action="store_true", help="list the mutations and stop")
    parser.add_argument("--misses", action="store_true", help="name a stream of each miss")
    given = parser.parse_args()
    if given.list:
        for listed in ALL:
            apis = ",".join(listed.apis)
            print(f"{apis}: {listed.name}: {listed.description}  [{listed.source}]")
        return
    for api in given.api or APIS:
        tallies = measure(api, per=given.per, seed=given.seed, core=given.core)
        share, mean = rates(tallies)
        counted = [t for t in tallies if t.counts]
        always = sum(t.found == t.tried for t in counted)
        failed = sum(t.tried for t in counted)
        print(
            f"{api}: {share:.1%} of {failed} broken streams found; by mutation {mean:.1%} of"
            f" {len(counted)}, {always} of them always"
        )
        print("\n".join(table(tallies)))
        for one in tallies if given.misses else ():
            if one.missed and one.counts:
                print(f"    {one.mutation.name}: {one.missed[0]}")


if __name__ == "__main__":
    main()
