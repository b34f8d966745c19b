"""What the command line and the ini file say: speed, network, disabling, reports, pruning."""

import json
import os
import shutil
import subprocess
import sys

import pytest

import streamtape
from streamtape.pytest_plugin import summary
from tests.pytest_plugin.conftest import Suite

GET = "    assert httpx.get(URL + '/x').text.count('tick') == 3\n"
ONE = "@streamtape.cassette\ndef test_a():\n" + GET


def test_speed_and_clock(suite: Suite) -> None:
    """--tape-speed sets the pace of every replay; `none` is at once; nonsense is refused."""
    suite.write("def test_a(tape):\n" + GET + "    print('speed', tape.options.speed)\n")
    suite.run()
    for given, expected in (("2.5", "2.5"), ("none", "None")):
        result = suite.run(f"--tape-speed={given}", "-rP")
        result.stdout.fnmatch_lines([f"*speed {expected}"])
    assert suite.run("--tape-speed=0").ret == pytest.ExitCode.USAGE_ERROR


def test_the_clock_of_a_test(suite: Suite) -> None:
    """A mark gives a test a clock that jumps."""
    suite.write(
        "@pytest.mark.streamtape(clock='auto')\ndef test_a(tape):\n" + GET
        + "    tape.clock.advance(600)\n    assert tape.clock.now_s >= 600\n"
    )  # fmt: skip
    suite.run().assert_outcomes(passed=1)
    suite.run().assert_outcomes(passed=1)


def test_a_blocked_network(suite: Suite) -> None:
    """Loopback and allowed hosts can be reached, others not; what is recorded passes."""
    suite.write(
        ONE + "import socket\ndef test_b():\n    socket.create_connection(('192.0.2.1', 80), 1)\n"
        "def test_c():\n    from streamtape.transport.sockets import SOCKETS\n"
        "    guards = [x for x in SOCKETS._listeners if hasattr(x, 'allows')]\n"
        "    assert guards[-1].allows('a.fine.test')\n"
    )
    result = suite.run("--tape-block-network", "--tape-allow-host=*.fine.test")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*network blocked*", "*NetworkBlockedError*--tape-allow-host*"])
    suite.pytester.makeini("[pytest]\ntape_block_network = true\ntape_allow_hosts = *.fine.test\n")
    suite.run().assert_outcomes(passed=2, failed=1)


def test_a_test_that_blocks_the_network(suite: Suite) -> None:
    """A mark blocks it for one test."""
    suite.write(
        "import socket\n@pytest.mark.streamtape(block_network=True, allow_no_requests=True)\n"
        "def test_a():\n    socket.create_connection(('192.0.2.1', 80), 1)\n"
    )
    result = suite.run()
    result.stdout.fnmatch_lines(["*NetworkBlockedError*"])


def test_disabled(suite: Suite) -> None:
    """--tape-disable records and replays nothing, whoever opens the cassette."""
    suite.write(ONE + "def test_b():\n    with streamtape.use_cassette('x.tape'):\n    " + GET)
    for _ in range(2):
        suite.run("--tape-disable").assert_outcomes(passed=2)
    assert suite.tapes() == []
    assert len(suite.upstream.requests) == 4


def test_verify(suite: Suite) -> None:
    """--tape-record=verify fails where the upstream has drifted, and says where."""
    suite.write("@streamtape.cassette\ndef test_a():\n    httpx.get(URL)\n")
    suite.run().assert_outcomes(passed=1)
    suite.run("--tape-record=verify").assert_outcomes(passed=1)
    suite.upstream.body = suite.upstream.body.replace(b"2", b"7")
    result = suite.run("--tape-record=verify")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*VerifyError*", "*2 → 7*", "stream 0: *, compared with *"])


def test_what_was_not_played_is_reported(suite: Suite) -> None:
    """Interactions that no test played are listed at the end, or fail the test."""
    suite.write("@streamtape.cassette\ndef test_a():\n    httpx.get(URL + '/y')\n" + GET)
    suite.run().assert_outcomes(passed=1)
    suite.write(ONE)
    result = suite.run()
    result.stdout.fnmatch_lines(["*cassettes/test_it/test_a.tape: 1 of 2 interactions were not*"])
    suite.pytester.makeini("[pytest]\ntape_unplayed = fail\n")
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*1 interaction of *test_a.tape was not played*"])


def with_orphans(suite: Suite) -> None:
    """A folder with a cassette that is used, one of a skipped test, and two orphans."""
    suite.write(ONE.replace("test_a", "test_old"))
    suite.write(ONE, "test_gone")
    suite.run().assert_outcomes(passed=2)
    suite.write(
        ONE + "@pytest.mark.skip\n@streamtape.cassette\ndef test_s(): pass\n"
        "def test_b():\n    with streamtape.use_cassette('cassettes/test_it/own.tape'):\n    " + GET
    )
    (suite.folder / "test_gone.py").unlink()
    (suite.folder / "cassettes/test_it/test_s.tape").write_bytes(b"kept: its test was skipped")


KEPT = [f"cassettes/test_it/{name}.tape" for name in ("own", "test_a", "test_s")]


def test_orphans(suite: Suite) -> None:
    """After a whole run that passed, files that no test uses are told, and removed if asked."""
    with_orphans(suite)
    result = suite.run()
    result.assert_outcomes(passed=2, skipped=1)
    lines = ["*cassettes/test_gone/test_a.tape: no test uses it*"]
    result.stdout.fnmatch_lines([*lines, "*cassettes/test_it/test_old.tape: no test uses it*"])
    for partial in (("-k", "test_a"), ("test_it.py::test_a",)):
        part = suite.run("--tape-prune", *partial)
        part.stdout.fnmatch_lines(["*nothing was removed, as only a part of the tests ran*"])
        part.stdout.no_fnmatch_line("*no test uses it*")
    assert len(suite.tapes()) == 5
    suite.run("--tape-prune").stdout.fnmatch_lines(["*test_old.tape: removed*"])
    assert suite.tapes() == KEPT


def test_orphans_under_xdist(suite: Suite) -> None:
    """What every worker used counts; what they left out is known."""
    with_orphans(suite)
    result = suite.run("--tape-prune", "-n2", "--tape-record=once")
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(["*test_old.tape: removed*"])
    assert suite.tapes() == KEPT


@pytest.mark.parametrize("name", ["a b%20/é.tape", "caf\udce9.tape", "a\ud800.tape"])
def test_names_in_reports(name: str) -> None:
    """A name that is not UTF-8 reaches the process that gathers reports, and ends none."""
    assert summary.sent(name).isascii()
    assert summary.received(summary.sent(name)) == name


READS = """
import subprocess, sys
KEPT = streamtape.load('cassettes/test_it/imported.tape')

def test_load():
    assert streamtape.load('cassettes/test_it/loaded.tape')

def test_diff():
    assert streamtape.diff('cassettes/test_it/diffed.tape', KEPT).same

def test_transport():
    client = httpx.Client(transport=streamtape.ReplayTransport('cassettes/test_it/played.tape'))
    with client:
        assert 'tick' in client.get(URL + '/x').text

def test_serve():
    with streamtape.serve('cassettes/test_it/served.tape') as server:
        assert 'tick' in httpx.get(server.url + '/x').text
"""


@pytest.mark.parametrize("spread", [(), ("-n2",)], ids=["here", "xdist"])
def test_what_is_only_read_is_used(suite: Suite, spread: tuple[str, ...]) -> None:
    """A cassette that a test loads, compares, plays by hand or serves is no orphan."""
    suite.write(ONE)
    suite.run().assert_outcomes(passed=1)
    folder = suite.folder / "cassettes/test_it"
    recorded = (folder / "test_a.tape").read_bytes()
    for name in ("imported", "loaded", "diffed", "played", "served", "orphan"):
        (folder / f"{name}.tape").write_bytes(recorded)
    suite.write(READS)
    result = suite.run("--tape-prune", *spread)
    result.assert_outcomes(passed=4)
    kept = {path.stem for path in folder.iterdir()}
    assert kept == {"imported", "loaded", "diffed", "played", "served"}


SHARED = """
@streamtape.cassette("shared")
def test_a():
    httpx.get(URL + '/x')

@streamtape.cassette("shared")
def test_b():
    httpx.get(URL + '/y')
"""


def test_a_shared_cassette_is_played_by_all_its_tests(suite: Suite) -> None:
    """Told is what none of its tests played, and not after a part of them ran."""
    suite.write(SHARED)
    suite.run("--tape-record=new_episodes").assert_outcomes(passed=2)
    for args in ((), ("-k", "test_a"), ("test_it.py::test_a",)):
        suite.run(*args).stdout.no_fnmatch_line("*not played*")
    suite.write(
        SHARED.replace("/y", "/x").replace('"shared"', '"shared", allow_playback_repeats=True')
    )
    suite.run().stdout.fnmatch_lines(
        ["*cassettes/test_it/shared.tape: 1 of 2 interactions were not*"]
    )


def test_a_worker_that_dies(suite: Suite) -> None:
    """After a crash nothing is told that is not known, nothing removed, and journals are named."""
    crash = "import os\n" + ONE + "@streamtape.cassette\ndef test_b():\n" + GET
    suite.write(ONE.replace("test_a", "test_old") + ONE + "    httpx.get(URL + '/y')\n")
    suite.run().assert_outcomes(passed=2)
    suite.write(crash + "    os._exit(3)\n")
    result = suite.run("--tape-prune", "-n1", "--max-worker-restart=0")
    result.stdout.fnmatch_lines(
        [
            "a worker crashed: what was not played or used is not known",
            "cassettes/test_it/test_b.tape.part: a recording that died; streamtape recover *",
            "nothing was removed, as a worker crashed",
        ]
    )
    result.stdout.no_fnmatch_line("*were not played*")
    assert suite.tapes() == [
        f"cassettes/test_it/test_{n}" for n in ("a.tape", "b.tape.part", "old.tape")
    ]
    streamtape.recover(suite.folder / "cassettes/test_it/test_b.tape.part")
    suite.write(crash)
    result = suite.run("-n1")
    result.stdout.fnmatch_lines(
        ["*test_a.tape: 1 of 2 interactions were not*", "*test_old.tape: no*"]
    )


def test_nothing_is_pruned_after_a_failure(suite: Suite) -> None:
    """A run that did not pass says nothing of unused files, and removes none."""
    suite.write(ONE.replace("test_a", "test_old"))
    suite.run()
    suite.write(ONE + "def test_b():\n    assert 0\n")
    result = suite.run("--tape-prune")
    result.stdout.fnmatch_lines(["*nothing was removed, as not every test passed*"])
    assert len(suite.tapes()) == 2


def test_a_failed_test_is_reported_where_its_stream_was(suite: Suite) -> None:
    """The report shows how far the stream had come, and leaves what happened."""
    suite.write("@streamtape.cassette\ndef test_a():\n    httpx.get(URL + '/x')\n")
    suite.run()
    suite.write(
        "@streamtape.cassette\ndef test_a():\n    with httpx.stream('GET', URL + '/x') as r:\n"
        "        for line in r.iter_lines():\n            assert '1' not in line\n"
    )
    result = suite.run("--tape-report=left")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*streamtape: where the streams were*",
            "stream 0: GET http://127.0.0.1:*/x, replayed from cassettes/test_it/test_a.tape",
            "*closed by the client: after 3 of 3 events, 1 of 1 chunks at *",
            '*#2 tick  {"n": 2}',
            "what happened is in *left/test_it/test_a.tape*",
        ]
    )
    left = streamtape.load(suite.folder / "left/test_it/test_a.tape")
    assert left[0].ending.kind == "abandoned"


def test_what_is_left_of_one_test_is_not_that_of_another(suite: Suite) -> None:
    """Modules of one name, and tests that share a cassette, each leave a file of their own."""
    fails = "    httpx.get(URL + '/x')\n    assert 0\n"
    source = (
        "@streamtape.cassette('one.tape')\ndef test_a():\n"
        + fails
        + "@streamtape.cassette('one.tape')\ndef test_b():\n"
        + fails
    )
    suite.write(source)
    for folder in ("x", "y"):
        (suite.folder / folder).mkdir()
        shutil.copy(suite.folder / "test_it.py", suite.folder / folder)
    suite.run("--tape-report=left", "--import-mode=importlib").assert_outcomes(failed=6)
    left = [os.fspath(p.relative_to(suite.folder)) for p in (suite.folder / "left").rglob("*.tape")]
    assert sorted(left) == sorted(
        f"left/{folder}test_it/test_{name}.tape" for folder in ("", "x/", "y/") for name in "ab"
    )


def test_a_failed_recording_is_left_too(suite: Suite) -> None:
    """The recording of a failed test is not kept in its place, and is in the report's folder."""
    suite.upstream.status = 500
    suite.write("@streamtape.cassette\ndef test_a():\n    httpx.get(URL)\n    assert 0\n")
    suite.run("--tape-report=left").assert_outcomes(failed=1)
    assert suite.tapes() == ["cassettes/test_it/test_a.tape.failed"]
    assert len(streamtape.load(suite.folder / "left/test_it/test_a.tape")) == 1


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 200, "ended without a single byte"),
        (b"{}", 500, "holds nothing but errors"),
    ],
)
def test_what_proves_nothing(suite: Suite, body: bytes, status: int, message: str) -> None:
    """An empty stream and a cassette of errors warn, or fail where that is asked for."""
    suite.upstream.body, suite.upstream.status = body, status
    suite.write("@streamtape.cassette\ndef test_a():\n    httpx.get(URL)\n")
    result = suite.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines([f"*UnprovenWarning: *{message}*"])
    suite.pytester.makeini("[pytest]\ntape_unproven = error\n")
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*UnprovenWarning: *{message}*"])
    suite.pytester.makeini("[pytest]\ntape_unproven = ignore\n")
    suite.run().assert_outcomes(passed=1)


def test_a_replay_that_asks_nothing_fails(suite: Suite) -> None:
    """A test of its own cassette that asks it for nothing fails; one of a marked class may."""
    suite.write(ONE)
    suite.run()
    suite.write("@streamtape.cassette\ndef test_a():\n    pass\n")
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*passed without a request to its cassette*"])
    suite.write(
        "@streamtape.cassette\nclass TestIt:\n    def test_a(self):\n        pass\n"
        "@pytest.mark.streamtape\nclass TestMore:\n    def test_a(self):\n        pass\n"
    )
    suite.run().assert_outcomes(passed=2)
    suite.run("--tape-record=none").assert_outcomes(passed=2)


@pytest.mark.parametrize("line", ["tape_unproven = perhaps", "tape_record = onse"])
def test_wrong_ini_options(suite: Suite, line: str) -> None:
    """A value that does not exist is refused at the start."""
    suite.pytester.makeini(f"[pytest]\n{line}\n")
    suite.write(ONE)
    assert suite.run().ret == pytest.ExitCode.USAGE_ERROR


def test_ini_options_reach_the_session(suite: Suite) -> None:
    """Lists, flags and ages of the ini file are options of every cassette."""
    suite.pytester.makeini(
        "[pytest]\ntape_match_on =\n    method\n    path\ntape_ignore_hosts = a.test\n"
        "tape_strict_order = true\ntape_max_age = 30d\ntape_on_expired = fail\n"
    )
    suite.write(
        "def test_a(tape):\n" + GET + "    o = tape.options\n"
        "    assert o.match_on == ('method', 'path') and o.ignore_hosts == ('a.test',)\n"
        "    assert o.strict_order and o.max_age == '30d' and o.on_expired == 'fail'\n"
    )
    suite.run().assert_outcomes(passed=1)


def test_the_command_to_record_again(suite: Suite) -> None:
    """A miss names the command that records this very test."""
    suite.write(ONE)
    suite.run()
    suite.write(ONE.replace("/x", "/z"))
    result = suite.run()
    result.stdout.fnmatch_lines(['*to record it:  pytest "test_it.py::test_a" --tape-record=all*'])


def test_unused_it_costs_next_to_nothing(suite: Suite) -> None:
    """A run that opens no cassette imports no HTTP library and no codec for us."""
    heavy = ["httpx", "httpx2", "zstandard", "msgpack", "msgspec", "anyio", "portalocker"]
    suite.pytester.makepyfile(
        "import json, sys\ndef test_a():\n"
        f"    print('loaded', json.dumps([m for m in {heavy} if m in sys.modules]))\n"
        "    print('ours', len([m for m in sys.modules if m.startswith('streamtape')]))\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-rP", "-p", "streamtape.pytest_plugin"]
    out = subprocess.run(
        command, cwd=suite.folder, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    ).stdout  # fmt: skip
    loaded = next(line for line in out.splitlines() if line.startswith("loaded "))
    assert json.loads(loaded.partition(" ")[2]) == []
    ours = next(line for line in out.splitlines() if line.startswith("ours "))
    assert int(ours.split()[1]) < 16
