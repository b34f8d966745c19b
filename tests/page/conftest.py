"""A browser for the tests of the page, and pages that fail on any error in them.

STREAMTAPE_SLOW_PAGES=200 makes pages slow: each frame, timer and observer comes 200 ms late, and
the processor is throttled. A test that looks at a page too early fails then each time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.page.opening import new_page, watch
from tests.patience import PATIENCE_S

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-dev-shm-usage", "--disable-component-update",
]  # fmt: skip


@cache
def chromium() -> tuple[Playwright, Browser]:
    """A headless Chromium that was started, and what drives it."""
    limit_ms = 1000 * PATIENCE_S
    expect.set_options(timeout=limit_ms)
    playwright = sync_playwright().start()
    return playwright, playwright.chromium.launch(
        executable_path=CHROMIUM, args=FLAGS, timeout=limit_ms
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """End the browser after the folder's last test: no test of another one has a loop beside it."""
    result = yield
    more = nextitem is not None and nextitem.path.parent == item.path.parent
    if chromium.cache_info().currsize and not more:
        playwright, browser = chromium()
        chromium.cache_clear()
        browser.close()
        playwright.stop()
    return result


@pytest.fixture
def browser() -> Browser:
    """A headless Chromium, for all tests of the folder."""
    return chromium()[1]


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
