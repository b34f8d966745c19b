"""An agent: it asks, calls the tools that the model wants, and asks again until it knows."""

import json
from typing import Any

from openai import OpenAI

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: list[Any] = [{"type": "function", "name": "get_weather", "parameters": PARAMETERS}]


class IncompleteStreamError(Exception):
    """The answer ended before it was whole."""


def get_weather(city: str) -> str:
    """What a real tool would look up."""
    return f"12 degrees in {city}"


def run(question: str) -> str:
    """The answer to a question; IncompleteStreamError where a stream ends early."""
    client = OpenAI(max_retries=1)
    items: list[Any] = [{"role": "user", "content": question}]
    while True:
        output = None
        for event in client.responses.create(
            model="gpt-4.1", input=items, tools=TOOLS, stream=True
        ):
            if event.type == "response.completed":
                output = event.response.output
        if output is None:
            raise IncompleteStreamError("the stream ended without response.completed")
        calls = [item for item in output if item.type == "function_call"]
        if not calls:
            return "".join(
                part.text
                for item in output
                if item.type == "message"
                for part in item.content
                if part.type == "output_text"
            )
        items += [item.model_dump(exclude_none=True) for item in output]
        for call in calls:
            result = get_weather(**json.loads(call.arguments))
            items.append(
                {"type": "function_call_output", "call_id": call.call_id, "output": result}
            )
