"""Workers get whole files of tests, and the longest first."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.scheduling import LONG, FileScheduling, long_first
from tests.shared import REPO


@pytest.mark.parametrize(
    ("nodeid", "unit"),
    [
        ("tests/tape/test_codec.py::test_it", "tests/tape/test_codec.py"),
        ("tests/tape/test_codec.py::test_it[a::b]", "tests/tape/test_codec.py"),
        ("tests/tape/test_codec.py::test_it[a@b]", "tests/tape/test_codec.py"),
        ("tests/page/test_live.py::test_it[a@b]@page", "page"),
        ("tests/page/test_race.py::test_it@page", "page"),
    ],
)
def test_a_file_or_a_group_goes_to_one_worker(
    pytester: pytest.Pytester, nodeid: str, unit: str
) -> None:
    """A group may have tests of several files."""
    config = pytester.parseconfig("--tx=popen", "--dist=loadgroup")
    assert FileScheduling(config)._split_scope(nodeid) == unit


def test_long_files_come_first_and_else_nothing_is_moved() -> None:
    """Also those of a folder that is long as a whole; other tests keep their order."""
    ids = ["tests/a.py::a", f"{LONG[2]}::b", "tests/a.py::c", f"{LONG[0]}test_d.py::d"]
    items: Any = [SimpleNamespace(nodeid=nodeid) for nodeid in ids]
    assert [item.nodeid for item in long_first(items)] == [ids[3], ids[1], ids[0], ids[2]]


@pytest.mark.parametrize("name", LONG)
def test_what_is_named_as_long_is_there(name: str) -> None:
    """A file that is moved or renamed is named anew."""
    assert (REPO / name).exists()
