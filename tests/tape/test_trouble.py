"""Real trouble with disks and folders, and many recorders at once: nothing good is ever harmed."""

import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamtape.errors import CassetteError, CassetteWriteError
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.redact import Redactor
from streamtape.tape.store import TapeFile, load, recover, save
from tests.patience import PATIENCE_S

CHUNKS = Chunks.of([Chunk(1, b"old")])
OLD = Cassette((Interaction(Request("GET", "old"), Head(200), CHUNKS, Ending("complete"), 1),))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB, or a skip where none can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root on Linux")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)],
        check=False,
        timeout=PATIENCE_S,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("this system mounts no tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=PATIENCE_S)


def test_a_disk_that_fills_up_while_recording(small_disk: Path) -> None:
    """The journal fails with our error, once and for good; what was written before is recovered."""
    path = small_disk / "a.tape"
    save(OLD, path)
    before = path.read_bytes()
    journal = TapeFile(path, Redactor()).open_journal()
    journal.request(0, Request("GET", "u"), 5)
    journal.head(0, Head(200))
    rng, written = random.Random(1), 0
    with pytest.raises(CassetteWriteError, match="disk is full") as caught:
        while True:
            journal.chunk(0, written, rng.randbytes(4000))
            written += 1
    assert 20 < written < 70
    with pytest.raises(CassetteWriteError, match="streamtape recover"):
        journal.chunk(0, 1, b"x")
    assert caught.value.path == path
    assert path.read_bytes() == before
    journal.release()
    outside = recover(small_disk / "a.tape.part", small_disk.parent / "b.tape")
    assert len(outside.cassette[0].chunks) == written
    assert load(path) == OLD


def test_a_disk_too_full_for_the_cassette(small_disk: Path) -> None:
    """Where the new cassette does not fit beside the old one, the old stays, and the journal."""
    path = small_disk / "a.tape"
    save(OLD, path)
    journal = TapeFile(path, Redactor()).open_journal()
    journal.request(0, Request("GET", "u"), 5)
    rng = random.Random(2)
    for n in range(32):
        journal.chunk(0, n, rng.randbytes(4000))
    with pytest.raises(CassetteWriteError, match=r"disk is full.*streamtape recover"):
        journal.commit()
    assert sorted(p.name for p in small_disk.iterdir()) == ["a.tape", "a.tape.part"]
    assert load(path) == OLD
    request = Request("G", rng.randbytes(200_000).hex())
    large = Interaction(request, None, Chunks(), Ending("complete"))
    with pytest.raises(CassetteWriteError, match="disk is full"):
        save(Cassette((large,)), path)
    assert load(path) == OLD


def test_a_vanished_folder(tmp_path: Path) -> None:
    """A folder that is removed while recording is made again for the cassette."""
    path = tmp_path / "gone" / "a.tape"
    journal = TapeFile(path).open_journal()
    journal.request(0, Request("GET", "u"), 5)
    shutil.rmtree(path.parent)
    journal.chunk(0, 1, b"x")
    assert journal.commit()[0].body == b"x"
    assert sorted(p.name for p in path.parent.iterdir()) == ["a.tape"]


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    """A file where a folder should be is our error, at the opening."""
    (tmp_path / "f").write_text("x")
    with pytest.raises(CassetteError, match="a part of its path is not a folder"):
        TapeFile(tmp_path / "f" / "a.tape").open_journal()
    with pytest.raises(CassetteError):
        load(tmp_path / "f" / "a.tape")


@pytest.fixture
def read_only() -> Iterator[tuple[Path, Callable[[], None]]]:
    """A folder, and what makes it read-only; root, who may write everywhere, becomes nobody."""
    folder, root = Path(tempfile.mkdtemp()), os.geteuid() == 0
    folder.chmod(0o755)

    def protect() -> None:
        for file in folder.iterdir():
            file.chmod(0o644)
        folder.chmod(0o555)
        if root:
            os.seteuid(65534)

    try:
        yield folder, protect
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_read_only_folder(read_only: tuple[Path, Callable[[], None]]) -> None:
    """No permission to write is our error, and the old cassette is as it was."""
    folder, protect = read_only
    path = folder / "a.tape"
    save(OLD, path)
    protect()
    with pytest.raises(CassetteWriteError, match="permission"):
        save(Cassette(), path)
    with pytest.raises(CassetteWriteError, match="permission"):
        TapeFile(path).open_journal()
    assert load(path) == OLD


def test_a_limit_on_file_sizes(tmp_path: Path) -> None:
    """A process that may write no larger files gets our error, and what it wrote is whole."""
    path = tmp_path / "a.tape"
    journal = TapeFile(path, Redactor()).open_journal()
    journal.request(0, Request("GET", "u"), 5)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        written = 0
        with pytest.raises(CassetteWriteError, match="too large"):
            while True:
                journal.chunk(0, written, b"data: abc\n\n" * 90)
                written += 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    journal.release()
    assert len(recover(path).cassette[0].chunks) == written


def whole(path: Path, n: int) -> None:
    """Hold a cassette against what n recorders recorded."""
    cassette = load(path)
    assert [i.request.url for i in cassette] == [f"http://h/{k}" for k in range(n)]
    for k, interaction in enumerate(cassette):
        assert interaction.body == b"".join(b"data: %d %d\n\n" % (k, c) for c in range(20))
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_many_threads_record_into_one_cassette(tmp_path: Path) -> None:
    """Threads that record at once: all interactions are there, in order, none mixed."""
    path, failures, ready = tmp_path / "a.tape", [], threading.Barrier(12, timeout=PATIENCE_S)

    def run(n: int) -> None:
        place = TapeFile(path, Redactor())
        try:
            journal = place.open_journal()
            ready.wait()  # who begins when another one has ended replaces what that has recorded
            journal.request(0, Request("GET", f"http://h/{n}"), n)
            for c in range(20):
                journal.chunk(0, c, b"data: %d %d\n\n" % (n, c))
            journal.ending(0, Ending("complete", 20))
            journal.commit()
        except CassetteError as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert failures == []
    whole(path, 12)


def test_threads_share_one_journal(tmp_path: Path) -> None:
    """Interactions of one session, recorded by many threads at once, are not mixed."""
    path = tmp_path / "a.tape"
    journal = TapeFile(path, Redactor()).open_journal()

    def run(n: int) -> None:
        journal.request(n, Request("GET", f"http://h/{n}"), n)
        journal.head(n, Head(200, (), 1))
        for c in range(20):
            journal.chunk(n, c, b"data: %d %d\n\n" % (n, c))
        journal.ending(n, Ending("complete", 20))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    journal.commit()
    whole(path, 16)


def test_many_processes_record_into_one_cassette(tmp_path: Path) -> None:
    """Processes that record at once: all interactions are there, in order, none mixed."""
    path = tmp_path / "a.tape"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_process, args=(str(path), n)) for n in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE_S)
        assert process.exitcode == 0
    cassette = load(path)
    assert {i.request.url for i in cassette} == {f"http://h/{n}" for n in range(5)}
    starts = [i.started_at_us or 0 for i in cassette]
    assert len(starts) == 5
    assert starts == sorted(starts)
    assert all(len(i.chunks) == 20 for i in cassette)
    assert [p.name for p in tmp_path.iterdir()] == ["a.tape"]


def _process(path: str, n: int) -> None:
    place = TapeFile(path, Redactor())
    found = place.load()  # as mode new_episodes does
    journal = place.open_journal()
    journal.request(0, Request("GET", f"http://h/{n}"), time.time_ns() // 1000)
    for c in range(20):
        journal.chunk(0, c, b"data: %d %d\n\n" % (n, c))
    journal.ending(0, Ending("complete", 20))
    journal.commit(keep=found)
