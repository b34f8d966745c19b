"""`compose`: an interaction made of parts; and the events of one, for a server to send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeGuard

from streamtape.composer.parts import Fail, Part, Say, Stop
from streamtape.composer.responses_dialogue import UPGRADE, dialogue_of, websocket_url
from streamtape.composer.stage import USAGE, Frame, Payload, Setting, Stage
from streamtape.composer.voices import VOICES, Voice, to_json, voice_of
from streamtape.dialects.select import dialect_named
from streamtape.errors import UsageError
from streamtape.playback.error_responses import refusal_of
from streamtape.playback.pace import Pace, parse_pace, to_us, with_limits
from streamtape.playback.steps import WaitUntil
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Headers, Interaction, Request

DEFAULT_PACE = Pace(ttft_ms=300, tokens_per_s=50)
_JSON = (b"content-type", b"application/json")
_HEAD_SHARE = 0.6  # the part of the time to the first token that passes before the head
Items = str | Part | Iterable[str | Part]


class Timed(NamedTuple):
    """An event with when it comes, in microseconds from the request."""

    at_us: int
    frame: Frame


def compose(
    dialect: str,
    items: Items,
    *,
    pace: Pace | str | None = None,
    seed: int = 0,
    model: str | None = None,
    usage: Mapping[str, int] | None = None,
    prompt: str = "Hello.",
    request: Mapping[str, Any] | None = None,
    stream: bool = True,
    websocket: bool = False,
    tokens_per_delta: int | None = None,
) -> Interaction:
    """Make the interaction in which a provider answers with these items.

        compose("openai-responses", [Reasoning("Hm."), Say("Hello."), Call("f", {"x": 1})])

    `dialect` is openai-responses, openai-chat, anthropic, gemini or ollama. `items` are parts such
    as Say, Reasoning, Call, Refuse, Fail and Stop; a text is short for Say. `pace` says when tokens
    come (300 ms to the first and then 50 a second, by default). `seed` decides ids, times, jitter
    and cuts: the same call gives the same bytes. `usage` has counts that stand in for computed
    ones: input_tokens, output_tokens, reasoning_tokens, cached_tokens. `request` is the JSON body
    of the request; without one, a request of `prompt` is made that declares the tools called.
    `stream` False gives the answer in one piece. `websocket` gives the Responses API's dialogue
    over a WebSocket. `tokens_per_delta` is how many tokens an event holds.

    UsageError for a dialect that can't be composed, or an item that it doesn't support.
    """
    voice = voice_of(dialect)
    parts = checked(items, voice)
    chosen = DEFAULT_PACE if pace is None else parse_pace(pace)
    body = dict(voice.body(model or voice.model, prompt, parts, stream=stream))
    if request is not None:
        body = dict(request)
    named = model or str(body.get("model") or voice.model)
    setting = Setting(
        body, named, str(seed), checked_usage(usage), _step(tokens_per_delta, voice)
    )  # fmt: skip
    made = Request("POST", _url(voice, named, stream=stream), (_JSON,), to_json(body))
    if websocket:
        if dialect != "openai-responses" or not stream:
            raise UsageError("websocket=True is for dialect 'openai-responses', as a stream")
        opening = Request("GET", websocket_url(made.url), UPGRADE)
        if _is_http_error(parts):
            return _http_error(opening, voice, parts[0], Stage(setting), chosen)
        events = timed(voice, parts, setting, chosen, seed)
        return dialogue_of(opening, body, events, Stage(setting).created_at * 1_000_000)
    return answered(made, voice, parts, setting, pace=chosen, seed=seed, stream=stream)


def answered(
    request: Request,
    voice: Voice,
    parts: Sequence[Part],
    setting: Setting,
    *,
    pace: Pace,
    seed: int,
    stream: bool,
) -> Interaction:
    """The interaction in which a request is answered with these parts."""
    stage = Stage(setting)
    started_at_us = stage.created_at * 1_000_000
    if _is_http_error(parts):
        return _http_error(request, voice, parts[0], stage, pace)
    if stream:
        events = [
            Chunk(at_us, voice.frame(frame))
            for at_us, frame in timed(voice, parts, setting, pace, seed)
        ]
        head = Head(200, _headers(voice, stage, stream=True), head_us(pace))
        end_us = events[-1].at_us if events else head.at_us
        ending = Ending("complete", end_us)
        return Interaction(request, head, Chunks.of(events), ending, started_at_us)
    *_, last_us, whole = _whole(voice, parts, setting, pace, seed)
    status = 500 if "error" in whole and not whole.get("id") else 200
    head = Head(status, _headers(voice, stage, stream=False), last_us)
    body = to_json(whole)
    head = replace(head, headers=(*head.headers, (b"content-length", b"%d" % len(body))))
    chunks = Chunks.of([Chunk(last_us, body)])
    return Interaction(request, head, chunks, Ending("complete", last_us), started_at_us)


def timed(
    voice: Voice, parts: Sequence[Part], setting: Setting, pace: Pace, seed: int
) -> Iterator[Timed]:
    """The events of an answer, each with when it comes; lazily, one after the other."""
    frames: list[Frame] = []

    def due() -> Iterator[WaitUntil]:
        stage = Stage(setting)
        for number, frame in enumerate(voice.play(stage, parts)):
            frames.append(frame)
            yield WaitUntil(_due_us(pace, stage, number))

    for step in _at_pace(due(), pace, seed):
        yield Timed(step.at_us, frames.pop(0))


def _at_pace(due: Iterator[WaitUntil], pace: Pace, seed: int) -> Iterator[WaitUntil]:
    if pace.speed is None:
        return (WaitUntil(0) for _ in due)
    return (step for step in with_limits(due, pace, seed) if isinstance(step, WaitUntil))


def _due_us(pace: Pace, stage: Stage, number: int) -> int:
    """When an event comes: by the tokens before it, or a chunk at a rate."""
    if pace.rate_ms is not None:
        return head_us(pace) + to_us(pace.rate_ms) * number + stage.silence_us
    if not stage.n_output:
        return head_us(pace) + stage.silence_us
    per_s = pace.tokens_per_s or DEFAULT_PACE.tokens_per_s or 1.0
    first_us = to_us(DEFAULT_PACE.ttft_ms or 0.0 if pace.ttft_ms is None else pace.ttft_ms)
    return first_us + round((stage.n_output - 1) * 1e6 / per_s) + stage.silence_us


def head_us(pace: Pace) -> int:
    """When the head of the response comes."""
    if pace.speed is None or pace.rate_ms is not None:
        return 0
    first_ms = DEFAULT_PACE.ttft_ms if pace.ttft_ms is None else pace.ttft_ms
    return round(to_us((first_ms or 0.0) * _HEAD_SHARE) / pace.speed)


def _whole(
    voice: Voice, parts: Sequence[Part], setting: Setting, pace: Pace, seed: int
) -> tuple[int, Payload]:
    """When an answer in one piece comes, and its body."""
    stage = Stage(setting)
    playing = voice.play(stage, parts)
    while True:
        try:
            next(playing)
        except StopIteration as end:
            due = iter([WaitUntil(_due_us(pace, stage, 0))])
            (last,) = _at_pace(due, pace, seed)
            return last.at_us, end.value


def _http_error(
    request: Request, voice: Voice, fail: Fail, stage: Stage, pace: Pace
) -> Interaction:
    row = refusal_of(dialect_named(voice.dialect))
    status = fail.status or 500
    usual = fail.code == Fail().code
    name = row.names.get(status, row.otherwise) if usual else fail.code
    body = to_json(row.body(status, name, fail.message))
    headers: Headers = (_JSON, (b"content-length", b"%d" % len(body)), *_ids(voice, stage))
    if fail.retry_after_s is not None:
        headers = (*headers, (b"retry-after", f"{fail.retry_after_s:g}".encode()))
    at_us = head_us(pace)
    chunks = Chunks.of([Chunk(at_us, body)])
    head = Head(status, headers, at_us)
    return Interaction(request, head, chunks, Ending("complete", at_us), stage.created_at * 10**6)


def _headers(voice: Voice, stage: Stage, *, stream: bool) -> Headers:
    kind = (b"content-type", voice.content_type.encode()) if stream else _JSON
    return (kind, *_ids(voice, stage))


def _ids(voice: Voice, stage: Stage) -> Headers:
    if not voice.request_id:
        return ()
    return ((voice.request_id.encode(), f"req_{stage.hex(32)}".encode()),)


def _is_http_error(parts: Sequence[Part]) -> TypeGuard[Sequence[Fail]]:
    return len(parts) == 1 and isinstance(parts[0], Fail) and parts[0].status is not None


def checked(items: Items, voice: Voice) -> tuple[Part, ...]:
    """The parts of an answer; UsageError for one that this dialect has no words for."""
    several = isinstance(items, Iterable) and not isinstance(items, str)
    given: Iterable[Any] = items if several else (items,)  # type: ignore[assignment]  # as looked
    parts = tuple(Say(one) if isinstance(one, str) else one for one in given)
    for number, part in enumerate(parts):
        if not isinstance(part, voice.known):
            raise UsageError(_unknown(part, voice))
        last = number == len(parts) - 1
        if isinstance(part, Stop) and not last:
            raise UsageError("Stop must be the last item: it says why the answer ends")
        if isinstance(part, Fail) and not last:
            raise UsageError("Fail must be the last item: nothing comes after it")
        if isinstance(part, Fail) and part.status is not None and number:
            raise UsageError(
                f"Fail(status={part.status}) must be the only item: once something was sent, the "
                "status is 200; leave status out for a failure in the middle"
            )
    return parts


def _unknown(part: object, voice: Voice) -> str:
    name = type(part).__name__
    able = [v.dialect for v in VOICES.values() if isinstance(part, v.known)]
    if not able:
        known = ", ".join(sorted(kind.__name__ for kind in voice.known))
        return f"an item must be text or one of {known}, got {part!r}"
    return f"{voice.dialect} has no {name}; dialects that have: {', '.join(able)}"


def checked_usage(usage: Mapping[str, int] | None) -> dict[str, int]:
    """Counts that stand in for computed ones; UsageError for others."""
    for name, value in (usage or {}).items():
        if name not in USAGE:
            raise UsageError(f"usage: unknown count {name!r}; known: {', '.join(USAGE)}")
        if type(value) is not int or value < 0:
            raise UsageError(f"usage: {name} must be a whole number, 0 or more, got {value!r}")
    return dict(usage or {})


def _step(tokens_per_delta: int | None, voice: Voice) -> int:
    if tokens_per_delta is None:
        return voice.tokens_per_delta
    if tokens_per_delta < 1:
        raise UsageError(f"tokens_per_delta must be 1 or more, got {tokens_per_delta!r}")
    return tokens_per_delta


def _url(voice: Voice, model: str, *, stream: bool) -> str:
    url = voice.url if stream else voice.whole_url or voice.url
    return url.replace("{model}", model)
