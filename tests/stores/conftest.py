"""What tests of stores share: a cache of their own, an S3 server, and an empty memory://."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.servers import s3_server


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


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """The URL of an S3 server, for the tests of the xdist group s3."""
    pytest.importorskip("s3fs")
    with s3_server() as url:
        yield url


@pytest.fixture(scope="module")
def bucket(s3_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a bucket that no other module has."""
    import s3fs

    name = request.module.__name__.rpartition(".")[2].replace("_", "-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", s3_url)
        patch.setenv("AWS_ACCESS_KEY_ID", "geheim-id")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "geheim-key")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem().mkdir(name)
        yield f"s3://{name}"
