"""Findings as lines for people and as SARIF for code hosts. Values in, text out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from streamtape.checks.finding import SEVERITIES, Finding
from streamtape.checks.rules import NO_STREAM, RULES
from streamtape.printable import printable
from streamtape.report.lines import Line, line

_STYLES = {"error": "bad", "warning": "warn", "info": "dim"}
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def _counted(findings: Iterable[Finding]) -> str:
    return _shown_counts(Counter(finding.severity for finding in findings))


def _shown_counts(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[s]} {_plural(s, counts[s])}" for s in SEVERITIES if counts[s])


@dataclass(slots=True)
class Totals:
    """What was found in several files, counted as the results come."""

    fine: int = 0
    with_findings: int = 0
    unreadable: int = 0
    severities: Counter[str] = field(default_factory=Counter)

    def add(self, findings: Sequence[Finding]) -> None:
        """Count a file that was read."""
        self.fine += not findings
        self.with_findings += bool(findings)
        self.severities.update(finding.severity for finding in findings)


def total_line(totals: Totals) -> Line:
    """One line over several files: how many are fine, and what was found in the rest."""
    counted = _shown_counts(totals.severities)
    parts = [
        f"{totals.fine:,} fine" if totals.fine else "",
        f"{counted} in {totals.with_findings:,}" if counted else "",
        f"{totals.unreadable:,} can't be read" if totals.unreadable else "",
    ]
    total = f"{totals.fine + totals.with_findings + totals.unreadable:,} files"
    return line((total, "title"), ": ", "; ".join(part for part in parts if part))


def finding_lines(findings: Sequence[Finding], name: str, *, numbered: bool) -> Iterator[Line]:
    """A line a finding, below its file's name; one quiet line if there are none."""
    counted = _counted(findings)
    yield line((printable(name), "title"), ": ", (counted, "") if counted else ("fine", "good"))
    width = max((len(finding.rule) for finding in findings), default=0)
    for finding in findings:
        location = str(finding.where)
        if numbered:
            location = f"{finding.where.interaction}:{location}"
        times = f" ({finding.count} times)" if finding.count > 1 else ""
        yield line(
            (f"  {finding.severity:<7} ", _STYLES[finding.severity]),
            (f"{finding.rule:<{width}}  ", "label"),
            (f"{printable(location)} ", "type"),
            printable(finding.message),
            (times, "dim"),
        )


def _plural(severity: str, count: int) -> str:
    return severity if count == 1 or severity == "info" else f"{severity}s"


def rule_lines() -> Iterator[Line]:
    """Every rule that there is: its name, what it weighs, what it asks."""
    rules = (*RULES, NO_STREAM)
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        yield line(
            (f"{rule.name:<{width}}  ", "label"),
            (f"{rule.severity:<7}  ", _STYLES[rule.severity]),
            rule.says,
        )


def sarif(
    results: object, used: Collection[str], version: str, unreadable: Mapping[str, str]
) -> dict[str, Any]:
    """A SARIF 2.1.0 log: what code hosts show beside a change.

    `results` are those of the findings (`sarif_result`), a list or what replaces one in JSON, and
    `used` the rules that they name. Files that could not be read (their paths, and why) make a run
    that did not succeed.
    """
    rules = [
        {
            "id": rule.name,
            "shortDescription": {"text": rule.says},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }
        for rule in (*RULES, NO_STREAM)
        if rule.name in used
    ]
    driver = {"name": "streamtape", "version": version, "rules": rules}
    notes = [
        {"level": "error", "message": {"text": why}, "locations": [_location(path)]}
        for path, why in unreadable.items()
    ]
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
        "results": results,
    }
    return {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}


def sarif_result(finding: Finding) -> dict[str, Any]:
    """A finding as SARIF has it.

    A cassette has no lines: the region is its first, and the event is named in the message.
    """
    where = finding.where
    text = f"interaction {where.interaction}, {where}: {finding.message}"
    return {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(finding.source)] if finding.source else [],
        "occurrenceCount": finding.count,
    }


def _location(path: str) -> dict[str, Any]:
    location = {"artifactLocation": {"uri": _uri(path)}, "region": {"startLine": 1}}
    return {"physicalLocation": location}


def _uri(path: str) -> str:
    """A path as the reference that SARIF wants: one below here stays relative."""
    path = path.replace("\\", "/")
    whole = path.startswith("/") or re.match("[A-Za-z]:/", path)
    return f"file://{'' if path.startswith('/') else '/'}{quote(path)}" if whole else quote(path)
