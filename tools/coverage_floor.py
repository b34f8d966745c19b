"""Hold what the tests of the inner rooms reach against floors: lines, branches, the core of `diff`.

    python tools/coverage_floor.py build/coverage.json
    python tools/coverage_floor.py --tests           # the tests that are measured

Exit status 1 where a floor is not reached, with what is missing there. `sh tools/coverage.sh` has
the measures made first.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

# The rooms that the figures are of, each with tests of its own that open no socket.
ROOMS = (
    "analysis", "checks", "compare", "composer", "content", "convert", "dialects", "editing",
    "framing", "metrics", "playback", "secrets", "tape", "variations",
)  # fmt: skip
TESTS = (
    "analysis", "checks", "compare", "composer", "convert", "dialects", "editing", "framing",
    "playback", "session", "tape", "variations", "test_diff.py", "test_markup.py",
    "test_snapshots.py", "test_strategies.py",
)  # fmt: skip
LINES, BRANCHES = 95.0, 92.0
# Lines of modules where a mistake is hardest to see.
MODULES = {
    "compare/align.py": 95.0,
    "compare/dedupe.py": 95.0,
    "compare/text_diff.py": 95.0,
}


class Figure(NamedTuple):
    """How much of what is covered, in percent, how much has to be, and the lines that are not."""

    what: str
    percent: float
    floor: float
    missing: str = ""


def figures(report: dict[str, Any]) -> list[Figure]:
    """The figure of each floor. KeyError where a module that has a floor is not in the report."""
    files = {path.rpartition("streamtape/")[2]: one for path, one in report["files"].items()}
    sums = [one["summary"] for path, one in files.items() if path.partition("/")[0] in ROOMS]
    found = [
        Figure("lines", _percent(sums, "covered_lines", "num_statements"), LINES),
        Figure("branches", _percent(sums, "covered_branches", "num_branches"), BRANCHES),
    ]
    for name, floor in MODULES.items():
        percent = _percent([files[name]["summary"]], "covered_lines", "num_statements")
        missing = ", ".join(map(str, files[name]["missing_lines"]))
        found.append(Figure(name, percent, floor, f"lines {missing}" if missing else ""))
    return found


def _percent(sums: Iterable[dict[str, int]], covered: str, all_of: str) -> float:
    sums = list(sums)
    total = sum(one[all_of] for one in sums)
    return 100 * sum(one[covered] for one in sums) / total if total else 100.0


def main() -> int:
    """Print each figure beside its floor."""
    if sys.argv[1:] == ["--tests"]:
        print(*(f"tests/{name}" for name in TESTS))
        return 0
    found = figures(json.loads(Path(sys.argv[1]).read_text()))
    for one in found:
        low = "" if one.percent >= one.floor else "  LOW"
        print(f"{one.what:<22} {one.percent:6.2f} %  floor {one.floor:.0f} %{low}  {one.missing}")
    return int(any(one.percent < one.floor for one in found))


if __name__ == "__main__":
    sys.exit(main())
