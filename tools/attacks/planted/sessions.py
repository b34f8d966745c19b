"""What sessions say and leave: errors, warnings, reports of pytest, journals of killed programs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

import streamtape
from streamtape.server.proxy import RecordingProxy
from streamtape.tape.store import recover
from tools.attacks.planted.sample import (
    Secret,
    address,
    body,
    encoded,
    error_text,
    everything,
    files_below,
    headers,
    save_unmasked,
)

_TOOLS = Path(__file__).parents[3]


class _Echo(BaseHTTPRequestHandler):
    """Answers with what the request asks for: headers, then a body in pieces of a few bytes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["content-length"]))
        secret = Secret(*json.loads(data)["secret"])
        self.send_response(200, f"OK {secret.free}")
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Set-Cookie", f"sid={secret.text}")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        answer = f'data: {{"text": "it is {secret.free}", "api_key": "{secret.text}"}}\n\n'.encode()
        for at in range(0, len(answer), 5):
            piece = answer[at : at + 5]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def echo_server() -> Iterator[str]:
    """The URL of a server that answers with the secret that it is sent."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def ask(client: httpx.Client, url: str, secret: Secret) -> None:
    """Send a secret, and have it sent back."""
    content = json.dumps({"secret": list(secret), **json.loads(body(secret))})
    client.post(address(secret, url), headers=headers(secret), content=content)


def _refused(make: Callable[[], object]) -> bytes:
    """What the error says, and the warnings before it."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            make()
        except (streamtape.StreamtapeError, httpx.HTTPError) as error:
            return error_text(error) + encoded(w.message for w in warned)
    raise AssertionError("no error")


def errors(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Errors and warnings of sessions: message, repr, notes, traceback."""
    raw = save_unmasked(secrets, folder / "raw.tape")

    def missed(secret: Secret, **options: Any) -> None:
        with streamtape.use_cassette(raw, **options), httpx.Client() as client:
            client.post(address(secret, "https://h2.example", user=True), content=body(secret) * 2)

    def swallowed(secret: Secret) -> None:
        with (
            streamtape.use_cassette(raw, allow_no_requests=True),
            contextlib.suppress(streamtape.MissError),
        ):
            httpx.post(address(secret, "https://h2.example"))
        raise streamtape.UsageError("only the warning counts")

    def upgrade(secret: Secret) -> None:
        with streamtape.use_cassette(raw):
            httpx.get(address(secret, user=True), headers={"connection": "upgrade", "upgrade": "x"})

    cases: dict[str, Callable[[Secret], object]] = {
        "MissError": missed,
        "MissError: strict order": lambda s: missed(s, strict_order=True),
        "MissError: ignored host": lambda s: missed(s, mode="none", ignore_hosts=["h2.example"]),
        "MissError: upgrade": upgrade,
        "warning of a miss": swallowed,
        "UsageError: mode": lambda s: streamtape.use_cassette(raw, mode=s.free),  # type: ignore[arg-type]  # refused
        "UsageError: fault": lambda s: streamtape.use_cassette(raw, fault=s.free),
        "UsageError: pattern": lambda s: streamtape.RedactionOptions(
            patterns=(("x", f"({s.free}"),)
        ),
        "UsageError: upstream": lambda s: RecordingProxy(
            folder / "x.tape", upstream=f"h/?api_key={s.text}"
        ),
        "CassetteNotFoundError": lambda s: streamtape.load(folder / f"{s.free}.tape"),
        "UsageError: encode_sse": lambda s: streamtape.encode_sse(
            streamtape.SSEFrame(data="", event=f"{s.free}\n")
        ),
    }
    for name, make in cases.items():
        yield name, b"".join(_refused(partial(make, secret)) for secret in secrets)
    yield "VerifyError", b"".join(_drift(secrets, folder / "verify.tape"))


def _drift(secrets: Sequence[Secret], path: Path) -> Iterator[bytes]:
    """What mode `verify` says where a live answer holds a secret that the recorded one has not."""
    with echo_server() as url:
        for secret in secrets:
            for level in ("bytes", "events"):
                path.unlink(missing_ok=True)
                with streamtape.use_cassette(path), httpx.Client() as client:
                    ask(client, url, Secret("nothing"))

                def verified(secret: Secret = secret, level: Any = level) -> None:
                    how: Any = {"mode": "verify", "match_on": ("method", "host")}
                    with (
                        streamtape.use_cassette(path, **how, verify_level=level),
                        httpx.Client() as client,
                    ):
                        ask(client, url, secret)

                yield _refused(verified)


_TESTS = """
import json, pytest, httpx, streamtape
from pathlib import Path
from tools.attacks.planted.sample import Secret, address, body, headers
from tools.attacks.planted.sessions import ask
SECRETS = [Secret(*one) for one in json.loads(Path("secrets.json").read_text())]
NUMBERS = range(len(SECRETS))

@pytest.mark.parametrize("n", NUMBERS)
@pytest.mark.streamtape("RAW")
def test_miss(n):
    with httpx.Client() as client:
        client.post(address(SECRETS[n], "https://h2.example", user=True), content=body(SECRETS[n]))

@pytest.mark.parametrize("n", NUMBERS)
@pytest.mark.streamtape
def test_recorded_and_failed(n, tape_snapshot):
    with httpx.Client() as client:
        ask(client, "URL", SECRETS[n])
    assert False, "the report tells of the stream"

@pytest.mark.parametrize("n", NUMBERS)
def test_snapshot(n, tape_snapshot):
    with streamtape.use_cassette(f"snap{n}.tape") as session, httpx.Client() as client:
        ask(client, "URL", SECRETS[n])
    tape_snapshot(session)

@pytest.mark.parametrize("n", NUMBERS)
@pytest.mark.streamtape(block_network=True)
def test_blocked(n):
    httpx.get(address(SECRETS[n], "http://192.0.2.1", user=True), timeout=1)
"""


def reports_of_pytest(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What pytest prints of failed tests, its XML for CI, and what the tests leave behind."""
    raw = save_unmasked(secrets, folder / "raw.tape")
    suite = folder / "suite"
    suite.mkdir()
    (suite / "secrets.json").write_text(json.dumps(secrets))
    with echo_server() as url:
        text = _TESTS.replace("RAW", str(raw)).replace("URL", url)
        (suite / "test_it.py").write_text(text)
        options = [
            "-vv",
            "-rA",
            "--tape-report=left",
            "--junitxml=left.xml",
            "-p",
            "no:cacheprovider",
        ]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-n0", "-c", os.devnull, "--rootdir=.", *options],
            cwd=suite, capture_output=True, check=False,
            env=os.environ | {"PYTHONPATH": str(_TOOLS)},
        )  # fmt: skip
    (suite / "secrets.json").unlink()
    yield "pytest: output", done.stdout + done.stderr
    xml = (suite / "left.xml").read_bytes()
    assert xml.count(b"MissError"), done.stdout
    yield "pytest: junit XML", xml
    (suite / "left.xml").unlink()
    yield "pytest: files", files_below(suite)


_KILLED = """
import json, os, signal, sys, httpx, streamtape
from pathlib import Path
from tools.attacks.planted.sample import Secret
from tools.attacks.planted.sessions import ask
secrets = [Secret(*one) for one in json.loads(sys.stdin.read())]

def upload():
    for secret in secrets:
        yield f"it is {secret.free}\\napi_key: {secret.text}\\n".encode() * 2
    for _ in range(64):
        yield bytes(1 << 16)
    os.kill(os.getpid(), signal.SIGKILL)

with streamtape.use_cassette("killed.tape"), httpx.Client() as client:
    for secret in secrets:
        ask(client, "URL", secret)
    head = {"content-type": "text/plain", "content-length": str(1 << 30)}
    client.post("URL/upload", content=upload(), headers=head)
"""


def killed(secrets: Sequence[Secret], folder: Path) -> Iterator[tuple[str, bytes]]:
    """What a program leaves that was killed amid an upload, and what is recovered of that."""
    place = folder / "killed"
    place.mkdir()
    with echo_server() as url:
        done = subprocess.run(
            [sys.executable, "-c", _KILLED.replace("URL", url)],
            cwd=place, input=json.dumps(secrets).encode(), capture_output=True, check=False,
            env=os.environ | {"PYTHONPATH": str(_TOOLS)},
        )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = files_below(place)
    assert left
    yield "journal and files of a killed program", left + done.stdout + done.stderr
    found = recover(place / "killed.tape")
    yield "recovered cassette", everything(place / "killed.tape") + encoded([found])
