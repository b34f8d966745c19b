"""Cassettes on disk: saved, loaded, recorded through a journal, recovered."""

import os
import random
from pathlib import Path

import pytest

import streamtape
from streamtape.errors import (
    CassetteError,
    CassetteLimitError,
    CassetteNotFoundError,
    CassetteWriteError,
    DamagedCassetteError,
    JournalLeftError,
    NotACassetteError,
)
from streamtape.tape import container, loading
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
from streamtape.tape.redact import Redactor
from streamtape.tape.store import TapeFile, load, recover, save
from streamtape.tape.store.appending import Journal
from tools.attacks.damage import places

REQUEST = Request("POST", "http://127.0.0.1/v1", ((b"Accept", b"*/*"), (b"accept", b"b")), b"{}")
HEAD = Head(200, ((b"content-type", b"text/event-stream"),), 900)
CHUNKS = tuple(Chunk(1000 * n, b"data: %d\n\n" % n) for n in range(1, 6))
DONE = Ending("complete", 6000)


def interaction(started_at_us: int = 1, ending: Ending = DONE) -> Interaction:
    """Make a small interaction."""
    return Interaction(REQUEST, HEAD, Chunks.of(CHUNKS), ending, started_at_us)


def record(journal: Journal, number: int = 0, started_at_us: int = 1, *, end: bool = True) -> None:
    """Record the small interaction into a journal."""
    journal.request(number, REQUEST, started_at_us)
    journal.head(number, HEAD)
    for at_us, data in CHUNKS:
        assert at_us is not None
        journal.chunk(number, at_us, data)
    if end:
        journal.ending(number, DONE)


def names(folder: Path) -> list[str]:
    """What a folder holds."""
    return sorted(entry.name for entry in folder.iterdir())


def test_saved_is_loaded(tmp_path: Path) -> None:
    """What was saved is loaded, equal in every field, and nothing else is in the folder."""
    path = tmp_path / "new" / "folder" / "x.tape"
    cassette = Cassette(
        (interaction(), interaction(2, Ending("error", 7, "E", "m", "httpx", ("B",))))
    )
    streamtape.save(cassette, path)
    assert streamtape.load(path) == cassette
    assert names(path.parent) == ["x.tape"]


def test_a_recording_is_the_same_bytes_as_its_saved_value(tmp_path: Path) -> None:
    """The journal's way to a cassette gives the bytes that saving the value gives."""
    journal = TapeFile(tmp_path / "a.tape").open_journal()
    record(journal, 1, 2)
    record(journal, 0, 1)
    cassette = journal.commit()
    save(Cassette((interaction(1), interaction(2))), tmp_path / "b.tape")
    assert cassette == load(tmp_path / "b.tape")
    assert (tmp_path / "a.tape").read_bytes() == (tmp_path / "b.tape").read_bytes()
    assert names(tmp_path) == ["a.tape", "b.tape"]


def test_kept_interactions_come_first(tmp_path: Path) -> None:
    """What a commit keeps stands in front of what was recorded."""
    place = TapeFile(tmp_path / "a.tape")
    save(Cassette((interaction(5),)), place.path)
    kept = place.load()
    journal = place.open_journal()
    record(journal, 0, 1)
    assert [i.started_at_us for i in journal.commit(keep=kept)] == [5, 1]


def test_without_keep_the_old_is_replaced(tmp_path: Path) -> None:
    """A recording that keeps nothing takes the place of the old one."""
    save(Cassette((interaction(5), interaction(6))), tmp_path / "a.tape")
    place = TapeFile(tmp_path / "a.tape")
    journal = place.open_journal()
    record(journal, 0, 7)
    assert [i.started_at_us for i in journal.commit()] == [7]


def test_two_sessions_on_one_cassette(tmp_path: Path) -> None:
    """Sessions that record at once lose nothing: all interactions, in the order of requests."""
    path = tmp_path / "a.tape"
    one, two = (TapeFile(path).open_journal() for _ in range(2))
    assert names(tmp_path) == ["a.tape.2.part", "a.tape.part"]
    record(one, 0, 10)
    record(two, 0, 20)
    record(one, 1, 30)
    two.commit()
    assert [i.started_at_us for i in one.commit()] == [10, 20, 30]
    assert names(tmp_path) == ["a.tape"]


def test_a_discarded_recording_leaves_nothing(tmp_path: Path) -> None:
    """After discard there is no journal, and the old cassette is as it was."""
    path = tmp_path / "a.tape"
    save(Cassette((interaction(),)), path)
    before = path.read_bytes()
    journal = TapeFile(path).open_journal()
    record(journal)
    journal.discard()
    assert names(tmp_path) == ["a.tape"]
    assert path.read_bytes() == before
    with pytest.raises(CassetteWriteError, match="discarded"):
        journal.chunk(0, 1, b"x")


@pytest.mark.parametrize("redactor", [None, Redactor()])
def test_a_limit_on_the_size_of_bodies(tmp_path: Path, redactor: Redactor | None) -> None:
    """A body beyond the limit ends as `unfinished`, cut by us; others are not touched."""
    journal = TapeFile(tmp_path / "a.tape", redactor, max_body_bytes=30).open_journal()
    record(journal, 0)
    journal.request(1, REQUEST, 2)
    journal.head(1, HEAD)
    journal.chunk(1, 5, b"x" * 30)
    journal.ending(1, DONE)
    long, short = journal.commit()
    assert tuple(long.chunks) == CHUNKS[:3]
    assert (long.ending.kind, long.ending.at_us) == ("unfinished", 4000)
    assert "max_body_bytes=30" in (long.ending.message or "")
    assert (len(short.body), short.ending) == (30, DONE)


def test_a_journal_left_behind_is_recovered(tmp_path: Path) -> None:
    """A journal without an end becomes a cassette with the ending `unfinished`."""
    path = tmp_path / "a.tape"
    journal = TapeFile(path).open_journal()
    record(journal, end=False)
    os.close(journal._fd)  # as a killed process leaves it
    with pytest.raises(JournalLeftError, match=r"streamtape recover .*a\.tape\.part"):
        TapeFile(path).open_journal()
    with pytest.raises(CassetteNotFoundError, match="streamtape recover"):
        load(path)
    found = recover(path)
    assert (found.path, found.damage) == (str(path), None)
    assert found.cassette == Cassette(
        (interaction(1, Ending("unfinished", 5000, message="the recorder stopped")),)
    )
    assert names(tmp_path) == ["a.tape"]


def test_recovery_never_replaces_a_cassette(tmp_path: Path) -> None:
    """Where a cassette is there already, the recovered one goes beside it."""
    path = tmp_path / "a.tape"
    save(Cassette((interaction(),)), path)
    journal = TapeFile(path).open_journal()
    record(journal)
    os.close(journal._fd)
    assert recover(tmp_path / "a.tape.part").path == str(tmp_path / "a.recovered.tape")
    assert names(tmp_path) == ["a.recovered.tape", "a.tape"]


def test_a_live_journal_is_not_recovered(tmp_path: Path) -> None:
    """A journal whose recorder lives is left alone."""
    journal = TapeFile(tmp_path / "a.tape").open_journal()
    record(journal)
    with pytest.raises(JournalLeftError, match="still runs"):
        recover(tmp_path / "a.tape.part")
    assert len(journal.commit()) == 1


def test_an_empty_journal_is_taken_over(tmp_path: Path) -> None:
    """A journal that died before its first record stops nobody."""
    journal = TapeFile(tmp_path / "a.tape").open_journal()
    os.close(journal._fd)
    second = TapeFile(tmp_path / "a.tape").open_journal()
    record(second)
    second.commit()
    assert names(tmp_path) == ["a.tape"]


@pytest.mark.parametrize("size", [0, 5, 23, 24])
def test_a_journal_of_nothing_is_no_recording(tmp_path: Path, size: int) -> None:
    """A recorder that died before its first request leaves nothing to recover, and no trace."""
    part = tmp_path / "a.tape.part"
    part.write_bytes(b"STREAMTAPE-JOURNAL\r\n\x1a\n\1\0"[:size])
    with pytest.raises(CassetteNotFoundError, match="mode 'once'"):
        load(tmp_path / "a.tape")
    with pytest.raises(CassetteNotFoundError, match="had no recording in it"):
        recover(part)
    assert names(tmp_path) == []


def test_a_torn_last_record_is_dropped(tmp_path: Path) -> None:
    """A journal cut anywhere gives every record that is whole, and no complaint."""
    journal = TapeFile(tmp_path / "a.tape").open_journal()
    record(journal, end=False)
    os.close(journal._fd)
    whole = (tmp_path / "a.tape.part").read_bytes()
    first = places(whole)[0][1]  # the end of the request's record
    for size in range(first, len(whole)):
        part = tmp_path / "b.tape.part"
        part.write_bytes(whole[:size])
        found = recover(part)
        assert found.damage is None
        assert all(tuple(i.chunks) == CHUNKS[: len(i.chunks)] for i in found.cassette)
        (tmp_path / "b.tape").unlink()


def test_a_failed_replacement_leaves_old_and_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the new cassette can't be flushed, the old is intact and the journal is kept."""
    path = tmp_path / "a.tape"
    save(Cassette((interaction(),)), path)
    before = path.read_bytes()
    journal = TapeFile(path).open_journal()
    record(journal, 0, 99)

    def fsync(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        with pytest.raises(CassetteWriteError, match=r"disk is full.*streamtape recover"):
            journal.commit()
    assert path.read_bytes() == before
    assert names(tmp_path) == ["a.tape", "a.tape.part"]
    assert recover(tmp_path / "a.tape.part").cassette[0].started_at_us == 99


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"interactions:\n- request", "VCR"),
        (b'{"log": {}}', "JSON"),
        (b"\x28\xb5\x2f\xfd1234", "plain zstd"),
        (b"STREAMTAPE-JOURNAL\r\n\x1a\n\1\0", "streamtape recover"),
        (b"\x00\x01", r"begins with b'\\x00\\x01'"),
    ],
)
def test_other_files_are_named(tmp_path: Path, data: bytes, words: str) -> None:
    """A file that is no cassette gives an error that says what it looks like."""
    path = tmp_path / "a.tape"
    path.write_bytes(data)
    with pytest.raises(NotACassetteError, match=words) as caught:
        load(path)
    assert caught.value.path == str(path)


def test_a_missing_cassette_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt name is met with the names that are there."""
    save(Cassette(), tmp_path / "weather.tape")
    with pytest.raises(
        CassetteNotFoundError, match=r"did you mean '.*weather\.tape'\? .*mode 'once'"
    ):
        load(tmp_path / "wether.tape")


def test_a_folder_is_no_cassette(tmp_path: Path) -> None:
    """A folder in the cassette's place is our error too, both ways."""
    with pytest.raises(streamtape.CassetteError, match="folder of that name"):
        load(tmp_path)
    with pytest.raises(CassetteWriteError, match="folder of that name"):
        save(Cassette(), tmp_path)


@pytest.mark.parametrize("n_random", [1000, 2 << 20], ids=["short file", "long file"])
def test_large_bodies_stay_in_their_file(tmp_path: Path, n_random: int) -> None:
    """A long cassette is fetched piece by piece, and survives its file being replaced."""
    path = tmp_path / "a.tape"
    rng = random.Random(n_random)
    chunks = [Chunk(n, rng.randbytes(1000) * 2000) for n in range(19)]
    chunks.append(Chunk(19, rng.randbytes(n_random)))
    chunks.append(Chunk(20, rng.randbytes(1000) * 9000))
    large = Interaction(REQUEST, HEAD, Chunks.of(chunks), DONE, 1)
    save(Cassette((large,)), path)
    loaded = load(path)
    save(Cassette(), path)
    assert loaded[0] == large
    assert loaded[0].chunks[20] == chunks[20]
    save(loaded, path)
    assert load(path) == loaded


@pytest.mark.parametrize("size", [(4 << 20) - 1, 4 << 20, (4 << 20) + 1, (17 << 20) + 3])
def test_a_long_request_is_recorded_whole(tmp_path: Path, size: int) -> None:
    """A body of any length is there after the recording, and after its recorder has died."""
    body = random.Random(size).randbytes(size)
    request = Request("POST", "http://127.0.0.1/v1/files", (), body)
    journal = TapeFile(tmp_path / "a.tape").open_journal()
    journal.request(0, request, 1, [Redaction("request.header:authorization", "name", "ab12")])
    journal.request(1, REQUEST, 2)
    assert [i.request for i in journal.so_far()] == [request, REQUEST]
    journal.release()
    recover(tmp_path / "a.tape.part")
    recovered = load(tmp_path / "a.tape")
    assert [i.request for i in recovered] == [request, REQUEST]
    assert [len(i.redactions) for i in recovered] == [1, 0]


def test_what_is_written_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording with more than the reader's limit is kept; reading it takes a higher one."""
    monkeypatch.setattr(loading, "MAX_KEPT_BYTES", 1000)
    body = b"x" * 100_000
    journal = TapeFile(tmp_path / "a.tape").open_journal()
    journal.request(0, Request("POST", "http://h/", (), body), 1)
    journal.commit()
    with pytest.raises(CassetteLimitError, match="max_bytes"):
        load(tmp_path / "a.tape")
    assert load(tmp_path / "a.tape", max_bytes=1 << 20)[0].request.body == body


def test_an_altered_large_file_is_noticed_when_read(tmp_path: Path) -> None:
    """Bytes that change under a loaded cassette raise, they are never given."""
    path = tmp_path / "a.tape"
    # What is short once it is compressed is read at once.
    body = bytes(40 << 20) + random.Random(1).randbytes(2 << 20)
    large = Interaction(REQUEST, HEAD, Chunks.of([Chunk(0, body)]), DONE, 1)
    save(Cassette((large,)), path)
    loaded = load(path)
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)  # in place: the same file
    with pytest.raises(DamagedCassetteError):
        loaded[0].chunks.join()


@pytest.mark.parametrize("name", ["a\0b.tape", "a\ud800b.tape"])
def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    """A NUL byte or half a surrogate pair in a path is our error, at every way in."""
    path = tmp_path / name
    for way in (*WAYS_IN, TapeFile, lambda p: save(Cassette(()), p)):
        with pytest.raises(CassetteError, match="invalid name of a file"):
            way(path)


WAYS_IN = (
    load, recover, streamtape.check, streamtape.stats, streamtape.serve,
    lambda p: streamtape.diff(p, p), lambda p: streamtape.use_cassette(p, mode="none").__enter__(),
)  # fmt: skip


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    """The system's refusal is our error, at every way in."""
    for way in WAYS_IN:
        with pytest.raises(CassetteError, match=r"the name is too long|there is no"):
            way(tmp_path / f"{'x' * 300}.tape")


def test_a_recording_replaces_no_other_file(tmp_path: Path) -> None:
    """A program, say, in the cassette's place stays; a damaged cassette may be recorded again."""
    path = tmp_path / "app.py"
    path.write_text("print('mine')\n")
    with pytest.raises(NotACassetteError, match="would replace it"):
        TapeFile(path).open_journal()
    assert path.read_text() == "print('mine')\n"
    assert names(tmp_path) == ["app.py"]
    for there in (b"", container.HEAD + b"torn"):
        path.write_bytes(there)
        journal = TapeFile(path).open_journal()
        record(journal)
        journal.commit()
        assert len(load(path)) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_what_is_no_regular_file_is_not_replaced(tmp_path: Path) -> None:
    """A device or a pipe stays one."""
    path = tmp_path / "pipe.tape"
    os.mkfifo(path)
    with pytest.raises(CassetteWriteError, match="named pipe, not an ordinary file"):
        save(Cassette((interaction(),)), path)
    assert path.is_fifo()
    assert names(tmp_path) == ["pipe.tape"]


def test_a_recovery_replaces_and_removes_nothing_else(tmp_path: Path) -> None:
    """Neither a file that is named for its outcome, nor an empty file that is no journal."""
    journal = TapeFile(tmp_path / "a.tape").open_journal()
    record(journal)
    journal.release()
    there = tmp_path / "there.tape"
    save(Cassette((interaction(7),)), there)
    with pytest.raises(CassetteWriteError, match="exists already"):
        recover(tmp_path / "a.tape.part", there)
    assert load(there)[0].started_at_us == 7
    assert len(recover(tmp_path / "a.tape.part").cassette) == 1
    empty = tmp_path / "notes.txt"
    empty.touch()
    with pytest.raises(NotACassetteError, match="no recording"):
        recover(empty)
    assert names(tmp_path) == ["a.tape", "notes.txt", "there.tape"]
