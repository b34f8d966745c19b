"""Chromium's own WebSocket, in a page: prints the messages of two responses.

The exit status is 1 where the connection was not closed by the page.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

PAGE = """<!doctype html><script>
const [url, create] = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const seen = [];
const socket = new WebSocket(url);
let left = 2;
socket.onopen = () => socket.send(create);
socket.onmessage = ({ data }) => {
  seen.push(data);
  if (!data.includes("response.completed")) return;
  left -= 1;
  left ? socket.send(create) : socket.close(1000);
};
socket.onclose = ({ code }) => { window.seen = [seen, code]; };
</script>"""


def main() -> int:
    """Run the page in a browser without a window."""
    from playwright.sync_api import sync_playwright

    url = f"ws{sys.argv[1].removeprefix('http')}/v1/responses"
    create = {"type": "response.create", "model": "gpt-4.1", "input": "hi"}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "page.html"
        page.write_text(PAGE)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--no-proxy-server"],
        )
        tab = browser.new_page()
        tab.goto(f"{page.as_uri()}#{json.dumps([url, json.dumps(create)])}")
        tab.wait_for_function("window.seen")
        seen, code = tab.evaluate("window.seen")
        browser.close()
    print("\n".join(seen))
    return int(code != 1000)


if __name__ == "__main__":
    sys.exit(main())
