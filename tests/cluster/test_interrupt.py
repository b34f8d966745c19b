"""Ctrl-C amid work that a cluster does: status 130, and nothing stays anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamtape.cli import parallel
from tests.cli.running import run
from tests.cluster.gate import Gate
from tests.patience import PATIENCE_S, until
from tests.tabular.recordings import saved, stream

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.xdist_group("dask"),
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="workers wait at a named pipe"),
]
N = 40


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A gate that is open at the end, so that the workers can serve the next test."""
    gate = Gate(tmp_path / "gate")
    yield gate
    gate.open()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of recordings, `tapes`, and one of what is converted to some, `bodies`."""
    folder = tmp_path_factory.mktemp("work")
    streams = {f"r{n}": stream(n) for n in range(N)}
    saved(folder / "tapes", **streams)
    (folder / "bodies").mkdir()
    for name, one in streams.items():
        (folder / "bodies" / f"{name}.sse").write_bytes(one.body)
    return folder


@pytest.mark.parametrize(
    "args",
    [
        ["check", "{0}/tapes"],
        ["check", "{0}/tapes", "--json"],
        ["scan", "{0}/tapes"],
        ["export", "{0}/tapes", "-o", "{1}/out"],
        ["convert", "{0}/bodies", "{1}/out"],
    ],
    ids=" ".join,
)
def test_at_a_scheduler(
    args: list[str],
    folder: Path,
    scheduler: str,
    gate: Gate,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was under way and what was to do is taken from it; nothing is written."""
    words = [arg.format(folder, tmp_path) for arg in args]
    monkeypatch.setattr(parallel, "_counting", gate.work)

    def interrupt() -> None:
        until(lambda: len(gate.waiting()) == 2)
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    result = run(*words, "--cluster", scheduler)
    interrupting.join()
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")
    assert not (tmp_path / "out").exists()
    with distributed.Client(scheduler, set_as_default=False) as client:
        until(lambda: not client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))


def test_of_workers_of_its_own(folder: Path, gate: Gate, tmp_path: Path) -> None:
    """With `local:2`: no process is left, and no folder."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-m", "tests.cluster.gate", str(tmp_path / "gate")]
    child = subprocess.Popen(
        [*command, "check", str(folder / "tapes"), "--cluster", "local:2"],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    until(lambda: len(gate.waiting()) == 2 or child.poll() is not None)
    os.killpg(child.pid, signal.SIGINT)  # as a terminal does: to all of them
    output = child.communicate(timeout=PATIENCE_S)
    assert (child.returncode, *output) == (130, "", "interrupted\n")
    until(lambda: not is_group(child.pid))
    assert list(temporary.iterdir()) == []


def is_group(number: int) -> bool:
    """Whether a group of processes has any."""
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True
