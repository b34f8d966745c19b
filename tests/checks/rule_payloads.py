"""Streams held against the rules: what a test changes, and the names of the rules that notice."""

import copy
from collections.abc import Callable
from typing import Any

import streamtape
from streamtape.checks.finding import Finding
from tests.streams import Writer, interaction_of

Payloads = list[dict[str, Any]]


def good() -> Payloads:
    """A Responses stream that no rule has anything against: reasoning, two items, a call."""
    writer = Writer().message("Double ", "bubble ", "bath").call("wash", '{"ti', 'mes":10}').end()
    return copy.deepcopy(writer.payloads)


def found(payloads: Payloads, change: Callable[[Payloads], object] | None = None) -> list[Finding]:
    """The findings on a stream of these payloads, changed."""
    if change is not None:
        change(payloads)
    return streamtape.check(interaction_of(payloads))


def rules(findings: list[Finding], *severities: str) -> set[str]:
    """The rules that were broken."""
    return {f.rule for f in findings if not severities or f.severity in severities}


def renumber(payloads: Payloads) -> None:
    """Give the events sequence numbers that count up, as if nothing had happened."""
    for number, payload in enumerate(payloads):
        payload["sequence_number"] = number


def place(payloads: Payloads, name: str, nth: int = 0) -> int:
    """Where the nth event of a type stands."""
    return [n for n, p in enumerate(payloads) if p["type"] == f"response.{name}"][nth]
