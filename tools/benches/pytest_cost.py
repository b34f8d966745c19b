"""What the pytest plugin costs: unused, and with a small cassette for each of a thousand tests."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Row = dict[str, Any]
N_TESTS = 1000
BODY = b"".join(b'event: tick\ndata: {"n": %d}\n\n' % n for n in range(5))
# What the server below sends, so that every client parses as much.
HEADERS = {
    "server": "BaseHTTP/0.6 Python/3.11.7",
    "date": "Sun, 22 Nov 2026 21:00:00 GMT",
    "content-type": "text/event-stream",
    "content-length": str(len(BODY)),
}
# Making a TLS context takes tens of milliseconds: it is made once, by every contestant.
MEMORY = """
import httpx, pytest, ssl
TLS = ssl.create_default_context()
BODY = {body!r}
def answer(request):
    return httpx.Response(200, headers={headers!r}, content=BODY)
@pytest.mark.parametrize("n", range({n}))
def test_it(n):
    mounts = {{"all://": httpx.MockTransport(answer)}}
    with httpx.Client(verify=TLS, mounts=mounts) as client:
        assert client.get(f"{url}/{{n}}").text.count("tick") == 5
"""
RECORDED = """
import httpx, pytest, ssl
TLS = ssl.create_default_context()
@pytest.mark.parametrize("n", range({n}))
@pytest.mark.{mark}
def test_it(n):
    with httpx.Client(verify=TLS) as client:
        assert client.get(f"{url}/{{n}}").text.count("tick") == 5
"""
UNUSED = "def test_it():\n    pass\n"
OURS = ("-p", "streamtape.pytest_plugin")
THEIRS = ("-p", "pytest_recording.plugin")


class _Upstream(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with five events."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def run(repeat: int) -> list[Row]:
    """Measure both; ratios are over the same tests fed from memory, or without the plugin."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_start_up(Path(folder), repeat), *_thousand(Path(folder), repeat)]


def _start_up(folder: Path, repeat: int) -> list[Row]:
    file = folder / "test_unused.py"
    file.write_text(UNUSED)
    times: dict[str, list[float]] = {"without": [], "with": []}
    for _ in range(max(repeat, 5) * 4):
        for name, options in (("without", ()), ("with", OURS)):
            before = _children_s()
            _timed(file, *options)
            times[name].append(_children_s() - before)
    # Processor time, and the lower half of many runs: what other processes take away is far more
    # than what is looked for.
    without, with_it = (
        statistics.median(sorted(times[name])[: len(times[name]) // 2])
        for name in ("without", "with")
    )
    return [
        {"name": "pytest, one test, no plugin: CPU", "value": without * 1e3, "unit": "ms",
         "peer": "pytest", "ratio": 1.0},
        {"name": "the plugin, unused, adds: CPU", "value": (with_it - without) * 1e3, "unit": "ms",
         "peer": None, "ratio": with_it / without, "goal": "<= 15"},
    ]  # fmt: skip


def _thousand(folder: Path, repeat: int) -> list[Row]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    contestants: dict[str, tuple[str, tuple[str, ...]]] = {
        "from memory": (MEMORY.format(body=BODY, headers=HEADERS, n=N_TESTS, url=url), ()),
        "streamtape": (RECORDED.format(mark="streamtape", n=N_TESTS, url=url), OURS),
    }
    if _has("pytest_recording"):
        theirs = (*THEIRS, "--record-mode=once")
        contestants["vcrpy"] = (RECORDED.format(mark="vcr", n=N_TESTS, url=url), theirs)
    files: dict[str, Path] = {}
    for name, (source, options) in contestants.items():
        files[name] = folder / f"test_{name.replace(' ', '_')}.py"
        files[name].write_text(source)
        _timed(files[name], *options)  # records
    server.shutdown()
    server.server_close()
    thread.join()
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(max(1, repeat // 2)):
        for name, (_, options) in contestants.items():
            times[name].append(_timed(files[name], *options))
    medians = {name: statistics.median(values) for name, values in times.items()}
    return [
        {"name": f"{N_TESTS} tests, a small cassette each", "value": value * 1e3, "unit": "ms",
         "peer": name, "ratio": value / medians["from memory"],
         **({"goal": "ratio <= 1.2"} if name == "streamtape" else {})}
        for name, value in medians.items()
    ]  # fmt: skip


def _children_s() -> float:
    """The processor time of all processes that we started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _timed(file: Path, *options: str) -> float:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(file)]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    env.pop("CI", None)
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # people's Python compiles a module once
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    took = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    return took


def _has(module: str) -> bool:
    code = f"import {module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else 3):
        figure = f"{row['value']:9.1f} {row['unit']} x{row['ratio']:.2f}"
        print(f"{row['name']:40} {row['peer']:12} {figure}")
