"""One row of the table: the client is run as its users run it, and what it sees is compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import Any, Self

import streamtape
from tools.client_table.rows import Row
from tools.client_table.upstream import CUT, Upstream

HERE = Path(__file__).parent
PATIENCE_S = 90
CELLS = ("a", "b", "c", "d", "e")
# What would let a client go past the server that it is given.
_ENV = {
    **{name: value for name, value in os.environ.items() if "PROXY" not in name.upper()},
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "DO_NOT_TRACK": "1",
    "PYTHONWARNINGS": "ignore",
    "CI": "",
}
Seen = dict[str, Any]


@dataclass
class Result:
    """The cells of one row, and why those that are not Y are not."""

    row: Row
    cells: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    def put(self, cell: str, problem: str) -> None:
        """Fill a cell: Y where there is no problem."""
        self.cells[cell] = "N" if problem else "Y"
        if problem:
            self.why[cell] = problem


class Client:
    """The program of one row."""

    def __init__(self, row: Row, environments: Path, folder: Path) -> None:
        self.row = row
        self.folder = folder
        (folder / "ask.json").write_text('{"model": "gpt-4.1", "input": "hi", "stream": true}')
        self._python = environments / row.environment / "bin" / "python"
        self.command = {
            "python": [str(self._python), str(HERE / "programs.py"), row.program],
            "node": [
                "node",
                "--experimental-websocket",
                str(environments / "node" / "programs.mjs"),
                row.program,
            ],
            "command": ["sh", "-c", row.program],
        }[row.kind]
        self._worker: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.communicate()

    def direct(self, root: str) -> Seen:
        """What the client sees without us."""
        if self.row.kind == "python":
            return self._ask({"root": root})
        return self._spawn(self.command, root)

    def in_process(self, root: str, tape: Path, mode: str) -> Seen:
        """What it sees within `use_cassette`."""
        return self._ask({"root": root, "tape": str(tape), "mode": mode})

    def by_command(self, what: str, root: str, tape: Path) -> Seen:
        """What it sees as the child of `streamtape record` or `replay`."""
        command = [sys.executable, "-m", "streamtape", what]
        if what == "record":
            command += ["-o", str(tape), "--upstream", root]
        else:
            command += [str(tape)]
        command += self.row.options
        return self._spawn([*command, "--env", "UPSTREAM", "--", *self.command], root)

    def _spawn(self, command: list[str], root: str) -> Seen:
        env = {
            **_ENV, "UPSTREAM": root, "FOLDER": str(HERE), "ASK": str(self.folder / "ask.json"),
            "PYTHON": str(self._python),
        }  # fmt: skip
        try:
            done = subprocess.run(
                command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
            )
        except subprocess.TimeoutExpired:
            return {"refused": f"nothing within {PATIENCE_S} s"}
        if self.row.kind == "command":
            return {"events": done.stdout.splitlines(), "errors": _status(done)}
        lines = [line for line in done.stdout.splitlines() if line.startswith('{"events"')]
        found: Seen = json.loads(lines[-1]) if lines else {"refused": _last(done.stderr)}
        return found

    def _ask(self, order: dict[str, str]) -> Seen:
        if self._worker is None or self._worker.poll() is not None:
            self._worker = subprocess.Popen(
                [*self.command, "--serve"],
                env=_ENV,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=(self.folder / "stderr").open("a"),
                text=True,
            )
        worker = self._worker
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(json.dumps(order) + "\n")
        worker.stdin.flush()
        while select([worker.stdout], [], [], PATIENCE_S)[0]:
            line = worker.stdout.readline()
            if line.startswith('{"events"'):
                found: Seen = json.loads(line)
                return found
            if not line:
                return {"refused": _last((self.folder / "stderr").read_text())}
        worker.kill()
        worker.wait()
        return {"refused": f"nothing within {PATIENCE_S} s"}


def _status(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [f"exit {done.returncode}"] if done.returncode else []


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it printed nothing"


def difference(expected: Seen, got: Seen) -> str:
    """What differs between two runs of a client; empty where nothing does."""
    if "refused" in got:
        return str(got["refused"])
    if expected.get("errors") != got["errors"]:
        return (
            f"ended with {_errors_text(got['errors'])}, not {_errors_text(expected.get('errors'))}"
        )
    before, after = expected.get("events", []), got["events"]
    if "".join(before) != "".join(after):
        return f"gave {len(after)} events, not the {len(before)} expected"
    return ""


def _errors_text(errors: list[str] | None) -> str:
    return " from ".join(errors or []) or "no exception"


@contextmanager
def mcp_upstream(environments: Path) -> Iterator[str]:
    """A running MCP server; its URL."""
    python = environments / "newest" / "bin" / "python"
    command = [str(python), str(HERE / "mcp_server.py")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=_ENV
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@contextmanager
def upstream(row: Row, environments: Path, cut: int | None = None) -> Iterator[str]:
    """The server that a row asks, while the block runs; its URL."""
    if row.upstream == "mcp":
        with mcp_upstream(environments) as url:
            yield url
        return
    with Upstream(cut=cut) as server:
        yield server.url


def run(row: Row, environments: Path) -> Result:
    """Try one client in every way."""
    result = Result(row)
    with tempfile.TemporaryDirectory(prefix="streamtape-") as name:
        folder = Path(name)
        with Client(row, environments, folder) as client:
            problem = _whole(result, client, environments, folder)
            if problem:
                result.why["direct"] = problem
                result.cells.update(dict.fromkeys(CELLS, "?"))
            elif row.cuts:
                _cut(result, client, environments, folder)
            else:
                result.cells["e"] = "-"
    return result


def _whole(result: Result, client: Client, environments: Path, folder: Path) -> str:
    in_process = client.row.kind == "python"
    with upstream(client.row, environments) as root:
        direct = client.direct(root)
        problem = "" if direct.get("events") and not direct["errors"] else str(direct)[:300]
        if problem:
            return problem
        if in_process:
            seen = client.in_process(root, folder / "a.tape", "once")
            result.put("a", difference(direct, seen) or _kept(folder / "a.tape"))
        seen = client.by_command("record", root, folder / "c.tape")
        result.put("c", difference(direct, seen) or _kept(folder / "c.tape"))
    if in_process:
        seen = client.in_process(root, folder / "a.tape", "none")
        result.put("b", difference(direct, seen))
    else:
        result.cells.update(a="-", b="-")
    result.put("d", difference(direct, client.by_command("replay", root, folder / "c.tape")))
    return ""


def _cut(result: Result, client: Client, environments: Path, folder: Path) -> None:
    """The same stream, cut: live, recorded and replayed, in process and through the server."""
    tapes = folder / "cut-a.tape", folder / "cut-c.tape"
    problems: list[str] = []
    in_process = client.row.kind == "python"
    with upstream(client.row, environments, CUT) as root:
        direct = client.direct(root)
        if in_process:
            seen = client.in_process(root, tapes[0], "once")
            problems.append(_placed("recorded in process", direct, seen))
        seen = client.by_command("record", root, tapes[1])
        problems.append(_placed("recorded by the proxy", direct, seen))
    if in_process:
        seen = client.in_process(root, tapes[0], "none")
        problems.append(_placed("replayed in process", direct, seen))
    seen = client.by_command("replay", root, tapes[1])
    problems.append(_placed("replayed by the server", direct, seen))
    found = "; ".join(filter(None, problems))
    result.put("e", found)
    if found and sum(map(bool, problems)) < len(problems):
        result.cells["e"] = "P"
    if not direct.get("errors"):
        result.why.setdefault("e", "the client reports no error of a cut stream")


def _placed(where: str, expected: Seen, got: Seen) -> str:
    problem = difference(expected, got)
    return problem and f"{where}: {problem}"


def _kept(tape: Path) -> str:
    """What is wrong with a recording; empty where it has a stream that came to its end."""
    try:
        cassette = streamtape.load(tape)
    except streamtape.StreamtapeError as error:
        return str(error)
    if not any(
        i.ending.kind in {"complete", "abandoned"} and (i.body or i.messages) for i in cassette
    ):
        return "the cassette has no stream"
    return ""
