"""The how-to pages do what they show: their commands and programs run, in their order."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest

import streamtape
from tests import guides
from tests.registries import registries_restored
from tests.test_documents import SITE
from tests.tools_present import needs

PAGES = {path.stem: path.read_text() for path in sorted((SITE / "guide").glob("*.md"))}
NEEDS = dict.fromkeys(("languages", "servers"), needs("node"))
RUN = [name for name, text in PAGES.items() if "```python" in text or "```console" in text]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what readers have; each page gets a copy."""
    folder = tmp_path_factory.mktemp("guides") / "reader"
    folder.mkdir()
    guides.furnish(folder)
    return folder


@pytest.fixture(scope="module")
def provider() -> Iterator[streamtape.MockServer]:
    """What stands for the providers that the pages name."""
    rules = [
        streamtape.Rule(contains="Count", reply="One, two, three."),
        streamtape.Rule(contains="hello", reply="hello to you"),
        streamtape.Rule(
            contains="weather", reply=[streamtape.Call("get_weather", {"city": "Oslo"})], then="12."
        ),
    ]
    with streamtape.MockServer(rules, fallback=True, pace="at_once") as server:
        yield server


@pytest.fixture(scope="module")
def followed(
    furnished: Path, provider: streamtape.MockServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], guides.Guide]:
    """Follows a page, in a copy of the folder."""

    def follow(page: str) -> guides.Guide:
        folder = tmp_path_factory.mktemp(page) / "reader"
        shutil.copytree(furnished, folder)
        guide = guides.Guide(page, folder, provider)
        if guides.BUCKETS.search(PAGES[page]):
            fsspec.filesystem("memory").store.clear()
            before = streamtape.load(folder / "run.tape")
            streamtape.save(before, f"{guides.BUCKET}/runs/tuesday.tape")
        with registries_restored():
            guide.follow(PAGES[page])
        return guide

    return follow


@pytest.mark.filterwarnings(
    "ignore:connect.. must be used as a context manager:DeprecationWarning"  # by websockets
)
@pytest.mark.parametrize("page", [pytest.param(page, marks=NEEDS.get(page, ())) for page in RUN])
def test_what_a_guide_shows_runs(page: str, followed: Callable[[str], guides.Guide]) -> None:
    """Each command ends as its reader expects, each program runs; what is left out has a reason."""
    guide = followed(page)
    assert guide.skipped == {key for key in guides.NOT_RUN if key[0] == page}
    assert guide.n_done or guide.skipped


@needs("node")
def test_the_tests_of_the_guides_pass(
    furnished: Path, provider: streamtape.MockServer, tmp_path: Path
) -> None:
    """All in one run of pytest, each page's in a folder of its own."""
    folder = tmp_path / "reader"
    shutil.copytree(furnished, folder)
    shutil.rmtree(folder / "tests")
    for page in RUN:
        guide = guides.Guide(page, folder / "tests" / page, provider)
        guide.gather(PAGES[page])
        if guide.tests:
            guide.folder.mkdir(parents=True)
            guide.write_tests()
    (folder / "reader.py").write_text(guides.READER)
    (folder / "conftest.py").write_text(guides.PLUGIN)
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    env |= {"OPENAI_BASE_URL": provider.base_url, "OPENAI_API_KEY": "sk-x", "CI": ""}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", ".", "--import-mode=importlib", "--tape-update",
         "-o", "pythonpath=.", "tests"],
        cwd=folder, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
