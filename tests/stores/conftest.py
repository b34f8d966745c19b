"""What tests of stores share: a cache of their own, and an empty memory://."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for what is read from stores, that no other test has."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("STREAMTAPE_CACHE", str(folder))
    return folder


@pytest.fixture
def memory() -> Iterator[str]:
    """The URL of an empty folder in fsspec's memory."""
    import fsspec

    files = fsspec.filesystem("memory")
    files.store.clear()
    yield "memory://runs"
    files.store.clear()
