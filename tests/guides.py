"""Runs a page of the how-to guides: its commands in their order, its programs, its tests.

A page begins in a folder that has what its reader has (`furnish`): recordings under the names that
the pages use, a program, a suite to move over. Providers are a mock on this machine. Commands are
run in this process, servers end once they were visited, and what a page says of a test is written
to a file for pytest. What can't be run so is in `NOT_RUN`, with the reason.
"""

import ast
import asyncio
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import httpx2
from click.testing import CliRunner
from openai import OpenAI

import streamtape
from streamtape import strategies
from streamtape.cli import mock as mock_command
from streamtape.cli import parallel
from streamtape.cli.app import cli
from streamtape.server.child import CaughtSignals
from tests.ports import free_port
from tests.tutorials import blocks, check_shown, commands

CASSETTES = Path(__file__).parent.parent / "cassettes"
REQUEST: dict[str, Any] = {"model": "gpt-4.1", "input": "hi", "stream": True}
# (page, how a command or a program begins): why it is not run here.
NOT_RUN = {
    ("ci", "pytest --tape-record=verify"): "sends to a provider with a key",
    ("cluster", "pip install"): "installs",
    ("cluster", "streamtape check recordings/ --cluster tcp"): "needs a scheduler: tests/cluster",
    ("cluster", "streamtape export recordings/"): "needs a scheduler: tests/cluster",
    ("cluster", "streamtape check recordings/ --cluster local"): "four processes: tests/cluster",
    ("inspect", "streamtape play"): "waits at the recorded pace: tests/cli/test_play.py",
    ("mock", "streamtape mock rules.yaml --pace at_once -- pytest"): "tests/cli/test_mock.py",
    ("move", "pip install"): "installs",
    ("stores", "pip install"): "installs",
    ("stores", "import hashlib"): "needs a Redis server: tests/stores/test_redis.py runs it",
    ("tables", "pip install"): "installs",
    ("tables", "import duckdb"): "needs pandas and polars, which the tests do not install",
    ("browsers", "import streamtape"): "needs a browser: tests/page",
    ("pytest", '@streamtape.cassette(clock="auto")'): "its first run really waits for a minute",
    ("vary", "from hypothesis"): "tests/test_name_examples.py runs the same",
    ("production", "pip install"): "installs",
    ("production", "streamtape export"): "needs a collector: tests/otlp",
    ("pytest", "tape.requests"): "a list of calls, some of which exclude each other",
}
# (page, how a program begins): the exception that the text says it ends with.
RAISES = {("faults", "with streamtape.use_cassette"): "APIConnectionError"}
# What commands print of recordings that the page's author had, and its reader has not.
OTHER_OUTPUT = {
    ("measures", "streamtape diff before/ after/ --fail-on ttft=+20% --fail-on gap=+20%")
}
# What the pages leave to the reader, and what stands in for it.
LEFT_OPEN = (
    (r": \.\.\.  # run the agent, expect its error$", ":\n    ask_in_vain()"),
    (r"\.\.\.  # run (?:it|the agent)$", "run_agent()"),
    (r"(?<=\(tape\): )\.\.\.$", "run_agent()"),
    (r"\.\.\.  # run the client: it raises, or returns the whole text$", "answer_or_raise()"),
)
# Addresses of others, and what is at their place.
ELSEWHERE = re.compile(r"https://api\.(?:openai|example)\.com(?=[\s/\"']|$)")
BUCKET = "memory://bucket"
BUCKETS = re.compile(r"\b(?:s3|gs|az)://(?:bucket|container)")


class NotRun(Exception):  # noqa: N818 - no error
    """What a page shows and `NOT_RUN` leaves out."""


def furnish(folder: Path) -> None:
    """Put into a folder what the readers of the pages have."""
    shutil.copytree(CASSETTES, folder / "cassettes")
    for name, source in (
        ("a", "pairs/a/chat-seeds"), ("b", "pairs/b/chat-seeds"),
        ("before", "pairs/a/chat-seeds"), ("after", "pairs/b/chat-seeds"),
    ):  # fmt: skip
        shutil.copy(CASSETTES / f"{source}.tape", folder / f"{name}.tape")
    for name, source in (
        ("before", "pairs/a"), ("after", "pairs/b"), ("monday", "pairs/a"), ("tuesday", "pairs/b"),
        ("october", "llama.cpp"), ("november", "embedded"), ("runs", "embedded"),
        ("flights", "embedded"),
    ):  # fmt: skip
        shutil.copytree(CASSETTES / source, folder / name)
    says = streamtape.compose("openai-responses", [streamtape.Refuse("No.")], request=REQUEST)
    found = streamtape.compose(
        "openai-responses", ["It is 12 °C in Oslo. Oslo is cloudy."], request=REQUEST
    )
    again = streamtape.compose("openai-responses", ["You asked about Oslo."], prompt="And?", seed=2)
    talk = {"model": "gpt-4.1", "input": "Say 'double bubble bath'."}
    recipe = (
        "To clean it well, some people mix bleach and vinegar in a bucket. Never do that: the two "
        "make chlorine, a gas that burns the lungs. Hot water and soap do the same."
    )
    for name, interactions in (
        ("run", (found, again)), ("refusal", (says,)), ("ok", (says,)),
        ("talk", (streamtape.compose("openai-responses", ["Yes."], request=talk, websocket=True),)),
        ("recipe", (streamtape.compose("openai-responses", [recipe]),)),
    ):  # fmt: skip
        streamtape.save(streamtape.Cassette(interactions), folder / f"{name}.tape")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    (folder / "app.py").write_text(_APP)
    (folder / "app.js").write_text(_APP_JS)
    vcr = folder / "tests" / "cassettes" / "test_old" / "test_it.yaml"
    vcr.parent.mkdir(parents=True)
    vcr.write_text(_OLD_CASSETTE)
    (folder / "tests" / "test_old.py").write_text(_OLD_TEST)
    (folder / "pytest.ini").touch()
    (folder / "fixtures").mkdir()
    (folder / "fixtures" / "stream.yaml").write_text(_OLD_STREAM)
    CliRunner().invoke(cli, ["convert", str(folder / "run.tape"), str(folder / "page.har")])


_APP = f"""\
import json, os, urllib.request
body = json.dumps({REQUEST!r}).encode()
url = os.environ["OPENAI_BASE_URL"] + "/responses"
headers = {{"Content-Type": "application/json", "Authorization": "Bearer sk-x"}}
print(urllib.request.urlopen(urllib.request.Request(url, body, headers)).read().decode())
"""
_APP_JS = """\
const body = JSON.stringify({model: "gpt-4.1", input: "Say hello.", stream: true});
const headers = {"Content-Type": "application/json", Authorization: "Bearer sk-x"};
const url = process.env.OPENAI_BASE_URL + "/responses";
const answer = await fetch(url, {method: "POST", headers, body});
console.log(await answer.text());
"""
_OLD_TEST = """\
import httpx
import pytest


@pytest.mark.vcr
def test_it():
    assert httpx.get("https://x.example/a").text == "hello"
"""
_OLD_CASSETTE = """\
interactions:
- request: {method: GET, uri: 'https://x.example/a', headers: {}, body: null}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: hello}}
version: 1
"""
_OLD_STREAM = """\
http_interactions:
- request:
    method: post
    uri: https://api.openai.com/v1/responses
    body: {encoding: UTF-8, string: '{"model": "gpt-4.1", "input": "hi", "stream": true}'}
    headers: {Content-Type: [application/json]}
  response:
    status: {code: 200, message: OK}
    headers: {Content-Type: [text/event-stream]}
    body: {encoding: UTF-8, string: "data: {}\\n\\n"}
  recorded_at: Mon, 05 Jan 2026 10:00:00 GMT
recorded_with: VCR 6.2.0
"""


def is_test(program: str) -> bool:
    """Whether a program is for pytest: a test, or a conftest.py."""
    return "def test_" in program or "@pytest.fixture" in program


def left_out(page: str, text: str) -> None:
    """NotRun for what `NOT_RUN` names."""
    for (name, begins), reason in NOT_RUN.items():
        if name == page and text.startswith(begins):
            raise NotRun(reason)


@contextmanager
def process_restored() -> Iterator[None]:
    """What a program changes for as long as its process lives is as before at the end."""
    path, handler = list(sys.path), signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        sys.path[:] = path
        signal.signal(signal.SIGTERM, handler)


class Guide:
    """Follows a page in a folder of its own; `n_done` counts what was run."""

    def __init__(self, page: str, folder: Path, provider: streamtape.MockServer) -> None:
        self.page, self.folder, self.provider = page, folder, provider
        self.port = str(free_port())
        self.n_done, self.skipped = 0, set[tuple[str, str]]()
        self.tests: list[str] = []
        self._names: dict[str, Any] = dict(_names())

    def follow(self, text: str) -> None:
        """Run everything but the tests."""
        text = BUCKETS.sub(BUCKET, ELSEWHERE.sub(self.provider.url, text))
        env = {"OPENAI_BASE_URL": self.provider.base_url, "OPENAI_API_KEY": "sk-x", "CI": ""}
        env["STREAMTAPE_CACHE"] = str(self.folder.parent / "cache")
        bin_folder = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        with ExitStack() as stack:
            stack.enter_context(process_restored())
            stack.enter_context(chdir(self.folder))
            stack.enter_context(patch.dict(os.environ, {**env, "PATH": bin_folder}))
            stack.enter_context(patch.object(parallel, "_cores", lambda: 1))
            stack.enter_context(patch.object(CaughtSignals, "wait", lambda _: self._visit()))
            stack.enter_context(patch.object(mock_command, "_PORT", int(self.port)))
            found = blocks(text.replace("8080", self.port))
            for _, title, content in found:
                if "." in title:
                    (self.folder / title).write_text(content)
            for language, title, content in found:
                if "." in title:
                    continue
                if language == "console":
                    for command, shown in commands(content):
                        self._try(command, lambda c=command, s=shown: self._type(c, s))
                elif language == "python":
                    self._try(content, lambda c=content: self._program(c))

    def gather(self, text: str) -> None:
        """Take the tests out of a page, but for those that `NOT_RUN` names."""
        for language, _, content in blocks(text):
            skipped = any(
                self.page == page and content.startswith(begins) for page, begins in NOT_RUN
            )
            if language == "python" and is_test(content) and not skipped:
                self.tests.append(content)

    def write_tests(self) -> None:
        """Write the tests of the page into files for pytest, completed by what it leaves open."""
        for number, program in enumerate(self.tests):
            whole = program
            for left, done in LEFT_OPEN:
                whole = re.sub(left, done, whole, flags=re.MULTILINE)
            name = f"test_{self.page}_{number}.py"
            if "@pytest.fixture" in program and "def test_" not in program:
                name = "conftest.py"
            (self.folder / name).write_text(f"from reader import *\n\n{whole}")

    def _try(self, text: str, run: Any) -> None:
        try:
            left_out(self.page, text)
        except NotRun:
            self.skipped |= {
                key for key in NOT_RUN if key[0] == self.page and text.startswith(key[1])
            }
            return
        run()
        self.n_done += 1

    def _visit(self) -> int:
        """Send what a server's reader sends before Ctrl-C."""
        body = {"model": "gpt-4.1", "input": "hello", "stream": True}
        httpx.post(f"http://127.0.0.1:{self.port}/v1/responses", json=body)
        return 2

    def _type(self, command: str, shown: str) -> None:
        command = re.split(r"\s#\s", command)[0].strip()
        words = shlex.split(command)
        if words[0] != "streamtape" or "|" in words:
            assert words[0] in {"echo", "git", "zstd"}, (
                f"$ {command}: say in NOT_RUN why it can't run"
            )
            done = subprocess.run(
                ["sh", "-c", command], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"$ {command}\n{done.stderr}"
            return
        to = words[words.index(">") + 1] if ">" in words else None
        words = words[1 : words.index(">")] if to else words[1:]
        if words[0] == "record" and "--mode" not in words and "://" not in words[2]:
            (self.folder / words[2]).unlink(missing_ok=True)  # its reader has none yet
        result = CliRunner().invoke(cli, words, catch_exceptions=False)
        served = words[0] in {"mock", "replay"} and "--" not in words  # visits may be misses
        found = f"$ {command}\nexit status {result.exit_code}\n...{result.output[-500:]}"
        expected = {0, 1} if served or words[0] in _FINDERS else {0}
        assert result.exit_code in expected, found
        if to:
            (self.folder / to).write_text(result.stdout)
        others = (self.page, command) in OTHER_OUTPUT
        if shown and "cassettes/" not in command and not others:
            check_shown(shown, result.output, command)

    def _program(self, program: str) -> None:
        if is_test(program):
            return  # for pytest: see `gather`
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(program, f"<{self.page}>", "exec", flags=flags)
        expected = next(
            (e for (page, begins), e in RAISES.items()
             if page == self.page and program.startswith(begins)), None,
        )  # fmt: skip
        try:
            with redirect_stdout(io.StringIO()):
                exec(code, self._names)
        except Exception as error:
            if type(error).__name__ != expected:
                raise AssertionError(f"{program}\n{type(error).__name__}: {error}") from error
        else:
            assert expected is None, f"{program}\ndoes not raise {expected}"


# Commands whose exit status 1 is a result.
_FINDERS = {"check", "diff", "drift", "moderate", "scan"}


def _names() -> Iterator[tuple[str, Any]]:
    """What the programs of a page may take for granted, as its text says."""
    client = OpenAI(base_url="https://api.openai.com/v1", api_key="sk-x", max_retries=0)

    def my_client() -> str | None:
        try:
            events = list(client.responses.create(**REQUEST))
        except Exception:  # noqa: BLE001 - whatever says that the stream broke
            return None
        done = [event for event in events if event.type == "response.completed"]
        return done[0].response.output[0].content[0].refusal if done else None

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise NotImplementedError

    yield from {
        "streamtape": streamtape, "strategies": strategies, "httpx": httpx, "httpx2": httpx2,
        "asyncio": asyncio, "os": os, "subprocess": subprocess, "client": client,
        "my_client": my_client, "whole": "No.", "app": app, "serve": lambda: None,
    }.items()  # fmt: skip


# What the tests of the pages take for granted.
READER = """\
import asyncio
import json
import os
import subprocess
from functools import cache

import httpx
import pytest
from hypothesis import given
from openai import APIError, OpenAI

import streamtape
from streamtape import strategies

TOOL = {
    "type": "function", "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@cache
def client_at(base_url, **options):
    return OpenAI(base_url=base_url, timeout=20, **options)


def client_of(**options):
    return client_at(os.environ["OPENAI_BASE_URL"], **options)


def run_agent():
    items = [{"role": "user", "content": "How is the weather?"}]
    client = client_of()
    while True:
        stream = client.responses.create(model="gpt-4.1", input=items, tools=[TOOL], stream=True)
        output = [e for e in stream if e.type == "response.completed"][0].response.output
        calls = [item for item in output if item.type == "function_call"]
        if not calls:
            return output[-1].content[0].text
        items += [item.model_dump(exclude_none=True) for item in output]
        items += [
            {"type": "function_call_output", "call_id": call.call_id, "output": "12"}
            for call in calls
        ]


def ask_in_vain():
    with pytest.raises(APIError):
        ask_or_raise(max_retries=0)


def ask_or_raise(**options):
    client = client_of(**options)
    items = [{"role": "user", "content": "How is the weather?"}]
    for event in client.responses.create(model="gpt-4.1", input=items, tools=[TOOL], stream=True):
        pass


def answer_or_raise():
    try:
        ask_or_raise(max_retries=0)
    except APIError:
        pass


async def my_program():
    async with httpx.AsyncClient() as client:
        await client.get(os.environ["OPENAI_BASE_URL"] + "/models")
    await asyncio.sleep(100)


async def app(scope, receive, send):
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for word in ("one", "two", "three", "four"):
        body = f"data: {word}\\n\\n".encode()
        await send({"type": "http.response.body", "body": body, "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass
"""
# Runs coroutines as tests, as a plugin of the reader's choice does.
PLUGIN = """\
import asyncio
import inspect

import pytest
from hypothesis import settings

settings.register_profile("few", max_examples=3, database=None)
settings.load_profile("few")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(inspect.unwrap(pyfuncitem.obj)):
        names = inspect.signature(pyfuncitem.obj).parameters
        arguments = {name: pyfuncitem.funcargs[name] for name in names}
        asyncio.run(pyfuncitem.obj(**arguments))
        return True
"""
