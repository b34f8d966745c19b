"""An endpoint that streams on loopback, and test modules that are written and run in process."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Runs inside a run forget what only they imported; what is imported here stays, and costs once.
import anyio._backends._asyncio
import anyio._backends._trio
import httpcore
import httpcore2
import httpx
import httpx2
import hypothesis.internal.observability
import pytest
import trio.testing

import streamtape.analysis.diff
import streamtape.pytest_plugin.failure_report
import streamtape.pytest_plugin.item_session
import streamtape.pytest_plugin.server_fixture
import streamtape.pytest_plugin.snapshot_fixture
import streamtape.transport.use_cassette
from tests.patience import patient_clients

# Runs in this process share its clients.
__all__ = ["patient_clients"]
KEPT = (anyio, httpcore, httpcore2, httpx, httpx2, hypothesis, trio, streamtape)
BODY = b"".join(b'event: tick\ndata: {"n": %d}\n\n' % n for n in range(3))


class Upstream:
    """A server on a free port: counts what it was asked, and can be told what to answer."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.body = BODY
        self.content_type = "text/event-stream"
        self.status = 200
        self.sized = True  # the answer says how long it is, so that a client knows when it has all
        self.statuses: list[int] = []  # of the next answers, before `status`
        self.cut = False  # close the connection amid the body
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.do_GET()

            def do_GET(self) -> None:
                upstream.requests.append(self.path)
                status = upstream.statuses.pop(0) if upstream.statuses else upstream.status
                self.send_response(status)
                self.send_header("content-type", upstream.content_type)
                if upstream.sized:
                    self.send_header("content-length", str(len(upstream.body) + upstream.cut))
                else:
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(upstream.body)
                self.close_connection = self.close_connection or upstream.cut

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A server that streams three events, whatever it is asked."""
    server = Upstream()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _at_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever runs these tests, the runs inside them are at a desk."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


class Suite:
    """A folder with test modules, run in this process."""

    def __init__(
        self, pytester: pytest.Pytester, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.pytester = pytester
        self._monkeypatch = monkeypatch
        self._n_written = 0
        self.upstream = upstream
        self.folder = pytester.path

    def write(self, source: str, name: str = "test_it") -> None:
        """Write a module; URL in it is the server's."""
        head = f"import httpx, pytest, streamtape, unittest\nURL = {self.upstream.url!r}\n"
        path = self.pytester.makepyfile(**{name: head + source})
        # Bytecode is taken for that of a source with the same second and size: no two have one.
        self._n_written += 1
        os.utime(path, (self._n_written, self._n_written))

    def load_few_plugins(self) -> None:
        """Load xdist and ours alone, in workers too: more plugins cost each process seconds."""
        self._monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        self._monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin,streamtape.pytest_entry")

    def run(self, *args: str) -> pytest.RunResult:
        """Run it."""
        if any(arg.startswith("-n") for arg in args):
            self.load_few_plugins()
        return self.pytester.runpytest_inprocess("-p", "no:cacheprovider", "-Wdefault", *args)

    def tapes(self) -> list[str]:
        """Every file below the folders of cassettes."""
        return sorted(
            os.fspath(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and "cassettes" in path.parts
        )


@pytest.fixture
def suite(pytester: pytest.Pytester, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A folder for test modules that ask the server."""
    return Suite(pytester, upstream, monkeypatch)
