"""The fixture `tape_server`: a test's cassette for clients that are not in its process."""

import pytest

from tests.pytest_plugin.conftest import Suite

CLIENT = """
import asyncio, os, subprocess, sys, time, urllib.request

ASK = "import os, sys, urllib.request; print(urllib.request.urlopen(os.environ['BASE'] + sys.argv[1]).read().decode())"

def child(server, path):
    env = {**os.environ, "BASE": server.url}
    return subprocess.run([sys.executable, "-c", ASK, path], env=env, capture_output=True, text=True)

"""  # noqa: E501 - a program in a program
MARK = "@pytest.mark.streamtape(upstream=URL)\n"
FORMS = {
    "child": "def test_a(tape_server):\n    assert child(tape_server, '/x').stdout.count('tick') == 3\n",  # noqa: E501 - the same
    "httpx_in_process": "def test_a(tape_server):\n"
    "    assert httpx.get(tape_server.url + '/x').text.count('tick') == 3\n",
    "urllib_in_process": "def test_a(tape_server):\n"
    "    assert urllib.request.urlopen(tape_server.url + '/x').read().count(b'tick') == 3\n",
    "curl": "def test_a(tape_server):\n"
    "    out = subprocess.check_output(['curl', '-sN', tape_server.url + '/x'])\n"
    "    assert out.count(b'tick') == 3\n",
    "async": "@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    "@pytest.mark.anyio\n" + MARK + "async def test_a(tape_server):\n"
    "    async with httpx.AsyncClient() as client:\n"
    "        assert (await client.get(tape_server.url + '/x')).text.count('tick') == 3\n",
    "beside_tape": "def test_a(tape, tape_server):\n"
    "    child(tape_server, '/x')\n"
    "    assert [r.url for r in tape.requests] == [URL + '/x']\n"
    "    assert len(tape.events('tick')) == 3\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_any_client_is_recorded_once_and_replayed(suite: Suite, form: str) -> None:
    """The first run goes through to the server, and every later one is answered from the file."""
    suite.write(CLIENT + ("" if form == "async" else MARK) + FORMS[form])
    suite.run().assert_outcomes(passed=1)
    assert len(suite.tapes()) == 1
    suite.upstream.close()
    suite.run().assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/x"]


def test_providers_are_found_by_their_variables(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`child_env` points at the server; where the real one was matters only while recording."""
    suite.write(
        CLIENT + "def test_a(tape_server):\n"
        "    env = tape_server.child_env()\n"
        "    url = env['OPENAI_BASE_URL'] + '/responses'\n"
        "    assert url.startswith(tape_server.url)\n"
        "    assert urllib.request.urlopen(url).read().count(b'tick') == 3\n"
        "    assert env.get('OPENAI_API_KEY') == os.environ.get('KEY')\n"
    )
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{suite.upstream.url}/v1")
    suite.run().assert_outcomes(passed=1)
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.setenv("KEY", "streamtape-replay")
    suite.run("--tape-record=none").assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/v1/responses"]


def test_a_miss_fails_the_test_as_one_in_process_does(suite: Suite) -> None:
    """The client gets a 404 and goes on; the test fails, with the text of a miss in process."""
    body = "{}\n    httpx.get({} + '/x')\n    httpx.get({} + '/y')\n"
    suite.write(
        MARK
        + body.format("def test_a(tape_server):", "tape_server.url", "tape_server.url")
        + body.format("def test_b(tape):", "URL", "URL")
    )
    for name in ("test_a", "test_b"):
        suite.run("-k", name).assert_outcomes(passed=1)
    suite.write(
        MARK
        + body.format("def test_a(tape_server):", "tape_server.url", "tape_server.url").replace(
            "/y", "/z"
        )
        + body.format("def test_b(tape):", "URL", "URL").replace("/y", "/z")
    )
    found = []
    for name in ("test_a", "test_b"):
        result = suite.run("-k", name)
        result.assert_outcomes(failed=1)
        lines = [line.removeprefix("E").strip() for line in result.outlines]
        start = next(n for n, line in enumerate(lines) if line.startswith("request  "))
        found.append([line.replace("test_b", "test_a") for line in lines[start : start + 9]])
    assert found[0] == found[1]
    assert "differs   path" in found[0]


def test_a_child_that_asks_elsewhere_is_reported(suite: Suite) -> None:
    """Where nothing came to the server, the message says where it was."""
    suite.write(CLIENT + MARK + "def test_a(tape_server):\n    pass\n")
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Nothing came to http://127.0.0.1:*base URL of the client*"])


def test_marks_and_options_count(suite: Suite) -> None:
    """Pace and faults of the mark, and the options of the command line, hold over the port, too."""
    suite.write(
        CLIENT + "@pytest.mark.streamtape(upstream=URL, fault='http=503')\n"
        "def test_a(tape_server):\n"
        "    first, second = (httpx.get(tape_server.url + '/x') for _ in 'ab')\n"
        "    if not tape_server.session.records:\n"
        "        assert [first.status_code, second.status_code] == [503, 200]\n"
        "        assert [str(fault) for fault in tape_server.session.struck] == ['http=503']\n"
    )
    suite.run().assert_outcomes(passed=1)
    suite.run().assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/x"] * 2
    suite.run("--tape-record=all").assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/x"] * 4
    suite.run("--tape-disable").assert_outcomes(failed=1)  # records nothing, breaks nothing
    assert suite.upstream.requests == ["/x"] * 6


def test_a_clock_of_ones_own_is_refused(suite: Suite) -> None:
    """Other processes live by the real time."""
    suite.write(MARK.replace(")", ", clock='auto')") + "def test_a(tape_server):\n    pass\n")
    result = suite.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*remove clock='auto' and set*"])


def test_what_does_not_ask_for_it_pays_nothing(suite: Suite) -> None:
    """No module of the server is imported for other tests."""
    suite.pytester.makepyfile(
        "import sys, streamtape\n@streamtape.cassette(allow_no_requests=True)\ndef test_a():\n"
        "    assert not [m for m in sys.modules if m.startswith('streamtape.server')]\n"
    )
    suite.pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
