"""Recordings that play: texts, tool calls and waits at known times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from streamtape.report.play.scenes import Act, Scene, scene_of
from streamtape.tape.model import Chunk, Chunks, Ending, Interaction
from tests.cli.running import interaction, responses, sse

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202edrow\x00"


def at_times(pieces: Sequence[bytes], times_us: Sequence[int]) -> Interaction:
    """An interaction whose chunks come at the given times; it ends with the last one."""
    one = interaction(pieces)
    chunks = (Chunk(at_us, data) for at_us, data in zip(times_us, pieces, strict=True))
    return replace(one, chunks=Chunks.of(chunks), ending=Ending("complete", times_us[-1]))


def spoken(*words: str, gap_us: int = 100_000) -> Scene:
    """A scene that says some words, an event every `gap_us`."""
    return scene_of("run.tape", interaction(responses(*words), gap_us=gap_us))


def act(*scenes: Scene) -> Act:
    """Scenes side by side."""
    return Act(scenes)


def agent() -> Interaction:
    """A Chat Completions stream: reasoning, a wait, a tool call, then text."""
    deltas: list[dict[str, object]] = [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "They want "},
        {"reasoning_content": "the weather."},
        {"tool_calls": [_call(0, "get_weather", "")]},
        {"tool_calls": [_call(0, None, '{"place": ')]},
        {"tool_calls": [_call(0, None, '"Oslo"}')]},
        {"content": "Let me "},
        {"content": "look."},
    ]
    chunks = [_chat(delta) for delta in deltas] + [_chat({}, "tool_calls")]
    times = [100_000, 150_000, 200_000, 1_500_000, 1_550_000, 1_600_000, 1_650_000, 1_700_000,
             1_750_000]  # fmt: skip
    one = at_times(sse(*chunks), times)
    return replace(one, request=replace(one.request, url="https://api.x.com/v1/chat/completions"))


def _call(index: int, name: str | None, arguments: str) -> dict[str, object]:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return {"index": index, "function": function} | ({"id": "call_1"} if name else {})


def _chat(delta: dict[str, object], reason: str | None = None) -> str:
    import json

    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return json.dumps({"object": "chat.completion.chunk", "model": "m", "choices": [choice]})
