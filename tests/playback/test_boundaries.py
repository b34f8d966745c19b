"""The places between two bytes where a cut hurts, by the number of bytes before each."""

import pytest

from streamtape.playback.boundaries import boundaries, boundaries_of
from tests.playback.scores import recording, zipped

EDGES = {"before the first byte", "behind the first byte", "before the last byte"}


@pytest.mark.parametrize(
    ("body", "places"),
    [
        (b"", {}),
        (b"-", {0: "before the first byte"}),
        (b"--", {0: "before the first byte", 1: "behind the first byte"}),
        (
            b"----",
            {0: "before the first byte", 1: "behind the first byte", 3: "before the last byte"},
        ),
    ],
)
def test_every_body_has_its_edges(body: bytes, places: dict[int, str]) -> None:
    """The first byte and the last one are cut off, each alone."""
    assert boundaries(body) == places


@pytest.mark.parametrize(
    ("before", "behind", "name"),
    [
        (b"-- \xc3", b"\xbc --", "inside a character"),
        (b"-- \xe2", b"\x82\xac --", "inside a character"),
        (b"-\r", b"\n-", "inside a CRLF"),
        (b"--\n", b"\n--", "between an event's last line and its blank line"),
        (b"--\r\n", b"\r\n--", "between an event's last line and its blank line"),
        (b"--\r", b"\r--", "between an event's last line and its blank line"),
        (b"-\nda", b"ta: -", "inside the name of a field"),
        (b"-\nev", b"ent: -", "inside the name of a field"),
        (b"-\ndata", b": -", "before the colon of a field"),
        (b"-\nevent:", b" -", "before the value of a field"),
        (b"--", b"\n--", "before the end of a line"),
        (b"--\n\n", b"--", "behind an event"),
        (b"--\r\n\r\n", b"--", "behind an event"),
        (b'-"-\\', b'n-"-', "inside a JSON escape"),
        (b'-"\\u00', b'e9"-', "inside a JSON escape"),
        (b'-"\\ud83d', b'\\ude00"-', "inside a surrogate pair"),
        (b'-"a', b'b"-', "inside a JSON string"),
    ],
)
def test_each_kind_of_place_is_found(before: bytes, behind: bytes, name: str) -> None:
    """A cut between these bytes is on the list, under its kind."""
    assert boundaries(before + behind)[len(before)] == name


def test_of_each_kind_the_first_the_middle_and_the_last_stand_for_all() -> None:
    """Five pairs of letters: the first, the third and the fifth are cut."""
    found = boundaries(b"-- ab cd ef gh ij --")
    assert [at for at, name in found.items() if name not in EDGES] == [4, 10, 16]
    assert set(found.values()) == {*EDGES, "inside a JSON string"}


def test_a_compressed_body_is_cut_in_what_is_sent() -> None:
    """Its edges, its head, and a quarter, a half and three quarters of the way."""
    recorded = zipped([b"data: %d\n\n" % n for n in range(40)])
    size = recorded.chunks.n_bytes
    assert boundaries_of(recorded) == {
        0: "before the first byte",
        5: "inside the head of the compressed data",
        size // 4: "inside compressed data",
        size // 2: "inside compressed data",
        size * 3 // 4: "inside compressed data",
        size - 1: "before the last byte",
    }


def test_a_plain_body_is_cut_in_its_text() -> None:
    """However it was cut when it was recorded."""
    assert boundaries_of(recording(b"data: ", b"ab\n\n")) == boundaries(b"data: ab\n\n")
