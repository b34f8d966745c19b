"""The documentation's search works where the site is opened from a folder."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.tools_present import needs

pytestmark = needs("chromium")
SHIM = Path(__file__).parents[2] / "tools" / "docs" / "iframe-worker.js"
PAGE = """\
<script src="iframe-worker.js"></script>
<p></p>
<script>
  const worker = new Worker("worker.js");
  worker.onmessage = (event) => { document.querySelector("p").textContent = event.data; };
  worker.postMessage("sent before it was loaded");
</script>
"""
WORKER = "self.onmessage = (event) => self.postMessage(`answered: ${event.data}`);"


@pytest.mark.xdist_group("page")
def test_a_worker_answers_on_a_page_from_a_file(opened: Page, tmp_path: Path) -> None:
    """Browsers refuse to start one there; what is sent before it is loaded waits."""
    (tmp_path / "iframe-worker.js").write_text(SHIM.read_text())
    (tmp_path / "worker.js").write_text(WORKER)
    (tmp_path / "index.html").write_text(PAGE)
    opened.goto((tmp_path / "index.html").as_uri())
    expect(opened.locator("p")).to_have_text("answered: sent before it was loaded")
