"""Memory that frames are undone into is used again, and no recording shows another one's bytes."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import zstandard

from streamtape.errors import DamagedCassetteError
from streamtape.tape import container
from streamtape.tape.codec import decode, encode
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


@pytest.fixture(autouse=True)
def no_rooms(monkeypatch: pytest.MonkeyPatch) -> list[bytearray]:
    """Each test begins without memory that another one has left."""
    rooms: list[bytearray] = []
    monkeypatch.setattr(container, "_rooms", rooms)
    return rooms


def recording(letter: bytes, n_bytes: int = 100, n_interactions: int = 3) -> Cassette:
    """Interactions that hold one letter in every place."""
    text = letter.decode()
    one = Interaction(
        Request(text, f"https://{text}.test", ((letter, letter * 9),), letter * n_bytes),
        Head(200, ((letter, letter),), 1, reason=text),
        Chunks.of([Chunk(2, letter * n_bytes), Chunk(3, letter)]),
        Ending("error", 4, text, text, text, (text,)),
        redactions=(Redaction(text, text, text),),
    )
    return Cassette(tuple(replace(one, started_at_us=n) for n in range(n_interactions)))


def file_of(cassette: Cassette) -> bytes:
    """The file that holds a cassette."""
    return b"".join(encode(cassette))


def test_what_was_read_stays_when_others_are_read(no_rooms: list[bytearray]) -> None:
    """Values are copies: the next files, longer and shorter, are undone over the same memory."""
    expected = [recording(b"a"), recording(b"b", 5000), recording(b"c", 1)]
    found = [decode(file_of(one)) for one in expected]
    assert found == expected
    assert len(no_rooms) == 1


def test_a_file_of_several_frames(no_rooms: list[bytearray]) -> None:
    """Each frame is undone over the one before, also where parts of the file come one by one."""
    expected = recording(b"x", 2 << 20)
    file = file_of(expected)
    assert file.count(container._ZSTD_MAGIC) > 1
    decoder = Decoder()
    for start in range(0, len(file), 99):
        decoder.feed(file[start : start + 99])
    assert decoder.close() == expected
    assert len(no_rooms) == 1


def test_files_read_in_turn_have_memory_each(no_rooms: list[bytearray]) -> None:
    """Two that are being read at the same time share nothing."""
    expected = [recording(letter, 2 << 20) for letter in (b"1", b"2", b"3")]
    files = [file_of(one) for one in expected]
    decoders = [Decoder() for _ in files]
    for start in range(0, max(map(len, files)), 500):
        for decoder, file in zip(decoders, files, strict=True):
            decoder.feed(file[start : start + 500])
    assert [decoder.close() for decoder in decoders] == expected
    assert len(no_rooms) == 2  # a third one is not kept


def test_threads_that_read_at_the_same_time() -> None:
    """Whoever takes memory has it alone."""
    expected = [recording(letter, 1000, 50) for letter in (b"p", b"q", b"r", b"s")]
    files = [file_of(one) for one in expected]
    wrong: list[int] = []

    def read(n: int) -> None:
        wrong.extend(n for _ in range(20) if decode(files[n]) != expected[n])

    threads = [threading.Thread(target=read, args=(n,)) for n in range(len(files))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_large_memory_is_not_kept(
    no_rooms: list[bytearray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a huge frame took is given back; its file is read all the same."""
    monkeypatch.setattr(container, "_MAX_ROOM_BYTES", 100)
    expected = recording(b"y", 1000)
    assert decode(file_of(expected)) == expected
    assert no_rooms == []


def lying(content: bytes, size: int) -> bytes:
    """A frame with a checksum whose header says another size than that of its content."""
    frame = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(content))
    assert zstandard.get_frame_parameters(bytes(frame)).content_size == len(content) < 256
    frame[5] = size  # behind magic and descriptor, as a frame of one segment has it
    assert zstandard.get_frame_parameters(bytes(frame)).content_size == size
    return bytes(frame)


def flipped(content: bytes, _size: int) -> bytes:
    """A frame whose checksum is not that of its content."""
    frame = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(content))
    frame[-1] ^= 1
    return bytes(frame)


@pytest.mark.parametrize(
    ("make", "size"), [(lying, 201), (lying, 199), (lying, 255), (lying, 1), (flipped, 200)]
)
def test_a_frame_that_does_not_hold_what_it_says(
    make: Callable[[bytes, int], bytes], size: int
) -> None:
    """It is damage, whatever the memory held before."""
    decode(file_of(recording(b"z", 5000)))
    reader = container.Reader()
    head = container.make_head(container.OLDEST_VERSION)
    with pytest.raises(DamagedCassetteError, match="zstd frame"):
        list(reader.feed(head + make(bytes(range(200)), size)))
