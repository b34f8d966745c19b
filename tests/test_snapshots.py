"""The canonical text of a stream, its place on disk, and the difference between two."""

import json
from pathlib import Path
from typing import Any

import pytest

import streamtape
from streamtape.errors import CassetteError, UsageError
from streamtape.snapshots import difference, read, write
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

SSE = ((b"content-type", b"text/event-stream"),)


def stream(*payloads: dict[str, Any], ending: str = "complete") -> Interaction:
    """A Responses stream of these events."""
    chunks = [
        Chunk(n, f"event: {p['type']}\ndata: {json.dumps(p)}\n\n".encode())
        for n, p in enumerate(payloads)
    ]
    request = Request("POST", "https://api.openai.com/v1/responses?x=1")
    end = Ending("error", 9, "ReadError") if ending == "error" else Ending("complete", 9)
    return Interaction(request, Head(200, SSE, 0), Chunks.of(chunks), end)


def delta(text: str, item: str = "msg_1") -> dict[str, Any]:
    """A piece of text."""
    return {
        "type": "response.output_text.delta", "item_id": item, "output_index": 0,
        "content_index": 0, "delta": text, "sequence_number": 1,
    }  # fmt: skip


def test_what_differs_from_run_to_run_is_not_in_it() -> None:
    """Ids and the cuts of deltas leave no trace; a word does."""
    one = stream(delta("one two "), delta("three"))
    other = stream(delta("one"), delta(" two th", "msg_2"), delta("ree", "msg_2"))
    assert streamtape.snapshot(one) == streamtape.snapshot(other)
    assert streamtape.snapshot(one) != streamtape.snapshot(stream(delta("one two four")))


def test_the_text() -> None:
    """It reads well: the request, what was said, how it ended."""
    found = streamtape.snapshot(stream(delta("one\ntwo "), delta("three"), ending="error"))
    assert found.splitlines() == [
        "POST /v1/responses -> 200",
        "text:",
        "  one",
        "  two three",
        "cut: nothing that ends such a stream came",
        "ending: error ReadError",
    ]


def test_the_sources() -> None:
    """Interactions, cassettes, events, transcripts and texts; anything else is refused."""
    one = stream(delta("hi"))
    events = streamtape.snapshot(list(one.events()))
    assert events.startswith("text:\n  hi\n")
    assert streamtape.snapshot(one.transcript()) == events
    whole = streamtape.snapshot(Cassette((one, one)))
    assert whole == f"{streamtape.snapshot(one)}\n{streamtape.snapshot(one)}"
    assert streamtape.snapshot("as it is") == "as it is\n"
    assert streamtape.snapshot(one.events(), level="events").count("\n") >= 1
    bad: list[Any] = [5, [1, 2], None]
    for source in bad:
        with pytest.raises(UsageError, match=r"snapshot"):
            streamtape.snapshot(source)
    with pytest.raises(UsageError, match="unknown level 'bytes'"):
        streamtape.snapshot(one, level="bytes")  # type: ignore[arg-type]  # that is what is refused
    with pytest.raises(UsageError, match="does not keep its events"):
        streamtape.snapshot(one.transcript(), level="events")


def test_frames_as_they_came() -> None:
    """At level frames nothing is left out: comments, names, new ids, data, the cut."""
    body = (
        b": hi\nevent: tick\nid: 7\ndata: a\ndata: b\n\n"
        b"retry: 50\ndata: c\n\nid: 8\ndata: d\n\ndata: e"
    )
    request, ending = Request("GET", "http://h/events"), Ending("abandoned")
    one = Interaction(request, Head(200, SSE), Chunks.of([Chunk(1, body)]), ending)
    assert streamtape.snapshot(one, level="frames").splitlines() == [
        *("GET /events -> 200", ": hi", "event: tick", "id: 7", "data: a", "data: b", ""),
        *("retry: 50", "data: c", "", "id: 8", "data: d", ""),
        *("data: e", "(cut: nothing ended this frame)", "ending: abandoned"),
    ]
    assert "data: c" in streamtape.snapshot(one.events(), level="frames")


def test_a_plain_body_is_reported_as_it_is() -> None:
    """What is no stream has its body."""
    chunks = Chunks.of([Chunk(1, b"hello\nthere")])
    plain = Interaction(Request("GET", "http://h/"), Head(404), chunks, Ending("complete"))
    assert streamtape.snapshot(plain) == "GET / -> 404\nbody:\n  hello\n  there\n"


def test_the_recorded_examples_have_snapshots() -> None:
    """Every example cassette has a text, at every level, twice the same."""
    folder = Path(__file__).parent.parent / "cassettes"
    paths = sorted(folder.rglob("*.tape"))
    assert paths
    for path in paths:
        cassette = streamtape.load(path)
        assert streamtape.snapshot(cassette) == streamtape.snapshot(streamtape.load(path))
        assert streamtape.snapshot(cassette, level="events")
        assert "data: " in streamtape.snapshot(cassette, level="frames")


def test_on_disk(tmp_path: Path) -> None:
    """Written whole into folders that are made; what can't be read or written is our error."""
    path = tmp_path / "a" / "b.txt"
    assert read(path) is None
    write(path, "ü\n")
    assert path.read_bytes() == "ü\n".encode()
    assert read(path) == "ü\n"
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    for place in ("bad.txt", "a"):
        with pytest.raises(CassetteError, match="cannot read the snapshot"):
            read(tmp_path / place)
    with pytest.raises(CassetteError, match="cannot write the snapshot"):
        write(tmp_path / "bad.txt" / "x.txt", "")


@pytest.mark.parametrize(
    ("kept", "found", "lines"),
    [
        ("a\nb\n", "a\nb\n", []),
        ("one two three\n", "one 2 three\n", ["line 1: one [-two-]{+2+} three"]),
        ("a\nb\n", "a\n", ["line 2: [-b-]"]),
        ("a\n", "a\nb\n", ["line 2: {+b+}"]),
    ],
)
def test_differences(kept: str, found: str, lines: list[str]) -> None:
    """Changed lines show their words; lines that came or went stand whole."""
    assert list(difference(kept, found)) == lines


def test_half_of_a_character_is_kept_as_its_escape(tmp_path: Path) -> None:
    """A stream that was cut within a surrogate pair can be kept, and is the same when read back."""
    text = streamtape.snapshot("cut \ud83d")
    write(tmp_path / "s.txt", text)
    assert read(tmp_path / "s.txt") == text
    assert "\\ud83d" in text
