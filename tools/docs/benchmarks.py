"""The page of benchmarks, from what `tools/bench.py --json` wrote.

    python tools/bench.py --json > figures.json
    python -m tools.docs.benchmarks figures.json [MORE.json ...]

replaces the tables below the mark in tools/docs/site/benchmarks.md. What stands above the mark (the
figures to quote, chosen by people) is left as it is. Where sections were measured one by one, each
is taken from the last report that has it.
"""

import json
import sys
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "site" / "benchmarks.md"
MARK = "## Every figure\n"


def number(value: float | None) -> str:
    """A figure with three or four digits that count; nothing where there is none."""
    if value is None:
        return ""
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 else f"{value:.4g}" if size >= 100 else f"{value:.3g}"


def cell(text: object) -> str:
    """Text that a table can hold."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def row(figure: dict[str, Any]) -> str:
    """A figure as a row."""
    goal = cell(figure.get("goal") or "")
    met = {None: "", True: "met", False: "not met"}[figure.get("met")]
    cells = [
        cell(figure["name"]), cell(figure.get("peer") or "streamtape"), number(figure["value"]),
        cell(figure["unit"]), number(figure.get("ratio")), f"{goal} {met}".strip(),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def tables(report: dict[str, Any]) -> str:
    """Everything that was measured, a table a section, with the machine and the versions."""
    versions = ", ".join(f"{name} {found}" for name, found in report["versions"].items())
    lines = [MARK, f"Measured on {cell(report['machine'])}; medians of {report['repeat']} runs, "
             "in turn with the peers.", ""]  # fmt: skip
    if report["quick"]:
        lines += ["Less work and few repeats (`--quick`): a look, not figures to quote.", ""]
    if report["missing"]:
        lines += [f"Not at hand: {', '.join(map(cell, report['missing']))}.", ""]
    for section, figures in groupby(report["rows"], itemgetter("section")):
        lines += [f"### {section}", "", "| what | of | median | unit | ratio | goal |",
                  "|---|---|--:|---|--:|---|", *map(row, figures), ""]  # fmt: skip
    return "\n".join([*lines, f"Versions: {versions}.", ""])


def merged(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """One report of several: each section from the last that has it, in alphabetical order."""
    sections: dict[str, list[dict[str, Any]]] = {}
    versions: dict[str, str] = {}
    for report in reports:
        versions |= report["versions"]
        for name, rows in groupby(report["rows"], itemgetter("section")):
            sections[name] = [*rows]
    missing = {name: None for report in reports for name in report["missing"]}
    return {
        **reports[-1],
        "versions": versions,
        "missing": [name for name in missing if name not in versions],
        "quick": any(report["quick"] for report in reports),
        "rows": [row for name in sorted(sections) for row in sections[name]],
    }


def main() -> None:
    """Write the tables of one or more reports into the page."""
    report = merged([json.loads(Path(name).read_text()) for name in sys.argv[1:]])
    above = PAGE.read_text().partition(MARK)[0].rstrip()
    PAGE.write_text(f"{above}\n\n{tables(report)}")


if __name__ == "__main__":
    main()
