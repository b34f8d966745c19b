"""All rules over one stream: findings, each defect reported once, in the order of the events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from streamtape.checks.finding import SEVERITIES, Finding, Where
from streamtape.checks.profiles import DEFAULT, Profile
from streamtape.checks.rule import Hit, Rule
from streamtape.checks.rules import CONTENT_TYPE, NO_STREAM, RULES
from streamtape.checks.stream import Stream


def check_stream(
    stream: Stream, profile: Profile = DEFAULT, off: frozenset[str] = frozenset()
) -> list[Finding]:
    """Check a stream; get the findings, the most severe first, then in the order of events."""
    return _run(RULES, stream, profile, off)


def check_answer(
    stream: Stream, profile: Profile = DEFAULT, off: frozenset[str] = frozenset()
) -> list[Finding]:
    """Check a response that is not a stream."""
    return _run((NO_STREAM, CONTENT_TYPE), stream, profile, off)


def _run(
    rules: Iterable[Rule], stream: Stream, profile: Profile, off: frozenset[str]
) -> list[Finding]:
    off = off | set(profile.off)
    found: dict[tuple[str, str, str], Finding] = {}
    blamed: set[tuple[str, int | None]] = set()
    for rule in rules:
        if rule.name in off:
            continue
        for hit in rule.look(stream):
            if rule.family and hit.event is not None:
                if (rule.family, hit.event) in blamed:
                    continue
                blamed.add((rule.family, hit.event))
            finding = _finding(rule, hit, stream, profile)
            key = rule.name, finding.where.what, finding.message
            known = found.get(key)
            found[key] = finding if known is None else replace(known, count=known.count + 1)
    return sorted(found.values(), key=_in_order)


def _finding(rule: Rule, hit: Hit, stream: Stream, profile: Profile) -> Finding:
    severity = hit.severity or rule.severity
    given = profile.severity.get(rule.name, severity)
    if SEVERITIES.index(given) > SEVERITIES.index(severity):
        severity = given
    if hit.event is None or not 0 <= hit.event < len(stream.events):
        return Finding(rule.name, severity, Where(hit.event), hit.message)
    event = stream.events[hit.event]
    return Finding(rule.name, severity, Where(hit.event, event.type, event.at_us), hit.message)


def _in_order(finding: Finding) -> tuple[int, int]:
    index = -1 if finding.where.event is None else finding.where.event
    return SEVERITIES.index(finding.severity), index
