"""Runs commands with `--json`, on recordings and on whatever else a command needs.

A command line names its inputs in braces: `{a}` and `{b}` are recordings, `{folder_a}` and
`{folder_b}` the folders they are in, `{out}` is a new file. The other inputs are made when a line
names them, in a folder of their own.
"""

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
from click.testing import CliRunner

import streamtape
from streamtape.cli import demo_run
from streamtape.cli.app import cli
from streamtape.server.child import CaughtSignals
from tools.attacks import damage

REQUEST = '{"model": "gpt-4.1", "input": "Hello?", "stream": true}'
A_LINE, A_ROW = ", a line", ", a row"
# By title. Where a title ends with "a line", each line that is printed is a value; with "a row",
# each member of the list that is printed. The schema is that of one.
COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("check {a} {b}", "check {odd_folder}"),
    "completion": ("completion bash",),
    "convert": ("convert {a} {out}.har",),
    "demo": ("demo",),
    "diff": ("diff {a} {b}", "diff {a} {b} --level content"),
    "diff of folders": (
        "diff {folder_a} {folder_b}",
        "diff {folder_a} {folder_b} --level content",
        "diff {odd_folder} {folder_b}",
    ),
    "diff --fail-on": ("diff {folder_a} {folder_b} --fail-on ttft=+20%",),
    "drift": ("drift {a} {b}", "drift {odd_folder} {folder_b}"),
    "edit": ("edit {a} -o {out} --shift-times 1s", "edit {a} -o {out}-parts --split"),
    "export": ("export {a} -o {out}", "export {odd_folder} -o {out}"),
    "ls, show of a folder, a row": ("ls {a} {b}", "show {folder_a}", "ls {odd_folder}"),
    "migrate": ("migrate {suite}", "migrate {odd_suite} --write"),
    "mock, replay --port": ("mock --port 0", "replay {a} --port 0"),
    "moderate, a row": (
        "moderate {a} --with builtins:bool",
        "moderate {b} --with builtins:str.isdigit --every 50",
    ),
    "pack": ("pack {folder_a} -o {out}",),
    "pack --unpack": ("pack --unpack {shard} -o {out}",),
    "recover, a row": ("recover {journal}", "recover {damaged_journal}"),
    "replay, a line": ("replay {a}",),
    "scan": ("scan {a} {b}", "scan {odd_folder}"),
    "show, record": (
        "show {a}",
        "show {odd_folder}/odd.tape",
        "record -o {out} {mock}/responses -d {request}",
    ),
    "sql, a row": ("sql 'select recording, n_events from interactions' {a}",),
    "stats": ("stats {a} {b}", "stats {odd_folder}/odd.tape"),
    "view": ("view {a} -o {out}.html",),
}


def _journal(folder: Path) -> str:
    """The journal of a recording that was killed."""
    path = folder / "killed.tape.part"
    path.write_bytes(damage.record(folder / "source.tape"))
    return str(path)


def _damaged_journal(folder: Path) -> str:
    """A journal with one wrong bit in the middle."""
    data = bytearray(damage.record(folder / "other.tape"))
    data[data.index(b'{"n": 2}')] ^= 1
    path = folder / "damaged.tape.part"
    path.write_bytes(data)
    return str(path)


def _odd_folder(folder: Path) -> str:
    """What most folders don't have: a broken stream, an edit, an error, a key, no cassette."""
    made = streamtape.compose("openai-responses", ["Hello."], model=f"model-{damage.KEY}")
    (edited,) = streamtape.edit(made, text={"Hello": "Hi"})
    failed = replace(made, ending=streamtape.Ending("error", 5, "ReadError", "reset by peer"))
    assert made.head is not None
    head = replace(made.head, headers=((b"content-encoding", b"gzip"),))
    undecodable = replace(made, head=head)
    refused = streamtape.compose("openai-chat", [streamtape.Fail(status=429)])
    odd = folder / "odd"
    cassette = streamtape.Cassette((edited, failed, undecodable, refused))
    streamtape.save(cassette, odd / "odd.tape")
    (odd / "none.tape").write_text("something else")
    return str(odd)


def _shard(folder: Path) -> str:
    """A tar of one recording."""
    recording = streamtape.compose("openai-responses", ["Hello."])
    streamtape.save(streamtape.Cassette((recording,)), folder / "packed" / "one.tape")
    CliRunner().invoke(cli, ["pack", str(folder / "packed"), "-o", str(folder / "shard.tar")])
    return str(folder / "shard.tar")


_SUITE = """\
import httpx
import pytest


@pytest.mark.vcr
def test_it():
    assert httpx.get("https://x.example/a").text == "hello"
"""
_CASSETTE = """\
interactions:
- request: {method: GET, uri: 'https://x.example/a', headers: {}, body: null}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: hello}}
version: 1
"""


def _suite(folder: Path) -> str:
    """Tests of pytest-recording, with their cassette."""
    recorded = folder / "suite" / "cassettes" / "test_it" / "test_it.yaml"
    recorded.parent.mkdir(parents=True)
    recorded.write_text(_CASSETTE)
    tests = recorded.parents[2]
    (tests / "pytest.ini").touch()
    (tests / "test_it.py").write_text(_SUITE)
    return str(tests)


def _odd_suite(folder: Path) -> str:
    """Tests that need work by hand, and a file that is not Python."""
    tests = folder / "odd_suite"
    tests.mkdir()
    (tests / "pytest.ini").touch()
    (tests / "test_it.py").write_text(_SUITE.replace("mark.vcr", "mark.vcr('a.yaml', 'b.yaml')"))
    (tests / "test_no.py").write_text("import vcr\ndef (")
    return str(tests)


_INPUTS: dict[str, Callable[[Path], str]] = {
    "journal": _journal,
    "damaged_journal": _damaged_journal,
    "odd_folder": _odd_folder,
    "shard": _shard,
    "suite": _suite,
    "odd_suite": _odd_suite,
}


class _Inputs(dict[str, str]):
    """The inputs of command lines; those that are not here yet are made when they are named."""

    def __init__(self, known: dict[str, str], folder: Path, closing: ExitStack) -> None:
        super().__init__(known)
        self._folder, self._closing = folder, closing

    def __missing__(self, name: str) -> str:
        if name == "mock":
            server = streamtape.MockServer(pace="at_once")
            self[name] = self._closing.enter_context(server).base_url
        else:
            self[name] = _INPUTS[name](self._folder)
        return self[name]


def _run(line: str, inputs: _Inputs) -> str:
    """What a command prints; a server's ends as soon as it has said where it listens."""
    words = [word.format_map(inputs) for word in shlex.split(line)]
    with (
        patch.object(CaughtSignals, "wait", lambda _signals: None),
        patch.object(demo_run, "GAP_US", 100),
    ):
        result = CliRunner().invoke(cli, [*words, "--json"])
    if not result.stdout:
        raise RuntimeError(f"streamtape {line} --json: {result.output}{result.exception or ''}")
    return result.stdout


def outputs(title: str, a: Path, b: Path, folder: Path) -> Iterator[Any]:
    """What the command lines of a title print of two recordings."""
    with ExitStack() as closing:
        for number, line in enumerate(COMMANDS[title]):
            known = {
                "a": str(a), "b": str(b), "folder_a": str(a.parent), "folder_b": str(b.parent),
                "out": str(folder / f"out-{number}"), "request": REQUEST,
            }  # fmt: skip
            printed = _run(line, _Inputs(known, folder, closing))
            if title.endswith(A_LINE):
                yield from map(json.loads, printed.splitlines())
            elif title.endswith(A_ROW):
                yield from json.loads(printed)
            else:
                yield json.loads(printed)


def has_json() -> set[str]:
    """The commands that have the option `--json`."""
    context = click.Context(cli)
    return {
        name
        for name in cli.list_commands(context)
        if (command := cli.get_command(context, name)) is not None
        and any("--json" in parameter.opts for parameter in command.params)
    }
