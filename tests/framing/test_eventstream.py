"""AWS event streams: messages with both CRCs, whole, cut and damaged."""

import struct
from typing import Any
from uuid import UUID
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import FrameTooLargeError, FramingError, UsageError
from streamtape.framing.eventstream import EventStreamFrame, EventStreamParser, is_prelude
from tests.framing.cuts import bytewise, cut_at, places, run, splits
from tests.shared import SHARED, needs_corpus

SOME_UUID = UUID("12345678-1234-5678-1234-567812345678")


def header(name: str, kind: int, value: bytes = b"") -> bytes:
    """Write one header."""
    return bytes([len(name.encode())]) + name.encode() + bytes([kind]) + value


def text_header(name: str, value: str) -> bytes:
    """Write one header of type string."""
    return header(name, 7, struct.pack(">H", len(value.encode())) + value.encode())


def message(headers: bytes, payload: bytes) -> bytes:
    """Write one message, with its CRCs."""
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return body + struct.pack(">I", crc32(body))


CHUNK = message(text_header(":event-type", "chunk"), b'{"bytes": "aGk="}')
ERROR = message(text_header(":exception-type", "throttlingException"), b'{"message": "slow"}')
names = st.text(max_size=8)
messages = st.lists(
    st.builds(
        lambda fields, payload: message(b"".join(text_header(*f) for f in fields), payload),
        st.lists(st.tuples(names, names), max_size=3),
        st.binary(max_size=40),
    ),
    max_size=5,
)


def test_messages_become_frames() -> None:
    """A frame has the event type, or what kind of error it is, the headers and the payload."""
    frames, error = run(EventStreamParser(), [CHUNK + ERROR + message(b"", b"\xff")])
    assert error is None
    assert frames == [
        EventStreamFrame(
            "chunk", '{"bytes": "aGk="}', {":event-type": "chunk"}, b'{"bytes": "aGk="}'
        ),
        EventStreamFrame(
            "throttlingException",
            '{"message": "slow"}',
            {":exception-type": "throttlingException"},
            b'{"message": "slow"}',
        ),
        EventStreamFrame("message", "\ufffd", {}, b"\xff"),
    ]
    assert hash(frames[0]) != hash(frames[1])


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (0, b"", True),
        (1, b"", False),
        (2, b"\xfe", -2),
        (3, b"\x01\x00", 256),
        (4, b"\xff\xff\xff\xff", -1),
        (5, b"\0\0\0\1\0\0\0\0", 1 << 32),
        (6, b"\0\2ab", b"ab"),
        (7, b"\0\3\xe2\x82\xac", "€"),
        (8, b"\0\0\1\x8b\xcf\xe5\x68\0", 1_700_000_000_000),
        (9, SOME_UUID.bytes, SOME_UUID),
    ],
)
def test_every_type_of_header(kind: int, written: bytes, value: Any) -> None:
    """Each of the ten types is read, and the header after it, too."""
    headers = header("it", kind, written) + text_header("next", "x")
    (frame,), _ = run(EventStreamParser(), [message(headers, b"")])
    assert frame.headers == {"it": value, "next": "x"}
    assert type(frame.headers["it"]) is type(value)


@given(written=messages, cuts=places)
def test_any_cuts_give_the_same_frames(written: list[bytes], cuts: list[int]) -> None:
    """Messages come out one for one, wherever the stream is cut."""
    stream = b"".join(written)
    whole = run(EventStreamParser(), [stream])
    assert len(whole[0]) == len(written)
    assert whole[1] is None
    for chunks in (bytewise(stream), cut_at(stream, cuts)):
        assert run(EventStreamParser(), chunks) == whole


def test_a_cut_message_is_an_incomplete_frame() -> None:
    """What there was of the last message comes with `complete=False`, at every cut."""
    for at in range(1, len(CHUNK)):
        frames, error = run(EventStreamParser(), [CHUNK + CHUNK[:at]])
        assert error is None
        assert [f.complete for f in frames] == [True, False]
        assert (frames[0].data or "").startswith(frames[1].data or "")
    assert frames[1].headers == {":event-type": "chunk"}
    assert frames[1].payload == frames[0].payload


def test_every_flipped_bit_is_noticed() -> None:
    """One wrong bit anywhere is an error that names the place, after the frames before it."""
    for at in range(len(ERROR)):
        for bit in range(8):
            damaged = bytearray(ERROR)
            damaged[at] ^= 1 << bit
            parser = EventStreamParser()
            with pytest.raises(FramingError, match=f"byte {len(CHUNK)} of an event stream") as hit:
                parser.feed(CHUNK + damaged)
            assert [frame.event for frame in hit.value.frames] == ["chunk"]
            with pytest.raises(FramingError):
                parser.feed(CHUNK)
            assert parser.close() is None


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        (header("x", 10), "the value type 10"),
        (header("x", 7, b"\0\5ab"), "reaches over the end"),
        (header("x", 4, b"\0"), "reaches over the end"),
        (header("x", 9, b"\0"), "reaches over the end"),
        (b"\x05ab", "reaches over the end"),
        (b"\x02ab", "reaches over the end"),
    ],
)
def test_headers_that_are_none(headers: bytes, problem: str) -> None:
    """Headers that can't be read, under good CRCs, are our error; cut off, they are nothing."""
    stream = message(headers, b"")
    with pytest.raises(FramingError, match=problem):
        EventStreamParser().feed(stream)
    frames, _ = run(EventStreamParser(), [stream[:-1]])
    assert frames == [EventStreamFrame(complete=False)]


def test_lengths_that_cannot_be() -> None:
    """A length below that of the parts, or over the bound, is an error before it is waited for."""
    for size, headers_size in ((15, 0), (0, 0), (16, 1), (20, 5)):
        prelude = struct.pack(">II", size, headers_size)
        with pytest.raises(FramingError, match="can't hold"):
            EventStreamParser().feed(prelude + struct.pack(">I", crc32(prelude)))
    prelude = struct.pack(">II", 1 << 31, 0)
    with pytest.raises(FrameTooLargeError, match=r"2,147,483,648 bytes.*max_frame_bytes"):
        EventStreamParser().feed(prelude + struct.pack(">I", crc32(prelude)))
    with pytest.raises(FrameTooLargeError, match="over the bound of 20"):
        EventStreamParser(max_frame_bytes=20).feed(CHUNK)
    with pytest.raises(UsageError, match="at least 1"):
        EventStreamParser(max_frame_bytes=0)


@given(stream=st.binary(max_size=60), flip=st.integers(min_value=0, max_value=len(CHUNK) - 1))
def test_any_bytes_give_frames_or_our_error(stream: bytes, flip: int) -> None:
    """Any bytes, alone, after a message or inside one, give frames or a FramingError."""
    for body in (stream, CHUNK + stream, CHUNK[:flip] + stream + CHUNK[flip + 1 :]):
        whole = run(EventStreamParser(), [body])
        for chunks in splits(body, step=7):
            assert run(EventStreamParser(), chunks)[1] is whole[1]


@needs_corpus
def test_recorded_streams() -> None:
    """The recorded streams have good CRCs throughout, and JSON in their payloads."""
    paths = list((SHARED / "corpus" / "core").rglob("*.eventstream"))
    assert paths
    for path in paths:
        stream = path.read_bytes()
        assert is_prelude(stream)
        whole = run(EventStreamParser(), [stream])
        assert whole[1] is None
        assert all(frame.complete and frame.data.startswith("{") for frame in whole[0])
        for size in (1, 13, 500):
            chunks = cut_at(stream, range(0, len(stream), size))
            assert run(EventStreamParser(), chunks) == whole
