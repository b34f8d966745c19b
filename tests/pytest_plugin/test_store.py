"""Cassettes of tests in a store: the ini option `tape_store`, names that are URLs, expiry."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import Suite

fsspec = pytest.importorskip("fsspec")

SOURCE = """
@streamtape.cassette
def test_decorated(): assert httpx.get(URL + '/a').status_code == 200

@pytest.mark.streamtape("shared.tape")
def test_marked(tape, tape_snapshot):
    httpx.get(URL + '/b')
    assert tape == tape_snapshot

@pytest.mark.streamtape("memory://elsewhere/c.tape")
def test_url(): httpx.get(URL + '/c')

@pytest.fixture(scope="module")
def asked(): return httpx.get(URL + '/d').text
@pytest.mark.streamtape(allow_no_requests=True)
def test_fixture(asked): assert asked

@pytest.mark.streamtape("./here.tape")
def test_beside(): httpx.get(URL + '/e')

class TestPlain(unittest.TestCase):
    @streamtape.cassette
    def test_it(self): httpx.get(URL + '/f')
"""


@pytest.fixture
def memory_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """What fsspec's memory holds, by name; empty at first."""
    monkeypatch.setenv("STREAMTAPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("STREAMTAPE_JOURNALS", str(tmp_path / "journals"))
    store = fsspec.filesystem("memory").store
    store.clear()
    yield store
    store.clear()


def test_they_lie_where_their_files_do(suite: Suite, memory_store: dict[str, object]) -> None:
    """Below the store as their modules lie below the root; what names a folder is beside them."""
    suite.pytester.makeini("[pytest]\ntape_store = memory://ci/tapes\n")
    suite.write(SOURCE, "sub/test_it")
    suite.run("--tape-update").assert_outcomes(passed=6)
    module = "/ci/tapes/sub/test_it"
    names = ["TestPlain.test_it", "fixture.asked", "shared", "test_decorated"]
    assert sorted(memory_store) == [
        *(f"{module}/{name}.tape" for name in names),
        "/elsewhere/c.tape",
    ]
    files = {path.name for path in suite.folder.rglob("*") if path.suffix in {".tape", ".txt"}}
    assert files == {"here.tape", "test_marked.txt"}
    n_requests = len(suite.upstream.requests)
    again = suite.run("--tape-record=none", "--tape-block-network")
    again.assert_outcomes(passed=6)
    assert len(suite.upstream.requests) == n_requests
    again.stdout.no_fnmatch_line("*no test uses it*")


def test_a_cache_with_a_time_to_live(suite: Suite, memory_store: dict[str, object]) -> None:
    """What is too old is recorded anew, in the store."""
    age = "tape_max_age = 0.000001s\ntape_on_expired = record\n"
    suite.pytester.makeini(f"[pytest]\ntape_store = memory://ci\n{age}")
    suite.write("@streamtape.cassette\ndef test_a(): httpx.get(URL + '/a')\n")
    for n_requests in (1, 2):
        suite.run().assert_outcomes(passed=1)
        assert suite.upstream.requests == ["/a"] * n_requests


def test_what_fails_stays_here(
    suite: Suite, memory_store: dict[str, object], tmp_path: Path
) -> None:
    """A recording that is not kept lies with the journals, and the report says where."""
    suite.pytester.makeini("[pytest]\ntape_store = memory://ci\n")
    suite.upstream.cut = True
    suite.write("@streamtape.cassette\ndef test_a(): httpx.get(URL + '/a')\n")
    result = suite.run()
    result.assert_outcomes(failed=1)
    (aside,) = (tmp_path / "journals").rglob("*.failed")
    assert str(aside) in result.stdout.str().replace("\n", "")
    assert not memory_store


def test_a_folder_is_a_store_too(suite: Suite) -> None:
    """A path is meant from the root directory."""
    suite.pytester.makeini("[pytest]\ntape_store = tapes\n")
    suite.write("@streamtape.cassette\ndef test_a(): httpx.get(URL + '/a')\n")
    suite.run().assert_outcomes(passed=1)
    assert (suite.folder / "tapes" / "test_it" / "test_a.tape").is_file()
    suite.run("--tape-record=none").assert_outcomes(passed=1)
