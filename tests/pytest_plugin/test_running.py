"""Decorator, mark and fixture: recorded the first time, replayed from then on."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import streamtape
from tests.pytest_plugin.conftest import Suite

GET = "    assert httpx.get(URL + '/x').text.count('tick') == 3\n"
AGET = """
    async with httpx.AsyncClient() as client:
        assert (await client.get(URL + '/x')).text.count('tick') == 3
"""
FORMS = {
    "bare": "@streamtape.cassette\ndef test_a():\n" + GET,
    "called": "@streamtape.cassette()\ndef test_a():\n" + GET,
    "mark": "@pytest.mark.streamtape\ndef test_a():\n" + GET,
    "mark_called": "@pytest.mark.streamtape()\ndef test_a():\n" + GET,
    "mark_without_a_name": "@pytest.mark.streamtape(None)\ndef test_a():\n" + GET,
    "module_mark": "pytestmark = pytest.mark.streamtape\ndef test_a():\n" + GET,
    "fixture": "def test_a(tape):\n" + GET + "    assert tape.mode == 'once'\n",
    "decorator_and_fixture": "@streamtape.cassette\ndef test_a(tape):\n" + GET,
    "twice": "@streamtape.cassette\n@pytest.mark.streamtape\ndef test_a():\n" + GET,
    "fixture_asks": (
        "@pytest.fixture\ndef asked():\n    return httpx.get(URL + '/x').text\n"
        "@streamtape.cassette\ndef test_a(asked):\n    assert 'tick' in asked\n"
    ),
    "anyio": (
        "@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
        "@pytest.mark.anyio\n@streamtape.cassette\nasync def test_a():" + AGET
    ),
    "anyio_trio": (
        "@pytest.fixture\ndef anyio_backend():\n    return 'trio'\n"
        "@pytest.mark.anyio\nasync def test_a(tape):" + AGET
    ),
    "own_loop": (
        "import asyncio\n@streamtape.cassette\nasync def inner():"
        + AGET
        + "def test_a():\n    asyncio.run(inner())\n"
    ),
    "thread": (
        "import threading\ndef test_a(tape):\n    seen = []\n"
        "    t = threading.Thread(target=lambda: seen.append(httpx.get(URL + '/x').text))\n"
        "    t.start(); t.join()\n    assert seen\n"
    ),
}
CLASSES = {
    "decorated": "@streamtape.cassette\nclass TestIt:\n    def test_a(self):\n    " + GET,
    "method": "class TestIt:\n    @streamtape.cassette\n    def test_a(self):\n    " + GET,
    "static": (
        "@streamtape.cassette\nclass TestIt:\n    @staticmethod\n    def test_a():\n    " + GET
    ),
    "marked": "@pytest.mark.streamtape\nclass TestIt:\n    def test_a(self):\n    " + GET,
    "unittest": (
        "@streamtape.cassette\nclass TestIt(unittest.TestCase):\n    def test_a(self):\n    " + GET
    ),
    "unittest_marked": (
        "@pytest.mark.streamtape\nclass TestIt(unittest.TestCase):\n    def test_a(self):\n    "
        + GET
    ),
    "unittest_async": (
        "class TestIt(unittest.IsolatedAsyncioTestCase):\n    @streamtape.cassette\n"
        "    async def test_a(self):" + AGET.replace("\n    ", "\n        ")
    ),
    "unittest_async_marked": (
        "@pytest.mark.streamtape\nclass TestIt(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_a(self):" + AGET.replace("\n    ", "\n        ")
    ),
    "inherited": (
        "class Base:\n    @streamtape.cassette\n    def test_a(self):\n    "
        + GET
        + "class TestIt(Base):\n    pass\n"
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_functions(suite: Suite, form: str) -> None:
    """Every form records once, into its place, and replays without asking again."""
    suite.write(FORMS[form])
    suite.run().assert_outcomes(passed=1)
    name = "inner" if form == "own_loop" else "test_a"
    if form.startswith("anyio"):
        backend = "trio" if "trio" in form else "asyncio"
        name = f"test_a[{backend}]" if len(suite.tapes()[0]) > 40 else "test_a"
    assert suite.tapes() == [f"cassettes/test_it/{name}.tape"]
    suite.run().assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/x"]


PARAMETERS = """
@pytest.fixture(params=['/x', '/y'])
def asked(request):
    return httpx.get(URL + request.param).text

@pytest.fixture
def path(request):
    return httpx.get(URL + request.param).text

@streamtape.cassette
def test_of_a_fixture(asked):
    assert 'tick' in asked

@streamtape.cassette
@pytest.mark.parametrize('path', ['/x', '/y'], indirect=True)
def test_indirect(path):
    assert 'tick' in path

@streamtape.cassette
@pytest.mark.parametrize('a', ['/x', '/y'])
@pytest.mark.parametrize('b', [1, 2])
def test_direct(a, b):
    assert 'tick' in httpx.get(URL + a).text

class TestIt:
    def setup_method(self):
        self.text = httpx.get(URL + '/x').text

    @streamtape.cassette
    def test_set_up(self):
        assert 'tick' in self.text
"""


def test_parameters_and_fixtures(suite: Suite) -> None:
    """Fixtures of any kind are recorded with their test; parameters are none."""
    suite.write(PARAMETERS)
    suite.run().assert_outcomes(passed=9)
    assert len(suite.tapes()) == 9
    suite.run("--tape-record=none").assert_outcomes(passed=9)
    assert len(suite.upstream.requests) == 9


def test_fixtures_of_wider_scopes_are_recorded_apart(suite: Suite) -> None:
    """What a module's fixture asks, before the first test and after the last, is no test's."""
    suite.write(
        "@pytest.fixture(scope='module', autouse=True)\ndef server():\n"
        "    httpx.get(URL + '/up')\n    yield\n    httpx.get(URL + '/down')\n"
        "@streamtape.cassette\ndef test_a():\n" + GET
    )
    suite.run().assert_outcomes(passed=1)
    assert len(streamtape.load(suite.folder / "cassettes/test_it/test_a.tape")) == 1
    suite.run("--tape-record=none").assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/up", "/x", "/down"]


@pytest.mark.parametrize("form", CLASSES)
def test_classes(suite: Suite, form: str) -> None:
    """Classes, and unittest's: each test has a cassette of its own, named with its class."""
    suite.write(CLASSES[form])
    suite.run().assert_outcomes(passed=1)
    assert suite.tapes() == ["cassettes/test_it/TestIt.test_a.tape"]
    suite.run().assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/x"]


def test_decorated_tests_run_without_pytest(suite: Suite) -> None:
    """Under plain unittest the decorator opens the same cassette itself."""
    import subprocess
    import sys

    suite.write(CLASSES["unittest"])
    command = [sys.executable, "-m", "unittest", "-q", "test_it"]
    for _ in range(2):
        subprocess.run(command, cwd=suite.folder, check=True, capture_output=True)
    assert suite.tapes() == ["cassettes/test_it/TestIt.test_a.tape"]
    suite.run().assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/x"]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("own", "cassettes/test_it/own.tape"),
        ("own.tape", "cassettes/test_it/own.tape"),
        ("cassettes/shared.tape", "cassettes/shared.tape"),
    ],
)
@pytest.mark.parametrize("how", ["@streamtape.cassette", "@pytest.mark.streamtape"])
def test_a_name_of_ones_own(suite: Suite, name: str, place: str, how: str) -> None:
    """A bare name lies beside the others, a path is meant from the test's folder."""
    suite.write(
        f"{how}({name!r}, speed=2.0)\ndef test_a(tape):\n{GET}    assert tape.options.speed == 2\n"
    )
    suite.run().assert_outcomes(passed=1)
    assert suite.tapes() == [place]


def test_a_skipped_test_is_no_error(suite: Suite) -> None:
    """A test that is skipped, or expected to fail, asks nothing of its cassette."""
    suite.write(
        "@streamtape.cassette\ndef test_a():\n    pytest.skip('not here')\n"
        "@streamtape.cassette\n@pytest.mark.xfail\ndef test_b():\n    assert 0\n"
        "@pytest.mark.skip\n@streamtape.cassette\ndef test_c():\n    assert 0\n"
    )
    suite.run().assert_outcomes(skipped=2, xfailed=1)
    assert suite.tapes() == []


def test_the_mode_is_none_where_ci_is_set(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """CI records nothing, and says which file is missing; an empty or false CI is a desk."""
    suite.write(FORMS["bare"])
    monkeypatch.setenv("CI", "true")
    result = suite.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*mode none (default, as CI is set)*", "*test_a.tape*"])
    for off in ("", "0", "false"):
        monkeypatch.setenv("CI", off)
        suite.run().assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/x"]


def test_the_command_line_counts_most(suite: Suite) -> None:
    """--tape-record holds for every cassette, those that a test opens itself included."""
    suite.write(
        "@streamtape.cassette(mode='once')\ndef test_a():\n" + GET + "def test_b():\n"
        "    with streamtape.use_cassette('cassettes/own.tape') as tape:\n    " + GET
    )
    suite.run().assert_outcomes(passed=2)
    suite.run("--tape-record=rewrite").assert_outcomes(passed=2)
    assert suite.upstream.requests == ["/x"] * 4
    result = suite.run("--tape-record=sometimes")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unknown record mode 'sometimes'*"])


def test_precedence(suite: Suite) -> None:
    """Nearest mark first, outwards, then tape_config, then ini: each overrides the next."""
    suite.pytester.makeini("[pytest]\ntape_speed = 2\ntape_record = new_episodes\n")
    suite.pytester.makeconftest(
        "import pytest\n@pytest.fixture\ndef tape_config():\n"
        "    return {'speed': 3, 'idle_limit': 3}\n"
    )
    suite.write(
        "pytestmark = pytest.mark.streamtape(speed=4, idle_limit=4)\n"
        "def test_a(tape):\n" + GET + "    o = tape.options\n"
        "    assert (o.mode, o.speed, o.idle_limit) == ('new_episodes', 4, 4)\n"
        "@pytest.mark.streamtape(speed=5)\nclass TestIt:\n"
        "    @streamtape.cassette(mode='once')\n    def test_b(self, tape):\n    " + GET +
        "        o = tape.options\n"
        "        assert (o.mode, o.speed, o.idle_limit) == ('once', 5, 4)\n"
    )  # fmt: skip
    result = suite.run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*streamtape: mode new_episodes (ini)*"])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("@pytest.mark.streamtape(sped=1)", "*unknown option 'sped'; did you mean 'speed'*"),
        ("@pytest.mark.streamtape('a', 'b')", "*takes one name and options*"),
        ("@streamtape.cassette(mode='onse')", "*unknown record mode 'onse'*"),
    ],
)
def test_unknown_arguments_are_refused(suite: Suite, how: str, message: str) -> None:
    """A misspelt option is an error that names the right one."""
    suite.write(f"{how}\ndef test_a():\n    pass\n")
    result = suite.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_a_test_that_asks_nothing_fails(suite: Suite) -> None:
    """A session that was to record and saw no request fails its test."""
    suite.write("@streamtape.cassette\ndef test_a():\n    pass\n")
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NothingRecordedError*saw no request*"])


def test_a_miss_that_the_program_hides_fails_the_test(suite: Suite) -> None:
    """A program that swallows the miss, or raises something else, does not hide it."""
    suite.write("@streamtape.cassette\ndef test_a():\n" + GET)
    suite.run().assert_outcomes(passed=1)
    suite.write(
        "@streamtape.cassette\ndef test_a():\n" + GET + "    try:\n        httpx.get(URL + '/y')\n"
        "    except Exception: pass\n"
    )
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*MissError*", "*differs   path*"])


NAMED = """
@streamtape.cassette('bare.tape')
def test_a():
    httpx.get(URL)

@streamtape.cassette('./beside.tape')
def test_b():
    httpx.get(URL)

@streamtape.cassette('cassettes/below.tape')
def test_c():
    httpx.get(URL)
"""


def test_where_named_cassettes_lie(suite: Suite) -> None:
    """A bare name is among the module's own; one with a folder, `./` too, is from the test's."""
    suite.write(NAMED)
    suite.run().assert_outcomes(passed=3)
    assert suite.tapes() == ["cassettes/below.tape", "cassettes/test_it/bare.tape"]
    assert (suite.folder / "beside.tape").is_file()


@pytest.mark.parametrize(
    "expected", ["''", "'.'", "'..'", "'a/..'", "'a.tape', allow_hosts='h', block_network=True"]
)
@pytest.mark.parametrize("skipped", [False, True])
def test_what_is_no_name_and_no_list_is_reported(
    suite: Suite, expected: str, skipped: bool
) -> None:
    """It is an error of its test, whether that runs or not; the others run."""
    skip = "@pytest.mark.skip\n" if skipped else ""
    suite.write(
        f"{skip}@pytest.mark.streamtape({expected})\ndef test_a():\n{GET}"
        f"@streamtape.cassette\ndef test_b():\n{GET}"
    )
    result = suite.run()
    if skipped:
        result.assert_outcomes(skipped=1, passed=1)
    else:
        result.assert_outcomes(errors=1, passed=1)
        result.stdout.fnmatch_lines(["E *UsageError: *"])


OUTER = """

@pytest.fixture(autouse=True, scope="module")
def outer(tmp_path_factory):
    with streamtape.use_cassette(tmp_path_factory.mktemp("a") / "outer.tape"):
        yield httpx.get(URL + '/outer')

class TestDecorated(unittest.IsolatedAsyncioTestCase):
    @streamtape.cassette
    async def test_a(self):
        async with httpx.AsyncClient() as client:
            await client.get(URL + '/x')

@pytest.mark.streamtape
class TestMarked(unittest.IsolatedAsyncioTestCase):
    async def test_a(self):
        async with httpx.AsyncClient() as client:
            await client.get(URL + '/x')
"""


def test_unittests_coroutines_see_the_tests_own_cassette(suite: Suite) -> None:
    """Their context was taken before the cassette was opened, and another one is open, too."""
    suite.write(OUTER)
    suite.run().assert_outcomes(passed=2)
    suite.run("--tape-record=none", "-k", "nothing")
    names = [f"cassettes/test_it/Test{name}.test_a.tape" for name in ("Decorated", "Marked")]
    assert suite.tapes() == names


@pytest.mark.parametrize("plugin", ["streamtape", "streamtape.pytest_plugin"])
def test_the_plugin_may_be_named_once_more(suite: Suite, plugin: str) -> None:
    """What the entry point has loaded may be named by -p and in a conftest.py, too."""
    suite.write("@streamtape.cassette\ndef test_a():\n" + GET)
    suite.pytester.makeconftest(f"pytest_plugins = [{plugin!r}]\n")
    others = ("hypothesispytest", "xdist", "xdist.looponfail", "random_order")  # they take time
    without = [word for other in others for word in ("-p", f"no:{other}")]
    command = (sys.executable, "-m", "pytest", "-q", "-Werror", *without, "-p", plugin)
    result = suite.pytester.run(*command)
    result.assert_outcomes(passed=1)
    result = suite.pytester.run(*command[:-2], "-p", "no:streamtape")
    assert result.ret == pytest.ExitCode.OK
    assert suite.upstream.requests == ["/x"]


def converted(path: Path, name: str) -> Path:
    """The cassette as a converted one, under another name."""
    (interaction,) = streamtape.load(path)
    new = path.with_name(name)
    streamtape.save(streamtape.Cassette((replace(interaction, cuts_known=False),)), new)
    path.unlink()
    return new


@pytest.mark.parametrize("value", ["GPT-4", "a/b", "x:y"])
def test_a_converted_cassette_is_found(suite: Suite, value: str) -> None:
    """A file under the name that pytest-recording gave it serves where ours is not there."""
    source = (
        f"class TestOut:\n    class TestIn:\n        @pytest.mark.parametrize('a', [{value!r}])\n"
        "        @streamtape.cassette\n        def test_a(self, a):\n        " + GET
    )
    suite.write(source)
    suite.run().assert_outcomes(passed=1)
    (ours,) = (suite.folder / "cassettes/test_it").iterdir()
    assert "~" in ours.name
    theirs = converted(ours, f"TestIn.test_a[{re.sub('[/:]', '-', value)}].tape")
    suite.run("--tape-record=none").assert_outcomes(passed=1)
    suite.run("--tape-prune").assert_outcomes(passed=1)
    assert theirs.exists()
    result = suite.run("--tape-record=all")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*TestIn.test_a[[]*: no test uses it*"])
    assert ours.exists()


@pytest.mark.parametrize("value", ["one", "x:y"])
def test_a_converted_cassette_of_pytest_vcr_is_found(suite: Suite, value: str) -> None:
    """It is in the folder of all modules; a recording of ours there is another test's."""
    suite.write(
        f"@pytest.mark.parametrize('a', [{value!r}])\n@streamtape.cassette\n"
        "def test_a(a):\n    httpx.get(URL)\n"
    )
    suite.run().assert_outcomes(passed=1)
    (ours,) = (suite.folder / "cassettes/test_it").iterdir()
    theirs = suite.folder / "cassettes" / f"test_a[{value}].tape"
    (recorded,) = streamtape.load(ours)
    streamtape.save(streamtape.Cassette((recorded,)), theirs)
    ours.unlink()
    suite.run("--tape-record=none").assert_outcomes(errors=1)
    converted_one = replace(recorded, cuts_known=False)
    streamtape.save(streamtape.Cassette((converted_one,)), theirs)
    suite.run("--tape-record=none").assert_outcomes(passed=1)


def test_the_recording_of_another_test_is_no_converted_one(suite: Suite) -> None:
    """`a*b` takes pytest-recording's name `a-b` for its own only where that was converted."""
    suite.write(
        "@pytest.mark.parametrize('a', ['a-b', 'a*b', 'a:b'])\n@streamtape.cassette\n"
        "def test_a(a):\n    httpx.get(URL + '/' + a)\n"
    )
    suite.run().assert_outcomes(passed=3)
    assert len(suite.tapes()) == 3


def test_a_damaged_converted_cassette_is_reported(suite: Suite) -> None:
    """A file under the old name that can't be read is an error, not a reason to record."""
    suite.write(
        "@pytest.mark.parametrize('a', ['a:b'])\n@streamtape.cassette\n"
        "def test_a(a):\n    httpx.get(URL)\n"
    )
    folder = suite.folder / "cassettes/test_it"
    folder.mkdir(parents=True)
    (folder / "test_a[a-b].tape").write_bytes(b"no cassette")
    suite.run().assert_outcomes(errors=1)
    assert suite.upstream.requests == []


MISS = """
def ask(path):
    return httpx.get(URL + path).text

@streamtape.cassette
def test_a():
    assert 'tick' in ask(PATH)
"""


@pytest.mark.parametrize("spread", [(), ("-n1",)], ids=["here", "xdist"])
def test_a_miss_shows_no_lines_but_the_users(suite: Suite, spread: tuple[str, ...]) -> None:
    """The traceback of a miss ends where the test's own code asks; --full-trace has it all."""
    suite.write("PATH = '/x'" + MISS)
    suite.run().assert_outcomes(passed=1)
    suite.write("PATH = '/y'" + MISS)
    shown = suite.run(*spread).stdout
    shown.fnmatch_lines(
        [">       return httpx.get(URL + path).text", "E *MissError: *", "E *recorded*"]
    )
    shown.no_fnmatch_line("*site-packages*")
    shown.no_fnmatch_line("*transports.py*")
    suite.run(*spread, "--full-trace").stdout.fnmatch_lines(["*transports.py*"])


def test_an_error_before_the_test_shows_its_message_alone(suite: Suite) -> None:
    """A cassette that is not there, or an option that does not exist: no lines of ours."""
    suite.write("@streamtape.cassette\ndef test_a(): pass\ndef test_b(tape): pass\n")
    shown = suite.run("--tape-record=none").stdout
    shown.fnmatch_lines(["E   streamtape.errors.CassetteNotFoundError: no cassette *"])
    shown.fnmatch_lines(["ERROR test_it.py::test_a - streamtape.errors.CassetteNotFoundError: *"])
    shown.no_fnmatch_line("*session.py*")


def test_use_cassette_keeps_its_own_default_on_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where CI is set, tests that are decorated replay; a session that a program opens records."""
    monkeypatch.setenv("CI", "true")
    pytester.makepyfile(
        """
        import httpx, streamtape

        def test_a():
            answer = httpx.MockTransport(lambda request: httpx.Response(200, text="hello"))
            with streamtape.use_cassette("x.tape") as session:
                assert session.mode == "once"
                httpx.Client(transport=answer).get("http://x/")
        """
    )
    pytester.runpytest("--tape-record=once").assert_outcomes(passed=1)
    (pytester.path / "x.tape").unlink()
    pytester.runpytest().assert_outcomes(passed=1)
