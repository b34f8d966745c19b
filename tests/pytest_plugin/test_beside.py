"""Beside the plugins that people have installed: nothing breaks, theirs or ours.

The plugins are installed for real, into an environment of their own that is kept between runs (the
folder `.cache` of the checkout, made with uv). Skipped where uv or the package index is not there.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.certificates import trusting_all
from tests.patience import PATIENCE_S
from tests.pytest_plugin.conftest import Suite

REPO = Path(__file__).parents[2]
COMMON = (
    "anyio", "httpx2", "inline-snapshot", "pytest-asyncio", "pytest-cov", "pytest-httpx",
    "pytest-randomly", "pytest-rerunfailures", "pytest-timeout", "pytest-trio",
    "pytest-xdist", "respx", "syrupy", "trio",
)  # fmt: skip
# No environment takes all three: pytest-recording refuses to run beside pytest-vcr, and it and
# cassetter define the same option, --record-mode.
SETS = {
    "pytest-recording": (*COMMON, "pytest-recording"),
    "cassetter": (*COMMON, "cassetter", "pytest-vcr"),
}
TESTS = """
import asyncio
import anyio, httpx, pytest, respx, streamtape, trio
from inline_snapshot import snapshot as inline_snapshot
from streamtape.pytest_plugin.syrupy import StreamExtension

def text():
    return httpx.get(URL + "/x").text

async def text_async():
    async with httpx.AsyncClient() as client:
        return (await client.get(URL + "/x")).text

@streamtape.cassette
def test_decorated():
    assert "tick" in text()

def test_fixture(tape):
    assert "tick" in text()
    assert len(tape.events("tick")) == 3

@pytest.mark.asyncio
async def test_asyncio_fixture(tape):
    assert "tick" in await text_async()

@pytest.mark.asyncio
@streamtape.cassette
async def test_asyncio_decorated():
    assert "tick" in await text_async()

@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.streamtape
async def test_asyncio_loop_of_the_module():
    assert "tick" in await asyncio.create_task(text_async())

@pytest.mark.trio
@pytest.mark.streamtape
async def test_trio():
    assert "tick" in await text_async()

@pytest.mark.anyio
@streamtape.cassette
async def test_anyio():
    assert "tick" in await text_async()

@pytest.fixture
def anyio_backend():
    return "trio"

@pytest.mark.flaky(reruns=2)
@streamtape.cassette
def test_flaky():
    global tries
    tries = globals().get("tries", 0) + 1
    assert "tick" in text()
    assert tries > 1

@pytest.mark.timeout(1000)
@streamtape.cassette
def test_timeout():
    assert "tick" in text()

def test_their_mock(httpx_mock):
    httpx_mock.add_response(text="mocked")
    assert text() == "mocked"

@respx.mock
def test_respx():
    respx.get(URL + "/x").respond(text="mocked")
    assert text() == "mocked"

@respx.mock
@streamtape.cassette(ignore_hosts=["mocked.test"])
def test_mock_and_cassette(tape):
    respx.get("https://mocked.test/").respond(text="mocked")
    respx.route(host="127.0.0.1").pass_through()
    assert httpx.get("https://mocked.test/").text == "mocked"
    assert "tick" in text()
    assert len(tape.requests) == 1

@pytest.mark.vcr
def test_their_cassettes():
    assert "tick" in text()

@streamtape.cassette
def test_syrupy(tape, snapshot):
    text()
    assert tape.events() == snapshot.use_extension(StreamExtension)

@streamtape.cassette
def test_inline(tape):
    text()
    assert streamtape.snapshot(tape.events(), level="events").count("tick") == inline_snapshot(3)

@streamtape.cassette
def test_ours(tape, tape_snapshot):
    text()
    assert tape == tape_snapshot(level="events")
"""


def environment(name: str) -> Path:
    """The Python of the environment with these plugins, made the first time."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed, which makes the environment")
    ours = (REPO / "pyproject.toml").read_text()  # it names what we depend on
    # Where the wheel is tested there is no source to install.
    wheel = os.environ.get("STREAMTAPE_WHEEL")
    package = [wheel] if wheel else ["-e", str(REPO)]
    expected = "\n".join((*SETS[name], sys.version, *package, ours))
    folder = REPO / ".cache" / f"beside-{name}-{hashlib.sha256(expected.encode()).hexdigest()[:12]}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "whole").exists():
        commands = (
            [uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "-q", "--python", str(python), *package, *SETS[name]],
        )
        for command in commands:
            done = subprocess.run(
                command,
                env={
                    **trusting_all(),
                    "UV_HTTP_RETRIES": "9",
                },  # an index that hiccups is no finding
                check=False,
                capture_output=True,
                text=True,
                timeout=3 * PATIENCE_S,
            )
            if done.returncode:
                pytest.skip(f"the plugins could not be installed: {done.stderr.strip()[-300:]}")
        (folder / "whole").touch()
    return python


@pytest.mark.parametrize("name", SETS)
def test_beside_other_plugins(suite: Suite, name: str) -> None:
    """Every kind of test passes recorded, then replayed, also on a worker with coverage."""
    python = environment(name)
    suite.write(TESTS)
    suite.pytester.makeini("[pytest]\nasyncio_mode = strict\n")

    def run(*args: str) -> str:
        command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *args]
        done = subprocess.run(
            command,
            cwd=suite.folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE_S,  # nineteen tests, under coverage, on a worker
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr
        return done.stdout

    theirs = ("--record-mode=once",)
    first = run(*theirs, "--snapshot-update", "--tape-update")
    assert "16 passed" in first
    assert "1 rerun" in first
    n_requests = len(suite.upstream.requests)
    spread = ("-n1", "--cov=test_it") if name == "cassetter" else ()  # a worker costs seconds
    again = run("--record-mode=none", *spread)
    assert "16 passed" in again
    assert len(suite.upstream.requests) == n_requests, "a replay asked the server"
