"""Addresses that no URL parser takes, in recordings: every command reads them, and says them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from streamtape.cli.app import cli
from streamtape.flight.telemetry import facts
from streamtape.otlp.spans import spans_of
from streamtape.tape.codec import encode
from streamtape.tape.messages import Message, Messages
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

ADDRESSES = (
    "http://[/", "http://h:99999/", "http://h:x/", "", "//", "http://[::1]evil.com/",
    "http://\u2100.com/", "ws://[v1.x]/", "javascript:alert(1)", "http://h/?model=%ff",
    "=cmd|' /C calc'!A1", "http://h:0/v1/responses",
)  # fmt: skip
COMMANDS = (
    "show IN", "show IN --json", "ls IN", "ls IN --json", "check IN", "check IN --sarif",
    "stats IN", "stats IN --csv", "diff IN IN", "view IN -o OUT.html", "view IN -o OUT.svg",
    "view --compare IN IN -o OUT.html", "convert IN OUT.har", "scan IN", "play IN --to OUT.svg",
    "export IN -o OUT.parquet", "drift IN IN", "pack IN -o OUT.tar",
    "edit IN -o OUT.tape --anonymise",
)  # fmt: skip


def interactions(address: str) -> tuple[Interaction, Interaction]:
    """A stream and a dialogue that went there."""
    sse = ((b"content-type", b"text/event-stream"),)
    stream = Chunks.of([Chunk(5, b'data: {"type":"response.created","response":{"id":"r"}}\n\n')])
    messages = Messages.of([Message("client", 2, "text", b'{"type":"response.create"}')])
    ending = Ending("complete", 9)
    return (
        Interaction(Request("POST", address, (), b"{}"), Head(200, sse, 1), stream, ending, 1),
        Interaction(
            Request("GET", address), Head(101, ((b"upgrade", b"websocket"),), 1), Chunks(), ending,
            1, messages=messages,
        ),
    )  # fmt: skip


ALL = Cassette(tuple(one for address in ADDRESSES for one in interactions(address)))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_take_any_address(command: str, tmp_path: Path) -> None:
    """No command ends with an error of Python's."""
    path = tmp_path / "in.tape"
    path.write_bytes(b"".join(encode(ALL)))
    places = {"IN": str(path)}
    args = [places.get(w, w.replace("OUT", str(tmp_path / "out"))) for w in command.split()]
    result = CliRunner().invoke(cli, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "\x1b" not in result.output


def test_spans_and_measures_take_any_address() -> None:
    """What is sent to collectors, and what a flight recorder measures."""
    (recording,) = spans_of([ALL])
    assert len(recording.spans) > len(ALL)
    for one in ALL:
        attributes, _, _ = facts(one)
        assert isinstance(attributes["server.address"], str)
