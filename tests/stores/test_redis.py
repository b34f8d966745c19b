"""The store of the documentation, against a real redis-server."""

import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

import streamtape
from streamtape.cli.app import cli
from streamtape.stores.locations import location_of
from streamtape.stores.recordings import recordings
from tests.fake_network import FakeNetwork
from tests.registries import registries_restored
from tests.stores.servers import redis_server

GUIDE = Path(__file__).parents[2] / "tools" / "docs" / "site" / "guide" / "stores.md"


@pytest.fixture(scope="module")
def store_class() -> Iterator[Any]:
    """The class of the documentation, registered for `redis://`; it needs no server.

    A pickle finds it in this module by its name, as long as the module's tests run.
    """
    pytest.importorskip("redis", reason="the client redis is not installed")
    (program,) = re.findall(
        r"^```python\n(import hashlib\n.*?)^with ", GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    names: dict[str, Any] = {"__name__": __name__}
    with registries_restored(), pytest.MonkeyPatch.context() as patch:
        exec(program, names)
        patch.setitem(globals(), "RedisStore", names["RedisStore"])
        yield names["RedisStore"]


@pytest.fixture(scope="module")
def server(store_class: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis in which the store of the documentation keeps recordings."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


def get(url: str, path: str, **options: Any) -> str:
    """What a client is answered that records to a URL, or is played from there."""
    network = FakeNetwork(lambda request: httpx.Response(200, text=request.url.path))
    with httpx.Client(transport=streamtape.RecordingTransport(url, network, **options)) as client:
        return client.get(f"https://api.example.com{path}").text


@pytest.fixture(autouse=True)
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals lie where nobody else's do."""
    monkeypatch.setenv("STREAMTAPE_JOURNALS", str(tmp_path / "journals"))


def test_recorded_replayed_and_expired(server: str) -> None:
    """As in any store: once, then from there, and anew where it is too old."""
    url = f"{server}/runs/a.tape"
    assert get(url, "/a") == get(url, "/a") == "/a"
    assert len(streamtape.load(url)) == 1
    get(url, "/b", max_age="0.000001s", on_expired="record")
    assert [one.request.url for one in streamtape.load(url)] == ["https://api.example.com/b"]


def test_two_writers(server: str) -> None:
    """The second one is refused, and a session puts both."""
    url = f"{server}/both/a.tape"
    place = location_of(url)
    with streamtape.use_cassette(url, mode="new_episodes", allow_no_requests=True):
        network: Any = FakeNetwork(lambda request: httpx.Response(200, text="mine"))
        with httpx.Client(transport=network) as client:
            client.get("https://api.example.com/mine")
        get(url, "/theirs")
    found = {one.request.url.rpartition("/")[2] for one in streamtape.load(url)}
    assert found == {"mine", "theirs"}
    with pytest.raises(streamtape.StoreConflictError, match="written meanwhile"):
        place.put([b"x"], replaces=None)  # type: ignore[union-attr]  # a StorePath


def test_commands_and_other_processes(server: str) -> None:
    """Its folders are listed, its paths pickle, and what is missing is named."""
    get(f"{server}/many/a.tape", "/a")
    get(f"{server}/many/b.tape", "/b")
    found = list(recordings(f"{server}/many"))
    assert [place.name for place in found] == ["a.tape", "b.tape"]
    assert pickle.loads(pickle.dumps(found)) == found
    result = CliRunner().invoke(cli, ["ls", f"{server}/many/"])
    assert f"{server}/many/b.tape" in result.output
    missing = CliRunner().invoke(cli, ["show", f"{server}/many/c.tape"])
    assert missing.exit_code == 2
    assert "there is nothing at" in missing.output


def test_one_that_can_t_be_reached(store_class: Any) -> None:
    """An error of ours, without the password."""
    with registries_restored():
        streamtape.register_store(
            "elsewhere", lambda url: store_class(f"redis://:geheim@{url[12:]}")
        )
        with pytest.raises(streamtape.StoreError, match="can't be reached") as caught:
            streamtape.load("elsewhere://127.0.0.1:1/a.tape")
    assert "geheim" not in str(caught.value)
