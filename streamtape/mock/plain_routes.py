"""What providers serve besides answers: lists of models, counts of tokens, responses kept.

Each returns the status and the JSON to say; None where the path is another's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from streamtape.composer.stage import Setting, Stage
from streamtape.composer.voices import to_json
from streamtape.mock.answers import Answer
from streamtape.mock.spaces import Space
from streamtape.tape.model import Chunk

MODELS = ("gpt-4.1", "gpt-4.1-mini", "claude-sonnet-4-5", "gemini-2.5-flash", "llama3.2")
_RESPONSE = re.compile(r"/responses/(?P<id>[^/]+)$")
_CREATED = 1_767_225_600


def response_id_in(path: str) -> str | None:
    """The id of a response that a path names."""
    found = _RESPONSE.search(path)
    return None if found is None else found["id"]


def plain_answer(method: str, path: str, body: bytes, headers: str) -> Any | None:
    """The JSON that answers a request for something plain; `headers` tell whose client asks."""
    if method in ("GET", "HEAD"):
        if path.endswith("/api/version"):
            return {"version": "0.12.0"}
        if path.endswith("/api/tags"):
            return {"models": [{"name": name, "model": name} for name in MODELS]}
        if re.search(r"/v1\w+/models$", path):
            return {"models": [{"name": f"models/{name}"} for name in MODELS]}
        if path.endswith("/models"):
            return _models(anthropic="anthropic-version" in headers)
    if method == "POST" and path.endswith(("/messages/count_tokens", ":countTokens")):
        n = Stage(Setting(_object(body), "")).usage()["input_tokens"]
        return {"totalTokens": n} if path.endswith(":countTokens") else {"input_tokens": n}
    return None


def _models(*, anthropic: bool) -> dict[str, Any]:
    if anthropic:
        data: list[dict[str, Any]] = [
            {"type": "model", "id": name, "display_name": name,
             "created_at": "2026-01-01T00:00:00Z"}
            for name in MODELS
        ]  # fmt: skip
        return {
            "data": data, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1],
        }  # fmt: skip
    data = [
        {"id": name, "object": "model", "created": _CREATED, "owned_by": "streamtape"}
        for name in MODELS
    ]
    return {"object": "list", "data": data}


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        value = {}
    return value if isinstance(value, dict) else {}


def deleted(space: Space, response_id: str) -> Any | None:
    """Forget a response; None if no response has this id."""
    if space.responses.pop(response_id, None) is None:
        return None
    return {"id": response_id, "object": "response", "deleted": True}


def event_source(answer: Answer, after: int) -> Iterator[Chunk]:
    """The events of an answer for a browser's EventSource: unnamed, with ids."""
    for at_us, (_, payload) in answer.events():
        number = payload["sequence_number"]
        if number > after:
            retry = b"retry: 50\n" if number == after + 1 else b""
            yield Chunk(at_us, b"%bid: %d\ndata: %b\n\n" % (retry, number, to_json(payload)))
