"""Only ordinary files are opened, and nothing is written through a link."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import streamtape
from streamtape import snapshots
from streamtape.errors import CassetteError, CassetteWriteError, StreamtapeError, UsageError
from streamtape.mock.server import MockServer
from streamtape.pytest_plugin import fixture_sessions, report_index
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.store import TapeFile, load, load_journal, recover, save
from streamtape.tape.store.ordinary import read_given
from tests.cli.running import refused, run

ONE = Cassette(
    (
        Interaction(
            Request("GET", "http://h/"),
            Head(200, ((b"content-type", b"text/event-stream"),), 1),
            Chunks.of([Chunk(2, b"data: 1\n\n")]),
            Ending("complete", 3),
            1,
        ),
    )
)
posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX's")


def pipe(path: Path) -> None:
    """A named pipe that nobody writes to."""
    os.mkfifo(path)


def device(path: Path) -> None:
    """A link to a device that never ends."""
    path.symlink_to("/dev/zero")


def listening(path: Path) -> None:
    """A socket."""
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as sock:
        sock.bind(f"{short}/s")  # the names of sockets are short
        Path(short, "s").replace(path)


def folder(path: Path) -> None:
    """A folder."""
    path.mkdir()


def dangling(path: Path) -> None:
    """A link to what is not there."""
    path.symlink_to("victim")


ODD = {"named pipe": pipe, "device": device, "socket": listening, "folder": folder}
READERS: dict[str, Callable[[Path], object]] = {
    "load": load,
    "load_journal": load_journal,
    "recover": recover,
    "diff": lambda path: streamtape.diff(path, path),
    "check": streamtape.check,
    "serve": streamtape.serve,
    "snapshot": snapshots.read,
    "session": lambda path: TapeFile(path).load(),
    "recording": lambda path: TapeFile(path).open_journal(),
    "save": lambda path: save(ONE, path),
}


@posix
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_ordinary_file_is_an_error(tmp_path: Path, kind: str, reader: str) -> None:
    """Pipes, devices, sockets, folders: an error that names what it is, at once."""
    path = tmp_path / "x.tape"
    ODD[kind](path)
    words = {"save": "link|" + kind, "recording": "link|" + kind}.get(reader, kind)
    with pytest.raises(StreamtapeError, match=words):
        READERS[reader](path)
    assert os.path.lexists(path)


@posix
@pytest.mark.parametrize("command", ["show", "check", "stats", "view", "diff", "scan", "recover"])
@pytest.mark.parametrize("kind", ["named pipe", "device"])
def test_commands_refuse_them(tmp_path: Path, kind: str, command: str) -> None:
    """Every command that reads cassettes: a message with the kind, exit status 2."""
    path = tmp_path / "x.tape"
    ODD[kind](path)
    words = [str(path)] * (2 if command == "diff" else 1)
    result = run(command, *words)
    assert (result.exit_code, "Traceback" in result.output) == (2, False)
    assert kind in result.output


@posix
def test_a_pipe_in_a_folder_stops_nobody(tmp_path: Path) -> None:
    """The pipe is named, and the cassette beside it is checked."""
    save(ONE, tmp_path / "a.tape")
    pipe(tmp_path / "b.tape")
    result = run("check", tmp_path)
    assert result.exit_code == 2
    assert "b.tape" in result.output
    assert "named pipe" in result.output


@posix
@pytest.mark.parametrize("name", ["x.har", "x.yaml", "x.sse"])
def test_foreign_documents_too(tmp_path: Path, name: str) -> None:
    """What `convert` reads is an ordinary file."""
    pipe(tmp_path / name)
    assert "named pipe" in refused("convert", tmp_path / name, tmp_path / "y.tape")


GIVEN = {
    "the body of a request": ("record", "http://127.0.0.1:9/", "-o", "y.tape", "-d", "@{}"),
    "a query": ("sql", "--file", "{}", "y.tape"),
    "an exported table": ("sql", "SELECT 1", "{}"),
    "a font": ("play", "run.tape", "--to", "y.gif", "--font", "{}"),
}


@posix
@pytest.mark.parametrize("words", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("kind", ["named pipe", "device", "socket"])
def test_other_files_of_a_command_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, words: tuple[str, ...]
) -> None:
    """A body, a query, a table, a font: an error that says what it is, and no wait for it."""
    if words[0] == "sql":
        pytest.importorskip("duckdb")
    if "--font" in words:
        pytest.importorskip("PIL")
    monkeypatch.chdir(tmp_path)
    save(ONE, Path("run.tape"))
    ODD[kind](Path("x.parquet"))
    result = run(*(word.format("x.parquet") for word in words))
    assert (result.exit_code, "Traceback" in result.output) == (2, False)
    assert kind in result.output


@posix
def test_a_pipe_in_an_exported_folder_too(tmp_path: Path) -> None:
    """Among the files of a table, it is named."""
    pytest.importorskip("duckdb")
    save(ONE, tmp_path / "x.tape")
    run("export", tmp_path / "x.tape", "-o", tmp_path / "out")
    (table,) = list((tmp_path / "out").glob("interactions"))
    pipe(table / "part-00001.parquet")
    result = run("sql", "SELECT 1", tmp_path / "out")
    assert (result.exit_code, "named pipe" in result.output) == (2, True)


@posix
def test_a_pipe_that_the_shell_opened_is_read() -> None:
    """`-d @<(make-body)` names the open end of one."""
    reader, writer = os.pipe()
    os.write(writer, b"a body")
    os.close(writer)
    assert read_given(f"/dev/fd/{reader}") == b"a body"
    os.close(reader)


@posix
@pytest.mark.parametrize("kind", ODD)
def test_rules_of_the_mock_too(tmp_path: Path, kind: str) -> None:
    """A file of rules that is no ordinary file is an error at once, not a wait without end."""
    path = tmp_path / "rules.yaml"
    ODD[kind](path)
    with pytest.raises(UsageError, match=kind):
        MockServer(path)


@posix
@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.txt", "Makefile"])
def test_settings_of_a_suite_too(tmp_path: Path, name: str) -> None:
    """`migrate` names what it can't read, and goes on."""
    pipe(tmp_path / name)
    (tmp_path / "test_x.py").write_text("import vcr\n")
    result = run("migrate", tmp_path)
    assert f"{name}: not read" in result.output
    assert "named pipe" in result.output


@posix
def test_the_index_of_a_report_too(tmp_path: Path) -> None:
    """A pipe in the place of the index of failed tests is no index of ours."""
    pipe(tmp_path / report_index.NAME)
    finish: Any = report_index.ReportIndex(tmp_path).pytest_sessionfinish
    finish()
    assert (tmp_path / report_index.NAME).is_fifo()


@posix
@pytest.mark.parametrize("kind", [*ODD, "link"])
def test_locks_in_the_folder_for_temporary_files_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Everybody may write there: what somebody put at the name of a lock is refused."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with fixture_sessions.one_process_at_a_time("x.tape"):
        (lock,) = tmp_path.iterdir()
    lock.unlink()
    (dangling if kind == "link" else ODD[kind])(lock)
    with pytest.raises(CassetteWriteError, match="link|" + kind):
        fixture_sessions.one_process_at_a_time("x.tape")
    assert [path.name for path in tmp_path.iterdir()] == [lock.name]


def test_a_link_to_a_cassette_is_read(tmp_path: Path) -> None:
    """Reading through links is fine."""
    save(ONE, tmp_path / "a.tape")
    (tmp_path / "b.tape").symlink_to("a.tape")
    assert list(load(tmp_path / "b.tape")) == list(ONE)


def record(path: Path) -> None:
    """Record one interaction."""
    journal = TapeFile(path).open_journal()
    journal.request(0, ONE[0].request, 1)
    journal.commit()


def update_snapshot(path: Path) -> None:
    """Keep a snapshot."""
    snapshots.write(path, "text\n")


def left_journal(path: Path) -> Path:
    """A journal elsewhere that is to become the cassette."""
    journal = TapeFile(path.with_name("other.tape")).open_journal()
    journal.request(0, ONE[0].request, 1)
    journal.release()
    return journal.journal_path


def page(*command: str) -> Callable[[Path], None]:
    """A command of the command line that writes a file."""

    def write(path: Path) -> None:
        source = path.with_name("source.tape")
        save(ONE, source)
        words = [str(source) if word == "IN" else word for word in command]
        result = run(*(str(path) if word == "OUT" else word for word in words))
        assert "Traceback" not in result.output
        if result.exit_code:
            raise CassetteWriteError(result.output)

    return write


WRITERS: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "save": (lambda path: save(ONE, path), ("", ".new", ".lock")),
    "record": (record, ("", ".new", ".lock", ".part")),
    "recover": (lambda path: recover(left_journal(path), path), ("", ".new", ".lock")),
    "snapshot": (update_snapshot, ("",)),
    "view": (page("view", "IN", "-o", "OUT"), ("",)),
    "diff page": (page("diff", "IN", "IN", "--html", "OUT"), ("",)),
    "convert": (page("convert", "IN", "--to", "har", "OUT", "--force"), ("", ".new", ".lock")),
}
PLANTED = [(name, suffix) for name, (_, suffixes) in WRITERS.items() for suffix in suffixes]


@pytest.fixture(params=["a file", "nothing"])
def victim(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file of the user's that a planted link points to, or its missing name: never touched."""
    path = tmp_path / "bashrc"
    if request.param == "a file":
        path.write_text("precious")
    yield path
    assert path.read_text() == "precious" if request.param == "a file" else not path.exists()


@pytest.mark.parametrize(("writer", "suffix"), PLANTED)
def test_no_link_is_written_through(tmp_path: Path, victim: Path, writer: str, suffix: str) -> None:
    """A link in the place of a file that we write, or of one beside it: an error, and it stays."""
    (tmp_path / "repository").mkdir()
    path = tmp_path / "repository" / "t.tape"
    link = path.with_name(path.name + suffix)
    link.symlink_to("../bashrc")
    with pytest.raises(CassetteError, match=r"link|exists already|not a cassette"):
        WRITERS[writer][0](path)
    assert link.is_symlink()


@pytest.mark.parametrize("suffix", [".part", ".lock"])
def test_files_of_others_are_not_taken_over(tmp_path: Path, suffix: str) -> None:
    """An ordinary file that is not ours, at a name that we need, is an error and stays."""
    path = tmp_path / "t.tape"
    other = tmp_path / f"t.tape{suffix}"
    other.write_text("mine")
    with pytest.raises(CassetteError, match="move it away"):
        record(path)
    assert other.read_text() == "mine"


def test_what_a_killed_writer_left_is_replaced(tmp_path: Path) -> None:
    """An ordinary `.new` stops nobody."""
    (tmp_path / "t.tape.new").write_bytes(b"half")
    save(ONE, tmp_path / "t.tape")
    assert [path.name for path in tmp_path.iterdir()] == ["t.tape"]
