"""Rule files: YAML, TOML or JSON, with a published schema (`streamtape mock --schema`).

    rules:
      - contains: weather
        reply: [{call: get_weather, arguments: {city: Oslo}}]
        then: It is 12 °C.

The shapes here are what the schema is made from and what a file is read by, so that the two can't
differ. A text alone is said; each other item of a reply is an object whose first field says what it
is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from streamtape.composer import parts
from streamtape.errors import StreamtapeError, UsageError
from streamtape.extras import install_command
from streamtape.mock.rules import Rule, Structured

MOST_VALUES = 1_000_000  # in a file, with aliases expanded
SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


class Source(msgspec.Struct, forbid_unknown_fields=True):
    """A source that a text cites."""

    url: str
    title: str = ""
    quote: str = ""
    start: int | None = None
    end: int | None = None


class Item(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One item of a reply.

    Exactly one of say, reasoning, call, custom_call, refuse, fail, stop, pause_ms, structured,
    search, run and item says what it is; the other fields belong to one of these.
    """

    say: str | None = None
    reasoning: str | list[str] | None = None
    call: str | None = None
    custom_call: str | None = None
    refuse: str | bool | None = None
    fail: str | None = None
    stop: str | None = None
    pause_ms: float | None = None
    structured: dict[str, Any] | bool | None = None
    search: str | None = None
    run: str | None = None
    item: str | None = None
    citations: list[Source] = []
    logprobs: bool = False
    redacted: bool = False
    form: str = "summary"
    arguments: dict[str, Any] | str = {}
    id: str | None = None
    input: str = ""
    message: str | None = None
    status: Annotated[int, Meta(ge=400, le=599)] | None = None
    retry_after_s: float | None = None
    sequence: str | None = None
    logs: str = ""
    fields: dict[str, Any] = {}


Reply = str | Item | list[str | Item]


class FileRule(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A rule: conditions that must all be met, and the answer."""

    reply: Reply
    name: str = ""
    contains: str | None = None
    matches: str | None = None
    tool_result: bool | str | None = None
    turn: Annotated[int, Meta(ge=0)] | None = None
    schema: bool | None = None
    tool: str | None = None
    model: str | None = None
    dialect: str | None = None
    headers: dict[str, str] = {}
    stream: bool | None = None
    then: Reply | None = None
    times: Annotated[int, Meta(ge=1)] | None = None
    pace: str | None = None
    fault: str | list[str] = []
    rechunk: str | None = None
    usage: dict[str, Annotated[int, Meta(ge=0)]] | None = None
    response_headers: dict[str, str] = {}


class RuleFile(msgspec.Struct, forbid_unknown_fields=True):
    """Rules for `streamtape mock`, in the order in which they are tried."""

    rules: list[FileRule]


def schema() -> dict[str, Any]:
    """The JSON schema of a file of rules."""
    made = msgspec.json.schema(RuleFile)
    return {"$schema": SCHEMA_ID, "title": "Rules of streamtape mock", **made}


def parse_rules(data: bytes, name: str) -> list[Rule]:
    """The rules in a file of this name; UsageError says what is wrong, and where."""
    try:
        raw = _parsed(data, name)
        _check_size(raw)
        file = msgspec.convert({"rules": raw} if isinstance(raw, list) else raw, RuleFile)
    except RecursionError:
        raise UsageError(f"{name}: its values are nested too deep") from None
    except (msgspec.MsgspecError, ValueError) as error:
        known = "`streamtape mock --schema` prints what there is"
        raise UsageError(f"{name}: {error}; {known}") from None
    rules = []
    for number, one in enumerate(file.rules):
        try:
            rules.append(_rule(one))
        except StreamtapeError as error:
            raise UsageError(f"{name}: rules[{number}]: {error}") from None
    return rules


def _parsed(data: bytes, name: str) -> Any:
    ending = name.rpartition(".")[2].lower()
    if ending == "toml":
        return tomllib.loads(data.decode())
    if ending == "json":
        return msgspec.json.decode(data)
    if ending not in ("yaml", "yml"):
        raise UsageError(f"{name}: rules are in a file named .yaml, .yml, .toml or .json")
    try:
        import yaml
    except ImportError:
        command = install_command(extra="yaml")
        raise UsageError(f"{name}: rules in YAML need PyYAML; install it: {command}") from None
    try:
        return yaml.safe_load(data)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from None


def _check_size(value: Any) -> None:
    """ValueError where a file unfolds to too much: aliases of YAML repeat what they name."""
    waiting, n_values = [value], 0
    while waiting:
        one = waiting.pop()
        inside = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        n_values += 1 + len(inside)
        if n_values > MOST_VALUES:
            raise ValueError(f"its aliases unfold to more than {MOST_VALUES:,} values")
        waiting.extend(inside)


def _rule(one: FileRule) -> Rule:
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    fields["reply"] = list(_items(one.reply))
    fields["then"] = None if one.then is None else list(_items(one.then))
    return Rule(**fields)


def _items(reply: Reply) -> Iterable[str | parts.Part]:
    several = reply if isinstance(reply, list) else [reply]
    return [one if isinstance(one, str) else _part(one) for one in several]


def _part(one: Item) -> parts.Part:
    kinds = [name for name in _PARTS if getattr(one, name) is not None]
    if len(kinds) != 1:
        given = " and ".join(kinds) or "none"
        raise UsageError(f"an item of a reply must have one of {', '.join(_PARTS)}, got {given}")
    return _PARTS[kinds[0]](one)


def _refuse(one: Item) -> parts.Part:
    return parts.Refuse(one.refuse) if isinstance(one.refuse, str) else parts.Refuse()


def _structured(one: Item) -> parts.Part:
    return Structured(one.structured if isinstance(one.structured, dict) else {})


def _fail(one: Item) -> parts.Part:
    usual = parts.Fail()
    message = usual.message if one.message is None else one.message
    return parts.Fail(one.fail or usual.code, message, one.status, one.retry_after_s)


def _say(one: Item) -> parts.Part:
    sources = [parts.Cite(s.url, s.title, s.quote, s.start, s.end) for s in one.citations]
    return parts.Say(one.say or "", sources, one.logprobs)


def _reasoning(one: Item) -> parts.Part:
    return parts.Reasoning(one.reasoning or "", one.form, redacted=one.redacted)  # type: ignore[arg-type]  # it says itself what form may be


def _search(one: Item) -> parts.Part:
    sources = [parts.Cite(s.url, s.title, s.quote) for s in one.citations]
    return parts.WebSearch(one.search or "", sources)


_PARTS: dict[str, Callable[[Any], parts.Part]] = {
    "say": _say,
    "reasoning": _reasoning,
    "call": lambda one: parts.Call(one.call, one.arguments, one.id),
    "custom_call": lambda one: parts.CustomCall(one.custom_call, one.input, one.id),
    "refuse": _refuse,
    "fail": _fail,
    "stop": lambda one: parts.Stop(one.stop, one.sequence),
    "pause_ms": lambda one: parts.Pause(one.pause_ms),
    "structured": _structured,
    "search": _search,
    "run": lambda one: parts.RunCode(one.run, one.logs),
    "item": lambda one: parts.OutputItem(one.item, one.fields),
}
