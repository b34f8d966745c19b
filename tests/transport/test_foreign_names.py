"""Cassettes that have the name of another tool's recording: an error that shows the way out."""

from pathlib import Path

import httpx
import pytest

import streamtape
from streamtape.choices import FOREIGN_SUFFIXES
from streamtape.convert import FORMATS
from streamtape.errors import UsageError
from streamtape.tape.model import Cassette
from streamtape.tape.store import save

VCR = "interactions: []\nversion: 1\n"


def opened(path: Path, way: str) -> None:
    """Open a cassette by one of the ways in."""
    if way == "use_cassette":
        with streamtape.use_cassette(path, allow_no_requests=True):
            pass
    elif way == "record":
        streamtape.RecordingTransport(path, httpx.HTTPTransport()).close()
    elif way == "replay":
        streamtape.ReplayTransport(path).close()
    else:
        name = str(path)
        streamtape.cassette(name, allow_no_requests=True)(test_the_suffixes_are_those_of_convert)()


def test_the_suffixes_are_those_of_convert() -> None:
    """Every format that can be converted has its names here."""
    assert set(FOREIGN_SUFFIXES) == {suffix for one in FORMATS for suffix in one.suffixes}


@pytest.mark.parametrize("way", ["use_cassette", "record", "replay", "cassette"])
@pytest.mark.parametrize("suffix", [*FOREIGN_SUFFIXES, ".YAML"])
def test_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, way: str
) -> None:
    """Where the file is there, with the command that converts it; it is left as it is."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"x{suffix}"
    with pytest.raises(UsageError, match=r"a file of another tool.*: name '.*x\.tape'"):
        opened(path, way)
    assert list(tmp_path.iterdir()) == []
    path.write_text(VCR)
    with pytest.raises(UsageError, match=rf"`streamtape convert x{suffix} x\.tape` converts it"):
        opened(path, way)
    assert path.read_text() == VCR


@pytest.mark.parametrize("way", ["use_cassette", "cassette"])
def test_a_cassette_that_has_such_a_name_stays_usable(tmp_path: Path, way: str) -> None:
    """Earlier releases recorded under any name."""
    path = tmp_path / "x.yaml"
    save(Cassette(), path.with_name("x.yaml.tape") if way == "cassette" else path)
    opened(path, way)
