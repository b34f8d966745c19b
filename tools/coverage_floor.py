"""Hold what the tests reach against floors: all lines, all branches, and the core of the diff.

    python tools/coverage_floor.py build/coverage.json

Exit status 1 where a floor is not reached, with what is missing there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LINES, BRANCHES = 95.0, 92.0
# Lines of modules where a mistake is hardest to see.
MODULES = {
    "compare/align.py": 95.0,
    "compare/dedupe.py": 95.0,
    "compare/text_diff.py": 95.0,
}


def share(covered: int, total: int) -> float:
    """Percent of `total`; all of nothing."""
    return 100.0 * covered / total if total else 100.0


def figures(report: dict[str, Any]) -> list[tuple[str, float, float, str]]:
    """(what, percent, floor, what is missing) of each floor."""
    totals = report["totals"]
    found = [
        ("lines", share(totals["covered_lines"], totals["num_statements"]), LINES, ""),
        ("branches", share(totals["covered_branches"], totals["num_branches"]), BRANCHES, ""),
    ]
    for path, one in report["files"].items():
        for name, floor in MODULES.items():
            if path.endswith(f"streamtape/{name}"):
                sums = one["summary"]
                percent = share(sums["covered_lines"], sums["num_statements"])
                missing = ", ".join(map(str, one["missing_lines"]))
                found.append((name, percent, floor, f"lines {missing}" if missing else ""))
    return found


def main() -> int:
    """Print each figure beside its floor."""
    report = json.loads(Path(sys.argv[1]).read_text())
    found = figures(report)
    if len(found) != 2 + len(MODULES):
        sys.exit("a module that has a floor was moved: mend MODULES")
    low = 0
    for what, percent, floor, missing in found:
        reached = percent >= floor
        low += not reached
        print(f"{what:<22} {percent:6.2f} %  floor {floor:.0f} %{'' if reached else '  LOW'}"
              f"{'  ' + missing if missing else ''}")  # fmt: skip
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
