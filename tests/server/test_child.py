"""Child processes: what they are told, and what comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import streamtape
from streamtape.errors import UsageError
from streamtape.mock.server import MockServer
from streamtape.server.child import run_child, until_signal
from streamtape.server.proxy import RecordingProxy
from streamtape.server.replay import serve
from tests.patience import PATIENCE_S

PROGRAM = """
from openai import OpenAI
client = OpenAI()
stream = client.responses.create(
    model="gpt-4.1",
    input=[{"role": "user", "content": "Say 'double bubble bath' ten times fast."}],
    stream=True,
)
for event in stream:
    print(event)
"""


def python(code: str) -> list[str]:
    """The command that runs some Python."""
    return [sys.executable, "-c", code]


def test_the_exit_status_comes_back() -> None:
    """As a shell tells it: the status, or 128 and the number of the signal."""
    assert run_child(python("raise SystemExit(7)"), {}) == 7
    assert run_child(python("import os; os.kill(os.getpid(), 9)"), {}) == 137


def test_variables_are_added(tmp_path: Path) -> None:
    """The child has our environment and what was added to it."""
    code = (
        f"import os; open({str(tmp_path / 'x')!r}, 'w').write(os.environ['A'] + os.environ['PATH'])"
    )
    assert run_child(python(code), {"A": "1"}) == 0
    assert (tmp_path / "x").read_text() == "1" + os.environ["PATH"]


def test_commands_that_can_not_run(tmp_path: Path) -> None:
    """Nothing, nobody, and a file that is no program: each an error with its name."""
    (tmp_path / "x").write_text("")
    for argv, why in (
        ([], "after `--`"),
        (["no-such-command"], "command not found"),
        ([str(tmp_path / "x")], "ermission"),
    ):
        with pytest.raises(UsageError, match=why):
            run_child(argv, {})


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has command not found signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_signals_go_on_to_the_child(name: str) -> None:
    """A signal that we get ends the child, and we tell its status; our handlers come back."""
    number = getattr(signal, name)
    before = signal.getsignal(number)
    child = (
        "import os, signal, sys, time\n"
        f"signal.signal(signal.{name}, lambda *a: sys.exit(5))\n"
        f"os.kill(os.getppid(), signal.{name})\n"
        "time.sleep(1000)\n"
    )
    # A group of its own, so that no terminal's signals get in.
    outer = (
        "import sys; from streamtape.server.child import run_child\n"
        f"sys.exit(run_child([sys.executable, '-c', {child!r}], {{}}))"
    )
    done = subprocess.run(python(outer), timeout=PATIENCE_S, start_new_session=True, check=False)
    assert done.returncode == 5
    assert signal.getsignal(number) is before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")
def test_a_signal_amid_the_start_goes_on_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes once the child runs, and before the one that started it knows its number."""
    start = subprocess.Popen

    def start_and_signal(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        process = start(*args, **options)
        signal.raise_signal(signal.SIGTERM)
        return process

    monkeypatch.setattr("subprocess.Popen", start_and_signal)
    status = run_child([sys.executable, "-c", "import time; time.sleep(1000)"], {})
    assert status == 128 + signal.SIGTERM


def test_waiting_for_a_signal() -> None:
    """The wait ends with the signal, and says which."""
    timer = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGTERM])
    with until_signal() as signals:
        timer.start()
        assert signals.wait() == signal.SIGTERM
    timer.join()
    with until_signal() as signals:
        os.kill(os.getpid(), signal.SIGINT)  # before the wait
        assert signals.wait() == signal.SIGINT


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has command not found signals")
def test_an_ignored_hangup_stays_ignored() -> None:
    """As under nohup: closing the terminal does not end what was to outlive it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with until_signal() as signals:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            assert signals.wait() == signal.SIGTERM
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_child_is_recorded_and_replayed(tmp_path: Path) -> None:
    """The guiding program, as a child: recorded, then replayed without network and without key."""
    path = tmp_path / "x.tape"
    code = f"import sys; sys.stdout = open({str(tmp_path / 'out')!r}, 'w')\n{PROGRAM}"
    with MockServer(gap_us=0) as endpoint:
        environ = {"OPENAI_BASE_URL": endpoint.base_url}
        with RecordingProxy(path, environ=environ) as proxy:
            env = {**proxy.child_env(), "OPENAI_API_KEY": "sk-none"}
            assert run_child(python(code), env) == 0
    live = (tmp_path / "out").read_text()
    assert live.count("ResponseTextDeltaEvent") == 40
    with serve(path) as server:
        assert run_child(python(code), {"OPENAI_API_KEY": "", **server.child_env({})}) == 0
        assert server.unplayed == ()
    assert (tmp_path / "out").read_text() == live
    assert len(streamtape.load(path)) == 1
