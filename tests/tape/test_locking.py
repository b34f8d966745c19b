"""Locks on open files: exclusive, released, and on POSIX systems taken without a library."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from streamtape.pytest_plugin.fixture_sessions import one_process_at_a_time
from streamtape.tape.model import Cassette
from streamtape.tape.store import TapeFile, load, save
from streamtape.tape.store.locking import lock, try_lock, unlock


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """One file, opened twice."""
    with ExitStack() as stack:
        fds = [os.open(tmp_path / "x.lock", os.O_RDWR | os.O_CREAT) for _ in range(2)]
        for fd in fds:
            stack.callback(os.close, fd)
        yield fds[0], fds[1]


def test_a_lock_excludes_others_until_it_is_released(opened: tuple[int, int]) -> None:
    """Who comes second is refused at once, and gets the lock once it is free."""
    first, second = opened
    assert try_lock(first)
    assert not try_lock(second)
    unlock(first)
    assert try_lock(second)
    assert not try_lock(first)


def test_a_free_lock_is_taken_without_waiting(opened: tuple[int, int]) -> None:
    """The call that may wait returns at once where nobody holds the lock."""
    first, second = opened
    lock(first)
    assert not try_lock(second)
    os.lseek(first, 0, os.SEEK_END)  # wherever the file stands
    unlock(first)
    lock(second)
    assert not try_lock(first)


def test_a_file_that_is_not_open_is_an_error() -> None:
    """A wrong file is no lock that somebody else holds."""
    with pytest.raises(OSError, match="descriptor"):
        try_lock(2**30)


@pytest.mark.skipif(sys.platform == "win32", reason="there, portalocker takes the locks")
def test_recording_imports_no_library_for_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Importing portalocker takes 0.1 s and more where redis is installed, which it imports."""
    monkeypatch.setitem(sys.modules, "portalocker", None)  # importing it is an ImportError
    save(Cassette(), tmp_path / "saved.tape")
    TapeFile(tmp_path / "made.tape").open_journal().commit()
    assert load(tmp_path / "saved.tape") == load(tmp_path / "made.tape")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with one_process_at_a_time("fixture.tape"):
        pass
