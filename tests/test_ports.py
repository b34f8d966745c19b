"""Ports that tests give to servers are theirs alone."""

import os
import socket
import subprocess
import sys

import pytest

from tests import ports
from tests.shared import REPO


def test_a_port_is_given_once() -> None:
    """Not to this process again, and not to another one that begins at the same number."""
    mine = [ports.free_port() for _ in range(3)]
    program = f"import os; os.getpid = lambda: {os.getpid()}\nfrom tests.ports import free_port"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nprint(free_port())"],
        cwd=REPO, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert len({*mine, int(done.stdout)}) == 4
    assert all(ports.FIRST <= port < ports.LAST for port in mine)


def test_a_port_at_which_somebody_listens_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever that is: where there is no other one, that is an error."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(ports, "FIRST", port)
        monkeypatch.setattr(ports, "LAST", port + 1)
        with pytest.raises(RuntimeError, match=f"from {port} to {port + 1}"):
            ports.free_port()
