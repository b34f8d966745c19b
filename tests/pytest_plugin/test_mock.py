"""The fixture `tape_mock`: a provider for one test, with the SDKs pointed at it."""

from tests.pytest_plugin.conftest import Suite

SUITE = """
import os, httpx, pytest

def ask(text):
    assert os.environ["OPENAI_API_KEY"]
    url = os.environ["OPENAI_BASE_URL"] + "/responses"
    return httpx.post(url, json={"input": text}).json()["output"][0]["content"][0]["text"]

@pytest.mark.parametrize("n", range(4))
def test_each_has_its_own(tape_mock, n):
    tape_mock.reply(f"Number {n}.", contains="hello")
    assert ask("hello") == f"Number {n}."
    assert [request.user for request in tape_mock.asked] == ["hello"]

def test_other_apis(tape_mock):
    tape_mock.reply("Hi.")
    url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
    said = httpx.post(url, json={"messages": [{"role": "user", "content": "x"}]}).json()
    assert said["content"][0]["text"] == "Hi."

def test_by_itself(tape_mock):
    assert "bubble" in ask("anything")
"""
MISS = """
import httpx

def test_a_miss(tape_mock):
    tape_mock.reply("Hi.", contains="hello")
    httpx.post(f"{tape_mock.base_url}/responses", json={"input": "else"})

def test_an_allowed_miss(tape_mock):
    tape_mock.reply("Hi.", contains="hello")
    tape_mock.allow_misses = True
    httpx.post(f"{tape_mock.base_url}/responses", json={"input": "else"})
"""


def test_each_test_has_its_own_provider(suite: Suite) -> None:
    """Rules of one are nothing to another, here and in several workers."""
    suite.write(SUITE)
    suite.run().assert_outcomes(passed=6)
    suite.run("-n", "2").assert_outcomes(passed=6)


def test_a_miss_fails_its_test(suite: Suite) -> None:
    """At its end, with the nearest rule, unless misses are allowed."""
    suite.write(MISS)
    result = suite.run()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*no rule answers*doesn't contain 'hello'*"])
