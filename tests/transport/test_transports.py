"""The explicit transports, and the libraries that they are found from."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest

import streamtape
from streamtape.errors import InstallError, MissError, UsageError
from streamtape.mock.server import MockServer
from streamtape.transport import httpx_seam, patch
from tests.fake_network import FakeNetwork

LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@LIBRARIES
def test_record_and_replay_with_a_transport(library: Any, tmp_path: Path) -> None:
    """A client with a RecordingTransport writes its cassette when it is closed."""
    tape = tmp_path / "x.tape"
    with MockServer(gap_us=0) as endpoint:
        url = f"{endpoint.base_url}/responses"
        transport = streamtape.RecordingTransport(tape, library.HTTPTransport())
        with library.Client(transport=transport) as client:
            seen = client.post(url, json={"stream": True}).content
    replay = library.Client(transport=streamtape.ReplayTransport(tape))
    assert replay.post(url, json={"stream": True}).content == seen
    with pytest.raises(MissError):
        replay.post(url, json={"stream": False})


@LIBRARIES
def test_the_same_with_async_clients(library: Any, tmp_path: Path) -> None:
    """The same classes serve async clients."""
    tape = tmp_path / "x.tape"

    async def run() -> None:
        with MockServer(gap_us=0) as endpoint:
            url = f"{endpoint.base_url}/responses"
            transport = streamtape.RecordingTransport(tape, library.AsyncHTTPTransport())
            async with library.AsyncClient(transport=transport) as client:
                seen = (await client.post(url, json={"stream": True})).content
        player = streamtape.ReplayTransport(streamtape.load(tape))
        async with library.AsyncClient(transport=player) as client:
            assert (await client.post(url, json={"stream": True})).content == seen

    anyio.run(run)


def test_one_librarys_recording_serves_the_other(tmp_path: Path) -> None:
    """What httpx recorded replays into httpx2, with httpx2's own exception."""
    tape = tmp_path / "x.tape"
    with MockServer(gap_us=0, cut=3) as endpoint:
        url = f"{endpoint.base_url}/responses"
        with pytest.raises(httpx.RemoteProtocolError), streamtape.use_cassette(tape):
            httpx.post(url, json={"stream": True})
    transport = streamtape.ReplayTransport(tape, match_on=("method", "url"))
    with httpx2.Client(transport=transport) as client, pytest.raises(httpx2.RemoteProtocolError):
        client.post(url, json={"stream": True})


def test_a_replay_transport_only_replays(tmp_path: Path) -> None:
    """A mode that would send is refused, since there is nothing to send through."""
    with pytest.raises(UsageError, match="none"):
        streamtape.ReplayTransport(streamtape.Cassette(), mode="all")


def test_a_client_that_is_never_closed_leaves_its_cassette(tmp_path: Path) -> None:
    """The end of the program ends the recording."""
    code = f"""
import httpx, streamtape
answer = httpx.MockTransport(lambda request: httpx.Response(200, text="hello"))
client = httpx.Client(transport=streamtape.RecordingTransport({str(tmp_path / "x.tape")!r}, answer))
client.get("http://x/")
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert streamtape.load(tmp_path / "x.tape")[0].body == b"hello"
    assert [p.name for p in tmp_path.iterdir()] == ["x.tape"]


LATER = """
import sys, streamtape
path = sys.argv[1]
with streamtape.use_cassette(path):
    assert "httpx" not in sys.modules and "httpx2" not in sys.modules
    import httpx2
    {alias}
    import httpx
    for library in (httpx, httpx2):
        transport = library.MockTransport(lambda request: library.Response(200, text="hello"))
        with library.Client(transport=transport) as client:
            client.get("http://x/")
print(len(streamtape.load(path)), httpx is httpx2)
assert not any("streamtape" in type(finder).__module__ for finder in sys.meta_path)
"""


@pytest.mark.parametrize(("alias", "same"), [("", "False"), ("httpx2.alias_httpx()", "True")])
def test_libraries_imported_within_a_session_are_seen(
    alias: str, same: str, tmp_path: Path
) -> None:
    """A library that comes later is patched then, once, also where one stands for both."""
    code = LATER.format(alias=alias)
    command = [sys.executable, "-c", code, str(tmp_path / "x.tape")]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    assert run.stdout.split() == ["2", same]


def test_a_missing_seam_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a release has moved the seam, the session says so instead of seeing nothing."""
    monkeypatch.setattr(patch, "_installation", patch.Installation())  # that no run holds
    monkeypatch.delattr(httpx2.Client, httpx_seam.SEAM)
    with pytest.raises(InstallError, match=r"httpx2 .* has no Client\._transport_for_url"):
        streamtape.use_cassette(tmp_path / "x.tape").__enter__()
    assert httpx_seam.SEAM in httpx.Client.__dict__
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_body_that_can_be_sent_once(library: Any, tmp_path: Path) -> None:
    """A redirect that would send it again fails as it does without us, recorded and replayed."""

    def redirect(request: Any) -> Any:
        request.read()
        return library.Response(307, headers={"Location": "/elsewhere"})

    def send(transport: Any) -> None:
        with library.Client(transport=transport, follow_redirects=True) as client:
            client.post("http://x/", content=(piece for piece in [b"one", b"two"]))

    path, upstream = tmp_path / "a.tape", FakeNetwork(redirect)
    with pytest.raises(library.StreamConsumed):
        send(streamtape.RecordingTransport(path, upstream))
    with pytest.raises(library.StreamConsumed):
        send(streamtape.ReplayTransport(path))
    assert [i.request.body for i in streamtape.load(path)] == [b"onetwo"]


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_body_that_can_be_sent_once_by_an_async_client(library: Any, tmp_path: Path) -> None:
    """The same."""

    async def redirect(request: Any) -> Any:
        await request.aread()
        return library.Response(307, headers={"Location": "/elsewhere"})

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    async def send(transport: Any) -> None:
        async with library.AsyncClient(transport=transport, follow_redirects=True) as client:
            await client.post("http://x/", content=pieces())

    path, upstream = tmp_path / "a.tape", FakeNetwork(redirect)
    with pytest.raises(library.StreamConsumed):
        anyio.run(send, streamtape.RecordingTransport(path, upstream))
    with pytest.raises(library.StreamConsumed):
        anyio.run(send, streamtape.ReplayTransport(path))
    assert [i.request.body for i in streamtape.load(path)] == [b"onetwo"]
