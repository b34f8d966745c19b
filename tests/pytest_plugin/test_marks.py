"""What a mark asks for, and what it does not: cassettes, blocked networks, names."""

import pytest

import streamtape
from tests.pytest_plugin.conftest import Suite

BLOCKS = ["block_network=True", "block_network=True, allow_hosts=['10.1.2.3']"]
OUT = "    import socket\n    with pytest.raises(streamtape.StreamtapeError, match='blocked'):\n"
OUT += "        socket.getaddrinfo('streamtape.invalid', 80)\n"


@pytest.mark.parametrize("expected", BLOCKS)
@pytest.mark.parametrize("where", ["function", "module"])
def test_a_mark_that_only_blocks_wants_no_cassette(suite: Suite, expected: str, where: str) -> None:
    """A quiet test passes, a loud one is stopped, and nothing is left on disk or in the sockets."""
    mark = f"pytest.mark.streamtape({expected})"
    head = f"@{mark}\n" if where == "function" else f"pytestmark = {mark}\n"
    suite.write(head + "def test_a():\n" + OUT, "test_one")
    quiet = "assert 'guarded' not in repr(socket.getaddrinfo)"
    suite.write(f"import socket\ndef test_b():\n    {quiet}\n")
    suite.run().assert_outcomes(passed=2)
    assert suite.tapes() == []


def test_a_block_beside_a_cassette(suite: Suite) -> None:
    """A mark on the module that blocks, and a decoration that records: both hold."""
    suite.write(
        "pytestmark = pytest.mark.streamtape(block_network=True)\n"
        "@streamtape.cassette\ndef test_a():\n    httpx.get(URL)\n" + OUT + "def test_b():\n" + OUT
    )
    suite.run().assert_outcomes(passed=2)
    assert suite.tapes() == ["cassettes/test_it/test_a.tape"]


def test_an_outer_session_says_who_took_its_requests(suite: Suite) -> None:
    """A test whose own cassette saw nothing is told that another one was nearer."""
    suite.write(
        "@streamtape.cassette\ndef test_a():\n"
        "    with streamtape.use_cassette('inner.tape'):\n        httpx.get(URL)\n"
    )
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Requests went to sessions that were opened inside it: 1 to *"])


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("tape_match_on = method, url", {"match_on": ("method", "url")}),
        ("tape_match_on =\n    method\n    url", {"match_on": ("method", "url")}),
        (
            "tape_ignore_json_paths = $.a, $['b,c'], $..d",
            {"ignore_json_paths": ("$.a", "$['b,c']", "$..d")},
        ),
        (
            "tape_ignore_hosts = a.example, *.b.example",
            {"ignore_hosts": ("a.example", "*.b.example")},
        ),
    ],
)
def test_lists_of_the_ini_file(suite: Suite, line: str, values: dict[str, tuple[str, ...]]) -> None:
    """One value a line, or several on one line with commas."""
    suite.pytester.makeini(f"[pytest]\n{line}\n")
    checks = "".join(f"    assert tape.options.{k} == {v!r}\n" for k, v in values.items())
    suite.write("def test_a(tape):\n    httpx.get(URL)\n" + checks)
    suite.run().assert_outcomes(passed=1)


AGENT = """
import json
def turn(ask):
    drawn = json.loads(httpx.get(URL + '/draw').text.partition('data:')[2])['call_id']
    return httpx.post(URL + '/use', json={'call_id': drawn}).status_code
@streamtape.cassette
def test_a():
    assert turn(httpx) == 200
"""


def test_verify_matches_ids_up(suite: Suite) -> None:
    """An agent sends back the ids that it got: they differ in every run, and are no difference."""
    for n in (1, 2):
        suite.upstream.body = b'data: {"type": "tick", "call_id": "call_9f8e7d6c5b4a%d"}\n\n' % n
        suite.write(AGENT)
        if n == 1:
            suite.run().assert_outcomes(passed=1)
    suite.run("--tape-record=verify").assert_outcomes(passed=1)
    suite.write(AGENT.replace("cassette\n", "cassette(match_up=False)\n"))
    suite.run("--tape-record=verify").assert_outcomes(failed=1)


def test_half_a_character_reaches_no_report(suite: Suite) -> None:
    """What a stream broke off amid is escaped where it leaves the program."""
    suite.upstream.body = b'data: {"type": "tick", "text": "\\\\ud83d"}\n\n'
    suite.write("@streamtape.cassette\ndef test_a(tape):\n    httpx.get(URL)\n    assert 0\n")
    result = suite.run("--junitxml=out.xml", "-ojunit_logging=all")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*#0 tick *ud83d*"])
    assert streamtape.load(suite.folder / "cassettes/test_it/test_a.tape")[0].body


def test_the_name_of_another_tools_cassette_is_refused(suite: Suite) -> None:
    """The test says which command converts it, from where pytest runs."""
    suite.write("@pytest.mark.streamtape('x.yaml')\ndef test_a():\n    httpx.get(URL + '/a')\n")
    there = suite.folder / "cassettes" / "test_it" / "x.yaml"
    there.parent.mkdir(parents=True)
    there.write_text("interactions: []")
    result = suite.run()
    result.assert_outcomes(errors=1)
    near = "cassettes/test_it/x"
    result.stdout.fnmatch_lines([f"*streamtape convert {near}.yaml {near}.tape*name 'x.tape'*"])
    assert suite.upstream.requests == []
