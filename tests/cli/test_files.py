"""What `-o` and its kin may name and replace, and paths at which there is nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamtape.cli.files import Tapes
from streamtape.stores.locations import location_of
from streamtape.stores.store_path import StorePath
from tests.cli.running import interaction, refused, responses, run, tape

Command = Callable[[Path, str], tuple[Any, ...]]
# Commands that write what they are told to; each takes a cassette and the name of a result.
WRITERS: dict[str, Command] = {
    "view": lambda path, to: ("view", path, "-o", to),
    "diff": lambda path, to: ("diff", path, path, "--html", to),
    "stats": lambda path, to: ("stats", path, "--plot-to", to),
    "record": lambda path, to: ("record", "-o", to, "http://127.0.0.1:9/x"),
    "a proxy": lambda path, to: ("record", "-o", to, "--", "true"),
    "convert": lambda path, to: ("convert", path, to, "--to", "sse"),
    "recover": lambda path, to: ("recover", f"{path}.part", "-o", to),
}
PAGES = [("view", "x.html"), ("diff", "x.html"), ("stats", "x.svg"), ("stats", "x.png")]
READERS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "show": lambda p: ("show", p),
    "replay": lambda p: ("replay", p),
    "check": lambda p: ("check", p),
    "stats": lambda p: ("stats", p),
    "view": lambda p: ("view", p),
    "scan": lambda p: ("scan", p),
    "convert": lambda p: ("convert", p, "out.tape"),
    "moderate": lambda p: ("moderate", p, "--with", "builtins:bool"),
    "migrate": lambda p: ("migrate", p),
    "diff": lambda p: ("diff", p, "cassettes"),
    "diff --fail-on": lambda p: ("diff", p, "cassettes", "--fail-on", "ttft=+5%"),
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cassette in the folder that commands run in, and one in the folder `cassettes`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cassettes").mkdir()
    tape(tmp_path / "cassettes" / "chat.tape", interaction(responses("double ", "bubble")))
    return tape(tmp_path / "run.tape", interaction(responses("double ", "bubble")))


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("target", [".", "cassettes", "cassettes/", "new/"])
def test_a_folder_is_reported_as_one(path: Path, writer: str, target: str) -> None:
    """A folder in the place of a file: that is said, with a name that would do."""
    output = refused(*WRITERS[writer](path, target))
    assert "that is a folder; name a file" in output
    assert not Path("new").exists()


@pytest.mark.parametrize("writer", WRITERS)
def test_a_name_must_be_there(path: Path, writer: str) -> None:
    """An empty name is the shell's unset variable: refused."""
    assert "the name of a file is missing" in refused(*WRITERS[writer](path, ""))


@pytest.mark.parametrize("writer", WRITERS)
def test_no_file_of_others_is_replaced(path: Path, writer: str) -> None:
    """A file that streamtape did not write stays as it is."""
    name = {"stats": "mine.svg"}.get(writer, "mine.html")
    Path(name).write_text("<p>precious</p>")
    refused(*WRITERS[writer](path, name))
    assert Path(name).read_text() == "<p>precious</p>"


@pytest.mark.parametrize("writer", WRITERS)
def test_no_cassette_is_replaced(path: Path, writer: str) -> None:
    """A cassette, too, stays."""
    before = path.read_bytes()
    refused(*WRITERS[writer](path, str(path)))
    assert path.read_bytes() == before


@pytest.mark.parametrize(("writer", "name"), PAGES)
def test_pages_of_ours_are_written_anew(path: Path, writer: str, name: str) -> None:
    """What streamtape wrote it replaces; an empty file, too; anything else by --force."""
    if writer == "stats":
        pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    Path(name).touch()
    command = WRITERS[writer](path, name)
    assert run(*command).exit_code == 0
    assert run(*command).exit_code == 0
    Path(name).write_text("precious")
    assert "--force" in refused(*command)
    assert run(*command, "--force").exit_code == 0
    assert Path(name).read_bytes() != b"precious"


def test_the_usual_name_of_a_page_is_no_exception(path: Path) -> None:
    """Without -o, too, a file of the user's stays."""
    Path("run.html").write_text("precious")
    assert "'run.html' is there already" in refused("view", path)
    assert Path("run.html").read_text() == "precious"


def test_the_demo_replaces_only_what_it_wrote(path: Path) -> None:
    """Its cassettes go into a folder that may have others of these names."""
    path.rename("cassettes/second.tape")
    before = Path("cassettes/second.tape").read_bytes()
    assert "the demo did not write it" in refused("demo", "--keep", "cassettes")
    assert Path("cassettes/second.tape").read_bytes() == before
    assert not Path("cassettes/first.tape").exists()
    Path("notes.txt").write_text("precious")
    assert "that is a file; name a folder" in refused("demo", "--keep", "notes.txt")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rnu.tape", "run.tape"),
        ("run", "run.tape"),
        ("RUN.TAPE", "run.tape"),
        ("cassetes", "cassettes"),
        ("cassetes/chat.tape", "cassettes/chat.tape"),
        ("cassettes/caht.tape", "cassettes/chat.tape"),
    ],
)
def test_a_mistyped_path_gives_the_nearest(path: Path, reader: str, typed: str, meant: str) -> None:
    """Files and folders, whichever part was mistyped."""
    output = run(*READERS[reader](typed))
    assert output.exit_code == 2
    assert f"did you mean {meant!r}?" in output.stderr


def test_several_near_names_are_all_reported(path: Path) -> None:
    """Where it is not clear which is meant; a name that is like none gets no suggestion."""
    path.with_name("run2.tape").write_bytes(path.read_bytes())
    assert "near it: " in refused("show", "run1.tape")
    assert "mean" not in refused("show", "zebra")


def test_a_journal_is_near_journals_only(path: Path) -> None:
    """`recover` does not suggest a cassette."""
    path.with_name("chat.tape.part").write_bytes(b"")
    assert "did you mean 'chat.tape.part'?" in refused("recover", "caht.tape.part")
    assert "mean" not in refused("recover", "rnu.tape")


def test_a_store_is_listed_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """To count what there is and to read it; whoever looks again gets a list of its own."""
    from streamtape.stores.fsspec_store import FsspecStore

    store = location_of("memory://listed-once")
    assert isinstance(store, StorePath)
    for name in ("b/2.tape", "a.tape", "b-c/1.tape"):
        (store / name).put([b"x"], replaces=None)
    lists: list[str] = []
    list_really = FsspecStore.list

    def counted(self: FsspecStore, folder: str) -> Any:
        lists.append(folder)
        return list_really(self, folder)

    monkeypatch.setattr(FsspecStore, "list", counted)
    tapes = Tapes([str(store), str(tmp_path)])
    assert len(tapes) == 3
    assert [place.name for place in tapes] == ["a.tape", "2.tape", "1.tape"]
    assert lists == ["listed-once"]
    assert len(list(tapes)) == len(tapes) == 3
    assert lists == ["listed-once"] * 2
