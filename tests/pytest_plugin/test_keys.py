"""A test that only replays needs no API key; one precedence of options, for all ways in."""

import os

import pytest

from streamtape.pytest_plugin.dummy_keys import NAMES, LentKeys
from streamtape.server.providers import NO_KEY
from tests.pytest_plugin.conftest import Suite

SDK = """
import os
def ask():
    key = os.environ.get('OPENAI_API_KEY')
    assert key, 'Missing credentials'
    return httpx.get(URL, headers={'authorization': f'Bearer {key}'}).text
"""
FORMS = {
    "decorator": "@streamtape.cassette\ndef test_a():\n    assert ask()\n",
    "fixture": "def test_a(tape):\n    assert ask()\n",
    "use_cassette": (
        "def test_a():\n    with streamtape.use_cassette('cassettes/test_it/test_a.tape'):\n"
        "        assert ask()\n    assert key_is_gone()\n"
    ),
    "setup": (
        "@pytest.fixture\ndef text():\n    return ask()\n"
        "@streamtape.cassette\ndef test_a(text):\n    assert text\n"
    ),
}
AFTER = """
def key_is_gone():
    return os.environ.get('OPENAI_API_KEY') != 'streamtape-replay'
def test_b():
    assert key_is_gone()
"""


@pytest.mark.parametrize("form", FORMS)
def test_a_replay_needs_no_key(suite: Suite, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it records it does; beside it, and where the ini file says no, nothing is set."""
    monkeypatch.setenv("OPENAI_API_KEY", "real-key-of-mine")
    suite.write(SDK + FORMS[form] + AFTER)
    suite.run().assert_outcomes(passed=2)
    monkeypatch.delenv("OPENAI_API_KEY")
    suite.run("--tape-record=once").assert_outcomes(passed=2)
    assert not {name for name in NAMES if os.environ.get(name) == NO_KEY}
    failed = suite.run("--tape-record=all").parseoutcomes()
    assert failed.get("failed", 0) + failed.get("errors", 0) == 1
    suite.pytester.makeini("[pytest]\ntape_dummy_keys = false\n")
    refused = suite.run().parseoutcomes()
    assert refused.get("failed", 0) + refused.get("errors", 0) == 1


def test_what_is_set_is_left_alone() -> None:
    """Keys that are there stay, and so does what a test sets in the meantime."""
    environ = {"OPENAI_API_KEY": "mine", "GOOGLE_API_KEY": "mine too"}
    keys = LentKeys(environ)
    keys.lend()
    assert environ["OPENAI_API_KEY"] == "mine"
    assert environ["ANTHROPIC_API_KEY"] == NO_KEY
    assert "GEMINI_API_KEY" not in environ
    environ["ANTHROPIC_API_KEY"] = "new"
    keys.lend()
    keys.take_back()
    assert environ == {
        "OPENAI_API_KEY": "mine",
        "GOOGLE_API_KEY": "mine too",
        "ANTHROPIC_API_KEY": "new",
    }


WAYS = {
    "decorator": "@streamtape.cassette{args}\ndef test_a(tape):\n    check(tape)\n",
    "mark": "@pytest.mark.streamtape{args}\ndef test_a(tape):\n    check(tape)\n",
    "use_cassette": (
        "def test_a():\n    with streamtape.use_cassette('x.tape', *[], **dict{args}) as tape:\n"
        "        check(tape)\n"
    ),
    "decorated helper": (
        "@streamtape.cassette{args}\ndef helper():\n"
        "    from streamtape.transport.patch import current\n    check(current())\n"
        "def test_a():\n    helper()\n"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_one_order_of_precedence(suite: Suite, way: str) -> None:
    """Command line, then what stands at the test, then tape_config, then the ini file."""
    suite.pytester.makeini(
        "[pytest]\ntape_record = new_episodes\ntape_speed = 2\ntape_match_on = method, path\n"
    )
    suite.pytester.makeconftest(
        "import pytest\n@pytest.fixture\ndef tape_config():\n"
        "    return {'speed': 3, 'idle_limit': 3, 'seed': 3}\n"
    )
    check = (
        "def check(tape):\n    httpx.get(URL)\n    o = tape.options\n"
        "    assert (o.match_on, o.mode, o.speed, o.idle_limit, o.seed) == EXPECTED\n"
    )
    path = ("method", "path")
    for args, options, expected in (
        ("()", (), (path, "new_episodes", 3, 3, 3)),
        ("(idle_limit=4, seed=4)", (), (path, "new_episodes", 3, 4, 4)),
        ("(mode='all', speed=4)", ("--tape-record=once",), (path, "once", 4, 3, 3)),
        ("(speed=4)", ("--tape-speed=5",), (path, "new_episodes", 5, 3, 3)),
    ):
        suite.write(f"EXPECTED = {expected!r}\n" + check + WAYS[way].format(args=args))
        suite.run(*options).assert_outcomes(passed=1)
