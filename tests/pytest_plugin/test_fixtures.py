"""Fixtures of wider scopes: what they send is recorded and replayed as what a test sends."""

import pytest

from tests.pytest_plugin.conftest import Suite

SETUP = """
@pytest.fixture(scope={scope!r})
def made():
    text = httpx.get(URL + '/made').text
    yield text
    httpx.post(URL + '/gone')
"""
USE = """
@streamtape.cassette
def test_a(made):
    assert 'tick' in httpx.get(URL + '/a').text
def test_b(made, tape):
    assert 'tick' in httpx.get(URL + '/b').text
"""
IN_CLASS = """
class TestIt:
    @streamtape.cassette
    def test_a(self, made):
        assert 'tick' in httpx.get(URL + '/a').text
    @pytest.mark.streamtape
    def test_b(self, made):
        assert 'tick' in httpx.get(URL + '/b').text
"""
# By scope: the module's source, and where the cassettes of the setup and the teardown lie.
PLACES = {
    "module": (USE, "cassettes/test_it/fixture.made"),
    "class": (IN_CLASS, "cassettes/test_it/TestIt.fixture.made"),
    "package": (USE, "cassettes/conftest/fixture.made"),
    "session": (USE, "cassettes/test_it/fixture.made"),
}


@pytest.mark.parametrize("scope", PLACES)
def test_recorded_once_and_replayed(
    suite: Suite, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its setup and its teardown have cassettes; a replay sends nothing, on CI neither."""
    source, place = PLACES[scope]
    suite.write(SETUP.format(scope=scope) + source)
    suite.run().assert_outcomes(passed=2)
    assert sorted(suite.upstream.requests) == ["/a", "/b", "/gone", "/made"]
    tapes = suite.tapes()
    assert f"{place}.tape" in tapes
    assert f"{place}.teardown.tape" in tapes
    assert len(tapes) == 4
    suite.upstream.requests.clear()
    suite.run("--tape-prune").assert_outcomes(passed=2)
    monkeypatch.setenv("CI", "1")
    suite.run("-k", "test_b").assert_outcomes(passed=1, deselected=1)
    assert suite.upstream.requests == []
    assert suite.tapes() == tapes


FORMS = {
    "autouse": (
        "@pytest.fixture(scope='module', autouse=True)\ndef made():\n    httpx.get(URL + '/made')\n"
        "@streamtape.cassette\ndef test_a():\n    httpx.get(URL + '/a')\n",
        "fixture.made",
    ),
    "usefixtures": (
        "@pytest.fixture(scope='module')\ndef made():\n    httpx.get(URL + '/made')\n"
        "@pytest.mark.usefixtures('made')\ndef test_a(tape):\n    httpx.get(URL + '/a')\n",
        "fixture.made",
    ),
    "by name": (
        "@pytest.fixture(scope='module')\ndef made():\n    httpx.get(URL + '/made')\n"
        "def test_a(request, tape):\n    request.getfixturevalue('made')\n"
        "    httpx.get(URL + '/a')\n",
        "fixture.made",
    ),
    "needed by another": (
        "@pytest.fixture(scope='session')\ndef made():\n    httpx.get(URL + '/made')\n"
        "@pytest.fixture\ndef other(made):\n    pass\n"
        "@streamtape.cassette\ndef test_a(other):\n    httpx.get(URL + '/a')\n",
        "fixture.made",
    ),
    "setup_module": (
        "def setup_module():\n    httpx.get(URL + '/made')\n"
        "@streamtape.cassette\ndef test_a():\n    httpx.get(URL + '/a')\n",
        "fixture.setup_module",
    ),
    "setup_class": (
        "@streamtape.cassette\nclass TestIt:\n"
        "    @classmethod\n    def setup_class(cls):\n        httpx.get(URL + '/made')\n"
        "    def test_a(self):\n        httpx.get(URL + '/a')\n",
        "TestIt.fixture.setup_class",
    ),
    "setUpClass": (
        "class TestIt(unittest.TestCase):\n"
        "    @classmethod\n    def setUpClass(cls):\n        httpx.get(URL + '/made')\n"
        "    @streamtape.cassette\n    def test_a(self):\n        httpx.get(URL + '/a')\n",
        "TestIt.fixture.setUpClass",
    ),
    "async": (
        "@pytest.fixture(scope='module')\ndef anyio_backend():\n    return 'asyncio'\n"
        "@pytest.fixture(scope='module')\nasync def made(anyio_backend):\n"
        "    async with httpx.AsyncClient() as client:\n        await client.get(URL + '/made')\n"
        "        yield client\n"
        "@pytest.mark.anyio\n@streamtape.cassette\nasync def test_a(made):\n"
        "    await made.get(URL + '/a')\n",
        "fixture.made",
    ),
    "overridden": (
        "@pytest.fixture(scope='module')\ndef made():\n    httpx.get(URL + '/made')\n"
        "class TestIt:\n"
        "    @pytest.fixture(scope='class')\n    def made(self, made):\n        pass\n"
        "    def test_a(self, made, tape):\n        httpx.get(URL + '/a')\n",
        "fixture.made",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_covered(suite: Suite, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However a test comes to need it; what the test itself sends is in the test's own cassette."""
    source, name = FORMS[form]
    suite.write(source)
    suite.run().assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/made", "/a"]
    assert f"cassettes/test_it/{name}.tape" in suite.tapes()
    assert len(suite.tapes()) == 2
    monkeypatch.setenv("CI", "1")
    suite.run().assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/made", "/a"]


def test_what_ci_does_not_find_is_refused(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent: the setup fails with a miss that names the fixture's cassette."""
    suite.write(SETUP.format(scope="module") + USE)
    monkeypatch.setenv("CI", "1")
    result = suite.run()
    result.assert_outcomes(errors=2)
    assert suite.upstream.requests == []
    result.stdout.fnmatch_lines(
        [
            "*cassette*fixture.made.tape: there is no such file*",
            "*test_a*--tape-record=new_episodes",
        ]
    )


CLIENT = """
import os
@pytest.fixture(scope='session')
def client():
    assert os.environ.get('OPENAI_API_KEY'), 'Missing credentials'
    with httpx.Client() as client:
        yield client
@streamtape.cassette
def test_a(client):
    assert client.get(URL + '/a').status_code == 200
"""


@pytest.mark.parametrize("how", ["none", "once", "verify", "all", "new_episodes"])
def test_a_client_leaves_no_cassette(
    suite: Suite, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What sends nothing wants no cassette in any mode, and no key where its tests replay."""
    suite.write(CLIENT)
    monkeypatch.setenv("OPENAI_API_KEY", "real-key-of-mine")
    suite.run().assert_outcomes(passed=1)
    assert suite.tapes() == ["cassettes/test_it/test_a.tape"]
    if how in {"none", "once"}:
        monkeypatch.delenv("OPENAI_API_KEY")
    suite.run(f"--tape-record={how}").assert_outcomes(passed=1)
    assert suite.tapes() == ["cassettes/test_it/test_a.tape"]


def test_without_tests_that_have_a_cassette_it_is_left_alone(suite: Suite) -> None:
    """Its requests go out in every run; where a test with a cassette shares it, they don't."""
    plain = SETUP.format(scope="module") + "def test_first(made):\n    assert 'tick' in made\n"
    suite.write(plain)
    for _ in range(2):
        suite.run().assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/made", "/gone"] * 2
    assert suite.tapes() == []
    suite.write(plain + USE)
    suite.run().assert_outcomes(passed=3)
    suite.upstream.requests.clear()
    suite.run().assert_outcomes(passed=3)
    assert suite.upstream.requests == []


def test_a_setup_that_fails_keeps_no_broken_recording(suite: Suite) -> None:
    """As a test's: what the server refused is not replayed for ever."""
    suite.write(
        "@pytest.fixture(scope='module')\ndef made():\n"
        "    httpx.get(URL + '/made').raise_for_status()\n" + USE
    )
    suite.upstream.statuses = [500]
    suite.run().assert_outcomes(errors=2)
    assert "cassettes/test_it/fixture.made.tape" not in suite.tapes()
    suite.run().assert_outcomes(passed=2)
    assert "cassettes/test_it/fixture.made.tape" in suite.tapes()


def test_parameters_have_cassettes_of_their_own(suite: Suite) -> None:
    """Of the fixture itself, and of fixtures that it needs."""
    suite.write(
        "@pytest.fixture(scope='module', params=['small', 'LARGE'])\ndef model(request):\n"
        "    return request.param\n"
        "@pytest.fixture(scope='module')\ndef made(model):\n    httpx.get(URL + '/' + model)\n"
        "@streamtape.cassette\ndef test_a(made, model):\n    httpx.get(URL + '/a/' + model)\n"
    )
    suite.run().assert_outcomes(passed=2)
    requests = list(suite.upstream.requests)
    suite.run("--tape-record=none").assert_outcomes(passed=2)
    assert suite.upstream.requests == requests
    assert "cassettes/test_it/fixture.made[small].tape" in suite.tapes()
    assert sum("fixture.made[LARGE]" in name for name in suite.tapes()) == 1


def test_a_stream_that_goes_on_is_recorded_to_its_end(suite: Suite) -> None:
    """A fixture may yield an open stream: its cassette is open until the teardown."""
    suite.write(
        "@pytest.fixture(scope='module')\ndef lines():\n"
        "    with httpx.stream('GET', URL + '/made') as answer:\n"
        "        yield answer.iter_lines()\n"
        "def test_a(lines, tape):\n    assert next(lines) == 'event: tick'\n"
        "def test_b(lines, tape):\n    httpx.get(URL + '/b')\n    assert len(list(lines)) == 8\n"
        "test_a = pytest.mark.streamtape(allow_no_requests=True)(test_a)\n"
    )
    suite.run().assert_outcomes(passed=2)
    suite.run("--tape-record=none").assert_outcomes(passed=2)
    assert suite.upstream.requests == ["/made", "/b"]


def test_it_heeds_the_options_of_its_scope(suite: Suite) -> None:
    """`tape_config` and the marks of its module count; faults are meant for the tests."""
    suite.write(
        "pytestmark = pytest.mark.streamtape(match_on=['path'], fault='http=429')\n"
        "@pytest.fixture\ndef tape_config():\n    return {'ignore_hosts': ['other.example']}\n"
        "import itertools, os\n"
        "@pytest.fixture(scope='module')\ndef made():\n"
        "    return httpx.get(URL + '/made?' + os.urandom(4).hex()).status_code\n"
        "def test_a(made):\n    assert made == 200\n"
        "    assert httpx.get(URL + '/a').status_code == 429\n"
    )
    suite.run().assert_outcomes(passed=1)
    suite.run("--tape-record=none").assert_outcomes(passed=1)


def test_verify_compares_it(suite: Suite) -> None:
    """A fixture whose answer is another now fails as a test does."""
    suite.write(SETUP.format(scope="module") + USE)
    suite.run().assert_outcomes(passed=2)
    suite.run("--tape-record=verify").assert_outcomes(passed=2)
    suite.upstream.body = b"event: tick\ndata: {}\n\n"
    result = suite.run("--tape-record=verify")
    result.stdout.fnmatch_lines(["*fixture.made.tape*"])
    assert result.ret == 1


def test_disabled_it_sends(suite: Suite) -> None:
    """`--tape-disable` opens no cassette of a fixture either."""
    suite.write(SETUP.format(scope="module") + USE)
    suite.run("--tape-disable").assert_outcomes(passed=2)
    assert suite.tapes() == []


def test_a_damaged_cassette_fails_each_test(suite: Suite) -> None:
    """Each test that needs the fixture says which file it is."""
    suite.write(SETUP.format(scope="module") + USE)
    suite.run().assert_outcomes(passed=2)
    (suite.folder / "cassettes/test_it/fixture.made.tape").write_bytes(b"nothing of ours")
    result = suite.run()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*fixture.made.tape*is not a cassette*"])


def test_tests_that_were_skipped_leave_it(suite: Suite) -> None:
    """`--tape-prune` removes no cassette of a fixture that only skipped tests would set up."""
    suite.write(SETUP.format(scope="module") + USE)
    suite.run().assert_outcomes(passed=2)
    tapes = suite.tapes()
    skipped = USE.replace("def test", "@pytest.mark.skip\ndef test")
    suite.write(SETUP.format(scope="module") + skipped)
    suite.run("--tape-prune")
    assert {name for name in tapes if "fixture" in name} <= set(suite.tapes())


def test_workers_record_it_once(suite: Suite) -> None:
    """The first worker of pytest-xdist records; the other one waits, and replays."""
    tests = "".join(f"def test_{n}(made, tape):\n    httpx.get(URL + '/{n}')\n" for n in range(4))
    suite.write(
        "@pytest.fixture(scope='session')\ndef made():\n    httpx.get(URL + '/made')\n" + tests
    )
    suite.load_few_plugins()
    options = ("-n2", "--dist=load", "-p", "no:cacheprovider")
    suite.pytester.runpytest_subprocess(*options).assert_outcomes(passed=4)
    assert suite.upstream.requests.count("/made") == 1
    n_requests = len(suite.upstream.requests)
    suite.pytester.runpytest_subprocess(*options, "--tape-record=none").assert_outcomes(passed=4)
    assert len(suite.upstream.requests) == n_requests
