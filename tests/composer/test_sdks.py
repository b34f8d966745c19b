"""What is composed is taken by the SDK of the API's owner: streams, and answers in one piece."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import anthropic
import ollama
import openai
import pytest
from google import genai
from openai.types.responses import ResponseStreamEvent

import streamtape
from streamtape import Fail, Refuse, Say
from streamtape.tape.model import Cassette
from tests.composer.answers import CASES, IDS, spoken

_UNION = get_args(get_args(ResponseStreamEvent)[0])
EVENTS = {get_args(model.model_fields["type"].annotation)[0]: model for model in _UNION}


# Making a client costs far more than asking it (it reads the system's certificates).
_openai = cache(lambda: openai.OpenAI(api_key="none", max_retries=0))
_anthropic = cache(lambda: anthropic.Anthropic(api_key="none", max_retries=0))
_genai = cache(lambda: genai.Client(api_key="none"))
_ollama = cache(ollama.Client)
MESSAGES: Any = [{"role": "user", "content": "x"}]


def _responses(stream: bool) -> str:
    if not stream:
        return _openai().responses.create(model="m", input="x").output_text
    for event in _openai().responses.create(model="m", input="x", stream=True):
        EVENTS[event.type].model_validate(event.to_dict())  # strict about what is missing
    return ""


def _responses_helper(stream: bool) -> str:
    """The text that the SDK's own helper puts together."""
    del stream
    with _openai().responses.stream(model="m", input="x") as events:
        return "".join(e.delta for e in events if e.type == "response.output_text.delta")


def _chat(stream: bool) -> str:
    completions = _openai().chat.completions
    if not stream:
        whole = completions.create(model="m", messages=MESSAGES)
        whole.model_validate(whole.to_dict())
        return whole.choices[0].message.content or ""
    chunks = list(completions.create(model="m", messages=MESSAGES, stream=True))
    for chunk in chunks:
        chunk.model_validate(chunk.to_dict())
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def _messages(stream: bool) -> str:
    whole: anthropic.types.Message
    if stream:
        with _anthropic().messages.stream(model="m", max_tokens=9, messages=MESSAGES) as events:
            whole = events.get_final_message()
    else:
        whole = _anthropic().messages.create(model="m", max_tokens=9, messages=MESSAGES)
    anthropic.types.Message.model_validate(whole.to_dict())
    return "".join(block.text for block in whole.content if block.type == "text")


def _gemini(stream: bool) -> str:
    models = _genai().models
    if not stream:
        return _texts(models.generate_content(model="m", contents="x"))
    return "".join(map(_texts, models.generate_content_stream(model="m", contents="x")))


def _texts(chunk: Any) -> str:
    parts = chunk.candidates[0].content.parts
    return "".join(part.text for part in parts if part.text and not part.thought)


def _ollama_chat(stream: bool) -> str:
    if not stream:
        return _ollama().chat(model="m", messages=[]).message.content or ""
    return "".join(c.message.content or "" for c in _ollama().chat("m", [], stream=True))


SDKS: dict[str, Callable[[bool], str]] = {
    "openai-responses": _responses,
    "openai-chat": _chat,
    "anthropic": _messages,
    "gemini": _gemini,
    "ollama": _ollama_chat,
}


def read_by(sdk: Callable[[bool], str], made: Any, path: Path, *, stream: bool) -> str:
    """What an SDK makes of an interaction, replayed in this process."""
    streamtape.save(Cassette((made,)), path)
    with streamtape.use_cassette(path, mode="none", match_on=("method",)):
        return sdk(stream)


@pytest.mark.filterwarnings("ignore:there are:UserWarning")
@pytest.mark.parametrize(("dialect", "name", "parts"), CASES, ids=IDS)
def test_the_owners_sdk_takes_it(dialect: str, name: str, parts: list[Any], tmp_path: Path) -> None:
    """Streamed and whole, with the text that was given."""
    message = spoken(parts) or "".join(part.text for part in parts if isinstance(part, Refuse))
    if dialect.startswith("openai"):  # refusals are no text there
        message = spoken(parts)
    texts = []
    for stream in (True, False):
        made = streamtape.compose(dialect, parts, stream=stream)
        path = tmp_path / f"{stream}.tape"
        text = read_by(SDKS[dialect], made, path, stream=stream)
        is_typed = stream and dialect == "openai-responses"
        texts.append(read_by(_responses_helper, made, path, stream=True) if is_typed else text)
    assert texts == [message, message]


@pytest.mark.parametrize(
    ("dialect", "error"),
    [
        ("openai-responses", openai.RateLimitError),
        ("openai-chat", openai.RateLimitError),
        ("anthropic", anthropic.RateLimitError),
        ("gemini", genai.errors.ClientError),
        ("ollama", ollama.ResponseError),
    ],
)
def test_an_http_error_is_the_sdks_own(
    dialect: str, error: type[Exception], tmp_path: Path
) -> None:
    """A 429 raises what the SDK raises for one."""
    made = streamtape.compose(dialect, [Fail(status=429, retry_after_s=1)])
    with pytest.raises(error):
        read_by(SDKS[dialect], made, tmp_path / "x.tape", stream=True)


@pytest.mark.parametrize(
    ("dialect", "error"),
    [
        ("openai-chat", openai.APIError),
        ("anthropic", anthropic.APIStatusError),
        ("ollama", ollama.ResponseError),
    ],
)
def test_a_failure_in_the_middle_is_the_sdks_own(
    dialect: str, error: type[Exception], tmp_path: Path
) -> None:
    """An error event raises what the SDK raises for one."""
    made = streamtape.compose(dialect, [Say("Half of"), Fail("overloaded_error", "Too busy.")])
    with pytest.raises(error, match="Too busy"):
        read_by(SDKS[dialect], made, tmp_path / "x.tape", stream=True)
