"""A small value that fits a JSON schema: the mock's answer if a request asks for JSON.

Known are types, properties, items, enum, const, default and examples, the bounds of numbers, texts
and lists, formats, $ref, anyOf, oneOf and allOf, in the spelling of JSON Schema, of OpenAPI and of
Gemini. Of a `pattern` the usual simple ones are kept. Chance has no part in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from streamtape.mock.searching import check_pattern, is_found

SAMPLE = "double bubble bath"
_DEEPEST = 12
# A value is never longer, whatever a schema wants.
_MOST_ITEMS, _MOST_LETTERS = 100, 10_000
_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "time": "00:00:00Z",
    "duration": "P1D", "email": "someone@example.com", "idn-email": "someone@example.com",
    "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
    "uri": "https://example.com/", "url": "https://example.com/", "uri-reference": "/",
    "uuid": "00000000-0000-4000-8000-000000000000", "byte": "ZG91YmxlIGJ1YmJsZQ==",
}  # fmt: skip


def example(schema: Any, root: Any = None, depth: int = 0) -> Any:
    """A value that a schema allows; a text where it allows anything."""
    root = schema if root is None else root
    if not isinstance(schema, Mapping):
        return SAMPLE
    if "$ref" in schema:
        target = _resolve(str(schema["$ref"]), root)
        rest = {k: v for k, v in schema.items() if k != "$ref"}
        return example({**target, **rest}, root, depth + 1) if depth < _DEEPEST else None
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    for name in ("enum", "examples"):
        if isinstance(schema.get(name), list) and schema[name]:
            return schema[name][0]
    for name in ("anyOf", "oneOf"):
        if isinstance(schema.get(name), list) and schema[name]:
            chosen = _first(schema[name], depth)
            rest = {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf")}
            return example(_merged([rest, chosen]), root, depth + 1)
    if isinstance(schema.get("allOf"), list) and schema["allOf"]:
        resolved = [_resolved(one, root) for one in schema["allOf"]]
        rest = {k: v for k, v in schema.items() if k != "allOf"}
        return example(_merged([rest, *resolved]), root, depth + 1)
    return _of_type(schema, root, depth)


def _of_type(schema: Mapping[str, Any], root: Any, depth: int) -> Any:
    match _type_of(schema):
        case "object":
            return _object(schema, root, depth)
        case "array":
            return _array(schema, root, depth)
        case "string":
            return _text(schema)
        case "integer":
            return int(_number(schema, 10, 1))
        case "number":
            return _number(schema, 0.5, 0.5)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return SAMPLE


def _type_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if str(one).lower() != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else ""
    return str(kind).lower()


def _object(schema: Mapping[str, Any], root: Any, depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    given = schema.get("required")
    required = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
    # What need not be there is left out where a schema refers to itself.
    names = list(properties) if depth < _DEEPEST // 2 else []
    included = dict.fromkeys([*names, *required])
    return {name: example(properties.get(name, {}), root, depth + 1) for name in included}


def _array(schema: Mapping[str, Any], root: Any, depth: int) -> list[Any]:
    first = schema.get("prefixItems")
    found = [example(one, root, depth + 1) for one in first] if isinstance(first, list) else []
    least = min(_whole(schema, "minItems", 0 if depth >= _DEEPEST // 2 else 1), _MOST_ITEMS)
    most = min(_whole(schema, "maxItems", max(least, len(found))), _MOST_ITEMS)
    items = schema.get("items", {})
    while len(found) < min(least, most) and items is not False:
        value = example(items, root, depth + 1)
        if schema.get("uniqueItems") and value in found:
            value = _another(value, items, len(found))
        found.append(value)
    return found[:most]


def _another(value: Any, schema: Any, number: int) -> Any:
    """A value unlike those before, where all are to differ."""
    choices = schema.get("enum") if isinstance(schema, Mapping) else None
    if isinstance(choices, list) and number < len(choices):
        return choices[number]
    if isinstance(value, str):
        return f"{value} {number}"
    return value + number if isinstance(value, int | float) else value


def _whole(schema: Mapping[str, Any], name: str, otherwise: int) -> int:
    """A count in a schema; an invalid one counts as if it were missing."""
    value = schema.get(name)
    is_count = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return int(value) if is_count and value is not None else otherwise


def _text(schema: Mapping[str, Any]) -> str:
    text = _FORMATS.get(str(schema.get("format")), SAMPLE)
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        text = _matching(pattern, text)
    least = min(_whole(schema, "minLength", 0), _MOST_LETTERS)
    if len(text) < least and not pattern:
        text += "." * (least - len(text))
    return text[: _whole(schema, "maxLength", _MOST_LETTERS)]


_SIMPLE = re.compile(
    r"\^?(?:\[(?P<set>[^\]]+)\]|(?P<digit>\\d)|(?P<word>\\w))"
    r"(?:\{(?P<least>\d+)(?:,\d*)?\}|[+*])?\$?"
)


def _matching(pattern: str, text: str) -> str:
    """A text that a simple pattern matches; `text` itself where it does or nothing can be found."""
    if check_pattern(pattern) or is_found(pattern, text):
        return text
    candidates = ["a", "A", "0", "abc", "ABC", "123", "2026-01-01", "+15550100", "a-b", "a_b",
                  "ABC-123", "#aabbcc", "00:00", "1.0.0", "en-US"]  # fmt: skip
    simple = _SIMPLE.fullmatch(pattern)
    if simple is not None:
        n = int(simple["least"] or 1)
        candidates = [letter * n for letter in "a0A_-"] + candidates
    return next((one for one in candidates if is_found(pattern, one)), text)


def _number(schema: Mapping[str, Any], usual: float, step: float) -> float:
    """The usual number if it lies within the bounds, else one that does."""
    low, over = _bound(schema, "minimum"), _bound(schema, "exclusiveMinimum")
    high, under = _bound(schema, "maximum"), _bound(schema, "exclusiveMaximum")
    value = usual
    if step == 1:  # whole numbers: a bound that is not reached is one further
        low = max((ceil(x) for x in (low, _moved(over, 1)) if x is not None), default=None)
        high = min((floor(x) for x in (high, _moved(under, -1)) if x is not None), default=None)
        over = under = None
    lows = [x for x in (low, over) if x is not None]
    highs = [x for x in (high, under) if x is not None]
    too_low = any(value < x for x in lows) or (over is not None and value <= over)
    too_high = any(value > x for x in highs) or (under is not None and value >= under)
    if too_low or too_high:
        if step != 1 and lows and highs:
            value = (max(lows) + min(highs)) / 2
        elif too_low:
            value = max(lows) + (0 if over is None else step)
        else:
            value = min(highs) - (0 if under is None else step)
    multiple = schema.get("multipleOf")
    if isinstance(multiple, int | float) and multiple > 0:
        value = ceil(value / multiple) * multiple
    return value


def _bound(schema: Mapping[str, Any], name: str) -> float | None:
    value = schema.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moved(bound: float | None, by: int) -> float | None:
    """The nearest whole number beyond a bound that is not reached itself."""
    if bound is None:
        return None
    return floor(bound) + 1 if by > 0 else ceil(bound) - 1


def _first(choices: Any, depth: int) -> Any:
    """The choice that is taken: the first that is no null; deep down, a null if there is one."""
    several = [one for one in choices if isinstance(one, Mapping)]
    nulls = [one for one in several if _type_of(one) == "null"]
    if nulls and depth >= _DEEPEST // 2:
        return nulls[0]
    return next((one for one in several if one not in nulls), several[0] if several else {})


def _resolved(schema: Any, root: Any) -> Mapping[str, Any]:
    if isinstance(schema, Mapping) and "$ref" in schema:
        return _resolve(str(schema["$ref"]), root)
    return schema if isinstance(schema, Mapping) else {}


def _resolve(reference: str, root: Any) -> Mapping[str, Any]:
    """The schema that a reference in the same document leads to."""
    value = root
    for name in reference.lstrip("#").strip("/").split("/"):
        if name:
            key = name.replace("~1", "/").replace("~0", "~")
            value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _merged(schemas: Sequence[Any]) -> dict[str, Any]:
    """One schema of several that all hold."""
    merged: dict[str, Any] = {}
    for schema in schemas:
        for name, value in schema.items():
            before = merged.get(name)
            if name == "properties" and isinstance(before, Mapping):
                merged[name] = {**before, **value}
            elif name == "required" and isinstance(before, list):
                merged[name] = [*before, *value]
            else:
                merged[name] = value
    return merged
