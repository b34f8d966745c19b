"""WebSockets by the servers: Node's clients and a browser see the same with us in between.

Against our own mock and against aimock, an independent one: directly, through the recording proxy,
and from the replay server with the upstream gone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

import streamtape
from streamtape.mock.server import MockServer
from tests.interop import test_websockets as sdks
from tests.interop.upstreams import NODE, aimock
from tests.patience import PATIENCE_S
from tests.tools_present import IN_CI, needs

SEEN = TypeVar("SEEN")
PACKAGES = [NODE / "node_modules" / name for name in ("ws", "undici", "openai")]
AIMOCK = (NODE / "node_modules" / "@copilotkit" / "aimock").is_dir()
RESPONSES: list[Any] = [
    [{"type": "response.create", "model": "gpt-4.1?seed=5", "input": "hi"}, '"response.completed"'],
    [
        {"type": "response.create", "model": "gpt-4.1?seed=6", "input": "ünïcode ✓"},
        '"response.completed"',
    ],
]
REALTIME: list[Any] = [
    [None, '"session.created"'],
    [
        {
            "type": "conversation.item.create",
            "item": {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "hello"}],
            },
        },
        "conversation.item",
    ],
    [{"type": "response.create"}, '"response.done"'],
]
GEMINI = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
LIVE: list[Any] = [
    [{"setup": {"model": "models/gemini-2.5-flash"}}, "setupComplete"],
    [
        {
            "clientContent": {
                "turns": [{"role": "user", "parts": [{"text": "hello"}]}],
                "turnComplete": True,
            }
        },
        "turnComplete",
    ],
]

pytestmark = [
    needs("node"),
    pytest.mark.skipif(
        not all(p.is_dir() for p in PACKAGES) and not IN_CI,
        reason=f"`npm install` has not run in {NODE}",
    ),
    pytest.mark.xdist_group("aimock"),
    # openai's threading client calls the newest websockets in a way that is out of date there.
    pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager"),
]


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """Our mock."""
    with MockServer(gap_us=0, cors="*") as endpoint:  # a page in Chromium is among its clients
        yield endpoint.url


@pytest.fixture(scope="module")
def other_mock() -> Iterator[str]:
    """Aimock."""
    if not AIMOCK and not IN_CI:
        pytest.skip(f"`npm install` has not run in {NODE}")
    with aimock() as url:
        yield url


def twice(tape: Path, upstream: str, run: Callable[[str], SEEN]) -> tuple[SEEN, SEEN]:
    """What a client sees through the proxy, and from the replay."""
    with streamtape.RecordingProxy(tape, upstream=upstream) as proxy:
        proxied = run(proxy.url)
    first = streamtape.load(tape)[0]
    assert (first.is_dialogue, first.ending.kind) == (True, "complete")
    with streamtape.serve(tape) as server:
        replayed = run(server.url)
        assert not server.misses, server.misses[0].text
    return proxied, replayed


def talk(client: str, url: str, steps: list[Any]) -> list[Any]:
    """What a client of Node's sees: the messages, and the end."""
    command = ["node", str(NODE / "talk.mjs"), client, url.replace("http", "ws", 1)]
    done = subprocess.run(
        [*command, json.dumps(steps)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert not done.returncode, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("client", ["ws", "undici", "openai"])
def test_nodes_clients(client: str, mock: str, tmp_path: Path) -> None:
    """Two responses on a connection: the same messages, and the same close."""

    def run(root: str) -> list[Any]:
        return talk(client, f"{root}/v1/responses", RESPONSES)

    direct = run(mock)
    proxied, replayed = twice(tmp_path / "x.tape", mock, run)
    assert direct == proxied == replayed
    assert direct[-1] == {"code": 1000, "reason": "done"}
    assert len(direct) == 2 * 48 + 1


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("cut=12", 1006),
        ("reset=12", 1006),
        ("cut=12&close=1011", 1011),
        ("cut=12&close=4001", 4001),
    ],
)
def test_connections_that_break(options: str, code: int, mock: str, tmp_path: Path) -> None:
    """Node's `ws` sees the same code after the same messages."""
    steps = [[{**RESPONSES[0][0], "model": f"gpt-4.1?seed=5&{options}"}, "nothing"]]

    def run(root: str) -> list[Any]:
        return talk("ws", f"{root}/v1/responses", steps)

    path = tmp_path / "x.tape"
    direct = run(mock)
    with streamtape.RecordingProxy(path, upstream=mock) as proxy:
        proxied = run(proxy.url)
    with streamtape.serve(path) as server:
        replayed = run(server.url)
    assert direct == proxied == replayed
    assert direct[-1]["code"] == code
    assert sum(isinstance(seen, str) for seen in direct) == 12


@pytest.mark.parametrize(
    ("client", "path", "steps"),
    [
        ("ws", "/v1/responses", [[{**RESPONSES[0][0], "input": "hello"}, '"response.completed"']]),
        ("undici", "/v1/realtime?model=gpt-realtime", REALTIME),
        ("ws", GEMINI, LIVE),
    ],
    ids=["responses", "realtime", "live"],
)
def test_another_server(
    client: str, path: str, steps: list[Any], other_mock: str, tmp_path: Path
) -> None:
    """Aimock's Responses, Realtime and Gemini Live, recorded and replayed without it."""
    proxied, replayed = twice(
        tmp_path / "x.tape", other_mock, lambda root: talk(client, f"{root}{path}", steps)
    )
    assert proxied == replayed
    assert proxied[-1]["code"] == 1000
    assert "Hi" in "".join(map(str, proxied))


@pytest.mark.parametrize(
    "use",
    [sdks.responses, sdks.responses_async, sdks.realtime, sdks.live],
    ids=lambda f: f.__name__,
)
def test_the_python_sdks(use: Callable[[str], list[Any]], other_mock: str, tmp_path: Path) -> None:
    """What openai sees, sync and async, of aimock through the proxy is what the server plays."""
    proxied, replayed = twice(tmp_path / "x.tape", other_mock, use)
    assert proxied == replayed
    assert len(proxied) > 3


PAGE = """<!doctype html><script>
const { url, steps } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const seen = [];
const socket = new WebSocket(url);
let waiting = "";
const next = () => {
  if (!steps.length) return socket.close(1000, "done");
  const [message, until] = steps.shift();
  waiting = until;
  socket.send(JSON.stringify(message));
};
socket.onopen = next;
socket.onmessage = ({ data }) => { seen.push(data); if (data.includes(waiting)) next(); };
socket.onclose = ({ code, reason, wasClean }) => {
  seen.push({ code, reason, wasClean });
  document.title = "done";
  window.seen = seen;
};
</script>"""


@pytest.mark.skipif(
    not (shutil.which("chromium") or shutil.which("chromium-browser")) and not IN_CI,
    reason="chromium is not installed",
)
def test_a_browser(mock: str, tmp_path: Path) -> None:
    """Chromium's WebSocket, of a page that was let in: compressed, two responses, and the close."""
    from playwright.sync_api import sync_playwright

    page = tmp_path / "page.html"
    page.write_text(PAGE)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--no-proxy-server"],
        )
        tab = browser.new_page()

        def run(root: str) -> list[Any]:
            body = {"url": f"{root.replace('http', 'ws', 1)}/v1/responses", "steps": RESPONSES}
            tab.goto("about:blank")
            tab.goto(f"{page.as_uri()}#{json.dumps(body)}")
            tab.wait_for_function("window.seen", timeout=PATIENCE_S * 1000)
            seen: list[Any] = tab.evaluate("window.seen")
            return seen

        path = tmp_path / "x.tape"
        direct = run(mock)
        with streamtape.RecordingProxy(path, upstream=mock, cors="*") as proxy:
            proxied = run(proxy.url)
        with streamtape.serve(path, cors="*") as server:
            replayed = run(server.url)
            assert not server.misses, server.misses[0].text
        with streamtape.serve(path) as server:
            stranger = run(server.url)
        browser.close()
    assert direct == proxied == replayed
    assert direct[-1] == {"code": 1000, "reason": "done", "wasClean": True}
    assert stranger == [{"code": 1006, "reason": "", "wasClean": False}]
    (only,) = streamtape.load(path)
    assert only.head
    assert "permessage-deflate" in (only.head.get("sec-websocket-extensions") or "")
