"""Real servers for tests of stores: S3 as moto speaks it, and Redis."""

import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.children import unmeasured
from tests.patience import until


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


# One request after the other: moto compares what a put replaces and puts it in two steps.
MOTO = """
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app))
"""


@contextmanager
def s3_server() -> Iterator[str]:
    """Run moto's server for S3; gives its URL."""
    pytest.importorskip("moto.server", reason="moto[server] is not installed")
    port = free_port()
    command = [sys.executable, "-c", MOTO, str(port)]
    url = f"http://127.0.0.1:{port}"
    with _running(command, lambda: urllib.request.urlopen(f"{url}/moto-api/").close()):
        yield url


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a redis-server that writes nothing; gives its URL."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir"]
    url = f"redis://127.0.0.1:{port}"
    with _running(
        [*command, str(folder)], lambda: socket.create_connection(("127.0.0.1", port)).close()
    ):
        yield url


def _answers(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except OSError:
        return False
    return True


@contextmanager
def _running(command: list[str], ask: Callable[[], None]) -> Iterator[None]:
    """A server from when it answers."""
    quiet = subprocess.DEVNULL
    env = {**unmeasured(), "S3_UPLOAD_PART_MIN_SIZE": "1"}
    server = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=env)
    try:
        until(lambda: server.poll() is not None or _answers(ask))
        assert server.poll() is None, f"{command[0]} ended at once"
        yield
    finally:
        server.terminate()
        server.wait()
