"""Decompression bombs: refused at a bound, by every codec, and what a recording does with one."""

import zlib
from pathlib import Path

import brotli
import pytest
import zstandard

from streamtape.content import decode, encode
from streamtape.content.decode import MAX_DECODED_BYTES, decoder_for
from streamtape.errors import ContentLimitError
from streamtape.tape.model import Ending, Head, Request
from streamtape.tape.redact import Redactor
from streamtape.tape.store import TapeFile, load

ZEROS = bytes(1 << 20)


def bomb(encoding: str, megabytes: int) -> bytes:
    """So many zeros, compressed as far as they go."""
    if encoding == "br":
        return bytes(brotli.compress(ZEROS * megabytes, quality=3))
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=1).compress(ZEROS * megabytes)
    wbits = zlib.MAX_WBITS | 16 if encoding == "gzip" else zlib.MAX_WBITS
    encoder = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join(encoder.compress(ZEROS) for _ in range(megabytes)) + encoder.flush()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_refused_at_the_bound(encoding: str) -> None:
    """A small piece that decodes to more than the bound is an error; just below it is content."""
    with pytest.raises(ContentLimitError, match=str(MAX_DECODED_BYTES)):
        decoder_for(encoding).feed(bomb(encoding, 40))
    assert len(decoder_for(encoding).feed(bomb(encoding, 31))) == 31 << 20


def test_a_bomb_within_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is over all encodings, by the size of what came over the wire."""
    monkeypatch.setattr(decode, "MAX_DECODED_BYTES", 1 << 20)
    wire = encode.encode_whole(bomb("gzip", 20), "gzip")
    with pytest.raises(ContentLimitError):
        decoder_for("gzip, gzip").feed(wire)


def test_a_large_piece_may_decode_to_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole body in one piece, as a converted recording has it, is held to a ratio."""
    monkeypatch.setattr(decode, "MAX_DECODED_BYTES", 1000)
    text = b"".join(b"%d " % (n * 7919) for n in range(20_000))
    wire = encode.encode_whole(text, "gzip")
    assert decoder_for("gzip").feed(wire) == text


def test_a_recording_of_a_bomb_ends_there(tmp_path: Path) -> None:
    """What can't be searched for secrets is not written: the body ends as cut by us."""
    path = tmp_path / "a.tape"
    journal = TapeFile(path, Redactor()).open_journal()
    journal.request(0, Request("GET", "http://h/"), 1)
    journal.head(0, Head(200, ((b"content-encoding", b"gzip"),)))
    wire = encode.encode_whole(b"data: 1\n\n", "gzip")
    journal.chunk(0, 5, wire)
    journal.chunk(0, 6, bomb("gzip", 40))
    journal.chunk(0, 7, b"more")
    journal.ending(0, Ending("complete", 8))
    journal.commit()
    (interaction,) = load(path)
    assert interaction.content == b"data: 1\n\n"
    assert (interaction.ending.kind, interaction.ending.at_us) == ("unfinished", 6)
    assert "cut by streamtape: one piece" in (interaction.ending.message or "")
    assert path.stat().st_size < 2000
