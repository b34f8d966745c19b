"""`--tape-report=DIR`: what failed tests leave, and the index of it."""

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import Suite

PASSES = "@streamtape.cassette\ndef test_a():\n    httpx.get(URL + '/x')\n"
STOPS = (
    "@streamtape.cassette\ndef test_a():\n    with httpx.stream('GET', URL + '/x') as r:\n"
    "        for line in r.iter_lines():\n            assert '<b>1' not in line + '<b>1'\n"
)


class Links(HTMLParser):
    """The addresses that a page links to, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value for name, value in attrs if name == "href" and value]


def index(folder: Path) -> str:
    """The text of the index."""
    return (folder / "left" / "index.html").read_text()


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["one process", "xdist"])
def test_each_failed_test_has_a_page_that_the_index_links(suite: Suite, workers: list[str]) -> None:
    """With the message, and the place where its client stopped."""
    suite.write(PASSES)
    suite.run()
    suite.write(STOPS + "def test_b():\n    assert 0\ndef test_c():\n    pass\n")
    result = suite.run("--tape-report=left", *workers)
    result.stdout.fnmatch_lines(["*pages of failed tests: left/index.html"])
    page = index(suite.folder)
    links = Links(page)
    assert {"b", "script"}.isdisjoint(links.tags)
    assert "2 of 3 tests failed, 1 of them without streams." in page
    assert "the client stopped reading here: after 3 of 3 events, 1 of 1 chunk" in page
    assert "&lt;b&gt;1" in page
    for link in links.found:
        assert (suite.folder / "left" / link.partition("#")[0]).is_file()
    assert "./test_it/test_a.html#0/2" in links.found
    own = (suite.folder / "left/test_it/test_a.html").read_text()
    assert "the client stopped reading here" in html.unescape(own)
    assert '"rule":"client"' in own


def test_a_run_without_failures_leaves_nothing(suite: Suite) -> None:
    """No folder is made; an index of an earlier run is not left to say otherwise."""
    suite.write(PASSES)
    suite.run("--tape-report=left").assert_outcomes(passed=1)
    assert not (suite.folder / "left").exists()
    suite.write(STOPS)
    suite.run("--tape-report=left").assert_outcomes(failed=1)
    assert "1 of 1 test failed." in index(suite.folder)
    suite.write(PASSES)
    suite.run("--tape-report=left").assert_outcomes(passed=1)
    page = index(suite.folder)
    assert "0 of 1 test failed." in page
    assert "<section>" not in page


def test_secrets_of_messages_are_masked(suite: Suite) -> None:
    """Those of the test's own message, too."""
    key = "sk-proj-" + "A1b2C3d4" * 6
    suite.write(
        f"@streamtape.cassette\ndef test_a():\n    httpx.get(URL + '/x')\n    assert 0, {key!r}\n"
    )
    suite.run("--tape-report=left").assert_outcomes(failed=1)
    assert key not in index(suite.folder)
    assert "*" * 20 in index(suite.folder)


def test_an_index_that_cannot_be_written_fails_no_run(suite: Suite) -> None:
    """It is said at the end."""
    suite.write(STOPS)
    (suite.folder / "left" / "index.html").mkdir(parents=True)
    result = suite.run("--tape-report=left")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the index of failed tests could not be written: *"])


def test_names_of_files_are_no_addresses(suite: Suite) -> None:
    """Parameters with odd characters still link."""
    suite.write(
        "@pytest.mark.parametrize('x', ['a b', 'ü#?', '../c', 'javascript:1'])\n"
        "@streamtape.cassette\ndef test_a(x):\n    httpx.get(URL + '/x')\n    assert 0\n"
    )
    suite.run("--tape-report=left").assert_outcomes(failed=4)
    links = Links(index(suite.folder)).found
    assert len(links) == 16
    assert all(re.match(r"\./", link) for link in links)
