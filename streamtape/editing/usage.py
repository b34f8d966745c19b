"""Counts of tokens set to other values, with totals, details and counts so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streamtape.dialects.payload import find, parse_path
from streamtape.editing.opened import OpenInteraction
from streamtape.errors import UsageError

# What each count is called by the APIs.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "input": ("input_tokens", "prompt_tokens", "promptTokenCount", "prompt_eval_count",
              "inputTokens", "prompt_token_count", "inputTokenCount", "inputTextTokenCount",
              "prompt"),
    "output": ("output_tokens", "completion_tokens", "candidatesTokenCount", "eval_count",
               "outputTokens", "generation_token_count", "outputTokenCount",
               "responseTokenCount", "completion"),
    "total": ("total_tokens", "totalTokenCount", "totalTokens"),
    "cached": ("cached_tokens", "cache_read_input_tokens", "cachedContentTokenCount",
               "cacheReadInputTokens"),
    "reasoning": ("reasoning_tokens", "thoughtsTokenCount", "thinking_tokens", "thoughts"),
}  # fmt: skip
_ROLES = {name: role for role, names in _NAMES.items() for name in (*names, role)}
# Counts that come beside the output and not within it.
_BESIDE = frozenset({"thoughtsTokenCount"})
_PARENTS = {"prompt": "input", "input": "input", "completion": "output", "output": "output",
            "candidates": "output"}  # fmt: skip


def parse_usage(text: str) -> dict[str, int]:
    """Read `input=10,output=5`; UsageError for an unknown name or an invalid value."""
    found: dict[str, int] = {}
    for field in text.split(","):
        name, equals, value = (part.strip() for part in field.partition("="))
        role = _ROLES.get(name)
        if role is None or not equals:
            raise UsageError(
                f"usage {text!r}: unknown count of tokens {name!r}; write input=10,output=5 "
                f"(known: {', '.join(_NAMES)}, and the names of the APIs)"
            )
        if not (value.isascii() and value.isdigit()) or len(value) > 15:
            raise UsageError(f"usage {text!r}: {name} must be a number from 0 on, not {value!r}")
        if role in found:
            raise UsageError(f"usage {text!r}: {role} is given twice")
        found[role] = int(value)
    return found


def set_usage(one: OpenInteraction, new: Mapping[str, int]) -> set[str]:
    """Set counts of tokens; gives those that the response has.

    Counts so far, which come in earlier events, never go above the last one. Totals change with
    what they add up, unless a total is given; details never go above what they are details of.
    """
    holders = list(_holders(one))
    last: dict[str, int] = {}
    for holder in holders:
        last.update((name, n) for name, n in _counts(holder) if _ROLES[name] in new)
    n_places = 0
    for holder in holders:
        before = dict(_counts(holder))
        for name, old in before.items():
            role = _ROLES[name]
            if role in new:
                _put(holder, name, new[role] if old == last[name] else min(old, new[role]))
                n_places += 1
        _add_up(holder, before, new)
        _bound_details(holder, before)
    if n_places:
        one.mark("usage", n_places)
    return {_ROLES[name] for name in last}


def counts_in(one: OpenInteraction) -> set[str]:
    """The counts that a response has: input, output, total, cached, reasoning."""
    return {_ROLES[name] for holder in _holders(one) for name, _ in _counts(holder)}


def _holders(one: OpenInteraction) -> Iterator[dict[str, Any]]:
    seen: set[int] = set()
    for document in one.documents:
        for path in map(parse_path, one.dialect.usage) if document.is_answer else ():
            for _, value in find(document.value, path):
                found = value if isinstance(value, dict) else document.value
                if isinstance(found, dict) and id(found) not in seen:
                    seen.add(id(found))
                    yield found


def _counts(holder: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """The counts of a usage, and those in its details, by name."""
    for name, value in holder.items():
        if type(value) is int and name in _ROLES:
            yield name, value
        elif isinstance(value, dict) and name.endswith(("_details", "Details")):
            yield from ((n, v) for n, v in value.items() if type(v) is int and n in _ROLES)


def _put(holder: dict[str, Any], name: str, value: int) -> None:
    if name in holder:
        holder[name] = value
        return
    for inside in holder.values():
        if isinstance(inside, dict) and name in inside:
            inside[name] = value


def _add_up(holder: dict[str, Any], before: dict[str, int], new: Mapping[str, int]) -> None:
    """Let a total grow by what its parts grew."""
    if "total" in new:
        return
    for name, old in before.items():
        if _ROLES[name] == "total" and name in holder:
            grown = sum(
                holder[part] - was
                for part, was in before.items()
                if part in holder and (_ROLES[part] in {"input", "output"} or part in _BESIDE)
            )
            holder[name] = max(old + grown, 0)


def _bound_details(holder: dict[str, Any], before: dict[str, int]) -> None:
    """Keep details within the counts whose details they are."""
    for name, inside in holder.items():
        role = next((r for word, r in _PARENTS.items() if name.startswith(word)), None)
        parent = next((n for n in before if n in holder and _ROLES[n] == role), None)
        if parent is None or not name.endswith(("_details", "Details")):
            continue
        most = holder[parent]
        if isinstance(inside, dict):
            inside.update((n, min(v, most)) for n, v in inside.items() if type(v) is int)
        elif isinstance(inside, list) and most != before[parent]:
            _share(inside, most)
    cached = next((n for n in before if n == "cachedContentTokenCount"), None)
    if cached is not None and "promptTokenCount" in holder:
        holder[cached] = min(holder[cached], holder["promptTokenCount"])


def _share(details: list[Any], total: int) -> None:
    """Let the counts by kind (text, image ...) add up to another total, by their shares."""
    counted = [
        one for one in details if isinstance(one, dict) and type(one.get("tokenCount")) is int
    ]
    whole = sum(one["tokenCount"] for one in counted)
    left = total
    for one in counted[1:]:
        one["tokenCount"] = one["tokenCount"] * total // whole if whole else 0
        left -= one["tokenCount"]
    if counted:
        counted[0]["tokenCount"] = left
