"""Script and style of the page are what their source builds; it is linted, typed and tested."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest

import streamtape
from streamtape.report.page.document import document
from tests.shared import REPO
from tests.tools_present import IN_CI

SOURCE = REPO / "tools" / "page"
PAGE = Path(streamtape.__file__).parent / "report" / "page"

needs_modules = pytest.mark.skipif(
    not (SOURCE / "node_modules").is_dir() and not IN_CI,
    reason="the page's build tools are not installed: npm ci in tools/page",
)


@needs_modules
@pytest.mark.parametrize("script", ["check", "lint", "test"])
def test_the_source_of_the_page(script: str) -> None:
    """The script is what the source builds, biome and tsc find nothing, unit tests pass."""
    done = subprocess.run(
        ["npm", "run", "--silent", script], cwd=SOURCE, capture_output=True, text=True, check=False,
        env={**os.environ, "NO_COLOR": "1", "STREAMTAPE_PAGE": str(PAGE)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_the_page_is_small_and_its_libraries_are_named() -> None:
    """What a page carries stays mailable, and says whose work is in it."""
    page = document("x", {"kind": "view", "interactions": []}, ()).encode()
    assert len(page) <= 150_000
    assert len(gzip.compress(page, 9)) <= 50_000
    named = (PAGE / "LICENSES.txt").read_text("utf-8")
    for library in json.loads((SOURCE / "package.json").read_bytes())["dependencies"]:
        assert f"{library} " in named
