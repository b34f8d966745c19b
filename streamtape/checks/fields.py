"""Rules about the values of fields: their types, enumerations and presence, by the SDK's tables.

Clients are built on the published types: a string in the place of a number breaks them, whoever
sends it. Presence, null and enumerations are checked strictly at the servers of the API's owner;
others differ there, so that only unknown deviations are warnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from streamtape.checks.expected.base import Expected
from streamtape.checks.field_tables import Fault, Schema, schema_of
from streamtape.checks.finding import Severity
from streamtape.checks.rule import Hit
from streamtape.checks.schema import rules_of
from streamtape.checks.stream import Stream

_INDEX = re.compile(r"\.\d+(?=\.|$)")
# An enumeration of several values grows with the API; one of a single value does not.
_OWNERS: dict[str, Severity] = {"value": "warning", "kind": "warning"}
_OTHERS: dict[str, Severity] = {
    "value": "warning", "kind": "info", "null": "warning", "missing": "warning", "only": "warning",
}  # fmt: skip


def fields(stream: Stream) -> Iterator[Hit]:
    """Fields have the types and values that the provider's SDK publishes."""
    schema = schema_of(stream.expected.dialect)
    if schema is None:
        return
    skipped = {*stream.dialect.error_types, *stream.dialect.noise}
    fits = False
    for event, is_repeat in stream.with_repeats():
        if is_repeat and fits:
            continue
        fits = True
        payload = event.payload
        if type(payload) is not dict or event.type in skipped:
            continue
        node = schema.node_of(event.type)
        if node is None or schema.fits(payload, node):
            continue
        fits = False
        required = _required_elsewhere(stream.expected, event.type)
        lacking: dict[Severity, list[str]] = {}
        for fault in schema.faults(payload, node):
            path = _INDEX.sub(".*", fault.path)
            if fault.kind == "missing" and path in required:
                continue
            weight = _weight(fault, f"{fault.kind} {path}", schema, owned=stream.owned)
            if weight is not None and fault.kind == "missing":
                lacking.setdefault(weight, []).append(fault.path)
            elif weight is not None:
                yield Hit(event.index, fault.message, weight)
        for weight, paths in lacking.items():
            yield Hit(event.index, f"has no {', '.join(paths)}", weight)


def _weight(fault: Fault, name: str, schema: Schema, *, owned: bool) -> Severity | None:
    if name in schema.rare:
        return "warning" if owned else None
    if owned:
        return _OWNERS.get(fault.kind, "error")
    return None if name in schema.elsewhere else _OTHERS.get(fault.kind, "error")


@lru_cache(maxsize=512)
def _required_elsewhere(expected: Expected, event_type: str) -> frozenset[str]:
    """The paths whose absence the rule `required` reports."""
    return frozenset(path for rule in rules_of(expected, event_type) for path in rule.paths)
