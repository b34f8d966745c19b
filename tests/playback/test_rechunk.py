"""Cuts: the same bytes in other chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import UsageError
from streamtape.playback.build import build_steps
from streamtape.playback.rechunk import KNOWN, parse_rechunk
from streamtape.playback.steps import Emit, WaitUntil
from tests.playback.scores import SSE, body, head, numbered, pieces, recording, waits, zipped

EVERY = [name if name != "bytes" else "bytes=7" for name in KNOWN]


def cut(how: str, *chunks: bytes, seed: int = 0) -> list[bytes]:
    """The chunks that come out."""
    return pieces(build_steps(recording(*chunks), rechunk=how, seed=seed))


def test_event_makes_each_event_one_chunk() -> None:
    """Events that came together are parted, and one that came in pieces is joined."""
    assert cut("event", b"data: 0\n\ndata: 1\n\nda", b"ta: 2\n\n") == numbered(3)


def test_event_keeps_comments_with_the_event_behind_them() -> None:
    """A comment is no event of its own, and a tail that nothing ended is the last chunk."""
    chunks = cut("event", b": hello\n\n: more\n\ndata: 0\n\n", b"data: 1\n")
    assert chunks == [b": hello\n\n: more\n\ndata: 0\n\n", b"data: 1\n"]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_event_knows_every_line_end(line_end: bytes) -> None:
    """LF, CRLF and CR end lines, also where a CRLF lies over two chunks."""
    events = numbered(3, line_end)
    whole = b"".join(events)
    for at in range(1, len(whole)):
        chunks = cut("event", whole[:at], whole[at:])
        assert b"".join(chunks) == whole
        assert [c.count(b"data") for c in chunks if b"data" in c] == [1, 1, 1]


def test_lines_of_json_are_events_too() -> None:
    """NDJSON is cut at its lines."""
    lines = recording(
        b'{"a":1}\n{"a"', b":2}\n", headers=((b"content-type", b"application/jsonl"),)
    )
    assert pieces(build_steps(lines, rechunk="event")) == [b'{"a":1}\n', b'{"a":2}\n']


@pytest.mark.parametrize(
    ("how", "chunks"),
    [
        ("recorded", [b"abc", b"de\xc3", b"\xa9\r\n"]),
        ("bytes=4", [b"abcd", b"e\xc3\xa9\r", b"\n"]),
        ("byte", [b"a", b"b", b"c", b"d", b"e", b"\xc3", b"\xa9", b"\r", b"\n"]),
        ("whole", [b"abcde\xc3\xa9\r\n"]),
        ("crlf", [b"abc", b"de\xc3", b"\xa9\r", b"\n"]),
    ],
)
def test_cuts_by_bytes(how: str, chunks: list[bytes]) -> None:
    """Sizes are counted over the chunks; what is left over is the last chunk."""
    assert cut(how, b"abc", b"de\xc3", b"\xa9\r\n") == chunks


def test_utf8_cuts_inside_every_character() -> None:
    """No character of more than one byte stays whole."""
    assert cut("utf8", "aé€b".encode()) == [b"a\xc3", b"\xa9\xe2", b"\x82", b"\xacb"]


def test_random_is_the_seeds() -> None:
    """The same seed cuts the same, another one differently, none larger than said."""
    text = bytes(200)
    assert cut("random=9", text, seed=3) == cut("random=9", text, seed=3)
    assert cut("random=9", text, seed=3) != cut("random=9", text, seed=4)
    assert set(map(len, cut("random=9", text))) == set(range(1, 10))


def test_a_chunk_goes_out_when_its_last_byte_had_come() -> None:
    """Pieces of a chunk share its time; a joined chunk waits for the end of it."""
    score = list(build_steps(recording(b"data: 0\n\nda", b"ta: 1\n\n"), rechunk="event", speed=1.0))
    assert score[2:] == [
        WaitUntil(10_000), Emit(b"data: 0\n\n"), WaitUntil(20_000), Emit(b"data: 1\n\n"),
        WaitUntil(90_000),
    ]  # fmt: skip
    at_the_end = list(build_steps(recording(b"one", b"two"), rechunk="whole", speed=1.0))
    assert at_the_end[-2:] == [Emit(b"onetwo"), WaitUntil(90_000)]


@pytest.mark.parametrize("how", ["bytes=5", "byte", "whole", "random"])
def test_compressed_bytes_are_cut_as_they_are(how: str) -> None:
    """Cuts by bytes leave the content-encoding alone."""
    recorded = zipped(numbered(4))
    score = list(build_steps(recorded, rechunk=how))
    assert body(score) == recorded.body
    assert head(score).get("content-encoding") == "gzip"


@pytest.mark.parametrize("how", ["event", "utf8", "crlf"])
def test_cuts_by_content_decode_it(how: str) -> None:
    """Cuts that look at the content give it decoded, and the head no longer says otherwise."""
    score = list(build_steps(zipped(numbered(4)), rechunk=how))
    assert pieces(score) == numbered(4)
    assert head(score).headers == (SSE,)


@given(st.lists(st.binary(max_size=40), max_size=8), st.sampled_from(EVERY), st.integers(0, 99))
def test_no_byte_is_lost(chunks: list[bytes], how: str, seed: int) -> None:
    """Whatever the bytes and the cuts, they are the same bytes, and deadlines never go back."""
    recorded = recording(*chunks)
    score = list(build_steps(recorded, rechunk=how, seed=seed, speed=1.0))
    assert body(score) == recorded.body
    assert waits(score) == sorted(waits(score))


@pytest.mark.parametrize("text", [*EVERY, "random=5"])
def test_the_text_of_a_cut_reads_back(text: str) -> None:
    """What is printed can be given again."""
    assert str(parse_rechunk(text)) == text
    assert parse_rechunk(parse_rechunk(text)) == parse_rechunk(text)


@given(st.text(max_size=20))
def test_any_text_is_a_cut_or_refused(text: str) -> None:
    """A value or our error, nothing else."""
    try:
        how = parse_rechunk(text)
    except UsageError:
        return
    assert parse_rechunk(str(how)) == how


@pytest.mark.parametrize("text", ["evnt", "bytes", "bytes=0", "byte=3", "random=x", "", "bytes=-1"])
def test_unknown_cuts_are_refused(text: str) -> None:
    """An unknown or sizeless cut is refused."""
    with pytest.raises(UsageError):
        parse_rechunk(text)
