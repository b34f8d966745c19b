"""Long bodies of requests: matched, masked and recorded without being in memory as a whole."""

from __future__ import annotations

import gzip
import json
import os
import stat
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

import streamtape
from streamtape.errors import MissError
from streamtape.server.replay import serve
from streamtape.tape import long_bodies
from streamtape.tape.model import Request
from streamtape.tape.redact import Redactor
from streamtape.tape.store import spool
from streamtape.tape.store.spool import Spool

KEY = "sk-proj-" + "a1B2c3D4" * 6
OTHER_KEY = "sk-proj-" + "z9Y8x7W6" * 8
FORM = (
    b'--xyz\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n%s\r\n--xyz--\r\n'
)
MULTIPART = (b"content-type", b"multipart/form-data; boundary=xyz")
GZIP = (b"content-encoding", b"gzip")
FILLER = b"nothing secret here " * 20


def document(key: str) -> bytes:
    """JSON with a secret."""
    return json.dumps({"note": FILLER.decode(), "api_key": key, "more": FILLER.decode()}).encode()


BODIES: dict[str, tuple[bytes, tuple[tuple[bytes, bytes], ...]]] = {
    "JSON": (document(KEY), ()),
    "without a secret": (FILLER, ()),
    "a secret at the end": (FILLER + KEY.encode(), ()),
    "a secret at the start": (KEY.encode() + b" " + FILLER, ()),
    "form": (FORM % (b"password", b"hunter2", FILLER), (MULTIPART,)),
    "form with a secret inside": (FORM % (b"a", b"b", FILLER + KEY.encode()), (MULTIPART,)),
    "gzip": (gzip.compress(document(KEY)), (GZIP,)),
    "gzip without a secret": (gzip.compress(FILLER), (GZIP,)),
    "not gzip": (document(KEY), (GZIP,)),
}


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has more than a few bytes is long, and goes to disk."""
    monkeypatch.setattr(long_bodies, "LONG_BYTES", 16)
    monkeypatch.setattr(long_bodies, "LONG_CODED_BYTES", 16)
    monkeypatch.setattr(spool, "MEMORY_BYTES", 16)


def spooled(body: bytes, step: int) -> Spool:
    """A body that came in pieces of so many bytes."""
    taken = Spool()
    for at in range(0, len(body), step):
        taken.add(body[at : at + step])
    return taken


@pytest.mark.parametrize("step", [1, 7, 300])
@pytest.mark.parametrize("kind", BODIES)
def test_what_is_masked_piece_by_piece_is_what_is_masked_at_once(
    kind: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same body comes out, and the same list of what was masked."""
    body, headers = BODIES[kind]
    whole, found = Redactor().redact_request(Request("POST", "http://x.example/", headers, body))
    for name in ("LONG_BYTES", "LONG_CODED_BYTES"):
        monkeypatch.setattr(long_bodies, name, 16)
    monkeypatch.setattr(spool, "MEMORY_BYTES", 16)
    monkeypatch.setattr(spool, "PIECE_BYTES", step)
    request = Request.stored("POST", "http://x.example/", headers, spooled(body, step))
    long, found_long = Redactor().redact_request(request)
    if GZIP in headers and kind != "not gzip":
        assert gzip.decompress(long.body) == gzip.decompress(whole.body)
        assert KEY.encode() not in gzip.decompress(long.body)
    else:
        assert long.body == whole.body
    assert found_long == found
    assert long.n_body_bytes == len(long.body)
    again, found_again = Redactor().redact_request(long)
    assert (again.body, found_again) == (long.body, ())


async def aiterate(body: bytes) -> AsyncIterator[bytes]:
    """A body that an async client makes while it sends it."""
    for piece in iterate(body):
        yield piece


def iterate(body: bytes) -> Iterator[bytes]:
    """A body that a client makes while it sends it."""
    for at in range(0, len(body), 100):
        yield body[at : at + 100]


def answer(request: Any) -> Any:
    """Say how long the body was, of the library of the request."""
    library = sys.modules[type(request).__module__.partition(".")[0]]
    return library.Response(200, text=str(len(request.read())))


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_long_body_is_sent_recorded_and_found_again(
    library: Any, kind: str, tmp_path: Path
) -> None:
    """What goes up is what the program sends; what is recorded answers it, also over HTTP."""
    body, headers = BODIES[kind]
    path = tmp_path / "x.tape"

    def post(transport: Any) -> Any:
        with library.Client(transport=transport) as client:
            return client.post("http://x.example/up", content=iterate(body), headers=headers)

    inner = library.MockTransport(answer)
    # A mock is no network: it would be called in every run.
    options: Any = {"replay_in_process": True}
    recorded = post(streamtape.RecordingTransport(path, inner, **options))
    assert recorded.text == str(len(body))
    assert post(streamtape.ReplayTransport(path)).text == recorded.text
    (one,) = streamtape.load(path)
    content = one.request.body
    if GZIP in headers and kind != "not gzip":
        content = gzip.decompress(content)
    assert KEY.encode() not in content
    with serve(path) as server:
        replayed = library.post(f"{server.url}/up", content=iterate(body), headers=headers)
    assert replayed.text == recorded.text


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.anyio
async def test_async_clients_too(library: Any, tmp_path: Path) -> None:
    """The same from an async iterator, and with another key than the recorded one."""
    path = tmp_path / "x.tape"

    async def post(transport: Any, key: str) -> Any:
        async with library.AsyncClient(transport=transport) as client:
            return await client.post("http://x.example/up", content=aiterate(document(key)))

    async def answer_async(request: Any) -> Any:
        return library.Response(200, text=str(len(await request.aread())))

    inner = library.MockTransport(answer_async)
    recorded = await post(streamtape.RecordingTransport(path, inner, replay_in_process=True), KEY)
    assert recorded.text == str(len(document(KEY)))
    for key in (KEY, OTHER_KEY):
        assert (await post(streamtape.ReplayTransport(path), key)).text == recorded.text


@pytest.mark.usefixtures("small_limits")
def test_a_miss_says_where_long_bodies_differ(tmp_path: Path) -> None:
    """And that each byte counts, which is not so for shorter JSON."""
    path = tmp_path / "x.tape"
    streamtape.save(
        streamtape.Cassette((
            streamtape.Interaction(
                Request("POST", "http://x.example/up", (), FILLER + b'{"a": 1}'),
                streamtape.Head(200), streamtape.Chunks(), streamtape.Ending("complete"),
            ),
        )),
        path,
    )  # fmt: skip
    with (
        pytest.raises(MissError, match=f"body, from byte {len(FILLER) + 6:,} on") as caught,
        httpx.Client(transport=streamtape.ReplayTransport(path)) as client,
    ):
        client.post("http://x.example/up", content=iterate(FILLER + b'{"a": 2}'))
    text = str(caught.value)
    assert "compared byte by byte, JSON too" in text
    assert '"a": 1}' in text
    assert '"a": 2}' in text


def test_a_spool_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on disk has no name, and only its user may read it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    taken = Spool(16)
    taken.add(b"x" * 16)
    assert not taken.is_on_disk
    taken.add(b"y")
    assert taken.is_on_disk
    assert taken.body() is taken
    assert b"".join(taken.pieces()) == b"".join(taken.pieces()) == b"x" * 16 + b"y"
    assert taken._file is not None
    if os.name == "posix":
        assert not [*tmp_path.iterdir()]
        assert stat.S_IMODE(os.fstat(taken._file.fileno()).st_mode) & 0o077 == 0


@pytest.mark.parametrize("mode", ["all", "none", "new_episodes"])
def test_memory_does_not_grow_with_the_body(mode: Any, tmp_path: Path) -> None:
    """Of a body of 24 MiB, not a quarter is in memory at once."""
    path, block, n_blocks = tmp_path / "x.tape", bytes([0xFE]) * (1 << 20), 24

    def answer_piecewise(request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        return httpx.Response(200, text=str(sum(map(len, request.stream))))

    def post(mode: Any) -> int:
        options: Any = {"mode": mode, "replay_in_process": True}
        inner = httpx.MockTransport(answer_piecewise)
        inner.handle_request = answer_piecewise  # type: ignore[method-assign]  # a mock reads first
        transport = streamtape.RecordingTransport(path, inner, **options)
        with httpx.Client(transport=transport) as client:
            tracemalloc.start()
            try:
                body = (block for _ in range(n_blocks))
                assert client.post("http://x.example/", content=body).text == str(24 << 20)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    first = post("all")
    assert (first if mode == "all" else post(mode)) < 6 << 20
