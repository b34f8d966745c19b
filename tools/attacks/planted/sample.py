"""A secret, and requests and recordings that hold it wherever one can stand."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import streamtape
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.store import save

JSON = (b"content-type", b"application/json")
SSE = (b"content-type", b"text/event-stream")
_STARTED_US = 1_790_000_000_000_000  # recordings have a date, and spans are made of them
NOWHERE = "http://127.0.0.1:9"  # where nobody listens


class Secret(NamedTuple):
    """A secret: known by its shape wherever it stands, or only by a name beside it."""

    text: str
    has_shape: bool = True

    @property
    def free(self) -> str:
        """What stands where no name tells: the secret, if its shape does."""
        return self.text if self.has_shape else "nothing"

    @property
    def quoted(self) -> str:
        """The secret, as a part of a URL."""
        return quote(self.text, "")


def address(secret: Secret, base: str = "https://h.example", *, user: bool = False) -> str:
    """A URL that holds the secret in its path, query and fragment; in its password where asked."""
    free = quote(secret.free, "")
    base = base.replace("://", f"://u:{secret.quoted}@", 1) if user else base
    return f"{base}/{free}/y?api_key={secret.quoted}&q={free}#access_token={secret.quoted}"


def headers(secret: Secret) -> dict[str, str]:
    """Headers that hold it."""
    return {"Authorization": f"Bearer {secret.text}", "X-Note": f"it is {secret.free}"}


def body(secret: Secret) -> bytes:
    """A JSON body that holds it."""
    value = {"model": secret.free, "api_key": secret.text, "input": f"it is {secret.free}"}
    return json.dumps(value).encode()


def interaction(secret: Secret) -> Interaction:
    """An interaction that holds the secret in every part, and was not masked."""
    data = {"type": "message", "text": f"it is {secret.free}", "api_key": secret.text}
    sent = tuple((n.encode(), v.encode()) for n, v in headers(secret).items())
    answer = (SSE, (b"set-cookie", f"sid={secret.text}".encode()))
    event = f"data: {json.dumps(data)}\n\n".encode()
    return Interaction(
        Request("POST", address(secret, user=True), (JSON, *sent), body(secret)),
        Head(200, answer, 1, "HTTP/1.1", f"OK {secret.free}"),
        Chunks.of(Chunk(n + 2, event) for n in range(2)),
        Ending("error", 9, "ReadError", f"no route for {secret.free}"),
        started_at_us=_STARTED_US,
    )


def stream(secret: Secret) -> Interaction:
    """A stream of a provider whose fields hold it and whose deltas spell it, never masked."""
    arguments = json.dumps({"api_key": secret.text, "note": f"it is {secret.free}"})
    first = {"role": "assistant", "tool_calls": [
        {"index": 0, "id": secret.free, "type": "function",
         "function": {"name": secret.free, "arguments": ""}},
    ]}  # fmt: skip
    calls = [
        {"tool_calls": [{"index": 0, "function": {"arguments": arguments[at : at + 4]}}]}
        for at in range(0, len(arguments), 4)
    ]
    texts = [{"content": secret.free[at : at + 4]} for at in range(0, len(secret.free), 4)]
    deltas = [*((delta, None) for delta in (first, *calls, *texts)), ({}, secret.free)]
    head = {"id": secret.free, "object": "chat.completion.chunk", "model": secret.free}
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "api_key": secret.text}
    events: list[dict[str, Any]] = [
        head | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        for delta, reason in deltas
    ]
    events += [head | {"choices": [], "usage": usage}, {"error": {"message": secret.free}}]
    request = {"messages": [{"role": "user", "content": secret.free}], "stream": True}
    content = json.dumps({"model": secret.free, "api_key": secret.text, **request}).encode()
    sent = tuple((n.encode(), v.encode()) for n, v in headers(secret).items())
    return Interaction(
        Request("POST", f"https://api.openai.com/v1/chat/completions?api_key={secret.quoted}",
                (JSON, *sent), content),
        Head(200, (SSE, (b"set-cookie", f"sid={secret.text}".encode())), 1),
        Chunks.of(Chunk(n + 2, b"data: %b\n\n" % json.dumps(one).encode())
                  for n, one in enumerate(events)),
        Ending("error", len(events) + 9, "ReadError", f"no route for {secret.free}"),
        started_at_us=_STARTED_US,
    )  # fmt: skip


def save_streams(secrets: Sequence[Secret], path: Path) -> Path:
    """A cassette with a stream for each secret, as a program may write one by hand."""
    save(streamtape.Cassette(tuple(map(stream, secrets))), path)
    return path


def save_unmasked(secrets: Sequence[Secret], path: Path) -> Path:
    """A cassette with an interaction for each secret, as a program may write one by hand."""
    save(streamtape.Cassette(tuple(map(interaction, secrets))), path)
    return path


def everything(path: Path) -> bytes:
    """All that a cassette holds, decoded; nothing where there is none."""
    if not path.exists():
        return b""
    parts = (
        (repr((i.request, i.head, i.ending)).encode(), i.content) for i in streamtape.load(path)
    )
    return b"".join(part for pair in parts for part in pair)


def files_below(folder: Path) -> bytes:
    """The bytes of all files of a folder, cassettes decoded, too."""
    found = b""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found += path.read_bytes()
            found += everything(path) if path.suffix == ".tape" else b""
    return found


def error_text(error: BaseException) -> bytes:
    """All that an exception says of itself: message, repr, notes, as a traceback shows it."""
    shown = "".join(traceback.format_exception(error))
    return encoded([str(error), repr(error), *getattr(error, "__notes__", ()), shown])


def encoded(texts: Iterable[object]) -> bytes:
    """Texts as bytes, one below the other."""
    return "\n".join(map(str, texts)).encode("utf-8", "backslashreplace")
