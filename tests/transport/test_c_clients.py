"""Libraries that connect in C: refused or reported at their own calls, and otherwise untouched.

Stand-ins of the same shape show it everywhere; the libraries themselves where they are installed
(`tools/releases.py` installs them).
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import streamtape
from streamtape.errors import UnseenConnectionError
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.tape.model import Cassette
from streamtape.transport.patch import SEAMS
from tests.patience import PATIENCE_S
from tests.playback.scores import numbered, recording

OUTSIDE = "192.0.2.1"  # an address that is for documentation only
EFFECTIVE_URL = 0x100001


class Handle:
    """A handle of libcurl."""

    url: Any = ""
    done = 0

    def getinfo(self, what: int) -> Any:
        assert what == EFFECTIVE_URL
        return self.url

    def perform(self) -> None:
        self.done += 1


class Multi:
    """Many handles."""

    def add_handle(self, handle: Handle) -> None:
        handle.done += 1


class UnaryMultiCallable:
    """A method of gRPC."""

    def __init__(self, target: bytes) -> None:
        self._target = target
        self.done = 0

    def __call__(self) -> None:
        self.done += 1

    def with_call(self) -> None:
        self.done += 1


class LaterChannel:
    """What asyncio's has: its channel knows the target."""

    def target(self) -> bytes:
        return f"dns:///{OUTSIDE}:443".encode()


class LaterMultiCallable(UnaryMultiCallable):
    """A method of gRPC for asyncio."""

    def __init__(self) -> None:
        self._channel = LaterChannel()
        self.done = 0

    def __call__(self) -> None:
        self.done += 1

    del UnaryMultiCallable.with_call


class BaseLoop:
    """An event loop, as far as it connects."""

    done = 0

    async def create_connection(
        self, factory: Any, host: Any = None, port: Any = None, *, sock: Any = None
    ) -> None:
        del factory, host, port, sock
        self.done += 1

    async def create_datagram_endpoint(
        self, factory: Any, local_addr: Any = None, remote_addr: Any = None
    ) -> None:
        del factory, local_addr, remote_addr
        self.done += 1


class Loop(BaseLoop):
    """What a module has of it."""


def by_handle(host: str) -> Any:
    """One transfer."""
    handle = sys.modules["pycurl"].Curl()
    handle.url = f"http://{host}/"
    handle.perform()
    return handle


def by_multi(host: str) -> Any:
    """One of many."""
    pycurl = sys.modules["pycurl"]
    handle = Handle()
    handle.url = f"{host}/path"  # as curl takes it, without a scheme
    pycurl.CurlMulti().add_handle(handle)
    return handle


def by_curl_cffi(host: str) -> Any:
    """Its own handle, whose URL is bytes."""
    handle = sys.modules["curl_cffi.curl"].Curl()
    handle.url = f"https://{host}/".encode()
    handle.perform()
    return handle


def by_grpc(host: str) -> Any:
    """A call."""
    call = sys.modules["grpc._channel"].UnaryMultiCallable(f"{host}:443".encode())
    call()
    return call


def by_loop(host: str) -> Any:
    """A connection of an event loop."""
    loop = sys.modules["uvloop"].Loop()
    asyncio.run(loop.create_connection(object, host, 443))
    return loop


def by_datagrams(host: str) -> Any:
    """A datagram socket of an event loop."""
    loop = sys.modules["uvloop"].Loop()
    asyncio.run(loop.create_datagram_endpoint(object, remote_addr=(host, 443)))
    return loop


WAYS = [by_handle, by_multi, by_curl_cffi, by_grpc, by_loop, by_datagrams]
EVERY_WAY = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
STAND_INS: dict[str, dict[str, Any]] = {
    "pycurl": {"Curl": Handle, "CurlMulti": Multi},
    "curl_cffi.curl": {"Curl": type("Curl", (Handle,), {"perform": Handle.perform})},
    "curl_cffi.aio": {"AsyncCurl": type("AsyncCurl", (Multi,), {})},
    "grpc._channel": {"UnaryMultiCallable": UnaryMultiCallable},
    "grpc.aio._channel": {"LaterMultiCallable": LaterMultiCallable},
    "uvloop": {"Loop": Loop},
}


@pytest.fixture
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The libraries, as far as they are needed here."""
    for name, values in STAND_INS.items():
        module = ModuleType(name)
        vars(module).update(values)
        for value in values.values():
            monkeypatch.setattr(value, "__module__", name)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """A cassette with one interaction."""
    path = tmp_path / "x.tape"
    streamtape.save(Cassette((recording(*numbered(2), url="http://x.test/"),)), path)
    return path


@EVERY_WAY
@pytest.mark.usefixtures("_stand_ins")
def test_a_replay_refuses_it(way: Callable[[str], Any], tape: Path) -> None:
    """Before the library does anything."""
    with pytest.raises(UnseenConnectionError, match=OUTSIDE):
        with streamtape.use_cassette(tape, mode="none"):
            way(OUTSIDE)


@EVERY_WAY
@pytest.mark.usefixtures("_stand_ins")
def test_a_recording_reports_it(way: Callable[[str], Any], tape: Path) -> None:
    """The library does what it does."""
    with pytest.warns(StreamtapeWarning, match=OUTSIDE):
        with streamtape.use_cassette(tape, mode="new_episodes", allow_no_requests=True):
            assert way(OUTSIDE).done == 1


@EVERY_WAY
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "fine.test"])
@pytest.mark.usefixtures("_stand_ins")
def test_what_passes(way: Callable[[str], Any], host: str, tape: Path) -> None:
    """Loopback and ignored hosts do; afterwards the libraries are as they were."""
    before = {name: dict(vars(sys.modules[name])) for name in STAND_INS}
    with streamtape.use_cassette(
        tape, mode="none", allow_no_requests=True, ignore_hosts=["fine.test"]
    ):
        assert way(host).done == 1
    assert {name: dict(vars(sys.modules[name])) for name in STAND_INS} == before
    assert "create_connection" not in vars(Loop)


@pytest.mark.usefixtures("_stand_ins")
def test_the_target_of_a_channel(tape: Path) -> None:
    """GRPC for asyncio names it in its channel, by a URL of its own; Unix sockets pass."""
    with pytest.raises(UnseenConnectionError, match=f"connect to {OUTSIDE}, port 443"):
        with streamtape.use_cassette(tape, mode="none"):
            LaterMultiCallable()()
    with streamtape.use_cassette(tape, mode="none", allow_no_requests=True):
        UnaryMultiCallable(b"unix:/run/x.sock")()


@pytest.mark.usefixtures("_stand_ins")
def test_a_release_without_the_function(monkeypatch: pytest.MonkeyPatch, tape: Path) -> None:
    """It goes unnoticed, and is in nobody's way."""
    monkeypatch.setitem(sys.modules, "uvloop", ModuleType("uvloop"))
    monkeypatch.setitem(sys.modules, "pycurl", ModuleType("pycurl"))
    with streamtape.use_cassette(tape, mode="none", allow_no_requests=True):
        assert not hasattr(sys.modules["pycurl"], "Curl")


def really_by_uvloop(host: str) -> None:
    """Uvloop's connections."""
    uvloop = pytest.importorskip("uvloop")

    async def main() -> None:
        await asyncio.wait_for(asyncio.open_connection(host, 443), PATIENCE_S)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def really_by_pycurl(host: str) -> None:
    """A transfer of pycurl."""
    pycurl = pytest.importorskip("pycurl")
    handle = pycurl.Curl()
    handle.setopt(handle.URL, f"http://{host}/")
    handle.setopt(handle.TIMEOUT, 5)
    handle.perform()


def really_by_curl_cffi(host: str) -> None:
    """A request of curl_cffi."""
    pytest.importorskip("curl_cffi.requests").get(f"http://{host}/", timeout=5)


def really_by_curl_cffi_async(host: str) -> None:
    """The same in an event loop."""
    requests = pytest.importorskip("curl_cffi.requests")

    async def main() -> None:
        async with requests.AsyncSession() as session:
            await session.get(f"http://{host}/", timeout=5)

    asyncio.run(main())


def really_by_grpc(host: str) -> None:
    """A call of gRPC."""
    grpc = pytest.importorskip("grpc")
    with grpc.insecure_channel(f"{host}:443") as channel:
        channel.unary_unary("/x/y")(b"", timeout=5)


def really_by_grpc_async(host: str) -> None:
    """The same in an event loop."""
    aio = pytest.importorskip("grpc.aio")

    async def main() -> None:
        async with aio.insecure_channel(f"{host}:443") as channel:
            await channel.unary_unary("/x/y")(b"", timeout=5)

    asyncio.run(main())


REAL = [
    really_by_uvloop, really_by_pycurl, really_by_curl_cffi, really_by_curl_cffi_async,
    really_by_grpc, really_by_grpc_async,
]  # fmt: skip


@pytest.fixture(autouse=True)
def _every_name_has_a_row() -> None:
    """What stands in is what the product knows."""
    rows = {name for name, seam in SEAMS.items() if seam.endswith(".c_clients")}
    assert rows == STAND_INS.keys()


@pytest.mark.parametrize("way", REAL, ids=lambda way: way.__name__)
def test_the_libraries_themselves(way: Callable[[str], None], tape: Path) -> None:
    """Refused, in the releases that are installed."""
    with pytest.raises(UnseenConnectionError, match=OUTSIDE):
        with streamtape.use_cassette(tape, mode="none"):
            way(OUTSIDE)
