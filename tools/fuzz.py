"""Fuzz targets: whatever the bytes, a value or our error, nothing else. Run by tools/fuzz.sh.

python tools/fuzz.py cassette|records|journal|sse|ndjson|redaction|vcr|har [libFuzzer options]
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["streamtape"]):
    import streamtape
    from streamtape.content import encode as content_encode
    from streamtape.convert import About, formats
    from streamtape.errors import StreamtapeError
    from streamtape.framing.ndjson import NDJSONParser
    from streamtape.framing.sse import SSEParser
    from streamtape.secrets.scanner import default_search
    from streamtape.secrets.streaming import BodyRedactor
    from streamtape.tape import container, journal, recovery, redact
    from streamtape.tape.codec import decode, encode

import zstandard


def cassette(data: bytes) -> None:
    """The bytes as a file."""
    decode(data, max_bytes=1 << 24)


def records(data: bytes) -> None:
    """The bytes as the records of a file that is right outside; what loads is saved and loaded."""
    file = container.HEAD + zstandard.ZstdCompressor(write_checksum=True).compress(data)
    file += struct.pack("<II", 0x184D2A5E, 32)
    loaded = decode(file + hashlib.sha256(file).digest(), max_bytes=1 << 24)
    assert decode(b"".join(encode(loaded))) == loaded


def journals(data: bytes) -> None:
    """The bytes as the records of a journal, each after its length; what comes out can be read."""
    parts: list[bytes] = []
    while data:
        body, data = data[1 : 1 + data[0]], data[1 + data[0] :]
        parts.append(struct.pack("<II", len(body), zlib.crc32(body)) + body)
    numbering = journal.Numbering(b"salt")
    whole = [part for part in parts if len(part) >= 13]
    for file in (
        journal.HEAD + b"".join(parts),
        numbering.head + b"".join(map(bytes, numbering.seal(tuple(whole)))),
    ):
        found = recovery.scan(partial(_at, file), path="fuzzed")
        for interaction in found.interactions:
            assert interaction.chunks.n_bytes == len(interaction.body)


def _at(file: bytes, offset: int, size: int) -> bytes:
    return file[offset : offset + size]


def sse(data: bytes) -> None:
    """The bytes as an event stream, whole and in two pieces: the same frames."""
    cut = data[0] % (len(data) or 1) if data else 0
    whole, parts = SSEParser(), SSEParser()
    frames = [*whole.feed(data), whole.close()]
    assert frames == [*parts.feed(data[:cut]), *parts.feed(data[cut:]), parts.close()]


def ndjson(data: bytes) -> None:
    """The bytes as JSON lines, whole and in two pieces: the same frames."""
    cut = data[0] % (len(data) or 1) if data else 0
    whole, parts = NDJSONParser(), NDJSONParser()
    frames = [*whole.feed(data), whole.close()]
    assert frames == [*parts.feed(data[:cut]), *parts.feed(data[cut:]), parts.close()]


def redaction(data: bytes) -> None:
    """The bytes as a body in two pieces, and as a URL: masked the same, and once for all."""
    cut = data[0] % (len(data) or 1) if data else 0

    def masked(pieces: list[bytes]) -> bytes:
        one, out = BodyRedactor(default_search()), bytearray()
        for piece in (*map(one.feed, pieces), one.close()):
            out += piece.shown
            for offset, patch in piece.patches:
                out[offset : offset + len(patch)] = patch
        return bytes(out)

    once = masked([data])
    assert len(once) == len(data)
    assert masked([data[:cut], data[cut:]]) == once
    redact.Redactor().redact_request(
        streamtape.Request("GET", data.decode("latin-1"), ((b"cookie", data), (b"x", data)), data)
    )
    content_encode.encode_whole(data, "gzip")


def _convert(name: str) -> Callable[[bytes], None]:
    def target(data: bytes) -> None:
        formats.read(data, About("fuzzed"), formats.named(name))

    return target


TARGETS: dict[str, Callable[[bytes], None]] = {
    "cassette": cassette,
    "records": records,
    "journal": journals,
    "sse": sse,
    "ndjson": ndjson,
    "redaction": redaction,
    "vcr": _convert("vcr"),
    "har": _convert("har"),
}


def _seed(name: str, folder: Path) -> None:
    """Give the fuzzer a sound input to begin with."""
    request = streamtape.Request("GET", "http://h/?key=k", ((b"a", b"b"),), b"{}")
    chunks = streamtape.Chunks.of([streamtape.Chunk(5, b"data: 1\n\n")])
    ending = streamtape.Ending("error", 9, "E", "m")
    one = streamtape.Interaction(request, streamtape.Head(200), chunks, ending, 1)
    file = b"".join(encode([one]))
    parts = [journal.request(0, request, 1), journal.head(0, streamtape.Head(200))]
    parts += [
        b"".join(journal.chunk(0, 5, b"data")),
        journal.patch(0, 1, b"x"),
        journal.ending(0, ending),
    ]
    seeds = {
        "cassette": file,
        "records": zstandard.ZstdDecompressor().decompress(file[24:-40]),
        "journal": b"".join(bytes([len(part) - 8]) + part[8:] for part in parts),
        "sse": b"event: a\ndata: 1\nid: 2\n\n: c\r\n\r\n",
        "ndjson": b'{"a": 1}\n[]\n',
        "redaction": b'{"api_key": "abcdefgh1"} sk-proj-0123456789abcdefghij',
        "vcr": b"interactions:\n- request: {method: GET, uri: http://h/, body: null, headers: {}}\n"
        b"  response: {status: {code: 200}, headers: {}, body: {string: x}}\nversion: 1\n",
        "har": formats.write(streamtape.Cassette((one,)), formats.named("har")),
    }
    (folder / "seed").write_bytes(seeds[name])


def main() -> None:
    """Fuzz the target that is named first."""
    name = sys.argv.pop(1)
    target = TARGETS[name]
    if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir():
        _seed(name, Path(sys.argv[1]))

    def one(data: bytes) -> None:
        with contextlib.suppress(StreamtapeError):
            target(data)

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
