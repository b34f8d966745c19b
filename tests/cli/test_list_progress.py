"""The line that is shown while the list of a store is read."""

from collections.abc import Iterable, Iterator

import pytest

from streamtape.cli import list_progress
from streamtape.cli.list_progress import ListProgress, no_other_line
from streamtape.stores.store import StoreEntry
from streamtape.stores.store_path import StorePath
from streamtape.stores.watching import watch_lists
from tests.stores.test_recordings import Dictionary

N_NAMES = 2_500


class Many(Dictionary):
    """A store with many names."""

    def list(self, folder: str) -> Iterable[StoreEntry]:
        return [StoreEntry(f"{folder}/{n}.tape", "v1") for n in range(N_NAMES)]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard error is a terminal, and the line is shown at once."""
    monkeypatch.setattr(list_progress, "is_watched", lambda: True)
    monkeypatch.setattr(list_progress, "SHOWN_AFTER_S", 0)
    monkeypatch.setenv("FORCE_COLOR", "1")  # what Rich takes for a terminal
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def watched() -> Iterator[list[ListProgress]]:
    """The lines of the lists that are read, as they were made."""
    made: list[ListProgress] = []

    def watch(where: str) -> ListProgress:
        made.append(ListProgress(where))
        return made[-1]

    watch_lists(watch)
    yield made
    watch_lists(None)


def test_a_list_that_is_read_is_counted(watched: list[ListProgress]) -> None:
    """All names of the store count; the line says which one it is, and the paths are the same."""
    path = StorePath(Many(), "runs")
    found = [str(one) for one in path.rglob("*.tape")]
    (line,) = watched
    assert str(line.line()) == "listing dictionary://here/runs: 2,500 names"
    watch_lists(None)
    assert found == [str(one) for one in path.rglob("*.tape")]


def test_a_list_that_fails_takes_its_line_with_it(
    terminal: None, watched: list[ListProgress], capsys: pytest.CaptureFixture[str]
) -> None:
    """The error is raised as ever, and the cursor is shown again."""

    class Refusing(Many):
        def list(self, folder: str) -> Iterable[StoreEntry]:
            raise PermissionError(folder)

    with pytest.raises(Exception, match="no permission"):
        list(StorePath(Refusing(), "runs").rglob("*"))
    written = capsys.readouterr().err
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h")


def test_the_line_is_written_and_removed(
    terminal: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is there before the store has answered; at the end it is cleared."""
    line = ListProgress("s3://bucket/runs")
    with line:
        assert line._timer is not None
        line._timer.join()
        assert "listing s3://bucket/runs" in capsys.readouterr().err
    assert capsys.readouterr().err.endswith("\x1b[2K")


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    """No line, and no thread for it, where stderr is no terminal."""
    line = ListProgress("s3://bucket/runs")
    with line as count:
        assert line._timer is None
        count(1)
    assert capsys.readouterr().err == ""


def test_a_bar_has_the_last_line_for_itself(terminal: None) -> None:
    """While a bar is shown, a list is read without a line."""
    line = ListProgress("s3://bucket/runs")
    with no_other_line(), line:
        assert line._timer is None
    with line:
        assert line._timer is not None


def test_a_name_cannot_move_the_cursor() -> None:
    """Control characters of a store's name are shown, not obeyed."""
    assert "\x1b" not in str(ListProgress("s3://bucket/\x1b[2J").line())
