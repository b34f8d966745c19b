"""Runs: streams whose blocks begin alike are read as values of one text, in any cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape import SSEFrame, SSEParser
from tests.framing import reference
from tests.framing.cuts import cut_at, places

DELTA = 'event: delta\ndata: {"text": "%s"}\n\n'
# What may come between the blocks of a run: other types and fields, and what only looks like more.
BETWEEN = [
    "", "\n", ": ping\n\n", "data: x\n\n", "event: other\ndata: x\n\n", "id: 7\n\n", "retry: 5\n\n",
    "event: delta\n\n", "event: delta\ndata: x\ndata: y\n\n", "event: delta\ndata: x\nid: 3\n\n",
    "event: delta\ndata: \n\n", "event: delta\ndata:x\n\n", "event: delta\ndata: x\r\r",
    "event: delta\ndata: x\r\n\r\n", "event: deltas\ndata: x\n\n", "x: \n\n",
    "event: delta\rdata: x\n\n",
]  # fmt: skip
TEXTS = ["a", "", "\u00e9", "\u4f60\u597d", "x" * 300, "\N{GRINNING FACE}"]

runs = st.tuples(
    st.sampled_from([DELTA, "data: %s\n\n", DELTA.replace("delta", "d\u00e9lta")]),
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=8),
    st.sampled_from(BETWEEN),
).map(lambda parts: "".join(parts[0] % text for text in parts[1]) + parts[2])
streams = st.lists(runs, min_size=1, max_size=6).map("".join).map(str.encode)


def parsed(chunks: list[bytes]) -> tuple[list[SSEFrame], SSEFrame | None, str]:
    """Get what the reference gives: the frames, the incomplete one, and the last event id."""
    parser = SSEParser()
    frames = [frame for chunk in chunks for frame in parser.feed(chunk)]
    return frames, parser.close(), parser.last_event_id


def of_size(stream: bytes, size: int) -> list[bytes]:
    """Cut a stream into chunks of one size."""
    return [stream[at : at + size] for at in range(0, len(stream), size)]


@given(stream=streams, size=st.integers(1, 400), cuts=places, last=st.sampled_from(BETWEEN))
def test_runs_are_read_as_the_reference_reads_them(
    stream: bytes, size: int, cuts: list[int], last: str
) -> None:
    """Runs of any type, whatever interrupts them and wherever they are cut."""
    stream = b"data: first\n\ndata: second\n\n" + stream + last.strip().encode()
    expected = reference.read(stream)
    for chunks in (of_size(stream, size), cut_at(stream, cuts), stream.splitlines(keepends=True)):
        assert parsed(chunks) == expected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 19, 45, 46, 47, 150, 1024, 20_000])
def test_long_runs_in_chunks_of_every_size(end: str, size: int) -> None:
    """Hundreds of events, with another between them now and then."""
    blocks = [DELTA % n + (BETWEEN[n // 100 % 12] if n % 100 == 0 else "") for n in range(900)]
    stream = "".join(blocks).replace("\n", end).encode()
    assert parsed(of_size(stream, size)) == reference.read(stream)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("between", BETWEEN)
def test_a_run_cut_at_every_byte(text: str, between: str) -> None:
    """Each frame comes with the byte that ends it, wherever the chunk before was cut."""
    known = (DELTA % "known").encode() * 2
    rest = (DELTA % text[:5] + between + DELTA % "last").encode()
    expected = reference.read(known + rest)
    for at in range(len(rest)):
        assert parsed([known, rest[:at], rest[at:]]) == expected
        parser = SSEParser()
        assert parser.feed(known) + parser.feed(rest[:at]) == SSEParser().feed(known + rest[:at])


@pytest.mark.parametrize("invalid", [b"\xff", b"\xe4\xbd", b"\xf0\x9f\x98"])
def test_bytes_that_are_not_utf_8_in_a_run(invalid: bytes) -> None:
    """They become U+FFFD, also at the end of a chunk."""
    stream = b"".join(b"data: a%sb\n\ndata: fine\n\n" % invalid for _ in range(40))
    for size in (13, 25, 26, 100):
        assert parsed(of_size(stream, size)) == reference.read(stream)


def test_state_in_the_midst_of_a_run() -> None:
    """The retry, the last id and the unfinished frame are those of the bytes so far."""
    parser = SSEParser()
    assert len(parser.feed(b"id: 9\nretry: 4\ndata: x\n\n" + b"data: y\n\n" * 3 + b"data: z")) == 4
    assert len(parser.feed(b"\n\ndata: y\n\ndata: un")) == 2
    assert (parser.last_event_id, parser.retry) == ("9", 4)
    assert parser.feed(b"finished\nretry: 6\n") == []
    assert parser.retry == 6
    assert parser.close() == SSEFrame(data="unfinished", id="9", retry=6, complete=False)


def test_whole_chunks_at_once_after_a_run() -> None:
    """Many chunks at once are taken between two values, and refused within one."""
    parser = SSEParser()
    parser.feed(b"data: x\n\ndata: y\n\n")
    assert parser.feed(b"data: z\n\n") == [SSEFrame(data="z")]
    other = [SSEFrame(event="e", data="1"), SSEFrame(event="e", data="2")]
    assert parser.feed_whole([b"event: e\ndata: 1\n\n", b"event: e\ndata: 2\n\n"]) == other
    assert parser.feed(b"data: z\n\ndata: y\n\ndata: ") == [SSEFrame(data="z"), SSEFrame(data="y")]
    assert parser.feed_whole([b"data: 1\n\n"]) is None
    assert parser.feed(b"1\n\n") == [SSEFrame(data="1")]
