"""The mock beside aimock, on the same job: a text for "hello", in every API that both speak.

Start-up is from the start of the process to the end of its first answer. Validity is what
`streamtape check` finds in one stream of each API, at the profile of the API's owner. The distance
is between when a client has an event, counted from the sending of its request, and when it was due:
25 a second. Servers run in processes of their own, whose CPU time is measured, too.

    python tools/bench.py mock
    python -m tools.benches.mock [SECONDS [CLIENTS...]]
"""

from __future__ import annotations

import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

import streamtape
from streamtape.tape.model import Cassette
from tools.benches.serving import (
    HOME,
    Running,
    aimock_version,
    command,
    contestants,
    free_port,
    quantile,
    read_all,
    served,
    started,
    stream,
)

Row = dict[str, Any]
SECONDS = 4.0
CLIENTS = (1, 100, 500)
PER_S = 25
CUT = 5
TEXT = "Hi there! A longer answer, so that it comes in several chunks."
_REQUEST = {"model": "gpt-4.1", "stream": True}
_MESSAGES = [{"role": "user", "content": "hello"}]
_GEMINI = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
APIS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Responses": ("https://api.openai.com", "/v1/responses", {**_REQUEST, "input": _MESSAGES}),
    "Chat Completions": (
        "https://api.openai.com", "/v1/chat/completions",
        {**_REQUEST, "messages": _MESSAGES, "stream_options": {"include_usage": True}},
    ),
    "Anthropic": (
        "https://api.anthropic.com", "/v1/messages",
        {**_REQUEST, "messages": _MESSAGES, "max_tokens": 999},
    ),
    "Gemini": (
        "https://generativelanguage.googleapis.com", _GEMINI,
        {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
    ),
    "Ollama": ("http://localhost:11434", "/api/chat", {**_REQUEST, "messages": _MESSAGES}),
}  # fmt: skip


def run(
    repeat: int,
    seconds: float = SECONDS,
    clients: tuple[int, ...] = CLIENTS,
    *,
    quick: bool = False,
) -> list[Row]:
    """Every row; streams are thousands of events, so only starting up is repeated."""
    if quick:
        seconds, clients, repeat = min(seconds, 2.0), clients[:2], min(repeat, 2)
    mocks: dict[str, Any] = {"streamtape": ours}
    if version := aimock_version():
        mocks[f"aimock {version}"] = aimock
    rows = [
        row("start to first answer", statistics.median(start_ms(start) for _ in range(repeat)),
            "ms", name)
        for name, start in mocks.items()
    ]  # fmt: skip
    for name, start in mocks.items():
        with start() as server:
            for api in APIS:
                errors, warnings, right = validity(server.port, api)
                rows.append(row(f"{api}: text as it should be", float(right), "", name))
                rows.append(row(f"{api}: errors found", errors, "", name))
                rows.append(row(f"{api}: warnings found", warnings, "", name))
        with start(cut=CUT) as server:
            rows.append(
                row(f"events of a stream cut after {CUT}", cut_after(server.port), "", name)
            )
    for n_clients in clients:
        rows += timing(n_clients, seconds, mocks)
    return rows


@contextlib.contextmanager
def ours(cut: int | None = None, **more: Any) -> Iterator[Running]:
    """Our mock, with one rule."""
    rule: dict[str, Any] = {"contains": "hello", "reply": more.get("text", TEXT)}
    if cut is not None:
        rule["fault"] = f"cut@event={cut}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.json"
        path.write_text(json.dumps({"rules": [rule]}))
        with command("mock", str(path), "--pace", more.get("pace", "at_once")) as running:
            yield running


@contextlib.contextmanager
def aimock(cut: int | None = None) -> Iterator[Running]:
    """Aimock's own command, with one fixture."""
    fixture: dict[str, Any] = {"match": {"userMessage": "hello"}, "response": {"content": TEXT}}
    fixture["chunkSize"] = 7
    if cut is not None:
        fixture["truncateAfterChunks"] = cut
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fixtures.json"
        path.write_text(json.dumps({"fixtures": [fixture]}))
        port = free_port()
        script = str(HOME / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js")
        with served(["node", script, "-p", str(port), "-f", str(path)], port) as running:
            yield running


def start_ms(start: Any) -> float:
    """From the start of the process to the end of its first answer."""
    began = time.perf_counter()
    with start() as server:
        _, path, body = APIS["Chat Completions"]
        httpx.post(f"http://127.0.0.1:{server.port}{path}", json=body).raise_for_status()
        return (time.perf_counter() - began) * 1000


def validity(port: int, api: str) -> tuple[float, float, bool]:
    """Errors and warnings in one stream, and whether its text is the one that was given."""
    origin, path, body = APIS[api]
    answer = httpx.post(f"http://127.0.0.1:{port}{path}", json=body)
    request = streamtape.Request("POST", origin + path, (), json.dumps(body).encode())
    head = streamtape.Head(answer.status_code, tuple(answer.headers.raw), 0)
    chunks = streamtape.Chunks.of([streamtape.Chunk(0, answer.content)])
    made = streamtape.Interaction(request, head, chunks, streamtape.Ending("complete", 0))
    found = [finding.severity for finding in streamtape.check(Cassette((made,)))]
    right = made.transcript().text == TEXT
    return float(found.count("error")), float(found.count("warning")), right


def cut_after(port: int) -> float:
    """How many events a stream has that is to be cut after some; -1 where it ends as if whole."""
    _, path, body = APIS["Chat Completions"]
    taken = b""
    try:
        with httpx.stream("POST", f"http://127.0.0.1:{port}{path}", json=body) as answer:
            for piece in answer.iter_raw():
                taken += piece
    except httpx.HTTPError:
        return float(taken.count(b"data: {"))
    return -1.0


def timing(n_clients: int, seconds: float, mocks: dict[str, Any]) -> list[Row]:
    """How far from their times events come, for so many clients, and what that costs."""
    n = round(seconds * PER_S)
    gap_us = round(1e6 / PER_S)
    rows = []
    for name in mocks:
        if name == "streamtape":
            text = " ".join(["bath"] * (n - 2))  # a token a word; an opening and an end around them
            due_us = [gap_us * k for k in range(n)]
            starting: Any = ours(text=text, pace=f"rate={1000 // PER_S}ms")
        else:
            due_us = [gap_us * (k + 1) for k in range(n)]
            starting = started(contestants()[name], stream(due_us))
        with starting as server:
            read_all(server.port, 1)
            before, began = server.cpu_s(), time.perf_counter()
            times = read_all(server.port, n_clients, within_s=min(2.0, n_clients / 100))
            took, cpu_s = time.perf_counter() - began, server.cpu_s() - before
        assert all(len(one) == n for one in times), "events are missing"
        off = [abs(a - d) / 1000 for one in times for a, d in zip(one, due_us, strict=True)]
        what = f"{n_clients} client{'s' * (n_clients > 1)}, {PER_S} events a second each"
        rows += [
            row(f"{what}: distance p50", quantile(off, 0.5), "ms", name),
            row(f"{what}: distance p99", quantile(off, 0.99), "ms", name),
            row(f"{what}: CPU", cpu_s / took * 100, "%", name),
        ]
    return rows


def row(name: str, value: float, unit: str, peer: str) -> Row:
    """One row of the table."""
    return {"name": name, "value": value, "unit": unit, "peer": peer, "ratio": None}


def main() -> None:
    """Print every row, for so many seconds of stream and so many clients."""
    seconds, *clients = map(float, sys.argv[1:])
    for one in run(3, seconds, tuple(map(int, clients)) or CLIENTS):
        print(f"{one['name']:55} {one['peer']:16} {one['value']:10.2f} {one['unit']}")


if __name__ == "__main__":
    main()
