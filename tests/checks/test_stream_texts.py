"""What a stream says: deltas that are no deltas, lost characters, words that are not counted."""

import json
from itertools import accumulate
from typing import Any

import pytest

import streamtape
from streamtape.checks.finding import Finding
from tests.checks.test_fields import ELSEWHERE, OWNERS
from tests.checks.test_others import Payloads, check, recording

WORDS = ["Double", " bubble", " bath", " for", " two"]
CHAT, ANTHROPIC, GEMINI = (OWNERS[name][0] for name in ("chat", "messages", "gemini"))


def chat(*texts: str, tokens: int = 9) -> Payloads:
    """A Chat Completions stream of these deltas."""
    base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4.1"}
    deltas: list[Any] = [{"role": "assistant", "content": ""}, *({"content": t} for t in texts)]
    ends = [None] * len(deltas) + ["stop"]
    chunks = [
        {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
        for delta, end in zip([*deltas, {}], ends, strict=True)
    ]
    usage = {"prompt_tokens": 5, "completion_tokens": tokens, "total_tokens": 5 + tokens}
    return [*chunks, {**base, "choices": [], "usage": usage}, "[DONE]"]


def gemini(*texts: str, tokens: int = 9) -> Payloads:
    """A Gemini stream of these texts, the last with the end; `...` stands for no parts."""
    usage = {"promptTokenCount": 5, "candidatesTokenCount": tokens, "totalTokenCount": 5 + tokens}
    return [
        {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": text}] * bool(text)}, "index": 0}
                | ({"finishReason": "STOP"} if number == len(texts) else {})
            ],
            "responseId": "r1", "modelVersion": "gemini-2.5", "usageMetadata": usage,
        }
        for number, text in enumerate(texts, 1)
    ]  # fmt: skip


def messages(*texts: str, tokens: int = 9) -> Payloads:
    """An Anthropic stream of these deltas."""
    usage = {"input_tokens": 5, "output_tokens": 0}
    message: dict[str, Any] = {"id": "m1", "type": "message", "role": "assistant", "content": [],
               "model": "claude", "stop_reason": None, "stop_sequence": None,
               "usage": usage}  # fmt: skip
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}}
            for t in texts
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None},
         "usage": {"output_tokens": tokens}},
        {"type": "message_stop"},
    ]  # fmt: skip


MAKERS = {"chat": (CHAT, chat), "messages": (ANTHROPIC, messages), "gemini": (GEMINI, gemini)}


def found(name: str, *texts: str, rule: str, **fields: Any) -> list[Finding]:
    """What one rule finds in a stream of these texts."""
    url, make = MAKERS[name]
    every = check(url, make(*texts, **fields), named=name == "messages")
    return [one for one in every if one.rule == rule]


@pytest.mark.parametrize("name", MAKERS)
def test_deltas_that_repeat_the_text_so_far(name: str) -> None:
    """One warning, where each delta begins with the whole one before it."""
    (one,) = found(name, *accumulate(WORDS), rule="growing")
    assert (one.severity, one.count) == ("warning", 1)
    assert "repeats the text so far" in one.message


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(
    "texts", [WORDS, ["a", "aa", "aaa"], ["a", "ab", "abc", "abd"], ["ha", "ha", "ha", "ha", "ha"]]
)
def test_honest_deltas(name: str, texts: list[str]) -> None:
    """Words that happen to begin alike are no repetition of the text."""
    assert found(name, *texts, rule="growing") == []


@pytest.mark.parametrize("name", MAKERS)
def test_lost_characters(name: str) -> None:
    """U+FFFD in a text, told once with the number of its events; other odd characters are fine."""
    (one,) = found(name, "caf\ufffd", " and \ufffd\ufffd", rule="replaced")
    assert "2 events" in one.message
    assert found(name, "café \U0001f6c1 \u200b \ufeff", rule="replaced") == []


@pytest.mark.parametrize("name", MAKERS)
def test_words_that_cost_nothing(name: str) -> None:
    """No output token, though there is text; a stream without text may cost nothing."""
    (one,) = found(name, *WORDS, rule="uncounted", tokens=0)
    assert one.severity == "warning"
    assert found(name, *WORDS, rule="uncounted") == []
    assert found(name, "", rule="uncounted", tokens=0) == []


def test_a_gemini_stream_that_says_nothing() -> None:
    """STOP with no text, call or other part is told; a part of any kind is something."""
    (one,) = found("gemini", "", rule="silent")
    assert one.severity == "warning"
    assert found("gemini", "a", rule="silent") == []
    payloads = gemini("")
    payloads[0]["candidates"][0]["content"]["parts"] = [{"executableCode": {"code": "1"}}]
    assert "silent" not in {one.rule for one in check(GEMINI, payloads)}


def test_calls_of_gemini_with_one_id() -> None:
    """Two calls with one id are told, wherever they stand; one call that comes twice as one too."""
    payloads = gemini("a")
    calls: list[Any] = [
        {"functionCall": {"id": "f1", "name": name, "args": {}}} for name in ("wash", "dry")
    ]
    payloads[0]["candidates"][0]["content"]["parts"] = calls
    assert any("'f1'" in one.message for one in check(GEMINI, payloads))


@pytest.mark.parametrize("name", ["chat", "messages", "gemini"])
def test_data_that_is_framed_twice(name: str) -> None:
    """`data: data: {...}` is said, whatever the stream is then taken for."""
    url, make = MAKERS[name]
    body = "".join(f"data: data: {json.dumps(payload)}\n\n" for payload in make("a"))
    every = streamtape.check(recording(url, body.encode()))
    assert any("field's name" in one.message or "not JSON" in one.message for one in every)


@pytest.mark.parametrize("media", [b"application/json", b"text/html"])
def test_an_address_that_asks_for_a_stream(media: bytes) -> None:
    """Gemini's address asks for a stream by itself: one document is no answer to it."""
    body = b'{"candidates": []}' if b"json" in media else b"<html></html>"
    every = streamtape.check(recording(GEMINI, body, media=media))
    assert "no-stream" in {one.rule for one in every}
    plain = GEMINI.replace(":streamGenerateContent", ":generateContent")
    assert "no-stream" not in {
        one.rule for one in streamtape.check(recording(plain, body, media=media))
    }


def test_usage_in_every_chunk() -> None:
    """The owner gives usage once, at the end; others may give it as they go."""
    payloads = chat(*WORDS)
    for payload in payloads[1:6]:
        assert isinstance(payload, dict)
        payload["usage"] = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    expected = [one for one in check(CHAT, payloads) if one.rule == "usage-last"]
    assert [one.severity for one in expected] == ["warning"]
    assert "5 events" in expected[0].message
    elsewhere = check(ELSEWHERE["chat"], payloads)
    assert "usage-last" not in {one.rule for one in elsewhere}
