"""Rules: which of them answers a request, in every dialect, and what a miss says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import ollama
import openai
import pytest
from google import genai
from pydantic import BaseModel

import streamtape
from streamtape import Call, Fail, MockServer, Reasoning, Rule, Say, Structured
from streamtape.tape.model import Cassette

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}
RULES = [
    Rule(contains="weather", reply=[Call("get_weather", {"city": "Oslo"})], then="It is 12 °C."),
    Rule(schema=True, reply=[Structured({"city": "Oslo"})]),
    Rule(matches=r"^\d+$", reply=lambda request: f"{int(request.user) * 2}"),
    Rule(model="small-*", reply="I am small."),
    Rule(headers={"X-Team": "red*"}, reply="Red."),
    Rule(turn=2, reply="Again?"),
    Rule(tool="search", reply="I could search."),
    Rule(contains="think", reply=[Reasoning("Hm."), Say("So.")]),
    Rule(contains="busy", reply=[Fail("overloaded", status=503, retry_after_s=2)]),
    Rule(contains="once", times=1, reply="Only once."),
    Rule(when=lambda request: request.user == "exactly", reply="Exactly."),
]


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A mock with these rules."""
    with MockServer(RULES) as running:
        yield running


def tools_in(dialect: str, name: str = "get_weather") -> list[Any]:
    """A tool, as each API has it."""
    shapes: dict[str, list[Any]] = {
        "openai-responses": [{"type": "function", "name": name, "parameters": WEATHER}],
        "anthropic": [{"name": name, "input_schema": WEATHER}],
        "gemini": [{"functionDeclarations": [{"name": name, "parameters": WEATHER}]}],
    }
    function = {"name": name, "parameters": WEATHER}
    return shapes.get(dialect, [{"type": "function", "function": function}])


PATHS = {
    "openai-responses": "/v1/responses",
    "openai-chat": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    "ollama": "/api/chat",
}


def post(dialect: str, text: str, *, stream: bool = True, **more: Any) -> tuple[str, Any]:
    """Path and body of a request in which the user says something."""
    if dialect == "gemini":
        path = PATHS[dialect] if stream else PATHS[dialect].replace("streamG", "g").split("?")[0]
        return path, {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}
    messages = [{"role": "user", "content": text}]
    body: dict[str, Any] = {"model": "m", "stream": stream, "messages": messages, **more}
    if dialect == "openai-responses":
        body["input"] = body.pop("messages")
    if dialect == "openai-chat" and stream:
        body["stream_options"] = {"include_usage": True}
    return PATHS[dialect], body


def reply_to(
    server: MockServer, dialect: str, text: str, *, stream: bool = True, **more: Any
) -> streamtape.Interaction:
    """What the mock answers, read as a recording."""
    path, body = post(dialect, text, stream=stream, **more)
    answer = httpx.post(server.url + path, json=body)
    origin = {"anthropic": "api.anthropic.com", "gemini": "generativelanguage.googleapis.com",
              "ollama": "localhost:11434"}.get(dialect, "api.openai.com")  # fmt: skip
    head = streamtape.Head(answer.status_code, tuple(answer.headers.raw), 0)
    chunks = streamtape.Chunks.of([streamtape.Chunk(0, answer.content)])
    request = streamtape.Request("POST", f"https://{origin}{path}", (), json.dumps(body).encode())
    return streamtape.Interaction(request, head, chunks, streamtape.Ending("complete", 0))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("dialect", PATHS)
def test_one_rule_in_every_dialect(server: MockServer, dialect: str, stream: bool) -> None:
    """Streamed or not, the same rule answers, and the checks find nothing."""
    made = reply_to(server, dialect, "I think", stream=stream)
    assert made.transcript().text == "So."
    assert [str(f) for f in streamtape.check(Cassette((made,)))] == []
    tools = tools_in(dialect)
    called = reply_to(server, dialect, "The weather?", stream=stream, tools=tools)
    (call,) = called.transcript().tool_calls
    assert (call.name, call.parsed) == ("get_weather", {"city": "Oslo"})
    assert [str(f) for f in streamtape.check(Cassette((called,)))] == []


@pytest.mark.parametrize(
    ("text", "more", "reply"),
    [
        ("21", {}, "42"),
        ("hello", {"model": "small-1"}, "I am small."),
        ("hello", {"tools": tools_in("openai-chat", "search")}, "I could search."),
        ("exactly", {}, "Exactly."),
    ],
)
def test_conditions(server: MockServer, text: str, more: dict[str, Any], reply: str) -> None:
    """By the text, the model, the tools, a function of the request."""
    made = reply_to(server, "openai-chat", text, **more)
    assert made.transcript().text == reply


def test_a_header_and_a_turn(server: MockServer) -> None:
    """By a header's value, and by how often the user has spoken."""
    path, body = post("openai-chat", "hello", stream=False)
    red = httpx.post(server.url + path, json=body, headers={"X-Team": "redder"}).json()
    assert red["choices"][0]["message"]["content"] == "Red."
    turns = [*body["messages"], {"role": "assistant", "content": "Hi"}, *body["messages"]]
    again = httpx.post(server.url + path, json={**body, "messages": turns}).json()
    assert again["choices"][0]["message"]["content"] == "Again?"


def test_a_rule_may_answer_only_so_often(server: MockServer) -> None:
    """After that it is a miss that says so."""
    one = reply_to(server, "openai-chat", "once")
    assert one.transcript().text == "Only once."
    two = reply_to(server, "openai-chat", "once")
    assert b"has answered 1 times already" in two.content


def test_a_miss_names_the_nearest(server: MockServer) -> None:
    """In the shape of the API's errors, with what speaks against the rule that fits best."""
    for dialect in PATHS:
        made = reply_to(server, dialect, "something else")
        assert made.head is not None
        assert made.head.status == 404
        assert b"no rule answers" in made.content
        assert b"doesn't contain 'weather'" in made.content
    assert len(server.misses) >= len(PATHS)


def test_an_error_with_retry_after(server: MockServer) -> None:
    """A status, Retry-After, and the exception of the SDK."""
    made = reply_to(server, "openai-chat", "busy")
    assert made.head is not None
    assert (made.head.status, made.head.get("retry-after")) == (503, "2")
    with openai.OpenAI(base_url=server.base_url, api_key="none", max_retries=0) as client:
        with pytest.raises(openai.InternalServerError, match="had an error"):
            client.responses.create(model="m", input="busy")


class Place(BaseModel):
    """What the structured answers are read as."""

    city: str
    celsius: float
    tags: list[str]


def test_structured_output_is_parsed_by_the_sdk(server: MockServer) -> None:
    """JSON that fits the request's schema, with the values that the rule gives."""
    with openai.OpenAI(base_url=server.base_url, api_key="none") as client:
        parsed = client.responses.parse(model="m", input="where?", text_format=Place)
        assert parsed.output_parsed
        assert parsed.output_parsed.city == "Oslo"
        chat: Any = client.chat.completions.parse(
            model="m", messages=[{"role": "user", "content": "x"}], response_format=Place
        )
        assert chat.choices[0].message.parsed.city == "Oslo"


def test_the_tool_is_called_once_and_then_answered(server: MockServer) -> None:
    """The SDKs' own loops over tools come to an end: OpenAI, Anthropic, Gemini, Ollama."""
    with openai.OpenAI(base_url=server.base_url, api_key="none") as client:
        tools: Any = tools_in("openai-responses")
        first = client.responses.create(model="m", input="The weather?", tools=tools)
        (call,) = first.output
        assert call.type == "function_call"
        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "12"}
        second = client.responses.create(
            model="m", input=[output], tools=tools, previous_response_id=first.id
        )
        assert second.output_text == "It is 12 °C."

    def get_weather(city: str) -> str:
        """Get the weather."""
        return f"12 in {city}"

    with genai.Client(api_key="none", http_options={"base_url": server.url}) as google:
        config: Any = {"tools": [get_weather]}
        answer = google.models.generate_content(model="m", contents="weather?", config=config)
        assert answer.text == "It is 12 °C."

    @anthropic.beta_tool(name="get_weather")
    def weather_tool(city: str) -> str:
        """Get the weather."""
        return f"12 in {city}"

    with anthropic.Anthropic(base_url=server.url, api_key="none") as claude:
        runner = claude.beta.messages.tool_runner(
            model="m", max_tokens=99, tools=[weather_tool],
            messages=[{"role": "user", "content": "weather?"}],
        )  # fmt: skip
        final: Any = runner.until_done()
        assert final.content[0].text == "It is 12 °C."
    with ollama.Client(host=server.url) as local:
        message = local.chat("m", [{"role": "user", "content": "weather?"}], tools=[get_weather])
    assert message.message.tool_calls
    assert message.message.tool_calls[0].function.arguments == {"city": "Oslo"}


def test_without_rules_it_answers_by_itself() -> None:
    """A text; a call of the first tool, once; JSON that fits."""
    with MockServer() as server:
        assert "bubble" in (reply_to(server, "anthropic", "hi").transcript().text or "")
        tools = tools_in("openai-chat")
        (call,) = reply_to(server, "openai-chat", "hi", tools=tools).transcript().tool_calls
        assert call.parsed == {"city": "double bubble bath"}
        _, body = post("openai-chat", "hi", stream=False, tools=tools)
        body["messages"] += [
            {"role": "assistant", "tool_calls": []},
            {"role": "tool", "tool_call_id": "a", "content": "12"},
        ]
        answer = httpx.post(f"{server.base_url}/chat/completions", json=body).json()
        assert answer["choices"][0]["finish_reason"] == "stop"
        schema = {"type": "json_schema", "json_schema": {"name": "p", "schema": WEATHER}}
        made = reply_to(server, "openai-chat", "hi", response_format=schema)
        assert json.loads(made.transcript().text) == {"city": "double bubble bath"}


def test_a_conversation_goes_on() -> None:
    """`previous_response_id` brings what was said before; an unknown one is an error."""
    rules = [Rule(turn=2, reply=lambda request: f"First {request.messages[0][1]!r}."), "One."]
    with MockServer(rules) as server:
        with openai.OpenAI(base_url=server.base_url, api_key="none") as client:
            first = client.responses.create(model="m", input="a")
            second = client.responses.create(model="m", input="b", previous_response_id=first.id)
            assert (first.output_text, second.output_text) == ("One.", "First 'a'.")
            assert client.responses.retrieve(first.id).output_text == "One."
            client.responses.delete(first.id)
            with pytest.raises(openai.BadRequestError, match="not found"):
                client.responses.create(model="m", input="b", previous_response_id=first.id)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Rule(reply="x", matches="("), "not a regular expression"),
        (lambda: Rule(reply="x", times=0), "1 or more"),
        (lambda: Rule(reply="x", contains=5), "contains must be text"),  # type: ignore[arg-type]  # refused
        (lambda: Rule(reply="x", turn="2"), "turn must be a whole number"),  # type: ignore[arg-type]  # refused
        (lambda: Rule(reply="x", usage={"tokens": 1}), "unknown count"),
        (lambda: Rule(reply="x", fault="burn"), "unknown fault"),
        (lambda: Rule(reply="x", pace="fast"), "pace"),
        (lambda: MockServer([3]), "a rule must be"),
        (lambda: MockServer(colour="blue"), "unknown option"),
        (lambda: MockServer(record_missing="http://x"), "go together"),
        (lambda: MockServer("no/such/file.yaml"), "can't read"),
    ],
)
def test_wrong_rules_are_refused(make: Any, words: str) -> None:
    """Before anything is served, with what would be right."""
    with pytest.raises(streamtape.UsageError, match=words):
        make()


def test_a_function_that_fails() -> None:
    """The client gets an error that names the rule and the exception."""
    rules = [Rule(name="broken", reply=lambda request: str(1 / 0))]
    with MockServer(rules) as server:
        made = reply_to(server, "openai-chat", "x")
    assert made.head is not None
    assert made.head.status == 400
    assert b"'broken': its function raised ZeroDivisionError" in made.content


def test_a_part_that_a_dialect_has_no_words_for() -> None:
    """The request gets an error that names the dialects that have them."""
    with MockServer([streamtape.RunShell("ls")]) as server:
        made = reply_to(server, "gemini", "x")
        assert made.head is not None
        assert made.head.status == 400
        assert b"openai-responses" in made.content
