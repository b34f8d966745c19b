"""A browser for the tests of the page: one a file, and pages that fail on any error in them.

STREAMTAPE_SLOW_PAGES=200 makes pages slow: each frame, timer and observer comes 200 ms late, and
the processor is throttled. A test that looks at a page too early fails then each time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.page.opening import new_page, watch
from tests.patience import PATIENCE_S

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-dev-shm-usage", "--disable-component-update",
]  # fmt: skip


@pytest.fixture(scope="module")  # while it is open, no other test of the worker has a loop
def browser() -> Iterator[Browser]:
    """A headless Chromium, for the tests of a file."""
    limit_ms = 1000 * PATIENCE_S
    expect.set_options(timeout=limit_ms)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=limit_ms)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile of its own for one test: desktop, light, motion reduced."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, reduced_motion="reduce", has_touch=True
    )
    context.set_default_timeout(1000 * PATIENCE_S)
    yield context
    context.close()


@pytest.fixture
def opened(context: BrowserContext) -> Iterator[Page]:
    """A page that fails the test on any error, and on any request but for the file itself."""
    page = new_page(context)
    trouble = watch(page)
    yield page
    page.close()
    assert trouble == []
