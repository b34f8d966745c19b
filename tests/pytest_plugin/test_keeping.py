"""Which recordings are kept when their test fails: those whose streams came through.

The table of the guide to pytest, case by case. `kept` lies in its place and is replayed from then
on; `aside` lies beside it as `NAME.tape.failed`, and the next run sends again.
"""

from typing import Any

import pytest

import streamtape
from tests.pytest_plugin.conftest import BODY, Suite

HEAD = "@streamtape.cassette\ndef test_a():\n"
GET = "    httpx.get(URL + '/x')\n"
READ = "    with httpx.stream('GET', URL + '/x') as r:\n        for line in r.iter_lines():\n"
OPEN = (
    "    with httpx.Client() as client:\n"
    "        r = client.send(client.build_request('GET', URL + '/x'), stream=True)\n"
    "        next(r.iter_bytes(5))\n"
)
# A transport that stands for the network: it gives a piece, and then what a test wants.
SLOW = """
import asyncio
class Slow(httpx.AsyncBaseTransport):
    def __init__(self, error): self.error = error
    async def handle_async_request(self, request):
        error = self.error
        class Body(httpx.AsyncByteStream):
            async def __aiter__(self):
                yield b'one'
                if isinstance(error, Exception): raise error
                if error: error.reschedule(0)
                await asyncio.Event().wait()
        return httpx.Response(200, stream=Body())
async def ask(error=None):
    async with httpx.AsyncClient(transport=Slow(error)) as client:
        return (await client.get(URL)).text
async def give_up_after_the_first():
    async with asyncio.timeout(None) as limit:
        await ask(limit)
"""
CASES = {
    # name: (program, where the recording is, the outcome of the test)
    "snapshot missing": (
        "@streamtape.cassette\ndef test_a(tape, tape_snapshot):\n" + GET
        + "    assert tape == tape_snapshot\n", "kept", "failed"),
    "assertion after the stream": (HEAD + GET + "    assert 0\n", "kept", "failed"),
    "error after the stream": (HEAD + GET + "    {}['x']\n", "kept", "failed"),
    "pytest.fail after the stream": (HEAD + GET + "    pytest.fail('no')\n", "kept", "failed"),
    "closed early, then an assertion": (HEAD + READ + "            break\n    assert 0\n", "kept",
        "failed"),
    "left open, then an assertion": (HEAD + OPEN + "        assert 0\n", "kept", "failed"),
    "left open, then an error": (HEAD + OPEN + "        1 / 0\n", "aside", "failed"),
    "error while reading": (HEAD + READ + "            1 / 0\n", "aside", "failed"),
    "assertion while reading": (HEAD + READ + "            assert 0\n", "aside", "failed"),
    "read timeout": (
        SLOW + HEAD + "    asyncio.run(ask(httpx.ReadTimeout('late')))\n", "aside", "failed"),
    "timeout of the program": (
        SLOW + HEAD + "    asyncio.run(give_up_after_the_first())\n", "aside", "failed"),
    "skipped after the stream": (HEAD + GET + "    pytest.skip('no')\n", "kept", "skipped"),
    "skipped before it": (HEAD + "    pytest.skip('no')\n" + GET, "nothing", "skipped"),
    "xfail in the test": (HEAD + GET + "    pytest.xfail('no')\n", "kept", "xfailed"),
    "expected to fail": ("@pytest.mark.xfail\n" + HEAD + GET + "    assert 0\n", "kept", "xfailed"),
    "fixture breaks behind the test": (
        "@pytest.fixture\ndef late():\n    yield\n    assert 0\n"
        "@streamtape.cassette\ndef test_a(late):\n" + GET, "kept", "errors"),
    "fixture breaks before the test": (
        "@pytest.fixture\ndef early():\n" + GET + "    assert 0\n"
        "@streamtape.cassette\ndef test_a(early):\n    pass\n", "kept", "errors"),
    "unittest": (
        "class TestIt(unittest.TestCase):\n    @streamtape.cassette\n    def test_a(self):\n    "
        + GET + "        self.fail('no')\n", "kept", "failed"),
    "use_cassette": (
        "def test_a():\n    with streamtape.use_cassette('cassettes/test_it/test_a.tape'):\n"
        "        httpx.get(URL + '/x')\n        1 / 0\n", "kept", "failed"),
    "nothing came": (HEAD + "    httpx.get('http://127.0.0.1:9/')\n", "nothing", "failed"),
}  # fmt: skip
# Streams whose length nobody knows, as real ones: what was read of them is not all.
UNSIZED = {"left open, then an error", "error while reading", "assertion while reading"}
PLACES = {
    "kept": ["cassettes/test_it/{}.tape"],
    "aside": ["cassettes/test_it/{}.tape.failed"],
    "nothing": [],
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_kept(suite: Suite, case: str) -> None:
    """A kept recording is not paid for again; any other is, and what came is not lost."""
    program, place, outcome = CASES[case]
    suite.write(program)
    suite.upstream.sized = case not in UNSIZED
    result = suite.run()
    # A fixture that breaks behind a test leaves the test passed.
    outcomes = {outcome: 1} | ({"passed": 1} if case == "fixture breaks behind the test" else {})
    result.assert_outcomes(**outcomes)
    name = "TestIt.test_a" if case == "unittest" else "test_a"
    assert suite.tapes() == [path.format(name) for path in PLACES[place]]
    requests = list(suite.upstream.requests)
    suite.run()
    assert (suite.upstream.requests == requests) is (place == "kept" or "/x" not in requests)
    if outcome == "failed" and place == "kept" and case != "use_cassette":
        result.stdout.fnmatch_lines(["*the recording is kept in cassettes/test_it/*"])
    if place == "aside":
        (path,) = suite.tapes()
        assert streamtape.load(suite.folder / path)[0].body
        result.stdout.fnmatch_lines(["the recording is not kept: *", f"*streamtape show {path}"])


def test_an_error_behind_the_last_byte(suite: Suite) -> None:
    """A body that is whole by its Content-Length is kept, though nobody read it to its end."""
    suite.write(CASES["error while reading"][0])
    suite.run().assert_outcomes(failed=1)
    assert suite.tapes() == ["cassettes/test_it/test_a.tape"]


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        ({"status": 500}, "the server answered with status 500"),
        ({"cut": True}, "the stream ended with RemoteProtocolError"),
    ],
    ids=["status", "cut"],
)
def test_what_the_server_broke(suite: Suite, damaged: dict[str, Any], reason: str) -> None:
    """An answer that nobody wants is set aside; a good one takes its place and clears it away."""
    vars(suite.upstream).update(damaged)
    suite.write(HEAD + "    httpx.get(URL + '/x').raise_for_status()\n")
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*not kept: {reason} (GET http*/x)"])
    assert suite.tapes() == ["cassettes/test_it/test_a.tape.failed"]
    suite.upstream.status, suite.upstream.cut = 200, False
    suite.run().assert_outcomes(passed=1)
    assert suite.tapes() == ["cassettes/test_it/test_a.tape"]


def test_what_was_made_good(suite: Suite) -> None:
    """A client that tried again and was answered has a recording worth keeping."""
    suite.upstream.statuses = [429]
    suite.write(
        HEAD + "    assert httpx.get(URL + '/x').status_code == 429\n" + GET + "    assert 0\n"
    )
    suite.run().assert_outcomes(failed=1)
    suite.run().assert_outcomes(failed=1)
    assert suite.upstream.requests == ["/x"] * 2
    assert [i.head and i.head.status for i in _tape(suite)] == [429, 200]


def _tape(suite: Suite) -> streamtape.Cassette:
    return streamtape.load(suite.folder / "cassettes/test_it/test_a.tape")


def test_what_proves_nothing_is_kept(suite: Suite) -> None:
    """`tape_unproven = error` fails a test that passed; its recording is as it should be."""
    suite.pytester.makeini("[pytest]\ntape_unproven = error\n")
    suite.upstream.status = 500
    suite.write(HEAD + GET)
    for _ in "ab":
        suite.run().assert_outcomes(failed=1)
    assert suite.upstream.requests == ["/x"]


def test_a_run_that_is_stopped(suite: Suite) -> None:
    """Nobody knows what a test that was interrupted would have asked next."""
    suite.write(HEAD + GET + "    raise KeyboardInterrupt\n")
    suite.pytester.inline_run("-p", "no:cacheprovider", no_reraise_ctrlc=True)
    assert suite.tapes() == ["cassettes/test_it/test_a.tape.failed"]


def test_a_good_cassette_is_replaced_by_a_good_run(suite: Suite) -> None:
    """Recording again: a failed assertion leaves the old one, a changed snapshot does not."""
    suite.write(HEAD + GET)
    suite.run().assert_outcomes(passed=1)
    suite.upstream.body = BODY + BODY
    suite.write(HEAD + GET + "    assert 0\n")
    result = suite.run("--tape-record=all")
    result.stdout.fnmatch_lines(["*not kept: a run that failed replaces no cassette*"])
    assert _tape(suite)[0].body == BODY
    assert suite.tapes() == [f"cassettes/test_it/test_a.tape{end}" for end in ("", ".failed")]
    suite.write("def test_a(tape, tape_snapshot):\n" + GET + "    assert tape == tape_snapshot\n")
    suite.run("--tape-record=all").assert_outcomes(failed=1)
    assert _tape(suite)[0].body == BODY + BODY
    suite.run("--tape-update").assert_outcomes(passed=1)
    assert len(suite.upstream.requests) == 3


def test_a_failed_recording_is_kept_where_that_is_said(suite: Suite) -> None:
    """`record_on_exception`: True keeps what broke, False keeps nothing of any failed test."""
    suite.write(
        "@streamtape.cassette(record_on_exception=True)\ndef test_a():\n"
        + READ
        + "            1 / 0\n"
        "@streamtape.cassette(record_on_exception=False)\ndef test_b():\n" + GET + "    assert 0\n"
    )
    suite.run().assert_outcomes(failed=2)
    assert suite.tapes() == ["cassettes/test_it/test_a.tape"]
