"""Ollama's `/api/chat` and `/api/generate`: a JSON object a line, the last of them done."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from streamtape.composer.anthropic import parsed_arguments
from streamtape.composer.parts import Call, Fail, Part, Pause, Reasoning, Refuse, Say, Stop
from streamtape.composer.responses_items import arguments_text
from streamtape.composer.stage import Frame, Payload, Stage

_TOKEN_NS = 20_000_000
_REASONS = {
    "content_filter": "stop", "refusal": "stop", "tool_calls": "stop", "stop_sequence": "stop",
    "pause": "stop",
}  # fmt: skip


def play(stage: Stage, parts: Sequence[Part]) -> Generator[Frame, None, Payload]:
    """The lines of an answer; what it returns is the answer in one piece."""
    generates = bool(stage.setting.extra.get("generate"))
    message: Payload = {"role": "assistant", "content": ""}

    def line(fields: Payload, *, done: bool = False, **more: Any) -> Payload:
        whole = {"role": "assistant", "content": "", **fields}
        fields_of_message: Payload = {"message": whole}
        if generates:
            fields_of_message = {"response": whole.pop("content")}
            fields_of_message |= {k: v for k, v in whole.items() if k != "role"}
        base = {"model": stage.model, "created_at": _time(stage)}
        return {**base, **fields_of_message, "done": done, **more}

    for part in parts:
        if isinstance(part, Fail):
            yield Frame("", {"error": part.message})
            return {"error": part.message}
        if isinstance(part, Pause):
            stage.silence(part)
        elif not isinstance(part, Stop):
            for fields in _fields(stage, part):
                for name, value in fields.items():
                    message[name] = message[name] + value if name in message else value
                yield Frame("", line(fields))
    count = stage.usage()
    n_in, n_out = count["input_tokens"], count["output_tokens"]
    end = {
        "done_reason": _reason(parts),
        "total_duration": (n_in + n_out) * _TOKEN_NS, "load_duration": _TOKEN_NS,
        "prompt_eval_count": n_in, "prompt_eval_duration": n_in * _TOKEN_NS // 4,
        "eval_count": n_out, "eval_duration": n_out * _TOKEN_NS,
    }  # fmt: skip
    yield Frame("", line({}, done=True, **end))
    return line(message, done=True, **end)


def _fields(stage: Stage, part: Any) -> Iterator[Payload]:
    if isinstance(part, Say | Refuse):
        for piece in stage.pieces(part.text):
            yield {"content": piece}
    elif isinstance(part, Reasoning):
        texts = () if part.redacted else part.texts
        for piece in stage.pieces("\n\n".join(texts), reasoning=True):
            yield {"thinking": piece}
    elif isinstance(part, Call):
        text = arguments_text(part)
        for _ in stage.pieces(text):
            pass
        function = {"name": part.name, "arguments": parsed_arguments(text)}
        yield {"tool_calls": [{"function": function}]}


def _time(stage: Stage) -> str:
    passed = timedelta(microseconds=stage.n_output * _TOKEN_NS // 1000)
    at = datetime.fromtimestamp(stage.created_at, UTC) + passed
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _reason(parts: Sequence[Part]) -> str:
    stop = next((part for part in parts if isinstance(part, Stop)), Stop("stop"))
    return _REASONS.get(stop.reason, stop.reason)


KNOWN = (Say, Refuse, Reasoning, Call, Fail, Stop, Pause)
