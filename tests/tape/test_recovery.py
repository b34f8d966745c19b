"""Damaged journals: everything that can be proven is recovered, and what is missing is named."""

import random
import struct
import zlib
from collections import Counter
from pathlib import Path

import pytest

from streamtape.errors import DamagedCassetteError, NewerFormatError, NotACassetteError
from streamtape.tape import journal
from streamtape.tape.model import Chunk, Ending, Head, Request
from streamtape.tape.store import TapeFile, load_journal, recover
from tools.attacks import damage

KINDS = sorted(damage.KINDS)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of a small recording: three interactions, the last of which goes on."""
    return damage.record(tmp_path_factory.mktemp("recorded") / "x.tape")


def left(folder: Path, data: bytes) -> Path:
    """A journal that a dead recorder left behind."""
    path = folder / "x.tape.part"
    path.write_bytes(data)
    return path


def record_with(data: bytes, words: bytes) -> int:
    """The number of the first record that holds these bytes."""
    return next(n for n, (a, b) in enumerate(damage.places(data)) if words in data[a:b])


def flipped(data: bytes, at: int) -> bytes:
    """The bytes with one bit flipped."""
    return data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :]


def assert_judged_well(judge: damage.Judge, tries: list[damage.Try]) -> None:
    """The damaged journals can be read, with nothing false, no silent damage and no chunk lost."""
    assert tries
    counts: Counter[str] = Counter()
    for one in tries:
        counts += judge.counts(one)
    assert not counts["false"] + counts["silent"] + counts["chunks lost"] + counts["faults"]
    assert counts["refused"] <= len(tries) // 50  # where the head of the file is hit


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_is_silent_or_makes_false_values(recorded: bytes, kind: str) -> None:
    """Bits flipped, bytes and records removed, doubled, swapped: noticed, and nothing else lost."""
    judge = damage.Judge(recorded)
    tries = list(damage.KINDS[kind](recorded))
    assert_judged_well(judge, tries[:: max(1, len(tries) // 400)])


@pytest.mark.parametrize("kind", ["bits flipped", "cuts"])
def test_journals_without_numbers_are_read(recorded: bytes, kind: str) -> None:
    """Version 1: whole ones give the same values, damaged ones lose what was hit, and tell it."""
    old = damage.version_1(recorded)
    assert damage.read(old) == damage.read(recorded)
    judge = damage.Judge(old)
    tries = list(damage.KINDS[kind](old))
    assert_judged_well(judge, tries[:: max(1, len(tries) // 400)])


@pytest.mark.parametrize(
    "where", ["marker", "number", "count", "check", "length", "crc", "kind", "interaction", "data"]
)
def test_what_is_missing_is_named(recorded: bytes, tmp_path: Path, where: str) -> None:
    """Wherever a chunk's record is hit, its stream is unfinished, and says which chunk it lacks."""
    hit = record_with(recorded, b'data: {"n": 2}')
    start, end = damage.places(recorded)[hit]
    offset = {
        "marker": 0, "number": 4, "count": 12, "check": 28, "length": 35, "crc": 36, "kind": 40,
        "interaction": 41, "data": end - start - 1,
    }  # fmt: skip
    path = left(tmp_path, flipped(recorded, start + offset[where]))
    found = recover(path)
    first, *others = found.cassette
    assert [chunk.data for chunk in first.chunks][:3] == [
        b'data: {"n": 0}\n\n', b'data: {"n": 1}\n\n', b'data: {"n": 3}\n\n'
    ]  # fmt: skip
    assert first.ending.kind == "unfinished"
    assert "1 chunk of 16 bytes missing after chunk 1" in (first.ending.message or "")
    assert [i.ending.kind for i in others] == ["complete", "unfinished"]
    assert found.journal == str(path)
    assert path.exists()
    assert found.losses[0][:3] == (start, end - start, 1)


@pytest.mark.parametrize(
    ("order", "at", "expected"),
    [
        ("0 1 2 4 5", 3, ["record 3 is missing"]),
        ("0 1 2 5 6", 3, ["records 3 to 4 are missing"]),
        ("1 2 3", 0, ["record 0 is missing"]),
        ("0 1 2 3 3 4", 4, ["record 3 occurs twice"]),
        ("0 1 2 4 5 3 6", 5, ["record 3 comes after record 5"]),
        ("0 1 2 3 4 5 3 6", 6, [
            "record 3 comes after record 5", "record 3 occurs twice"]),
    ],
)  # fmt: skip
def test_missing_doubled_and_moved_records_are_reported(
    recorded: bytes, order: str, at: int, expected: list[str]
) -> None:
    """Which record, and the byte in this journal where it was noticed."""
    places = damage.places(recorded)
    numbers = [*map(int, order.split())]
    rest = range(max(numbers) + 1, len(places))
    pieces = [recorded[slice(*places[n])] for n in (*numbers, *rest)]
    data = recorded[: places[0][0]] + b"".join(pieces)
    place = places[0][0] + sum(map(len, pieces[:at]))
    losses = [str(loss) for loss in damage.read(data).losses if loss.what.startswith("record")]
    assert losses == [f"at byte {place}: {one}" for one in expected]


@pytest.mark.parametrize("moved", [False, True])
def test_a_damaged_record_is_reported_with_its_size(recorded: bytes, moved: bool) -> None:
    """Once: among moved records it is told where it is, and counted where it is missed."""
    places = damage.places(recorded)
    (start, end), (_, third) = places[3], places[4]
    later = recorded[end:]
    if moved:
        fifth = recorded[slice(*places[5])]
        later = fifth + recorded[end:third] + recorded[places[5][1] :]
    found = damage.read(recorded[:start] + flipped(recorded[start:end], 45) + later)
    counted = "" if moved else " (1 record)"
    lost = f"at byte {start}: a record is damaged{counted} ({end - start} bytes could not be read)"
    assert lost in map(str, found.losses)
    assert sum(loss.n_records or 0 for loss in found.losses) == 1
    assert (f"at byte {third}: record 3 is missing" in map(str, found.losses)) == moved


def test_a_lost_request_keeps_its_response(recorded: bytes, tmp_path: Path) -> None:
    """The response is there, its request empty; the stream is not called complete."""
    start, _ = damage.places(recorded)[0]
    found = recover(left(tmp_path, flipped(recorded, start + 60)))
    first = found.cassette[0]
    assert (first.request, len(first.chunks), first.ending.kind) == (
        Request("", ""),
        5,
        "unfinished",
    )
    assert "interaction 0: its request missing" in (found.damage or "")


def test_records_out_of_order_are_put_in_order(recorded: bytes, tmp_path: Path) -> None:
    """Everything is there, so that the values are right; that it was moved is told all the same."""
    (a, b), (c, d) = damage.places(recorded)[2:4]
    moved = recorded[:a] + recorded[c:d] + recorded[b:c] + recorded[a:b] + recorded[d:]
    found = recover(left(tmp_path, moved))
    assert list(found.cassette) == list(damage.read(recorded).interactions)
    assert "record 2 comes after record 3" in (found.damage or "")
    assert found.journal is not None


def test_patches_stay_in_their_place_after_a_hole(recorded: bytes) -> None:
    """A hole does not move what a later patch unmasks; no secret appears."""
    tries = list(damage.removed(recorded))
    assert tries
    for one in tries:
        found = damage.read(one.data)
        assert all(damage.KEY.encode() not in i.body for i in found.interactions)


def test_recorded_data_is_never_taken_for_a_record(tmp_path: Path) -> None:
    """A stream that carries a journal: when its chunk is damaged, no record in it is believed."""
    inner = damage.record(tmp_path / "inner.tape")
    tape = TapeFile(tmp_path / "x.tape").open_journal()
    tape.request(0, Request("GET", "http://h/"), 1)
    tape.head(0, Head(200))
    tape.chunk(0, 1, inner)
    tape.chunk(0, 2, b"after")
    tape.ending(0, Ending("complete", 3))
    tape.release()
    data = tape.journal_path.read_bytes()
    found = damage.read(flipped(data, data.index(inner) - 40))
    (interaction,) = found.interactions
    assert list(interaction.chunks) == [Chunk(2, b"after")]
    assert f"1 chunk of {len(inner)} bytes missing" in (interaction.ending.message or "")


@pytest.mark.parametrize("at", range(journal.HEAD_BYTES))
def test_a_damaged_beginning_loses_nothing(recorded: bytes, tmp_path: Path, at: int) -> None:
    """Any bit of the first bytes: every record is recovered, and the damage named."""
    found = recover(left(tmp_path, flipped(recorded, at)))
    assert list(found.cassette) == list(damage.read(recorded).interactions)
    assert "its first bytes are damaged" in (found.damage or "")


def test_a_journal_of_which_nothing_is_left(recorded: bytes, tmp_path: Path) -> None:
    """Damage without a single record is an error, and the journal stays."""
    path = left(tmp_path, recorded[: journal.HEAD_BYTES] + b"\0" * 900)
    with pytest.raises(DamagedCassetteError, match="which is kept"):
        recover(path)
    assert list(tmp_path.iterdir()) == [path]


def test_later_versions_are_refused(tmp_path: Path) -> None:
    """A journal of a version to come is named as such; something else is no journal."""
    head = journal.MAGIC + b"\x09\0" + b"salt" * 2
    path = left(
        tmp_path, head + struct.pack("<I", zlib.crc32(head)) + random.Random(1).randbytes(100)
    )
    with pytest.raises(NewerFormatError, match="version 9"):
        recover(path)
    with pytest.raises(NotACassetteError):
        load_journal(left(tmp_path, b"something else entirely, longer than a head"))


def test_whole_records_that_make_no_sense(tmp_path: Path) -> None:
    """Fields of wrong types, a second request: told, and the others are kept."""
    numbering = journal.Numbering(b"salt")
    bad = journal.START.pack(journal.HEADER, 0) + b"\x80"
    parts = (
        journal.request(0, Request("GET", "http://h/"), 1),
        struct.pack("<II", len(bad), zlib.crc32(bad)) + bad,
        journal.request(0, Request("GET", "http://other/"), 1),
        *journal.chunk(0, 1, b"data"),
        journal.ending(0, Ending("complete", 2)),
    )
    found = recover(left(tmp_path, numbering.head + b"".join(map(bytes, numbering.seal(parts)))))
    (interaction,) = found.cassette
    assert (interaction.request.url, interaction.body) == ("http://h/", b"data")
    assert interaction.ending.kind == "unfinished"
    assert (found.damage or "").count("is invalid") == 2
