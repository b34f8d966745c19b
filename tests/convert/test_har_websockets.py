"""Dialogues in a HAR, as Chrome writes them, and what cannot hold one."""

import json
from pathlib import Path
from typing import Any

import pytest

from streamtape.convert import har, plain, vcr
from streamtape.convert.about import About
from streamtape.errors import UsageError
from streamtape.tape.messages import Message
from streamtape.tape.model import Cassette
from tests.dialogues import client, dialogue, server

STARTED = "2026-01-01T00:00:00.000Z"
STARTED_S = 1_767_225_600


def entry(*messages: dict[str, Any], status: int = 101) -> bytes:
    """A HAR with one WebSocket, as the developer tools of Chrome export it."""
    headers = [{"name": "Upgrade", "value": "websocket"}]
    one = {
        "_resourceType": "websocket",
        "_webSocketMessages": list(messages),
        "startedDateTime": STARTED,
        "time": 900,
        "request": {"method": "GET", "url": "wss://x.test/ws", "headers": headers},
        "response": {"status": status, "statusText": "", "headers": headers, "content": {}},
        "timings": {"blocked": 0, "dns": 0, "connect": 0, "send": 0, "wait": 5, "receive": 895},
    }
    return json.dumps({"log": {"version": "1.2", "entries": [one]}}).encode()


def frame_entry(kind: str, at_s: float, opcode: int, data: str) -> dict[str, Any]:
    """One message."""
    return {"type": kind, "time": STARTED_S + at_s, "opcode": opcode, "data": data}


def test_what_chrome_exports() -> None:
    """Messages of both directions with their times; binary ones are Base64."""
    about = About()
    data = entry(frame_entry("send", 0.01, 1, "grün"), frame_entry("receive", 0.02, 2, "AAE="))
    (one,) = har.read(data, about, "x.har")
    assert list(one.messages) == [
        Message("client", 10_000, "text", "grün".encode()),
        Message("server", 20_000, "binary", b"\0\1"),
    ]
    assert (one.is_dialogue, one.ending.kind, one.ending.at_us) == (True, "complete", 900_000)
    assert about.notes == []


@pytest.mark.parametrize(
    "message",
    [
        frame_entry("whispers", 0.1, 1, "a"),
        frame_entry("send", 0.1, 7, "a"),
        frame_entry("send", 0.1, 2, "&&"),
    ],
)
def test_what_makes_no_sense_is_noted(message: dict[str, Any]) -> None:
    """The handshake is kept, the messages are left out, and a note says so."""
    about = About()
    (one,) = har.read(entry(message), about, "x.har")
    assert (len(one.messages), one.head and one.head.status) == (0, 101)
    assert "the messages are left out" in about.notes[0]


def test_written_and_read_again() -> None:
    """Messages of data, whole, and their times survive; pings and closes have no place."""
    talk = dialogue(
        client('{"a":1}'),
        Message("server", 20_000, "ping", b""),
        Message("server", 30_000, "text", b"on", final=False),
        Message("server", 40_000, "continuation", b"e"),
        server(b"\0"),
    )
    (one,) = har.read(har.write(Cassette((talk,)), "x.har"), About(), "x.har")
    assert list(one.messages) == [
        client('{"a":1}', 10_000), server("one", 40_000), server(b"\0", 50_000)
    ]  # fmt: skip
    assert one.request.url == talk.request.url


@pytest.mark.parametrize("write", [vcr.write, plain.write])
def test_formats_without_dialogues_say_so(write: Any, tmp_path: Path) -> None:
    """They would lose all that was said."""
    with pytest.raises(UsageError, match="interaction 0 is a WebSocket dialogue"):
        write(Cassette((dialogue(client("a")),)), str(tmp_path / "x"))
