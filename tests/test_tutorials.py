"""The tutorials do what they say: every file and command of theirs, run in order by a newcomer."""

from pathlib import Path

import pytest

from tests.test_documents import SITE
from tests.tutorials import Reader, check_shown

TUTORIALS = sorted((SITE / "tutorial").glob("[!i]*.md"))


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_newcomer_gets_what_the_tutorial_shows(page: Path, tmp_path: Path) -> None:
    """From an empty folder, without a key; each command prints what stands below it."""
    reader = Reader(tmp_path)
    reader.follow(page.read_text())
    assert reader.n_commands >= 5


def test_output_that_is_not_shown_so_is_found() -> None:
    """The comparison forgives times, and nothing else."""
    check_shown("a 1.2 ms\n...\nc", "a 3 ms\nb\nc", "x")
    with pytest.raises(AssertionError, match="the tutorial shows"):
        check_shown("48 events", "47 events", "x")
