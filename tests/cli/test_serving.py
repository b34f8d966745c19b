"""`record` and `replay` as servers, alone and beside a child."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from streamtape.mock.server import MockServer
from streamtape.server.exchange import Exchange
from streamtape.server.http_server import HttpServer
from streamtape.tape.model import Request
from streamtape.tape.store import load
from tests.cli.running import REQUEST, interaction, refused, responses, run, tape
from tests.patience import PATIENCE_S

CHILD = (
    "import httpx, os, sys\n"
    "url = os.environ['OPENAI_BASE_URL'] + '/responses'\n"
    f"r = httpx.post(url, content={REQUEST!r}, headers={{'content-type': 'application/json'}})\n"
    "print(r.status_code, r.text.count('output_text.delta'))\n"
    "sys.exit(int(os.environ.get('CHILD_STATUS', '0')))\n"
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[MockServer]:
    """An endpoint that does not wait between events."""
    with MockServer(gap_us=0) as running:
        yield running


def streamtape(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The finished process of `streamtape ARGS...`."""
    return subprocess.run(
        [sys.executable, "-m", "streamtape", *map(str, args)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_a_child_is_recorded_and_replayed(endpoint: MockServer, tmp_path: Path) -> None:
    """A program that knows nothing of us is recorded; then it is answered without the server."""
    path = tmp_path / "run.tape"
    child = ("--", sys.executable, "-c", CHILD)
    recorded = streamtape("record", "-o", path, "--upstream", endpoint.url, *child)
    assert recorded.returncode == 0, recorded.stderr
    assert "recorded" in recorded.stderr
    assert load(path)[0].ending.kind == "complete"
    replayed = streamtape("replay", path, "--speed", "max", *child)
    assert replayed.returncode == 0, replayed.stderr
    assert replayed.stdout == recorded.stdout
    assert replayed.stdout.startswith("200 ")


def test_the_childs_status_is_ours(endpoint: MockServer, tmp_path: Path) -> None:
    """A child that fails makes us fail as it did, and is recorded all the same."""
    path = tmp_path / "run.tape"
    args = ("--upstream", endpoint.url, "--", sys.executable, "-c", CHILD)
    assert streamtape("record", "-o", path, *args, CHILD_STATUS="7").returncode == 7
    assert len(load(path)) == 1


def test_a_child_that_asks_nothing_is_reported(endpoint: MockServer, tmp_path: Path) -> None:
    """Where nothing came through the proxy, there is no cassette, and the status is 2."""
    args = ("--upstream", endpoint.url, "--", sys.executable, "-c", "")
    ran = streamtape("record", "-o", tmp_path / "run.tape", *args)
    assert ran.returncode == 2
    assert "no request came through" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_miss_of_a_child_is_reported(tmp_path: Path) -> None:
    """What no interaction answers is named on stderr, with the reason."""
    path = tape(tmp_path / "x.tape", interaction(responses("a"), url="http://x/v1/other"))
    ran = streamtape("replay", path, "--", sys.executable, "-c", CHILD)
    assert "missed: POST" in ran.stderr
    assert "no recorded interaction answers" in ran.stderr
    assert ran.stdout == "404 0\n"


def listening(*args: str | Path) -> tuple[subprocess.Popen[str], Any]:
    """A server in a process of its own, and what it says of itself."""
    child = subprocess.Popen(
        [sys.executable, "-m", "streamtape", *map(str, args), "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    return child, json.loads(child.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_proxy_records_until_a_signal(number: int, endpoint: MockServer, tmp_path: Path) -> None:
    """--upstream and --port: any client; a signal ends it and writes the cassette."""
    path = tmp_path / "run.tape"
    child, where = listening("record", "-o", path, "--upstream", endpoint.url)
    answer = httpx.post(f"{where['url']}/v1/responses", content=REQUEST)
    child.send_signal(number)
    _, err = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0, err
    assert load(path)[0].body == answer.content


def test_a_server_replays_until_a_signal(tmp_path: Path) -> None:
    """--port serves the cassette; the page at / says what was played; misses make status 1."""
    path = tape(tmp_path / "x.tape", interaction(responses("hello")))
    child, where = listening("replay", path, "--speed", "max")
    url = f"{where['url']}/v1/responses"
    body = {"content": REQUEST, "headers": {"content-type": "application/json"}}
    first = httpx.post(url, **body)  # type: ignore[arg-type]  # a mapping of two types
    second = httpx.post(url, **body)  # type: ignore[arg-type]  # the same
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=PATIENCE_S)
    assert first.content == b"".join(responses("hello"))
    assert second.status_code == 404
    assert child.returncode == 1
    assert "missed: POST" in err


def test_refusals(tmp_path: Path) -> None:
    """Nothing to record or too much of it, an unknown provider or command, a bad variable."""
    path = tmp_path / "x.tape"
    assert "nothing to record" in refused("record", "-o", path)
    assert "one of them" in refused("record", "-o", path, "http://x/", "--upstream", "http://y/")
    assert "unknown provider 'opnai'" in refused("record", "-o", path, "--provider", "opnai")
    assert "invalid upstream" in refused("record", "-o", path, "--upstream", "api.openai.com")
    twice = ("--upstream", "/a=http://x/", "--upstream", "/a=http://y/")
    assert "'/a' has an upstream already" in refused("record", "-o", path, *twice)
    assert "invalid upstream" in refused("record", "-o", path, "--upstream", "/a")
    assert "No command after" in refused("record", "-o", path, "--")
    tape(path, interaction(responses("a")))
    assert "command not found" in refused("replay", path, "--", "no-such-command-here")
    assert "NAME=/PATH" in refused("replay", path, "--env", "A=b", "--", sys.executable)
    assert "for stdout" in refused("replay", path, "--port", "0", "--raw")
    assert "port must be" in refused("replay", path, "--port", "-1")
    assert run("replay", path, "--speed", "max").exit_code == 0


def test_a_server_breaks_streams_as_it_is_reported(tmp_path: Path) -> None:
    """--fault and --rechunk count over HTTP, too."""
    path = tape(tmp_path / "x.tape", interaction(responses("a", "b")))
    child, where = listening(
        "replay", path, "--speed", "max", "--fault", "cut@event=2", "--rechunk", "event"
    )
    got: list[bytes] = []
    headers = {"content-type": "application/json"}
    with (
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream(
            "POST", f"{where['url']}/v1/responses", content=REQUEST, headers=headers
        ) as answer,
    ):
        got.extend(answer.iter_raw())
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=PATIENCE_S)
    assert b"".join(got) == b"".join(responses("a", "b")[:2])
    assert "fault: cut@event=2" in err


def test_a_fault_of_one_interaction_lets_a_retry_succeed(tmp_path: Path) -> None:
    """of=1 strikes the second interaction alone, once, and leaves it for the client's next try."""
    path = tape(
        tmp_path / "x.tape",
        interaction(responses("a"), url="http://x/v1/a"),
        interaction(responses("b"), url="http://x/v1/b"),
    )
    child, where = listening("replay", path, "--speed", "max", "--fault", "http=503,of=1")
    headers = {"content-type": "application/json"}
    statuses = [
        httpx.post(f"{where['url']}/v1/{name}", content=REQUEST, headers=headers).status_code
        for name in "abbb"
    ]
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=PATIENCE_S)
    assert statuses == [200, 503, 200, 404]
    assert err.count("fault: http=503") == 1


PAST = """
import sys, httpx
for url in ("https://api.mistral.ai/v1/x", "http://api.example/v1/responses"):
    try:
        print(httpx.get(url).status_code)
    except httpx.ProxyError as error:
        print(error)
"""


def test_a_replayed_child_reaches_no_network(tmp_path: Path) -> None:
    """A client that ignores base URLs but heeds proxies is refused, and named."""
    one = interaction(responses("a"), url="http://api.example/v1/responses")
    path = tape(tmp_path / "x.tape", replace(one, request=Request("GET", one.request.url)))
    ran = streamtape("replay", path, "--speed", "max", "--", sys.executable, "-c", PAST)
    assert ran.stdout == "403 Forbidden\n200\n"
    assert "missed: CONNECT api.mistral.ai:443" in ran.stderr
    assert "--env NAME" in ran.stderr
    again = ("record", "-o", path, "--mode", "none", "--upstream", "http://127.0.0.1:9")
    ran = streamtape(*again, "--", sys.executable, "-c", PAST)
    assert ran.stdout.startswith("403 Forbidden\n403\n")
    assert "bypassed the base URLs and asked for api.mistral.ai:443" in ran.stderr


AROUND = """
import os, sys, httpx
past, seen = sys.argv[1:]
os.environ["NO_PROXY"] = os.environ["no_proxy"] = ""
proxy = os.environ["HTTPS_PROXY"]
print(httpx.get(past).text)
try:
    httpx.get(past.replace("http:", "https:"))  # a tunnel, to one who speaks no TLS
except httpx.HTTPError as error:
    print(type(error).__name__)
stranger = "http://" + proxy.rpartition("@")[2]
print(httpx.get(past, proxy=stranger).status_code)
base = os.environ["OPENAI_BASE_URL"]
print(httpx.get(base + "/x", trust_env=False).status_code)
"""


def test_what_goes_past_a_recording_is_named(tmp_path: Path) -> None:
    """A child's client that no base URL redirects gets its answer, and we say that it was there."""

    async def answer(exchange: Exchange) -> None:
        await exchange.respond(200, [], exchange.request.path.encode())

    path = tmp_path / "x.tape"
    other, upstream = HttpServer(answer), HttpServer(answer)
    for server in (other, upstream):
        server.start()
    argv = ("--", sys.executable, "-c", AROUND, f"{other.origin}/past", upstream.origin)
    none = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "")
    none |= {name.lower(): "" for name in none}
    ran = streamtape("record", "-o", path, "--upstream", upstream.origin, *argv, **none)
    for server in (other, upstream):
        server.stop()
    assert ran.stdout == "/past\nConnectError\n501\n200\n", ran.stderr
    place = other.origin.removeprefix("http://")
    assert f"warning: not recorded: {place}. The child's clients bypassed" in ran.stderr
    assert [i.request.url for i in load(path)] == [f"{upstream.origin}/v1/x"]
