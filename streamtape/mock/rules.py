"""Rules: which requests to answer, and with what; and why a rule does not match a request.

    Rule(contains="weather", reply=[Call("get_weather", {"city": "Oslo"})], then="It is 12 °C.")

The first rule whose conditions all hold answers. A rule without conditions answers everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from streamtape.composer.compose import checked_usage
from streamtape.composer.parts import Call, CustomCall, Fail, Part
from streamtape.errors import UsageError
from streamtape.mock.request import MockRequest
from streamtape.mock.searching import check_pattern, is_found
from streamtape.playback.faults import Fault, Faults, parse_faults
from streamtape.playback.pace import Pace, parse_pace
from streamtape.playback.rechunk import Rechunk, parse_rechunk
from streamtape.tape.texts import shortened

Items = str | Part | Iterable[str | Part]
Reply = Items | Callable[[MockRequest], Items | None]


@dataclass(frozen=True, slots=True)
class Structured(Part):
    """JSON that fits the schema of the request, with these values in it."""

    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The answer to requests that match.

    Conditions, all of which must hold: `contains`: the user's last message contains this text, in
    any case. `matches`: a regular expression is found in it, within half a second; a request that
    takes longer is refused. `tool_result`: True where a tool has given a result since then, False
    where none has, or a text that a result contains. `turn`: how often the user has spoken.
    `schema`: whether the request gives a JSON schema. `tool`: it gives the model a tool of this
    name. `model`, `dialect`: a name, or a pattern such as gpt-*. `headers`: values of headers, or
    patterns. `stream`: whether the request is for a stream. `when`: a function of the request that
    says whether it fits.

    `reply` is a text, parts such as Say and Call, or a function of the request that gives them, or
    None where the rule does not answer after all. `then` is the answer once the tools that it
    called have answered: a rule whose reply calls a tool doesn't call it a second time. `times`: it
    answers so many requests only. `pace`, `fault` and `rechunk` are those of replays. `usage` are
    counts that stand in for computed ones. `response_headers` are further headers of the response.
    """

    reply: Reply
    name: str = ""
    contains: str | None = None
    matches: str | None = None
    tool_result: bool | str | None = None
    turn: int | None = None
    schema: bool | None = None
    tool: str | None = None
    model: str | None = None
    dialect: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: bool | None = None
    when: Callable[[MockRequest], bool] | None = None
    then: Reply | None = None
    times: int | None = None
    pace: Pace | str | None = None
    fault: Faults = ()
    rechunk: str | Rechunk | None = None
    usage: Mapping[str, int] | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("contains", "matches", "tool", "model", "dialect"):
            value = getattr(self, name)
            if not isinstance(value, str | None):
                raise UsageError(f"Rule.{name} must be text or None, got {value!r}")
        if self.turn is not None and (
            isinstance(self.turn, bool) or not isinstance(self.turn, int)
        ):
            raise UsageError(f"Rule.turn must be a whole number or None, got {self.turn!r}")
        if not isinstance(self.headers, Mapping):
            raise UsageError(f"Rule.headers must be names and values, got {self.headers!r}")
        checked_usage(self.usage)
        if self.matches is not None and (why := check_pattern(self.matches)):
            raise UsageError(
                f"rule {self.title!r}: matches={self.matches!r} is not a regular expression: {why}"
            )
        if self.times is not None and self.times < 1:
            raise UsageError(f"rule {self.title!r}: times must be 1 or more, got {self.times!r}")
        if self.pace is not None:
            parse_pace(self.pace)
        parse_rechunk(self.rechunk)
        parse_faults(self.fault)

    @property
    def title(self) -> str:
        """Its title in messages: its name, or its first condition."""
        if self.name:
            return self.name
        found = next(((n, getattr(self, n)) for n in _CONDITIONS if _is_set(self, n)), None)
        return f"{found[0]}={found[1]!r}" if found else "any request"

    @property
    def calls_tools(self) -> bool:
        """Whether the reply, as far as it is known beforehand, calls tools of the client's."""
        given = self.reply
        if isinstance(given, str) or callable(given):
            return False
        several = given if isinstance(given, Iterable) else (given,)
        return any(isinstance(part, Call | CustomCall) for part in several)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults of its answers."""
        return parse_faults(self.fault)


_CONDITIONS = ("contains", "matches", "tool_result", "turn", "schema", "tool", "model", "dialect",
               "headers", "stream", "when")  # fmt: skip


def n_conditions(rule: Rule) -> int:
    """How many conditions a rule has."""
    return sum(_is_set(rule, name) for name in _CONDITIONS)


def _is_set(rule: Rule, name: str) -> bool:
    return getattr(rule, name) not in (None, {})


def reasons_against(rule: Rule, request: MockRequest) -> Iterator[str]:
    """Why a rule does not answer a request, condition by condition; nothing where it does."""
    message = request.user
    if rule.contains is not None and rule.contains.lower() not in message.lower():
        yield f"the user's last message ({_short(message)}) doesn't contain {rule.contains!r}"
    if rule.matches is not None and not is_found(rule.matches, message):
        yield f"the user's last message ({_short(message)}) doesn't match {rule.matches!r}"
    yield from _against_tool_result(rule, request)
    if rule.turn is not None and rule.turn != request.turn:
        yield f"it is turn {request.turn}, not {rule.turn}"
    if rule.schema is not None and rule.schema != (request.schema is not None):
        yield f"the request {'has no' if rule.schema else 'has a'} JSON schema"
    names = [tool.name for tool in request.tools]
    if rule.tool is not None and rule.tool not in names:
        yield f"the request has no tool {rule.tool!r} (tools: {', '.join(names) or 'none'})"
    for name in ("model", "dialect"):
        pattern, value = getattr(rule, name), getattr(request, name)
        if pattern is not None and not fnmatchcase(value, pattern):
            yield f"the {name} is {value!r}, not {pattern!r}"
    for name, pattern in rule.headers.items():
        value = request.headers.get(name.lower())
        if value is None or not fnmatchcase(value, pattern):
            yield f"the header {name} is {'missing' if value is None else 'another one'}"
    if rule.stream is not None and rule.stream != request.stream:
        yield f"a stream is {'not ' if rule.stream else ''}asked for"
    if rule.when is not None and not _called(rule, rule.when, request):
        yield "its function returned False"


def _against_tool_result(rule: Rule, request: MockRequest) -> Iterator[str]:
    results, expected = request.tool_results, rule.tool_result
    if expected is None:
        if results and rule.calls_tools and rule.then is None:
            yield "its tools have answered, and it has no `then` for the next answer"
    elif isinstance(expected, bool):
        if expected != bool(results):
            yield f"{'no' if expected else 'a'} tool result is present"
    elif not any(expected.lower() in result.text.lower() for result in results):
        yield f"no tool result contains {expected!r}"


def reply_of(rule: Rule, request: MockRequest) -> Items | None:
    """What a rule says to a request: its reply, or what comes once its tools have answered."""
    answered = bool(request.tool_results) and rule.then is not None
    given = rule.then if answered and rule.then is not None else rule.reply
    return _called(rule, given, request) if callable(given) else given


def _called(rule: Rule, function: Callable[[MockRequest], Any], request: MockRequest) -> Any:
    """What a function of a rule's gives; UsageError where it fails, for the client to see."""
    try:
        return function(request)
    except Exception as error:
        message = f"rule {rule.title!r}: its function raised {type(error).__name__}: {error}"
        raise UsageError(message) from error


def rules_of(given: Any) -> list[Rule]:
    """Rules as they may be given: rules, a text or parts for every request, or a function."""
    if given is None:
        return []
    if isinstance(given, Rule):
        return [given]
    if isinstance(given, str | Part) or callable(given):
        return [Rule(reply=given)]
    given = list(given)
    if given and all(isinstance(one, Part) for one in given):
        return [Rule(reply=given)]
    rules = []
    for one in given:
        if not isinstance(one, Rule | str | Fail) and not callable(one):
            raise UsageError(f"a rule must be a streamtape.Rule, got {one!r}")
        rules += rules_of(one)
    return rules


def _short(text: str) -> str:
    return repr(shortened(" ".join(text.split()), 60))
