"""The mock's answer to a request: the rule that matches, its parts, and how they are sent.

Pure: the server gives the request and gets a composed answer, a miss, or an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from streamtape.composer.anthropic import message_id
from streamtape.composer.compose import Timed, answered, checked, checked_usage, timed
from streamtape.composer.parts import Fail, Part, Say
from streamtape.composer.responses_output import Output
from streamtape.composer.stage import Setting, Stage
from streamtape.composer.voices import VOICES, Voice
from streamtape.errors import UsageError
from streamtape.mock.options import Options
from streamtape.mock.request import MockRequest
from streamtape.mock.rules import Items, Rule, Structured, n_conditions, reasons_against, reply_of
from streamtape.mock.schema_example import example
from streamtape.mock.scripts import SCRIPTS, default_script, limited, n_deltas
from streamtape.mock.shaping import as_json_array, shaped
from streamtape.mock.spaces import Space
from streamtape.playback.faults import Fault
from streamtape.playback.pace import Pace, parse_pace
from streamtape.playback.rechunk import Rechunk
from streamtape.tape.model import Interaction, Request
from streamtape.tape.texts import masked_text, shortened

_MAX_QUOTED = 80  # characters of the user's message, in the text of a miss


class NoRuleError(Exception):
    """No rule answers a request; the message names the nearest."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one request: everything that its bytes are made from.

    `attempt` is how often its rule had answered before, `rule` that rule's title.
    """

    voice: Voice
    parts: Sequence[Part]
    setting: Setting
    pace: Pace
    stream: bool
    seed: int = 0
    options: Options = field(default_factory=Options)
    faults: Sequence[Fault] = ()
    rechunk: str | Rechunk | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 0
    rule: str = ""

    def interaction(self, url: str, body: bytes = b"") -> Interaction:
        """The whole exchange."""
        request = Request("POST", url, (), body)
        made = answered(
            request, self.voice, self.parts, self.setting,
            pace=self.pace, seed=self.seed, stream=self.stream,
        )  # fmt: skip
        if self.headers and made.head is not None:
            more = tuple((n.encode(), v.encode()) for n, v in self.headers.items())
            made = replace(made, head=replace(made.head, headers=(*made.head.headers, *more)))
        if self.stream and self.setting.extra.get("array"):
            made = as_json_array(made)
        return shaped(made, self.options) if self.stream else made

    def events(self) -> list[Timed]:
        """The events of the stream, each with when it comes."""
        return list(timed(self.voice, self.parts, self.setting, self.pace, self.seed))

    @property
    def answer_id(self) -> str:
        """The id of the response, in the Responses API; that of the message, in Anthropic's."""
        stage = Stage(self.setting)
        if self.voice.dialect == "anthropic":
            return message_id(stage)
        return Output(stage).response_id

    @property
    def text(self) -> str:
        """What it says, in words."""
        return "".join(part.text for part in self.parts if isinstance(part, Say))

    @property
    def is_long(self) -> bool:
        """Whether composing it takes so long that others would notice."""
        return sum(len(part.text) for part in self.parts if isinstance(part, Say)) > 20_000


@dataclass(frozen=True, slots=True)
class Usual:
    """A server's defaults: the pace, seed, faults and cuts of replays.

    `falls_back`: what no rule answers gets a ready answer and is no miss.
    """

    pace: Pace
    seed: int = 0
    faults: Sequence[Fault] = ()
    rechunk: str | Rechunk | None = None
    falls_back: bool = True


def answer_to(
    request: MockRequest, options: Options, rules: Sequence[Rule], space: Space, usual: Usual
) -> Answer:
    """The answer to a request. NoRuleError where no rule matches, UsageError where one can't."""
    # Realtime has events of its own, made of the same parts.
    voice = VOICES.get(request.dialect, VOICES["openai-responses"])
    number, rule, items, n_events = _chosen(request, options, rules, space, usual)
    attempt = space.answered[number]
    seed = f"{usual.seed}/{space.n_requests - 1}" if options.seed is None else f"{options.seed}"
    parts = checked(_filled(items, request), voice)
    if options.status != 200:
        retry_after_s = 1 if options.status == 429 else None
        parts = (Fail(status=options.status, retry_after_s=retry_after_s),)
    own = options.own_pace() or (None if rule is None or rule.pace is None else rule.pace)
    extra = {"generate": request.path.endswith("/generate"), "array": request.is_array}
    setting = Setting(
        _as_scripted(request.body, options), request.model, seed,
        checked_usage(rule.usage if rule else None), voice.tokens_per_delta, n_events,
        request.history, extra,
    )  # fmt: skip
    faults = [*usual.faults, *(rule.faults if rule else ()), *options.faults, *space.next_faults()]
    space.answered[number] += 1
    return Answer(
        voice, limited(parts, request.max_tokens), setting,
        usual.pace if own is None else parse_pace(own),
        request.stream, usual.seed, options, faults,
        options.rechunk or (rule.rechunk if rule else None) or usual.rechunk,
        rule.response_headers if rule else {}, attempt, rule.title if rule else "",
    )  # fmt: skip


def _as_scripted(body: Mapping[str, Any], options: Options) -> Mapping[str, Any]:
    return {**body, "background": True} if options.script == "queued" else body


def _chosen(
    request: MockRequest, options: Options, rules: Sequence[Rule], space: Space, usual: Usual
) -> tuple[int, Rule | None, Items, int | None]:
    """The number of what answers (-1 for a ready answer), its rule, what it says, in how many."""
    if not options.script:
        for number, rule in enumerate(rules):
            if _is_used_up(rule, number, space) or any(reasons_against(rule, request)):
                continue
            items = reply_of(rule, request)
            if items is not None:
                return number, rule, items, None
        if not usual.falls_back:
            raise NoRuleError(miss_text(request, rules, space))
    name = options.script or default_script(request)
    if name not in SCRIPTS:
        raise UsageError(f"no script {name!r}; there are: {', '.join(sorted(SCRIPTS))}")
    parts = list(SCRIPTS[name](request, options))
    return -1, None, parts, n_deltas(name, request, options)


def _is_used_up(rule: Rule, number: int, space: Space) -> bool:
    return rule.times is not None and space.answered[number] >= rule.times


def _filled(items: Items, request: MockRequest) -> list[str | Part]:
    """The items, with JSON that fits the request's schema where they call for it."""
    several = [items] if isinstance(items, str | Part) else list(items)
    return [_fit(one, request) if isinstance(one, Structured) else one for one in several]


def _fit(part: Structured, request: MockRequest) -> Part:
    made = example(request.schema) if request.schema else {}
    if isinstance(made, dict):
        made = {**made, **part.values}
    return Say(json.dumps(made, ensure_ascii=False))


def miss_text(request: MockRequest, rules: Sequence[Rule], space: Space) -> str:
    """Why nothing answers: the nearest rule, and what speaks against it; without secrets."""
    return masked_text(_miss_text(request, rules, space))


def _miss_text(request: MockRequest, rules: Sequence[Rule], space: Space) -> str:
    quoted = shortened(" ".join(request.user.split()), _MAX_QUOTED)
    where = f" of test {space.name!r}" if space.name else ""
    head = (
        f"no rule answers this request{where} ({request.dialect}, turn {request.turn}: {quoted!r})"
    )
    if not rules:
        return f"{head}: there are no rules"
    found = []
    for number, rule in enumerate(rules):
        reasons = list(reasons_against(rule, request))
        # Nearest is what few conditions speak against, and of these what many speak for.
        rank = len(reasons), len(reasons) - n_conditions(rule), number
        if _is_used_up(rule, number, space):
            reasons.append(f"it has answered {rule.times} times already")
        found.append((rank, rule.title, reasons or ["its function returned None"]))
    (_, _, number), title, reasons = min(found)
    return f"{head}; the nearest is rule {number}, {title!r}: {'; '.join(reasons)}"
