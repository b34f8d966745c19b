"""Small recordings for the tests of playback, and what can be read off a score."""

import gzip
import zlib
from collections.abc import Iterable, Sequence

from streamtape.playback.steps import Emit, Fail, Start, Step, WaitUntil
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Headers, Interaction, Request

SSE = (b"content-type", b"text/event-stream")
COMPLETE = Ending("complete", 90_000)


def recording(
    *chunks: bytes,
    headers: Headers = (SSE,),
    ending: Ending = COMPLETE,
    url: str = "http://x/",
    gap_us: int = 10_000,
) -> Interaction:
    """An interaction with these chunks, the head after 5 ms, then a chunk every 10 ms."""
    timed = [Chunk(gap_us * n, data) for n, data in enumerate(chunks, 1)]
    return Interaction(Request("POST", url), Head(200, headers, 5000), Chunks.of(timed), ending)


def numbered(n: int, line_end: bytes = b"\n") -> list[bytes]:
    """Events 0 to n-1, a chunk each."""
    return [b"data: %d" % k + 2 * line_end for k in range(n)]


def zipped(chunks: Sequence[bytes]) -> Interaction:
    """The same chunks as a gzip stream that is flushed behind each of them."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    wire = [packer.compress(c) + packer.flush(zlib.Z_SYNC_FLUSH) for c in chunks]
    wire[-1] += packer.flush()
    assert gzip.decompress(b"".join(wire)) == b"".join(chunks)
    return recording(*wire, headers=(SSE, (b"content-encoding", b"gzip")))


def pieces(score: Iterable[Step]) -> list[bytes]:
    """The chunks of a score."""
    return [step.data for step in score if isinstance(step, Emit)]


def body(score: Iterable[Step]) -> bytes:
    """The bytes of a score."""
    return b"".join(pieces(score))


def waits(score: Iterable[Step]) -> list[int]:
    """The deadlines of a score."""
    return [step.at_us for step in score if isinstance(step, WaitUntil)]


def head(score: Iterable[Step]) -> Head:
    """The head of a score."""
    return next(step.head for step in score if isinstance(step, Start))


def failure(score: Iterable[Step]) -> str | None:
    """The exception that a score ends with, by name; None where it ends well."""
    last = list(score)[-1]
    return last.error.exception if isinstance(last, Fail) else None
