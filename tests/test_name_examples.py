"""The programs that the reference shows for public names do what they say."""

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import httpx
import pytest

import streamtape
from streamtape import errors
from tests.registries import registries_restored
from tools.docs import reference
from tools.docs.name_examples import programs

CASSETTES = Path(__file__).parent.parent / "cassettes"
PROGRAMS = {program: name for name, program in reversed(programs().items())}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recordings that the programs use."""
    folder = tmp_path_factory.mktemp("names")
    shutil.copy(CASSETTES / "embedded" / "agent.tape", folder / "run.tape")
    shutil.copy(CASSETTES / "pairs" / "a" / "chat-seeds.tape", folder / "before.tape")
    shutil.copy(CASSETTES / "pairs" / "b" / "chat-seeds.tape", folder / "after.tape")
    first = streamtape.load(folder / "run.tape")[0]
    streamtape.save(streamtape.Cassette((first,)), folder / "first-turn.tape")
    return folder


@pytest.fixture
def as_it_was() -> Iterator[None]:
    """Warning filters, registered dialects and registered stores are put back."""
    with registries_restored(), warnings.catch_warnings():
        yield


def ask(client: httpx.Client | None = None) -> httpx.Response:
    """Send the first recorded request."""
    request = streamtape.load("run.tape")[0].request
    headers = [
        (name, value) for name, value in request.headers if name.lower() != b"content-length"
    ]
    send = client.request if client else httpx.request
    return send(request.method, request.url, content=request.body, headers=headers)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: PROGRAMS[program])
def test_the_program_of_a_name_runs(
    program: str, folder: Path, as_it_was: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each runs as it stands beside some recordings, and what it asserts holds."""
    monkeypatch.chdir(folder)
    if "extra `tables`" in program:
        pytest.importorskip("pyarrow")
    names: dict[str, Any] = {"streamtape": streamtape, "ask": ask}
    exec(compile(program, f"<{PROGRAMS[program]}>", "exec"), names)
    for name, value in list(names.items()):
        if name.startswith("test_") and "tape_mock" not in program:
            value()


def test_every_public_name_has_a_program() -> None:
    """A new name gets one, and a name that goes takes its program with it."""
    named = {name for names in reference.SUBJECTS.values() for name in names}
    assert set(programs()) == named


def test_every_error_is_public_and_says_what_to_do() -> None:
    """Errors have no programs, but the way out. Those that only group others have none."""
    assert {
        name
        for name, found in vars(errors).items()
        if isinstance(found, type)
        and found.__module__ == errors.__name__
        and issubclass(found, Exception)
    } == set(reference.error_names())
    bases = {"StreamtapeError", "CassetteError", "SessionError"}
    for name in set(reference.error_names()) - bases:
        assert "What to do:" in getattr(streamtape, name).__doc__, name


def test_every_public_function_names_the_errors_it_raises() -> None:
    """Or warns of: a docstring says what comes of an input that can't be used."""
    silent = {"scan"}  # takes a cassette that was loaded, and finds what it finds
    functions = {
        name
        for names in reference.SUBJECTS.values()
        for name in names
        if isinstance(getattr(streamtape, name), FunctionType)
    }
    assert {
        name for name in functions - silent if "Error" not in getattr(streamtape, name).__doc__
    } == set()
