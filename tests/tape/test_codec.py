"""Cassettes and their bytes: round trips, FORMAT.md, version 1 for ever, damage, hostile files."""

import base64
import contextlib
import hashlib
import io
import random
import shutil
import struct
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.errors import (
    CassetteError,
    CassetteLimitError,
    CassetteWriteError,
    ContentLimitError,
    DamagedCassetteError,
    NewerFormatError,
    NotACassetteError,
)
from streamtape.tape import container, loading, segments
from streamtape.tape.codec import decode, encode
from streamtape.tape.events import Frame
from streamtape.tape.loading import Decoder
from streamtape.tape.model import (
    Cassette,
    Chunk,
    Chunks,
    Ending,
    Head,
    Interaction,
    Redaction,
    Request,
)
from tests.patience import PATIENCE_S
from tests.tape import mini_reader

times = st.none() | st.integers(-(1 << 63), (1 << 63) - 1)
headers = st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=20)), max_size=4).map(tuple)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
timed = st.lists(st.builds(Chunk, st.integers(-(1 << 63), (1 << 63) - 1), st.binary(max_size=50)))
untimed = st.lists(st.builds(Chunk, st.none(), st.binary(max_size=50)))
interactions = st.builds(
    Interaction,
    st.builds(Request, texts, texts, headers, st.binary(max_size=100)),
    st.none() | st.builds(Head, st.integers(0, 999), headers, times, texts, texts, st.booleans()),
    (timed | untimed).map(Chunks.of),
    st.builds(
        Ending,
        st.sampled_from(["complete", "error", "abandoned", "unfinished"]),
        times,
        st.none() | texts.filter(bool),
        st.none() | texts,
        st.none() | texts.filter(bool),
        st.lists(texts, max_size=3).map(tuple),
    ),
    times,
    st.booleans(),
    st.lists(st.builds(Redaction, texts, texts, texts), max_size=3).map(tuple),
)


def sample(seed: int = 1, n_chunks: int = 30, n: int = 2) -> Cassette:
    """A small cassette of a plausible kind."""
    rng = random.Random(seed)
    return Cassette(
        tuple(
            Interaction(
                Request("POST", f"http://h/{k}", ((b"accept", b"*/*"),), b'{"n":%d}' % k),
                Head(200, ((b"content-type", b"text/event-stream"),), 900),
                Chunks.of(
                    Chunk(
                        1000 * c + rng.randrange(900),
                        b'data: {"delta":"%d"}\n\n' % rng.randrange(99),
                    )
                    for c in range(n_chunks)
                ),
                Ending("error", 99_000, "ReadError", "cut", "httpx", ("TransportError",)),
                1_767_225_600_000_000 + k,
                True,
                (Redaction("request.header:authorization", "name", "abcd"),),
            )
            for k in range(n)
        )
    )


def written(cassette: Cassette) -> bytes:
    """The bytes of a cassette."""
    return b"".join(encode(cassette))


def forged(records: bytes, *, version: int = 1, **options: Any) -> bytes:
    """A file that is right outside, whatever the records are."""
    data = container.make_head(version)
    compressor = zstandard.ZstdCompressor(write_checksum=True, **options)
    data += compressor.compress(records)
    data += struct.pack("<II", 0x184D2A5E, 32)
    return data + hashlib.sha256(data).digest()


def records_of(data: bytes) -> list[Any]:
    """The records of a file."""
    inner = zstandard.ZstdDecompressor().decompress(data[24:-40])
    unpacker = msgpack.Unpacker()
    unpacker.feed(inner)
    return list(unpacker)


@settings(max_examples=100, deadline=None)
@given(st.lists(interactions, max_size=3))
def test_any_cassette_comes_back(made: list[Interaction]) -> None:
    """Whatever a cassette holds is loaded as it was saved, and saves as the same bytes."""
    cassette = Cassette(tuple(made))
    data = written(cassette)
    loaded = decode(data)
    assert loaded == cassette
    assert written(loaded) == data


@settings(max_examples=50, deadline=None)
@given(st.lists(interactions, max_size=3), st.integers(1, 50))
def test_a_file_may_come_in_pieces(made: list[Interaction], size: int) -> None:
    """A decoder that is fed piece by piece gives the same."""
    data = written(Cassette(tuple(made)))
    decoder = Decoder()
    for start in range(0, len(data), size):
        decoder.feed(data[start : start + size])
    assert decoder.close() == Cassette(tuple(made))


@settings(max_examples=50, deadline=None)
@given(st.lists(interactions, max_size=3))
def test_a_reader_of_the_specification_agrees(made: list[Interaction]) -> None:
    """A reader that was written from FORMAT.md alone reads what we write."""
    read = mini_reader.read(written(Cassette(tuple(made))))
    assert len(read) == len(made)
    for one, interaction in zip(read, made, strict=True):
        assert one["request"].get("url", "") == interaction.request.url
        assert one["request"].get("body", b"") == interaction.request.body
        assert tuple(map(tuple, one["request"].get("headers", ()))) == interaction.request.headers
        assert one["request"].get("started_at_us") == interaction.started_at_us
        assert (one.get("head") or {}).get("status") == getattr(interaction.head, "status", None)
        assert one["chunks"] == [tuple(chunk) for chunk in interaction.chunks]
        assert one["ending"]["kind"] == interaction.ending.kind
        assert len(one["redactions"]) == len(interaction.redactions)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, (1 << 64) - 1)))
def test_columns(numbers: list[int]) -> None:
    """Columns of numbers and of times come back, and are laid out as specified."""
    assert list(segments.unpack(segments.pack(numbers))) == numbers
    assert mini_reader.column(segments.pack(numbers)) == numbers
    signed = [n - (1 << 63) for n in numbers]
    assert list(segments.unpack_times(segments.pack_times(signed))) == signed


def test_the_example_column_of_the_specification() -> None:
    """FORMAT.md's example is right."""
    expected = bytes.fromhex("e82cff 0301ff" + "0000ff" * 6)
    assert segments.pack_times([1000, 1300, 1299]) == expected


def test_large_requests_and_chunks_are_split_into_records() -> None:
    """A body or a chunk beyond what a record holds goes on in further ones."""
    big = random.Random(1).randbytes(9 << 20)
    made = Interaction(
        Request("POST", "u", (), big),
        None,
        Chunks.of([Chunk(1, big), Chunk(2, b"x")]),
        Ending("complete"),
    )
    data = written(Cassette((made,)))
    assert decode(data)[0] == made
    assert mini_reader.read(data)[0]["chunks"] == [(1, big), (2, b"x")]


def test_text_that_is_no_unicode_is_escaped() -> None:
    """A message with a lone surrogate is written as an escape, not refused."""
    made = Interaction(Request("GET", "u"), None, Chunks(), Ending("error", message="\udcff!"))
    assert decode(written(Cassette((made,))))[0].ending.message == "\\udcff!"


def test_a_header_beyond_the_limit_is_refused_when_written() -> None:
    """What could not be loaded again is not written."""
    made = Interaction(
        Request("GET", "u", ((b"a", bytes(17 << 20)),)), None, Chunks(), Ending("complete")
    )
    with pytest.raises(CassetteWriteError, match="too large"):
        written(Cassette((made,)))


@pytest.mark.skipif(shutil.which("zstd") is None, reason="the zstd tool is not installed")
def test_the_zstd_tool_opens_it(tmp_path: Path) -> None:
    """`zstd -dc x.tape` gives the records."""
    path = tmp_path / "x.tape"
    path.write_bytes(written(sample()))
    out = subprocess.run(
        ["zstd", "-dc", str(path)], capture_output=True, check=True, timeout=PATIENCE_S
    )
    assert list(msgpack.Unpacker(io.BytesIO(out.stdout)))[-1][0] == "close"


FROZEN = base64.b64decode(
    "UCpNGBAAAABTVFJFQU1UQVBFDQoaCgEAKLUv/WQVAR0NAJYXVj4gcdIcAAwAPxMQgIA6fyJgO0KBgLCgDHzYN/u/"
    "xa22d2Nz1yo3Id1joSMw7ePIuzXEwhdLg8EyUdRzfbtGAkgARwBFACYuvLdr77PCgLt5bt2INqDbmjvnkXFr5fnX"
    "TnU+KhIEj4/KSAPOMQ4WkERUFHWwpptKkZl0hEQhRMQ+SfWri8EQH5pPM3x2ahE+6eITdHxH6QrcejIhRESU3D4v"
    "jkhEkkCuKCHPk1hSWLRg2q3Z1g0aAFzOkxerIpbIiLFwU0eCPTgQAURCBoPB1NLNMltzVD9Kjdu6PcsEMOgmkC32"
    "MEbggSwgiGHgMiZSyl0Vw3+xzZ/gu161aF+EGNuh4MTnqRLLA0pd8f6k++yAeFxYGmgyBbhTGvzmXCzo4fmOMKXD"
    "WWacVSsoTvjcLhbH5nqGPlldj3Kynxrzq05T+QpKr32khOZucxQODB72Yso5b8Vf9Z8BGwig0NXW2Q1eK9awoULY"
    "21SUm+3TmXwaFMACgC2YMyK45aGCxpVcGLgVT1tnN2AG27YRTwHrY6j1qNHBhgemKIzlK0BGuhIFViHnV14qTRgg"
    "AAAAa4Z/fxpx8NqNBVuxsFJw+Y+V8O2Jy5WmmhW/G38XbbE="
)


def test_version_1_for_ever() -> None:
    """A file of version 1, frozen here, gives the values that it was made of."""
    (one,) = decode(FROZEN)
    assert one == Interaction(
        Request(
            "POST", "https://h/v1?key=REDACTED", ((b"Accept", b"*/*"), (b"x", b"[redacted]")), b"{}"
        ),
        Head(200, ((b"content-encoding", b"gzip"),), 412, "HTTP/2", "OK", True),
        Chunks.of([Chunk(1000, b"one"), Chunk(1300, b""), Chunk(70_000, b"three")]),
        Ending("error", 80_000, "ReadTimeout", "gone", "httpx2", ("TimeoutException",)),
        1_767_225_600_000_000,
        False,
        (Redaction("request.url:key", "name", "beef"),),
    )


# Damage: each of these gives our error or the very same value.


def test_every_bit_and_every_cut_of_small_cassettes() -> None:
    """No flipped bit, no cut, no added byte is ever read as another recording."""
    for cassette in (Cassette(), sample(1, 3, 1), sample(2, 12, 2)):
        data = written(cassette)
        for position in range(len(data) * 8):
            bad = bytearray(data)
            bad[position >> 3] ^= 1 << (position & 7)
            with pytest.raises((DamagedCassetteError, NotACassetteError, NewerFormatError)):
                decode(bytes(bad))
        for size in range(len(data)):
            with pytest.raises((DamagedCassetteError, NotACassetteError)):
                decode(data[:size])
        for tail in (b"\0", b"\x28\xb5\x2f\xfd", data, data[-40:]):
            with pytest.raises(DamagedCassetteError, match="follow"):
                decode(data + tail)


def test_random_damage_to_large_cassettes() -> None:
    """Ten thousand random flips, cuts, moves and copies of stretches of a large file."""
    rng = random.Random(5)
    noisy = [Chunk(n, rng.randbytes(90)) for n in range(600)]
    cassette = Cassette(
        (
            *sample(3, 400, 3),
            Interaction(Request("G", "u"), None, Chunks.of(noisy), Ending("complete")),
        )
    )
    data = written(cassette)
    for _ in range(10_000):
        bad = bytearray(data)
        a, b, c = sorted(rng.randrange(len(data)) for _ in range(3))
        kind = rng.randrange(5)
        if kind == 0:
            bad[a] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del bad[a:b]
        elif kind == 2:
            bad[a:c] = bad[b:c] + bad[a:b]
        elif kind == 3:
            bad[b:b] = bad[a:b]
        else:
            bad[a:b] = rng.randbytes(b - a)
        if bad != data:
            with pytest.raises((DamagedCassetteError, NotACassetteError, NewerFormatError)):
                decode(bytes(bad))


def test_spliced_files() -> None:
    """The front of one cassette and the back of another are no cassette."""
    one, two = written(sample(1)), written(sample(2))
    for cut in range(1, min(len(one), len(two)), 7):
        if (spliced := one[:cut] + two[cut:]) not in {one, two}:
            with pytest.raises(DamagedCassetteError):
                decode(spliced)


RECORDS = records_of(written(sample(1, 3, 2)))
Change = Callable[[list[Any]], Any]
CHANGES: dict[str, Change] = {
    "a request twice": lambda r: r.insert(0, r[0]),
    "an ending twice": lambda r: r.insert(5, r[4]),
    "no ending": lambda r: r.pop(4),
    "no request": lambda r: r.pop(0),
    "no closing record": lambda r: r.pop(),
    "two closing records": lambda r: r.append(r[-1]),
    "chunks after the ending": lambda r: r.insert(5, r[3]),
    "chunks twice": lambda r: r.insert(3, r[3]),
    "a head after chunks": lambda r: r.insert(4, r.pop(1)),
    "reordered interactions": lambda r: r.insert(0, r.pop(5)),
    "wrong count of interactions": lambda r: r[-1][1].update(interactions=1),
    "wrong count of chunks": lambda r: r[-1][1].update(chunks=5),
    "wrong count of bytes": lambda r: r[-1][1].update(bytes=0),
    "a count that is none": lambda r: r[-1][1].update(bytes="many"),
    "data that is short": lambda r: r[3][1].update(data=b"x"),
    "data that is long": lambda r: r[3][1].update(data=r[3][1]["data"] + b"x"),
    "a column of an odd length": lambda r: r[3][1].update(sizes=b"123"),
    "no chunks at all": lambda r: r[3][1].update(sizes=b"", at_us=b"", data=b""),
    "fewer times than sizes": lambda r: r[3][1].update(at_us=bytes(8)),
    "sizes that overflow": lambda r: r[3][1].update(sizes=b"\xff" * 24),
    "more of nothing": lambda r: r.insert(3, ["more", {"i": 0, "data": b"x"}]),
    "more than there is": lambda r: r.insert(4, ["more", {"i": 0, "data": b"x"}]),
    "an interaction that is none": lambda r: r[3][1].update(i=7),
    "an interaction below zero": lambda r: r[3][1].update(i=-1),
    "an ending of no known kind": lambda r: r[4][1].update(kind="fine"),
    "headers that are text": lambda r: r[0][1].update(headers=[["a", "b"]]),
    "headers of three": lambda r: r[0][1].update(headers=[[b"a", b"b", b"c"]]),
    "a status that is true": lambda r: r[1][1].update(status=True),
    "a time beyond 64 bits": lambda r: r[1][1].update(at_us=(1 << 64) - 1),
    "fields that are no map": lambda r: r.insert(1, ["head", [1]]),
    "a record that is a number": lambda r: r.insert(1, 5),
    "a record without fields": lambda r: r.insert(1, ["head"]),
    "a kind that is a number": lambda r: r.insert(1, [1, {}]),
    "an extension type": lambda r: r.insert(1, ["new", msgpack.ExtType(5, b"x")]),
    "a timestamp": lambda r: r.insert(1, ["new", msgpack.Timestamp(1, 2)]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_records_that_make_no_sense(name: str) -> None:
    """Records out of place or out of shape are damage, even where the digest is right."""
    records = msgpack.unpackb(msgpack.packb(RECORDS))
    CHANGES[name](records)
    with pytest.raises(DamagedCassetteError):
        decode(forged(b"".join(map(msgpack.packb, records))))


def test_unknown_records_and_fields_are_passed_over() -> None:
    """What a later streamtape adds within version 1 does not stop this one."""
    records = msgpack.unpackb(msgpack.packb(RECORDS))
    records.insert(1, ["later", {"i": 0, "x": [1, {"y": None}]}, "even more"])
    records[0][1]["later"] = {"deep": [1, 2]}
    assert decode(forged(b"".join(map(msgpack.packb, records)))) == sample(1, 3, 2)


HOSTILE: dict[str, bytes] = {
    "deep nesting": b"\x91" * 100_000,
    "deep maps": b"\x81\xa1a" * 100_000,
    "a huge array": b"\xdd\xff\xff\xff\xff",
    "huge arrays in arrays": b"\xdd\x7f\xff\xff\xff" * 500,
    "arrays at the limit": b"\xdc\x20\x00" * 1000,
    "a huge map": b"\xdf\xff\xff\xff\xff",
    "a huge text": b"\xdb\xff\xff\xff\xff",
    "huge bytes": b"\xc6\xff\xff\xff\xff",
    "a huge extension": b"\xc9\xff\xff\xff\xff\x01",
    "a reserved byte": b"\xc1" * 100,
    "text that is no UTF-8": b"\x92\xa1\xff\x80",
    "a key that is a number": b"\x92\xa1a\x81\x01\x01",
    "a key that is a list": b"\x92\xa1a\x81\x90\x01",
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_msgpack(name: str) -> None:
    """Hostile records give our error, in little memory."""
    data = forged(HOSTILE[name])
    tracemalloc.start()
    with pytest.raises(DamagedCassetteError):
        decode(data)
    assert tracemalloc.get_traced_memory()[1] < 100 << 20
    tracemalloc.stop()


def test_frames_that_are_not_as_they_should_be() -> None:
    """No checksum, no size, too large: a frame must be as FORMAT.md says."""
    inner = b"".join(map(msgpack.packb, RECORDS))
    assert decode(forged(inner)) == sample(1, 3, 2)
    with pytest.raises(DamagedCassetteError, match="frames have"):
        decode(forged(inner, write_content_size=False))
    with pytest.raises(DamagedCassetteError, match="frames have"):
        decode(forged(bytes(17 << 20)))
    with pytest.raises(DamagedCassetteError):
        decode(container.HEAD + b"\x28\xb5\x2f\xfd" + bytes(1 << 16))
    with pytest.raises(DamagedCassetteError):
        decode(container.HEAD + b"\x28\xb5\x2f\xfd\x24\x01" + b"\0\0\0" * 400_000)


def bomb(n_frames: int) -> bytes:
    """A file whose frames each hold 15 MiB of one unknown record."""
    record = msgpack.packb(["unknown", bytes(15 << 20)])
    frame = zstandard.ZstdCompressor(write_checksum=True).compress(record)
    data = container.HEAD + frame * n_frames
    data += struct.pack("<II", 0x184D2A5E, 32)
    return data + hashlib.sha256(data).digest()


@pytest.mark.parametrize("limit", ["content", "unknown kinds"])
def test_bombs_meet_the_limits(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that unpacks to much is refused, in bounded memory."""
    if limit == "content":
        monkeypatch.setattr(loading, "MAX_UNKNOWN_BYTES", 1 << 40)
    data = bomb(80)
    assert len(data) < 200_000
    tracemalloc.start()
    with pytest.raises(CassetteLimitError, match="1073741824" if limit == "content" else limit):
        decode(data)
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


def nested(n: int) -> bytes:
    """Msgpack of n times 8,000 empty arrays: a byte each in the file, 64 in memory."""
    head: bytes = msgpack.Packer().pack_array_header(n)
    one: bytes = msgpack.packb([[]] * 8000)
    return head + one * n


@pytest.mark.parametrize(
    "record",
    [
        b"\x92\xa1z\x81\xa1a" + nested(1000),
        b"\x92\xa7request\x83\xa1i\x00\xa1z" + nested(1000) + b"\xa6method\xa1G",
        b"\x92\xa7request\x82\xa1i\x00\xa7headers" + nested(1000),
        b"\x92\xa7request\x82\xa1i\x00\xa3url" + nested(1000),
        b"\x93\xa7request\x81\xa1i\x00" + nested(1000),
    ],
    ids=["unknown kind", "unknown field", "headers", "a text", "a third item"],
)
def test_nothing_is_made_of_what_is_not_kept(record: bytes) -> None:
    """Records of 8 MB that would take 600 MB as values: passed over or refused, in 64 MiB."""
    data = forged(record + msgpack.packb(["close", {"interactions": 0, "chunks": 0, "bytes": 0}]))
    tracemalloc.start()
    with contextlib.suppress(DamagedCassetteError):
        decode(data)
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


def test_a_small_file_has_not_a_million_chunks() -> None:
    """Chunks that compress to nothing are refused, but for a caller who trusts the file."""
    chunks = Chunks.of([Chunk(5, b"")] * 250_000)
    one = Interaction(Request("G", "u"), Head(200), chunks, Ending("complete"))
    data = written(Cassette((one,)))
    with pytest.raises(CassetteLimitError, match="more than 200000 chunks"):
        decode(data)
    assert len(decode(data, max_bytes=1 << 30)[0].chunks) == 250_000


def test_a_small_file_is_not_read_for_ever() -> None:
    """Its first events are read; then an error says that the rest was left out."""
    body = [Chunk(5, b"data: 1\n\n" * 1000)] * 150
    head = Head(200, ((b"content-type", b"text/event-stream"),))
    one = Interaction(Request("G", "u"), head, Chunks.of(body), Ending("complete"))
    data = written(Cassette((one,)))
    read: list[Frame] = []
    with pytest.raises(ContentLimitError, match=r"first 100,000 events .* left out"):
        read.extend(decode(data)[0].frames())
    assert len(read) == 100_000
    assert sum(1 for _ in decode(data, max_bytes=1 << 30)[0].frames()) == 150_000
    big = Interaction(Request("G", "u"), head, Chunks.of([Chunk(5, bytes(9 << 20))]), one.ending)
    with pytest.raises(ContentLimitError, match="8,388,608 bytes"):
        _ = decode(written(Cassette((big,))))[0].content
    with pytest.raises(CassetteLimitError, match="1000000"):
        decode(bomb(1), max_bytes=1_000_000)


def test_what_is_kept_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Very many small requests, which must be kept in memory, meet a limit of their own."""
    monkeypatch.setattr(loading, "MAX_KEPT_BYTES", 100_000)
    many = Cassette(
        tuple(Interaction(Request("G", "u"), None, Chunks(), Ending("complete")) for _ in range(99))
    )
    with pytest.raises(CassetteLimitError, match="requests and heads"):
        decode(written(many))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_arbitrary_bytes(data: bytes, dressed: bool) -> None:
    """Any bytes give our error, and nothing else, as a file and as records."""
    with pytest.raises(CassetteError):
        decode(forged(data) if dressed else data)


def test_long_columns_have_blocks_of_their_own() -> None:
    """A frame with them is an ordinary one: any reader undoes it, and it comes back the same."""
    made = sample(n_chunks=3000)
    data = written(made)
    assert decode(data) == made
    packed = zstandard.ZstdDecompressor().decompressobj()
    plain = packed.decompress(data[len(container.HEAD) : -container.TAIL_BYTES])
    assert len(zstandard.ZstdCompressor(level=12).compress(plain)) > len(data) - 64
    assert records_of(data)[-1][0] == "close"
