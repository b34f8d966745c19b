"""The Responses scripts by name, and what the dialect wants around them.

`play` gives whole payloads: type and sequence number first, the opening before the script, exactly
one terminal event after it. A script says itself how it ends by what it returns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from typing import Any

from streamtape.errors import UsageError
from streamtape.mock.options import MockRequest
from streamtape.mock.scripts import items, tools
from streamtape.mock.scripts.stage import Pairs, Payload, Stage

# A script returns what to change in the response at its end: {} is a completed one.
Script = Generator[tuple[str, Payload], None, Payload]
_OVERHEAD = 8  # events of a text stream that are no deltas
_REPEATS = 10
_CITATION = {
    "type": "url_citation", "start_index": 0, "end_index": 18, "title": "Tongue twisters",
    "url": "https://example.com/twisters",
}  # fmt: skip


def sample_text(word: str = "bubble", repeats: int = _REPEATS) -> str:
    """'Double bubble bath', so often; `word` stands in for the bubble of the fifth."""
    lines = ["double bubble bath"] * repeats
    lines[min(4, repeats - 1)] = f"double {word} bath"
    return " ".join(lines)


def _text(stage: Stage) -> Script:
    options = stage.prompt.options
    n_deltas = max(options.events - _OVERHEAD, 1)
    text = sample_text(options.word, max(_REPEATS, n_deltas // 4))
    yield from items.message(stage, text, pieces=n_deltas)
    return {}


def _annotated(stage: Stage) -> Script:
    yield from items.message(stage, sample_text(stage.prompt.options.word), [_CITATION])
    return {}


def _structured(stage: Stage) -> Script:
    word = stage.prompt.options.word
    answer = {"phrase": f"double {word} bath", "times": _REPEATS, "tags": ["fast", "ünïcode ✓"]}
    schema = _schema(stage.prompt)
    if schema is not None:
        answer = _example(schema, word)
    yield from items.message(stage, json.dumps(answer, ensure_ascii=False))
    return {}


def _schema(prompt: MockRequest) -> Any:
    text = prompt.body.get("text")
    form = text.get("format") if isinstance(text, dict) else None
    return form.get("schema") if isinstance(form, dict) else None


def _example(schema: Any, word: str) -> Any:
    """A small value that a JSON schema allows: types, properties, items, enum and const."""
    if not isinstance(schema, dict):
        return word
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    simple = {"string": f"double {word} bath", "integer": 10, "number": 0.5, "boolean": True}
    match schema.get("type"):
        case "object":
            properties = schema.get("properties") or {}
            return {name: _example(part, word) for name, part in properties.items()}
        case "array":
            return [_example(schema.get("items"), word)]
        case str(kind):
            return simple.get(kind)
        case _:
            return None


def _refusal(stage: Stage) -> Script:
    yield from items.refusal(stage, "I'm sorry, but I can't say that ten times fast.")
    return {}


def _function_call(stage: Stage) -> Script:
    tool = next((t for t in stage.prompt.body.get("tools") or () if isinstance(t, dict)), {})
    parameters = tool.get("parameters")
    word = stage.prompt.options.word
    arguments = {"phrase": f"double {word} bath", "times": _REPEATS}
    if isinstance(parameters, dict) and parameters.get("properties"):
        arguments = _example({"type": "object", **parameters}, word)
    yield from items.function_call(stage, str(tool.get("name", "say_fast")), arguments)
    return {}


def _file_search(stage: Stage) -> Script:
    yield from tools.file_search(stage, "tongue twisters", sample_text(repeats=2))
    cited = {"type": "file_citation", "file_id": "file-1", "filename": "twisters.txt", "index": 9}
    yield from items.message(stage, sample_text(stage.prompt.options.word), [cited])
    return {}


def _web_search(stage: Stage) -> Script:
    yield from tools.web_search(stage, "tongue twisters")
    yield from items.message(stage, sample_text(stage.prompt.options.word), [_CITATION])
    return {}


def _code_interpreter(stage: Stage) -> Script:
    code = f"for _ in range({_REPEATS}):\n    print('double {stage.prompt.options.word} bath')\n"
    yield from tools.code_interpreter(stage, code, sample_text(repeats=3))
    yield from items.message(stage, "It printed the phrase ten times.")
    return {}


def _image_generation(stage: Stage) -> Script:
    yield from tools.image_generation(stage)
    return {}


def _mcp(stage: Stage, *, fails: bool = False) -> Script:
    yield from tools.mcp_list_tools(stage, "twister", "say_fast", fails=fails)
    yield from tools.mcp_call(stage, "twister", "say_fast", {"times": _REPEATS}, fails=fails)
    yield from items.message(stage, "The tool failed." if fails else "The tool has said it.")
    return {}


def _mcp_failed(stage: Stage) -> Script:
    return (yield from _mcp(stage, fails=True))


def _custom_tool(stage: Stage) -> Script:
    yield from items.custom_tool(stage, "say_fast", sample_text(stage.prompt.options.word, 2))
    return {}


def _reasoning(stage: Stage) -> Script:
    texts = ["**Counting** the user wants ten of them.", "**Pacing** fast, but clearly."]
    yield from items.reasoning_summary(stage, texts)
    yield from items.message(stage, sample_text(stage.prompt.options.word))
    return {}


def _reasoning_text(stage: Stage) -> Script:
    yield from items.reasoning_text(stage, "Ten times; I count them on my fingers.")
    yield from items.message(stage, sample_text(stage.prompt.options.word))
    return {}


def _audio(stage: Stage) -> Script:
    yield from items.audio(stage, sample_text(stage.prompt.options.word, 2))
    return {}


def _shell(stage: Stage) -> Script:
    yield from tools.shell(
        stage, "yes 'double bubble bath' | head -3", sample_text(repeats=3) + "\n"
    )
    yield from items.message(stage, "The shell has said it three times.")
    return {}


def _compaction(stage: Stage) -> Script:
    yield from items.compaction(stage)
    yield from items.message(stage, sample_text(stage.prompt.options.word, 2))
    return {}


def _error(stage: Stage) -> Script:
    yield from _opening_words(stage)
    return {"type": "error"}


def _failed(stage: Stage) -> Script:
    yield from _opening_words(stage)
    error = {"code": "server_error", "message": "The model ran out of breath."}
    return {"status": "failed", "error": error}


def _incomplete(stage: Stage) -> Script:
    yield from items.cut_message(stage, sample_text(repeats=3))
    return {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}


def _opening_words(stage: Stage) -> Pairs:
    """A message up to its fifth delta, and no further."""
    for n, pair in enumerate(items.message(stage, sample_text(repeats=3), pieces=12)):
        if n == 7:
            return
        yield pair


def _tour(stage: Stage) -> Script:
    for script in (_reasoning, _web_search, _mcp, _code_interpreter, _shell, _function_call):
        yield from script(stage)
    return {}


SCRIPTS: dict[str, Callable[[Stage], Script]] = {
    "annotated": _annotated,
    "audio": _audio,
    "code_interpreter": _code_interpreter,
    "compaction": _compaction,
    "custom_tool": _custom_tool,
    "error": _error,
    "failed": _failed,
    "file_search": _file_search,
    "function_call": _function_call,
    "image_generation": _image_generation,
    "incomplete": _incomplete,
    "mcp": _mcp,
    "mcp_failed": _mcp_failed,
    "queued": _text,
    "reasoning": _reasoning,
    "reasoning_text": _reasoning_text,
    "refusal": _refusal,
    "shell": _shell,
    "structured": _structured,
    "text": _text,
    "tour": _tour,
    "web_search": _web_search,
}


def play(prompt: MockRequest, seed: str) -> Iterator[Payload]:
    """The events of one answer, whole and numbered; UsageError for an unknown script."""
    name = prompt.options.script
    if name not in SCRIPTS:
        raise UsageError(f"no script {name!r}; there are: {', '.join(sorted(SCRIPTS))}")
    stage = Stage(prompt, seed)
    return _numbered(_whole(stage, SCRIPTS[name](stage), queued=name == "queued"))


def _numbered(pairs: Pairs) -> Iterator[Payload]:
    for number, (kind, payload) in enumerate(pairs):
        yield {"type": kind, "sequence_number": number, **payload}


def _whole(stage: Stage, script: Script, *, queued: bool) -> Pairs:
    yield "response.created", {"response": stage.response("queued" if queued else "in_progress")}
    if queued:
        yield "response.queued", {"response": stage.response("queued")}
    yield "response.in_progress", {"response": stage.response("in_progress")}
    end = yield from script
    if end.get("type") == "error":
        message = "The server had an error while processing your request."
        yield "error", {"code": "server_error", "message": message, "param": None}
        return
    status = end.get("status", "completed")
    closing = {"status": status, **end}
    if status != "failed":
        closing["usage"] = stage.usage()
    yield f"response.{status}", {"response": stage.response(**closing)}
