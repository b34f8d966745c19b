"""The page: how long `view` takes, how much a page weighs, and whether it keeps up in a browser.

The long page has one stream of 50,000 events, one every 100 microseconds, with a line break in
every fortieth; the page of many has 1,500 short recordings. `view` is a process of its own: its
processor time. Sizes are of a page without recordings, as it is and as gzip has it. In a headless
Chromium the stream is played from its start to its end, and keys that undo each other are pressed
in turn. Frames a second are those of this machine, with all that runs on it beside; the processor
time of a frame and of a key is that of the page alone, until it is drawn.

    python tools/bench.py page

Chromium must be installed; without it the rows of the browser are left out.
"""

from __future__ import annotations

import gzip
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from streamtape.report.page.document import document
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending
from streamtape.tape.store import save
from tools import environments
from tools.benches.growth import stream

Row = dict[str, Any]
N_EVENTS = 50_000
GAP_US = 100
N_RECORDINGS = 1_500
PRESSES = 20
KEYS = (("ArrowLeft", "ArrowRight"), ("Home", "End"))
BREAK_EVERY = 40
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]
_DELTA = re.compile(rb'"delta":"((?:[^"\\]|\\.)*)"')
_SHOWN = "#app:not([hidden])"
_PLAY = """async () => {
  const times = [];
  const button = document.getElementById("play");
  button.click();
  while (times.length < 5 || button.getAttribute("aria-label") !== "Play")
    times.push(await new Promise(requestAnimationFrame));
  return times;
}"""
_NOTE_ONE = """() => {
  let start = 0;
  const begin = () => { start ||= performance.now() };
  document.querySelector("#nav input").addEventListener("input", begin);
  const look = () => {
    const done = start && document.querySelectorAll("#nav .items button").length === 1;
    if (done) window.found = performance.now() - start;
    else requestAnimationFrame(look);
  };
  look();
}"""
_PRESS = """async ([keys, presses]) => {
  for (let n = 0; n < presses; n++) {
    const key = keys[n % keys.length];
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await new Promise(requestAnimationFrame);
  }
}"""


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """Measure files and browser; `quick` takes a tenth of the events and of the recordings."""
    n_events, n_recordings = N_EVENTS // (10 if quick else 1), N_RECORDINGS // (10 if quick else 1)
    with tempfile.TemporaryDirectory(prefix="streamtape-page-") as name:
        folder = Path(name)
        rows = [*_sizes(), *_views(folder, n_events, n_recordings, repeat)]
        browser = shutil.which("chromium") or shutil.which("chromium-browser")
        if browser is None:
            environments.leave_out("the page in a browser", "chromium is not installed")
        elif why := _playwright():
            environments.leave_out("the page in a browser", f"playwright: {why}")
        else:
            rows += _in_browser(browser, folder, n_events, n_recordings)
    return rows


def _row(name: str, value: float, unit: str, goal: str = "", **more: Any) -> Row:
    row = {"name": name, "value": round(value, 2), "unit": unit, "peer": None, "ratio": None}
    return {**row, **more, **({"goal": goal} if goal else {})}


def _sizes() -> Iterator[Row]:
    page = document("", {"kind": "view", "interactions": [], "checked": True}, ()).encode()
    yield _row("an empty page", len(page) / 1e3, "kB", "<= 150")
    yield _row("an empty page, zipped", len(gzip.compress(page, 9)) / 1e3, "kB")


def _views(folder: Path, n_events: int, n_recordings: int, repeat: int) -> Iterator[Row]:
    one = stream(n_events)
    pieces = _damaged([chunk.data for chunk in one.chunks])
    chunks = [Chunk(n * GAP_US, piece) for n, piece in enumerate(pieces)]
    one = replace(one, chunks=Chunks.of(chunks), ending=Ending("complete", len(chunks) * GAP_US))
    save(Cassette((one,)), folder / "long.tape")
    for number in range(n_recordings):
        short = stream(20, seed=number + 1)
        save(Cassette((short,)), folder / "many" / f"{number:04}.tape")
    long = f"view of {len(chunks):,} events"
    for options, name, goal in (((), long, "<= 2"), (("--no-checks",), f"{long}, --no-checks", "")):
        seconds = [_cpu_s("long.tape", "long.html", folder, *options) for _ in range(repeat)]
        yield _row(name, statistics.median(seconds), "s of CPU", goal)
    many = _cpu_s("many", "many.html", folder)
    yield _row(f"view of {n_recordings:,} recordings", many, "s of CPU")
    for name in ("long.html", "many.html"):
        yield _row(name, (folder / name).stat().st_size / 1e6, "MB")


def _damaged(pieces: list[bytes]) -> list[bytes]:
    """The events of a stream, with a line break before the words of some, wherever they stand."""
    words = [*map(_DELTA.search, pieces)]
    before = b"".join(found[1] for found in words if found)
    after = b""
    for number, found in enumerate(words):
        if found:
            line = b"" if number % BREAK_EVERY else rb"\n"
            pieces[number] = pieces[number].replace(found[0], b'"delta":"%s%s"' % (line, found[1]))
            after += line + found[1]
    return [piece.replace(before, after) for piece in pieces]


def _cpu_s(source: str, target: str, folder: Path, *options: str) -> float:
    """The processor time of one `view`, with all processes that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "streamtape", "view", source, "-o", target, "--force"]
    subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _playwright() -> str:
    """Why the library that drives the browser can't be had; an empty text where it is there."""
    try:
        import playwright  # noqa: F401 - is it installed?
    except ImportError:
        return environments.install(Path(sys.executable), "playwright")
    return ""


def _in_browser(browser: str, folder: Path, n_events: int, n_recordings: int) -> list[Row]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        rows = [
            *_long(page, session, folder, n_events),
            *_many(page, session, folder, n_recordings),
        ]
        chromium.close()
    return rows


def _opened_ms(page: Any, path: Path) -> float:
    """How long it takes until a page shows itself."""
    page.goto(path.as_uri())
    page.wait_for_selector(_SHOWN)
    return float(page.evaluate("performance.now()"))


def _long(page: Any, session: Any, folder: Path, n_events: int) -> Iterator[Row]:
    what = f"{n_events:,} events"
    yield _row(f"{what}: opened", _opened_ms(page, folder / "long.html"), "ms")
    before = _cpu_ms(session)
    times = page.evaluate(_PLAY)
    cpu_ms = (_cpu_ms(session) - before) / len(times)
    gaps = [after - before for before, after in pairwise(times)]
    fps = 1e3 * len(gaps) / (times[-1] - times[0])
    yield _row(f"{what}: played", fps, "frames/s", ">= 50")
    last = gaps[-len(gaps) // 10 :]
    yield _row(f"{what}: played, the last tenth", 1e3 * len(last) / sum(last), "frames/s", ">= 50")
    yield _row(f"{what}: a frame", cpu_ms, "ms of CPU", "<= 20")
    for keys in KEYS:
        yield _row(f"{what}: {', '.join(keys)}", _key_ms(page, session, keys), "ms of CPU", "< 30")


def _cpu_ms(session: Any) -> float:
    """The processor time that the page's thread has used."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1e3 * next(float(row["value"]) for row in metrics if row["name"] == "TaskDuration")


def _key_ms(page: Any, session: Any, keys: tuple[str, ...]) -> float:
    """What one press costs, of keys that are pressed in turn."""
    before = _cpu_ms(session)
    page.evaluate(_PRESS, [keys, PRESSES])
    return (_cpu_ms(session) - before) / PRESSES


def _many(page: Any, session: Any, folder: Path, n_recordings: int) -> Iterator[Row]:
    what = f"{n_recordings:,} recordings"
    yield _row(f"{what}: opened", _opened_ms(page, folder / "many.html"), "ms")
    yield _row(f"{what}: ], [", _key_ms(page, session, ("]", "[")), "ms of CPU", "< 30")
    stops = page.evaluate("document.querySelectorAll('#nav [tabindex=\"0\"]').length")
    yield _row(f"{what}: tab stops of the list", stops, "", "<= 3")
    drawn = page.locator("#nav .items button").count()
    yield _row(f"{what}: rows drawn", drawn, "", "<= 60")
    page.evaluate(_NOTE_ONE)
    page.fill("#nav input", f"{n_recordings - 1:04}")
    page.wait_for_function("() => window.found > 0")
    yield _row(f"{what}: filtered to one", page.evaluate("window.found"), "ms")


if __name__ == "__main__":
    os.chdir(Path(__file__).parent.parent.parent)
    for row in run(3, quick="--quick" in sys.argv):
        print(row)
