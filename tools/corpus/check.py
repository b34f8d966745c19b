"""Lists what the checks find in a folder of real streams, so that each finding can be judged.

    python -m tools.corpus.check FOLDER [--all] [--jobs N]

FOLDER holds recorded streams as the tests know them (a body and a `.json` of facts each). First the
whole streams of the providers that define the APIs, which must have no error; then everyone else's,
by provider: each error with how many of its streams have it, and one of them to look at. `--all`
adds warnings and notes.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import NamedTuple

from streamtape.checks.finding import Finding
from streamtape.cli import parallel
from tests.corpus import OWNERS, findings, read


class Judged(NamedTuple):
    """One stream: where it is from, and what was found."""

    provider: str
    api: str
    name: str
    defines: bool
    found: list[Finding]


def judged(path: Path, *, folder: Path) -> Judged:
    """Check the stream whose facts are in a file."""
    one = read(path, folder)
    defines = one.provider in OWNERS and one.whole
    return Judged(one.provider, one.api, one.name, defines, findings(one))


def listing(streams: list[Judged], severities: set[str]) -> list[str]:
    """A line a kind of finding: how many streams have it, what it says, and one of them."""
    seen: dict[tuple[str, str, str, str, str], list[str]] = defaultdict(list)
    for one in streams:
        for found in one.found:
            if found.severity in severities:
                what = found.where.what or "stream"
                kind = one.provider, one.api, found.severity, found.rule, f"{what} {found.message}"
                if one.name not in seen[kind]:
                    seen[kind].append(one.name)
    return [
        f"  {provider}/{api}: {len(names)} × {severity} {rule}: {message:.150}  [{names[0]}]"
        for (provider, api, severity, rule, message), names in sorted(seen.items())
    ]


def main() -> None:
    """Check all streams of a folder, and list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="warnings and notes, too")
    parser.add_argument("--jobs", type=int, metavar="N")
    given = parser.parse_args()
    paths = sorted(p for p in given.folder.rglob("*.json") if p.name != "manifest.json")
    work = partial(judged, folder=given.folder)
    streams = list(parallel.each(work, paths, doing="checking", jobs=given.jobs))
    severities = {"error", "warning", "info"} if given.all else {"error"}
    for title, defines in (("whole streams of who defines the API", True), ("elsewhere", False)):
        mine = [one for one in streams if one.defines is defines]
        wrong = sum(any(f.severity == "error" for f in one.found) for one in mine)
        print(f"{title}: {len(mine):,} streams, {wrong:,} with errors")
        print("\n".join(listing(mine, severities)))


if __name__ == "__main__":
    main()
