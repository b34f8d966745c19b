# ruff: noqa: E501 - tables
"""Whatever a cassette holds, every public entry point gives a value or an error of ours."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streamtape
from streamtape.errors import StreamtapeError
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.store import load, save
from tests.cli.running import run

DEEP = 100_000
KINDS = ("cast", "svg")
EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "8"))
URLS = st.sampled_from(
    [
        "", "/", "http://[/", "http://[::1", "http://h:99999/", "http://h:x/", "//h", "http://\u20ac/",
        "http://h/\r\nX: y", "http://h/\ud800", "http://h/?a=%ff&b=%zz#f", "mailto:x", "http://" + "a" * 300,
        "http://xn--a/", "http://h/" + "%0d%0a" * 3, "http://user:pw@h/", "https://api.openai.com/v1/responses",
        "http:// h/", "http://h/ b", "\0", "http://1.2.3.4.5/", "http://h\u2100/",
    ]
)  # fmt: skip
METHODS = st.sampled_from(
    ["", "GET", "POST", "HEAD", "CONNECT", "G T", "\u20ac", "G\r\nX: y", "\ud800"]
)
VERSIONS = st.sampled_from(["HTTP/1.1", "HTTP/2", "", "\u20ac", "HTTP/1.1\r\nX: y", "\ud800"])
REASONS = st.sampled_from(["OK", "", "\u20ac", "OK\r\nX: y", "\ud800", "\0"])
STATUSES = st.sampled_from([200, 0, -5, 99, 101, 103, 204, 304, 404, 1000, 2**63 - 1, -(2**63)])
NAMES = st.sampled_from(
    [b"content-type", b"content-length", b"transfer-encoding", b"content-encoding", b"x", b"", b"a b",
     b"x\r\ny", b"\xff", b"date", b"location", b"set-cookie", b"retry-after"]
)  # fmt: skip
VALUES = st.sampled_from(
    [b"text/event-stream", b"application/json", b"application/x-ndjson", b"gzip", b"br", b"zstd", b"deflate",
     b"gzip, gzip", b"chunked", b"-5", b"99999999999999999999", b"", b"\xff", b"a\r\nb: c", b"\0",
     b"text/event-stream; charset=\xff", b"application/vnd.amazon.eventstream", b"multipart/mixed"]
)  # fmt: skip
TEXTS = st.sampled_from(
    [
        b"", b"{}", b"[1]\n[2]\n", b"data: {}\n\n", b"data: " + b"[" * DEEP + b"\n\n",
        b"data: " + b"[" * 500 + b"]" * 500 + b"\n\n", b'data: {"a": ' * 3 + b"\n\n",
        b'data: {"choices": [{"delta": {"content": 5}}]}\n\n', b'data: {"choices": 5}\n\n',
        b'data: {"type": "response.output_text.delta", "delta": "\\ud83d"}\n\n',
        b'data: {"type": [], "delta": {}}\n\n', b"data: NaN\n\n", b"data: 1e999\n\n", b"data: " + b"9" * 5000 + b"\n\n",
        b'data: {"type": "response.output_text.delta", "output_index": 1e400, "delta": "x"}\n\n',
        b"\xff\xfe\x00", b"id: \xf0\x9f\n\n", b"retry: 99999999999999999999999\n\n", b"{" * DEEP,
        b'{"a":' * 600 + b"1" + b"}" * 600, b'[{"a": 1}]', b'data: {"error": [[[]]]}\n\n', b"\0\0\0\x10\0\0\0\0" * 2,
        b"[" * 5000 + b"]" * 5000,
        b'data: {"usage": "x", "id": {}, "model": []}\n\n', b"event: \xff\ndata: {}\n\n",
    ]
)  # fmt: skip
TIMES = st.sampled_from([0, -1, 5, 2**62, -(2**63), 2**63 - 1])
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(tuple)


@st.composite
def interactions(draw: st.DrawFn) -> Interaction:
    """One interaction, in which anything may be odd."""
    request = Request(draw(METHODS), draw(URLS), draw(HEADERS), draw(TEXTS))
    head = Head(draw(STATUSES), draw(HEADERS), draw(TIMES), draw(VERSIONS), draw(REASONS))
    if draw(st.booleans()):  # most often a stream, so that its events are read
        head = Head(200, ((b"content-type", b"text/event-stream"),), 5)
    timed = draw(st.booleans())
    chunks = [
        Chunk(draw(TIMES) if timed else None, draw(TEXTS)) for _ in range(draw(st.integers(0, 3)))
    ]
    ending = Ending(
        draw(st.sampled_from(["complete", "error", "abandoned", "unfinished"])),
        draw(TIMES),
        draw(st.sampled_from([None, "ReadError", "\u20ac", "x\ny"])),
        draw(REASONS),
        draw(st.sampled_from([None, "httpx", "no.such.module"])),
    )
    odd = draw(st.booleans())
    return Interaction(
        request,
        None if odd and draw(st.booleans()) else head,
        Chunks.of(chunks),
        ending,
        draw(TIMES),
    )


CASSETTES = st.lists(interactions(), min_size=1, max_size=2).map(
    lambda found: Cassette(tuple(found))
)


def play(path: Path) -> None:
    """Play the first interaction to a client that asks for it."""
    request = load(path)[0].request
    with (
        streamtape.use_cassette(path, mode="none", speed=None),
        httpx.Client() as client,
        contextlib.suppress(httpx.HTTPError),
    ):
        client.send(_request_of(client, request))


def _request_of(client: httpx.Client, request: Request) -> httpx.Request:
    """The request as a client would make it; one that no client can make, as near as it goes."""
    try:
        url = httpx.URL(request.url)
        assert url.host
        return client.build_request(request.method or "GET", url, content=request.body)
    except (httpx.InvalidURL, UnicodeError, AssertionError):
        return client.build_request("POST", "https://api.openai.com/v1/responses")


def serve(path: Path) -> None:
    """Serve it, and ask for it."""
    with streamtape.serve(path) as server, httpx.Client(trust_env=False) as client:
        for target in ("/v1/responses", "/"):
            with contextlib.suppress(httpx.HTTPError):
                client.post(server.url + target, content=b"{}", timeout=5)


def other(path: Path) -> Path:
    """Another cassette, which differs from it in every body."""
    place = path.with_name("other.tape")
    save(Cassette(tuple(map(_changed, load(path)))), place)
    return place


def _changed(one: Interaction) -> Interaction:
    chunks = [
        Chunk(at, data.replace(b"{", b'{"b": [', 1).replace(b"[[", b"[[["))
        for at, data in one.chunks
    ]
    return replace(one, chunks=Chunks.of(chunks))


def read(path: Path) -> None:
    """Everything that an interaction can tell."""
    for one in load(path):
        for what in (
            lambda one=one: list(one.frames()),
            lambda one=one: list(one.events()),
            lambda one=one: one.transcript(),
            lambda one=one: one.content,
            lambda one=one: repr(one),
            lambda one=one: streamtape.snapshot(one),
            lambda one=one: streamtape.snapshot(one, level="events"),
            lambda one=one: streamtape.snapshot(one, level="frames"),
        ):
            with contextlib.suppress(StreamtapeError):
                what()


def command(*words: str) -> Callable[[Path], None]:
    """A command on the cassette: status 0, 1 or 2, and no traceback."""

    def call(path: Path) -> None:
        places = {
            "IN": str(path),
            "OUT": str(path.with_suffix(".out")),
            "HAR": str(path.with_suffix(".har")),
            **{kind.upper(): str(path.with_suffix(f".{kind}")) for kind in KINDS},
        }
        result = run(*(places.get(word, word) for word in words))
        assert result.exit_code in {0, 1, 2}
        assert "Traceback" not in result.output

    return call


ENTRIES: dict[str, Callable[[Path], object]] = {
    "read": read,
    "check": streamtape.check,
    "diff": lambda path: streamtape.diff(path, other(path)).to_dict(),
    "stats": lambda path: streamtape.stats(path).to_dict(),
    "play": play,
    "serve": serve,
    "play --plain": command("play", "IN", "--plain", "--speed", "max"),
    "play --to svg": command("play", "IN", "--to", "SVG", "--force"),
    "play --to cast": command("play", "IN", "--to", "CAST", "--force"),
    "show": command("show", "IN"),
    "show --json": command("show", "IN", "--json"),
    "show --body": command("show", "IN", "--body"),
    "check command": command("check", "IN"),
    "check --json": command("check", "IN", "--json"),
    "diff command": command("diff", "IN", "OTHER"),
    "stats command": command("stats", "IN"),
    "view": command("view", "IN", "-o", "OUT"),
    "convert": command("convert", "IN", "HAR", "--force"),
    "scan": command("scan", "IN"),
}


@pytest.mark.parametrize("entry", ENTRIES)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(cassette=CASSETTES)
def test_a_value_or_our_error(entry: str, cassette: Cassette) -> None:
    """Odd URLs, methods, versions, statuses, headers, times, bodies: never a foreign exception."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.tape"
        save(cassette, path)
        with contextlib.suppress(StreamtapeError):
            ENTRIES[entry](path)
