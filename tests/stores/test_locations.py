"""Which texts are URLs, what they mean, and how they are shown."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from streamtape.errors import StoreError, UsageError
from streamtape.stores.locations import location_of, relative_name
from streamtape.stores.urls import is_url, without_credentials, without_secrets
from tests.children import unmeasured


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/run.tape", True),
        ("memory://run.tape", True),
        ("abfs+x://c/run.tape", True),
        ("zip://run.tape::s3://bucket/runs.zip", True),
        ("simplecache::s3://bucket/run.tape", True),
        ("run.tape", False),
        ("folder/run.tape", False),
        ("C://run.tape", False),
        ("://run.tape", False),
        ("9p://run.tape", False),
        ("a b://run.tape", False),
        ("folder/s3://run.tape", False),
    ],
)
def test_what_is_a_url(text: str, expected: bool) -> None:
    """A scheme of at least two letters, and `://`; all else is a path."""
    assert is_url(text) is expected


@pytest.mark.parametrize("text", ["run.tape", "a/b.tape", "x.tar", "no-such.tar/run.tape"])
def test_paths_stay_paths(text: str) -> None:
    """What is no URL and in no tar is a Path, as it was."""
    assert location_of(text) == Path(text)
    assert location_of(Path(text)) == Path(text)


def test_file_urls_are_paths(tmp_path: Path) -> None:
    """`file://` is a file of this machine, with what is escaped in it."""
    assert location_of(f"file://{tmp_path}/a%20b.tape") == tmp_path / "a b.tape"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/run.tape", "s3://bucket/run.tape"),
        ("sftp://me:geheim99@host/run.tape", "sftp://***@host/run.tape"),
        ("redis://:geheim99@host:6379/run.tape", "redis://***@host:6379/run.tape"),
        (
            "https://host/run.tape?X-Amz-Signature=geheim99&sig=geheim98",
            "https://host/run.tape?X-Amz-Signature=***&sig=***",
        ),
        (
            "zip://a.tape::https://me:geheim99@host/x.zip?sig=geheim98",
            "zip://a.tape::https://***@host/x.zip?sig=***",
        ),
    ],
)
def test_credentials_are_not_shown(url: str, shown: str) -> None:
    """Neither in a URL nor in what a library says of it."""
    assert without_credentials(url) == shown
    secrets = [secret for secret in ("geheim99", "geheim98") if secret in url]
    text = without_secrets(f"cannot get {url} with {secrets}", url)
    assert "geheim" not in text


def test_a_place_keeps_its_credentials_to_itself() -> None:
    """`str` and `repr` have none, `os.fspath` has the URL, and it pickles."""
    place = location_of("https://me:geheim99@127.0.0.1:1/run.tape?sig=geheim98")
    assert not isinstance(place, Path)
    assert "geheim" not in f"{place} {place!r}"
    assert os.fspath(place) == "https://me:geheim99@127.0.0.1:1/run.tape?sig=geheim98"
    again = pickle.loads(pickle.dumps(place))
    assert again == place
    assert os.fspath(again) == os.fspath(place)
    with pytest.raises(StoreError, match="can't be reached") as caught:
        place.stat()
    assert "geheim" not in str(caught.value)


def test_unknown_schemes_are_named() -> None:
    """A scheme that nobody knows is a usage error, and so is one whose library is missing."""
    with pytest.raises(UsageError, match="unknown scheme 'nowhere'"):
        location_of("nowhere://host/run.tape")
    with pytest.raises(UsageError, match="needs another library: Install ossfs"):
        location_of("oss://bucket/run.tape")


def test_names_below_a_folder(tmp_path: Path) -> None:
    """The same for paths and URLs."""
    assert relative_name(tmp_path / "a" / "b.tape", tmp_path) == "a/b.tape"
    assert (
        relative_name(location_of("memory://r/a/b.tape"), location_of("memory://r/")) == "a/b.tape"
    )


def test_nothing_is_imported_for_paths(tmp_path: Path) -> None:
    """Who records into files pays for no store: no fsspec, and none of what reads stores."""
    code = (
        "import sys, streamtape; from pathlib import Path\n"
        "try: streamtape.load(sys.argv[1])\n"
        "except streamtape.CassetteNotFoundError: pass\n"
        "print([m for m in sys.modules if m.startswith('streamtape.stores.')"
        " and m.rpartition('.')[2] not in ('local', 'locations', 'urls') or m == 'fsspec'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x.tape")],
        capture_output=True,
        text=True,
        check=True,
        env=unmeasured(),
    )
    assert done.stdout.strip() == "[]"
