"""A browser through the proxy and from the replay server: fetch with a reader, and EventSource."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import streamtape
from streamtape.mock.server import MockServer
from streamtape.server.exchange import Exchange
from streamtape.server.http_server import HttpServer
from tests.interop.over_http import three_times
from tests.patience import PATIENCE_S

PAGE = Path(__file__).parent / "chromium.html"
QUERIES = ["seed=5", "seed=5&cut=12", "seed=5&reset=12"]
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-dev-shm-usage", "--no-proxy-server",
]  # fmt: skip
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


def browse(root: str, profile: Path, *flags: str, queries: list[str] = QUERIES) -> list[Any]:
    """What the page sees: a text and an error for each way to read and each query."""
    reports: queue.Queue[bytes] = queue.Queue()

    async def take(exchange: Exchange) -> None:
        reports.put(await exchange.body())
        await exchange.respond(204, [], b"")

    collector = HttpServer(take)
    collector.start()
    body = {"root": root, "report": f"{collector.origin}/report", "queries": queries}
    url = f"{PAGE.as_uri()}#{quote(json.dumps(body))}"
    assert CHROMIUM
    browser = subprocess.Popen(
        [CHROMIUM, *FLAGS, *flags, f"--user-data-dir={profile}", url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return list(json.loads(reports.get(timeout=PATIENCE_S)))
    finally:
        os.killpg(browser.pid, signal.SIGKILL)  # the browser and its helpers: a group of their own
        browser.wait(PATIENCE_S)
        collector.stop()


def test_the_same_three_times(tmp_path: Path) -> None:
    """Text and errors are the same directly, through the proxy and from the replay."""
    # Pages of other origins are refused unless they were let in; the next test looks at that.
    direct, proxied, replayed = three_times(
        tmp_path / "x.tape",
        lambda root: browse(root, tmp_path / "profile", "--disable-web-security"),
        cors="*",
    )
    assert [bool(seen["error"]) for seen in direct] == [False, True, True, False, False, False]
    assert [seen["text"].count("event: ") for seen in direct[:1]] == [48]
    assert [seen["text"].count("\n") for seen in direct[3:]] == [48, 48, 48]
    for others in (proxied, replayed):
        assert [seen["error"] for seen in others] == [seen["error"] for seen in direct]
        for seen, before in zip(others, direct, strict=True):
            if seen["error"]:
                # When a connection breaks, a browser may drop what its page had not read yet.
                shorter, longer = sorted((seen["text"], before["text"]), key=len)
                assert longer.startswith(shorter)
            else:
                assert seen == before


@pytest.mark.parametrize("allowed", [True, False])
def test_other_origins_only_when_asked(allowed: bool, tmp_path: Path) -> None:
    """A page of another origin reads the replay where CORS was asked for, and nowhere else."""
    tape = tmp_path / "x.tape"
    with (
        MockServer(gap_us=0, cors="*") as endpoint,
        streamtape.RecordingProxy(tape, upstream=endpoint.url, cors="*") as proxy,
    ):
        browse(proxy.url, tmp_path / "profile", "--disable-web-security", queries=["seed=5"])
    with streamtape.serve(tape, cors="*" if allowed else ()) as server:
        seen = browse(server.url, tmp_path / "profile", queries=["seed=5"])
    assert bool(seen[0]["text"]) is allowed
    assert bool(seen[0]["error"]) is not allowed
    assert bool(seen[1]["text"]) is allowed
