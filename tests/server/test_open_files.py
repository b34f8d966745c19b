"""A server has room for its connections before they come: the table of open files isn't grown."""

import os
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamtape.server import open_files
from tests.shared import REPO

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a matter of Linux")


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    """Something open."""
    with socket.socket() as one:
        yield one


def room() -> int:
    """How many files this process's table has room for."""
    found = re.search(r"^FDSize:\s*(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


def n_needed() -> int:
    """The room that there is to be."""
    return min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def test_room_is_made_and_nothing_stays_open(sock: socket.socket) -> None:
    """The table is large afterwards, and its last place is free again."""
    open_files.make_room(sock.fileno())
    assert room() >= n_needed()
    assert not Path(f"/proc/self/fd/{n_needed() - 1}").exists()


SERVED = """
from streamtape.server.http_server import HttpServer
from tests.server.test_open_files import room

async def nothing(exchange):
    raise AssertionError("nobody asks")

server = HttpServer(nothing)
server.start()
try:
    print(room())
finally:
    server.stop()
"""


def test_a_server_makes_room_as_it_starts() -> None:
    """Whoever serves has room: the replay server, the proxy and the mock are all this server.

    In a process of its own, as a table that another test made large never shrinks.
    """
    done = subprocess.run(
        [sys.executable, "-c", SERVED], cwd=REPO, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) >= n_needed()


def test_a_process_that_may_open_few_files_gets_as_many(
    sock: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The highest number is the last that the limit allows."""
    requested: list[int] = []

    def duplicate(fd: int, _command: int, least: int) -> int:
        requested.append(least)
        return os.dup(fd)

    monkeypatch.setattr("resource.getrlimit", lambda _which: (1024, 1024))
    monkeypatch.setattr("fcntl.fcntl", duplicate)
    open_files.make_room(sock.fileno())
    assert requested == [1023]


def test_a_system_that_refuses_is_no_error(sock: socket.socket) -> None:
    """A server that could not make room serves all the same."""
    closed = sock.detach()
    os.close(closed)
    open_files.make_room(closed)
