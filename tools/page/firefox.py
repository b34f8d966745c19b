"""The page in Firefox, once: opened, played, sought by pointer and keys, searched, in both themes.

    python tools/page/firefox.py page.html

Drives an installed Firefox (`apt-get install firefox-esr`) headless through its own protocol,
Marionette, over loopback. Prints one line a step, and exits with 1 where one does not hold. It is
no part of the tests: a Firefox is heavy, and Chromium sees the same page there.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PORT = 2828
START_S = 60
STEPS = (
    ("opened", "return !document.getElementById('app').hidden"),
    ("no request was made", "return performance.getEntriesByType('resource').length === 0"),
    ("texts are there", "return document.querySelectorAll('.grown').length > 0"),
    ("Home goes to the start", "KEY('Home'); return CLOCK() === 0"),
    ("the slider seeks", "SLIDE(5000); return CLOCK() > 0"),
    ("an arrow steps", "const at = CLOCK(); KEY('ArrowLeft'); return CLOCK() < at"),
    ("it plays", "KEY('Home'); KEY(' '); await LATER(400); KEY(' '); return CLOCK() > 0"),
    ("End shows all", "KEY('End'); return document.querySelectorAll('.part[hidden]').length === 0"),
    ("a theme is chosen", "KEY('t'); await LATER(50); return 'theme' in ROOT.dataset"),
    ("events are found", "FILL('delta'); await LATER(200); return /of/.test(COUNT())"),
)  # fmt: skip
HELPERS = """
const ROOT = document.documentElement;
const CLOCK = () => parseFloat(document.getElementById('clock').textContent);
const COUNT = () => document.getElementById('count').textContent;
const LATER = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const KEY = (key) =>
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
const SET = (box, value) => {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(box, value);
  box.dispatchEvent(new Event('input', {bubbles: true}));
};
const SLIDE = (value) => SET(document.getElementById('slider'), value);
const FILL = (text) => SET(document.querySelector('#bar input[type=search]'), text);
"""


class Marionette:
    """A connection to a Firefox: commands, and what they give."""

    def __init__(self) -> None:
        give_up = time.monotonic() + START_S
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", PORT), timeout=START_S)
                break
            except OSError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)
        self._file = self._socket.makefile("rb")
        self._number = 0
        self._read()

    def _read(self) -> Any:
        size = b""
        while not size.endswith(b":"):
            size += self._file.read(1)
        return json.loads(self._file.read(int(size[:-1])))

    def call(self, name: str, **parameters: Any) -> Any:
        """Send a command; RuntimeError with what Firefox says where it fails."""
        self._number += 1
        data = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(data), data))
        _, _, error, value = self._read()
        if error:
            raise RuntimeError(f"{name}: {error.get('message', error)}")
        return value


def main(path: str) -> int:
    """Open the page, take every step, and say which hold."""
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None:
        raise SystemExit("no Firefox: apt-get install firefox-esr")
    with tempfile.TemporaryDirectory(prefix="streamtape-firefox-") as profile:
        command = [firefox, "--headless", "--no-remote", "--profile", profile, "--marionette"]
        browser = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_env(profile)
        )
        try:
            return _steps(Marionette(), Path(path).resolve().as_uri())
        finally:
            browser.terminate()
            browser.wait(timeout=START_S)


def _env(home: str) -> dict[str, str]:
    return {"HOME": home, "PATH": "/usr/bin:/bin", "MOZ_HEADLESS": "1"}


def _steps(firefox: Marionette, address: str) -> int:
    session = firefox.call("WebDriver:NewSession", capabilities={})
    print("Firefox", session["capabilities"]["browserVersion"])
    firefox.call("WebDriver:Navigate", url=address)
    time.sleep(1)
    failed = 0
    for name, script in STEPS:
        run = f"(async () => {{{HELPERS}{script}}})()"
        body = f"{run}.then(arguments[0], (error) => arguments[0](String(error)))"
        found = firefox.call("WebDriver:ExecuteAsyncScript", script=body, args=[])["value"]
        print("ok  " if found is True else f"FAIL ({found})", name)
        failed += found is not True
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
