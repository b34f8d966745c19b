"""Small files that unfold to much, through every command: what is left out is never fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from streamtape.cli.app import cli
from streamtape.tape import loading, unfolding
from streamtape.tape.codec import encode
from streamtape.tape.lazy_segments import StoredSegment
from streamtape.tape.messages import Message, Messages
from streamtape.tape.model import (
    Cassette,
    Chunk,
    Chunks,
    Ending,
    Head,
    Headers,
    Interaction,
    Request,
)
from streamtape.tape.segments import Columns
from streamtape.tape.store import TapeFile
from streamtape.tape.store.files import load_to_replay

MIB = 1 << 20
SSE = ((b"content-type", b"text/event-stream"),)
NO_MESSAGES = Messages()
OPENED = ((b"upgrade", b"websocket"),)


def cassette(*chunks: Chunk, headers: Headers = SSE, messages: Messages = NO_MESSAGES) -> Cassette:
    """A cassette of one interaction."""
    request = Request("POST", "https://api.openai.com/v1/responses", (), b"{}")
    head = Head(101 if messages else 200, headers, 1)
    ending = Ending("complete", 9)
    return Cassette((Interaction(request, head, Chunks.of(chunks), ending, 1, messages=messages),))


def fragments() -> Messages:
    """One message in pieces of a MiB each."""
    first = Message("server", 2, "text", bytes(MIB), False)
    rest = [Message("server", 2, "continuation", bytes(MIB), n == 2) for n in range(3)]
    return Messages.of([first, *rest])


UNFOLDING: dict[str, Callable[[], Cassette]] = {
    "one event": lambda: cassette(Chunk(5, b"data: " + bytes(3 * MIB))),
    "one body": lambda: cassette(Chunk(5, bytes(3 * MIB)), headers=()),
    "one message": lambda: cassette(
        headers=OPENED, messages=Messages.of([Message("server", 2, "text", bytes(3 * MIB))])
    ),
    "fragments": lambda: cassette(headers=OPENED, messages=fragments()),
}
COMMANDS = (
    "show IN", "show IN --json", "ls IN", "check IN", "stats IN", "scan IN", "diff IN IN",
    "view IN -o OUT.html", "view --compare IN IN -o OUT.html", "convert IN OUT.har",
    "play IN --speed max", "play IN --to OUT.svg",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each of the files."""
    path = tmp_path_factory.mktemp("unfolding")
    for name, make in UNFOLDING.items():
        (path / f"{name}.tape").write_bytes(b"".join(encode(make())))
    return path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", UNFOLDING)
def test_no_command_fetches_more_than_is_allowed(
    name: str, command: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a body of 3 MiB in a small file, where 2 MiB are allowed, no run over 2 MiB is fetched."""
    monkeypatch.setattr(loading, "EAGER_BYTES", MIB)
    monkeypatch.setattr(unfolding, "MIN_BYTES", 2 * MIB)
    fetched: list[int] = []
    fetch = StoredSegment.columns

    def columns(segment: StoredSegment) -> Columns:
        fetched.append(segment.n_bytes)
        return fetch(segment)

    monkeypatch.setattr(StoredSegment, "columns", columns)
    places = {"IN": str(folder / f"{name}.tape")}
    args = [places.get(w, w.replace("OUT", str(tmp_path / "out"))) for w in command.split()]
    result = CliRunner().invoke(cli, args)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert max(fetched, default=0) <= unfolding.MIN_BYTES
    assert sum(fetched) <= 6 * unfolding.MIN_BYTES  # a command may read a body more than once


def test_a_long_request_in_a_small_file_is_played_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers parse a request whole, so they refuse it; a replay compares it piece by piece."""
    monkeypatch.setattr(loading, "MIN_REQUEST_BYTES", 3 * MIB)
    monkeypatch.setattr(loading, "EAGER_BYTES", MIB)
    path = tmp_path / "a.tape"
    request = Request("POST", "https://h.example/", (), b"x" * (4 * MIB))
    one = Interaction(request, Head(200, SSE, 1), Chunks(), Ending("complete", 9))
    path.write_bytes(b"".join(encode(Cassette((one,)))))
    result = CliRunner().invoke(cli, ["show", str(path)])
    assert result.exit_code == 2
    assert "holds a request whose body is more than 3145728 bytes" in result.output
    assert load_to_replay(path)[0].request.n_body_bytes == 4 * MIB
    played = TapeFile(path).load()
    assert played is not None
    assert played[0].request.n_body_bytes == 4 * MIB


def test_an_outline_tells_times_and_sizes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of rows without their bytes is what the rows say."""
    monkeypatch.setattr(loading, "EAGER_BYTES", MIB)
    for name in UNFOLDING:
        found = load_to_replay(folder / f"{name}.tape")[0]
        for rows in (found.chunks, found.messages):
            assert [*rows.shape()] == [(row.at_us, len(row.data)) for row in rows]
        assert found.messages.count_of("server") == len(found.messages)
        assert found.messages.count_of("client") == 0
