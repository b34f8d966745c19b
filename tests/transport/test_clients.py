"""What holds for every HTTP library that a session sees: the same test for each client."""

import re
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import streamtape
from streamtape.errors import MissError, ReplayEndError
from streamtape.tape.model import Cassette, Interaction
from streamtape.transport.clocks import VirtualClock
from tests.patience import PATIENCE_S, patiently
from tests.playback.scores import SSE, numbered, recording
from tests.transport.clients import BODY, CLIENTS, Client
from tests.transport.scripted import END, HEAD, Act, Scripted, chunk, free_url

EVERY_CLIENT = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
EVENTS = numbered(4)
CHUNKED = (SSE, (b"transfer-encoding", b"chunked"))
URL = "http://x.test/stream"


def tape_of(tmp_path: Path, *interactions: Interaction) -> Path:
    """A cassette file with these."""
    path = tmp_path / "made.tape"
    streamtape.save(Cassette(interactions), path)
    return path


def made(tmp_path: Path, **options: Any) -> Path:
    """A cassette with four events, asked for at URL with any body."""
    return tape_of(tmp_path, recording(*EVENTS, headers=CHUNKED, url=URL, **options))


def replaying(path: Path, **options: Any) -> Any:
    """A session that only plays, whatever the body of the request."""
    return streamtape.use_cassette(path, mode="none", match_on=("method", "url"), **options)


@EVERY_CLIENT
def test_a_stream_is_live_while_it_is_recorded(client: Client, tmp_path: Path) -> None:
    """Each chunk reaches the client before the next one is sent, and the replay is the same."""
    seen = [threading.Event() for _ in EVENTS]
    script: list[Act] = [HEAD]
    for event, data in zip(seen, EVENTS, strict=True):
        script += [chunk(data), partial(event.wait, PATIENCE_S)]
    got: list[bytes] = []

    def take(data: bytes) -> None:
        got.append(data)
        seen[len(got) - 1].set()

    path = tmp_path / "x.tape"
    with Scripted(*script, END) as server:
        with streamtape.use_cassette(path):
            client.read(server.url, take)
    assert got == EVENTS
    (one,) = streamtape.load(path)
    assert [data for _, data in one.chunks] == EVENTS
    assert (one.request.method, one.request.url, one.request.body) == ("POST", server.url, BODY)
    assert one.head is not None
    twice = [pair for pair in one.head.headers if pair[0].lower() == b"x-twice"]
    assert (one.head.status, one.head.reason, one.head.http_version) == (200, "OK", "HTTP/1.1")
    assert [value for _, value in twice] == [b"1", b"2"]
    assert one.ending.kind == "complete"
    again: list[bytes] = []
    with streamtape.use_cassette(path, mode="none") as session:
        client.read(server.url, again.append)
    assert again == EVENTS
    assert session.exchanges[0].progress.state == "complete"


def outcome(
    client: Client, url: str, timeout: float | None = None
) -> tuple[list[bytes], list[str]]:
    """What a client gets, and the exceptions that it ends with, down to the first."""
    got: list[bytes] = []
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one, the test compares
        client.read(url, got.append, timeout)
    errors: list[str] = []
    error: BaseException | None = caught.value
    while error is not None and type(error).__module__.partition(".")[0] not in {"httpcore", "h11"}:
        text = re.sub("0x[0-9a-f]+", "0x...", str(error))  # urllib3 1.26 shows its connection
        errors.append(f"{type(error).__module__}.{type(error).__qualname__}: {text}")
        error = error.__cause__
    chained = not client.name.startswith(("httpx", "aiohttp"))
    return got, errors if chained else errors[:1]


@EVERY_CLIENT
@pytest.mark.parametrize(
    ("what", "script", "n"),
    [
        ("cut", (HEAD, chunk(EVENTS[0]), chunk(EVENTS[1]), "cut"), 2),
        ("cut", (HEAD, chunk(EVENTS[0]), chunk(EVENTS[1])[:9], "cut"), 2),
        ("silence", (HEAD, chunk(EVENTS[0])), 1),
        ("no response", ("cut",), 0),
        ("reset at once", ("reset",), 0),
        ("silence at once", (), 0),
        ("refused", None, 0),
    ],
    ids=["cut", "cut-in-chunk", "silence", "no-response", "reset", "mute", "refused"],
)
def test_what_breaks_breaks_the_same_in_a_replay(
    client: Client, what: str, script: tuple[Act, ...] | None, n: int, tmp_path: Path
) -> None:
    """Without a session, while it is recorded, and replayed with the server gone."""

    def check(timeout: float | None) -> None:
        path = tmp_path / f"{timeout}.tape"
        if script is None:
            url = free_url()
            live = outcome(client, url, timeout)
            with streamtape.use_cassette(path):
                recorded = outcome(client, url, timeout)
        else:
            with Scripted(*script) as server:
                url = server.url
                live = outcome(client, url, timeout)
                with streamtape.use_cassette(path):
                    recorded = outcome(client, url, timeout)
        with streamtape.use_cassette(path, mode="none"):
            replayed = outcome(client, url, timeout)
        assert live == recorded == replayed
        kind = client.raises[what]
        assert live[1][0].startswith(f"{kind.__module__}.{kind.__qualname__}: ")
        assert len(live[0]) <= n  # a client may hold back the start of a chunk that was cut
        (one,) = streamtape.load(path)
        assert (one.ending.kind, len(one.chunks)) == ("error", n)

    if what.startswith("silence"):
        patiently(check)  # the limit counts connecting, too
    else:
        check(None)


@EVERY_CLIENT
def test_leaving_early_reaches_the_upstream(client: Client, tmp_path: Path) -> None:
    """The server sees the connection closed; the recording says that its reader left."""
    path = tmp_path / "x.tape"
    with Scripted(HEAD, chunk(EVENTS[0])) as server:
        with streamtape.use_cassette(path):
            client.read(server.url, lambda data: True)
            assert server.left.wait(PATIENCE_S)
    (one,) = streamtape.load(path)
    assert (one.ending.kind, one.body) == ("abandoned", EVENTS[0])
    got: list[bytes] = []
    with streamtape.use_cassette(path, mode="none"), pytest.raises(ReplayEndError):
        client.read(server.url, got.append)
    assert got == EVENTS[:1]


@EVERY_CLIENT
@pytest.mark.parametrize(
    ("fault", "what", "n"),
    [
        ("cut@event=2", "cut", 2),
        ("cut@event=2:rst", "reset", 2),
        ("cut@head", "no response", 0),
        ("cut@head:rst", "reset at once", 0),
        ("stall=30s@event=3", "silence", 3),
        ("stall=30s@head", "silence at once", 0),
    ],
)
def test_a_fault_is_the_clients_own_exception(
    client: Client, fault: str, what: str, n: int, tmp_path: Path
) -> None:
    """As many events as the fault says, then what the library raises in such a case."""
    got: list[bytes] = []
    with replaying(made(tmp_path), fault=fault) as session:
        with pytest.raises(client.raises[what]):
            client.read(URL, got.append, 5)
    assert got == EVENTS[:n]
    assert list(map(str, session.struck)) == [fault]


@EVERY_CLIENT
def test_other_cuts_and_a_clock(client: Client, tmp_path: Path) -> None:
    """Bytes in other chunks, at the recorded pace, on a clock that jumps."""
    got: list[bytes] = []
    with replaying(made(tmp_path), rechunk="bytes=10", clock="auto") as session:
        client.read(URL, got.append)
    assert got == [b"data: 0\n\nd", b"ata: 1\n\nda", b"ta: 2\n\ndat", b"a: 3\n\n"]
    assert isinstance(session.clock, VirtualClock)
    assert session.clock.now_us() == 90_000


@EVERY_CLIENT
def test_faults_while_recording_strike_the_whole_recording(client: Client, tmp_path: Path) -> None:
    """The upstream's stream is recorded whole; the client gets it cut."""
    path = tmp_path / "x.tape"
    got: list[bytes] = []
    with Scripted(HEAD, *map(chunk, EVENTS), END) as server:
        with streamtape.use_cassette(path, fault="cut@event=2"):
            with pytest.raises(client.raises["cut"]):
                client.read(server.url, got.append)
    assert got == EVENTS[:2]
    assert streamtape.load(path)[0].body == b"".join(EVENTS)


@EVERY_CLIENT
def test_a_miss_is_our_error(client: Client, tmp_path: Path) -> None:
    """It is not hidden behind an exception of the library, and nothing is sent."""
    with pytest.raises(MissError, match=r"/elsewhere"), replaying(made(tmp_path)):
        client.read("http://x.test/elsewhere", lambda data: None)


@EVERY_CLIENT
def test_modes(client: Client, tmp_path: Path) -> None:
    """Recorded once, replayed, added to, and replaced."""
    path = tmp_path / "x.tape"
    n_requests = []
    with Scripted(HEAD, *map(chunk, EVENTS), END) as server:
        for mode in ("once", "once", "new_episodes", "all", "none"):
            got: list[bytes] = []
            with streamtape.use_cassette(path, mode=mode):
                client.read(server.url, got.append)
            assert got == EVENTS
            n_requests.append(len(server.requests))
        quiet: dict[str, Any] = {"ignore_localhost": True, "allow_no_requests": True}
        with streamtape.use_cassette(tmp_path / "y.tape", **quiet):
            client.read(server.url, got.append)
            client.read(server.url, got.append)
            n_requests.append(len(server.requests))
    assert n_requests == [1, 1, 1, 2, 2, 4]


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Cassettes of what broke, as each client recorded it."""
    folder = tmp_path_factory.mktemp("broken")
    paths: dict[str, list[Path]] = {"cut": [], "reset at once": [], "silence": [], "refused": []}
    url = free_url()
    for client in CLIENTS:
        for what, script in (
            ("cut", (HEAD, *map(chunk, EVENTS[:2]), "cut")),
            ("reset at once", ("reset",)),
            ("silence", (HEAD, *map(chunk, EVENTS[:2]))),
            ("refused", ()),
        ):
            path = folder / f"{client.name}-{what}.tape"
            with Scripted(*script) as server, streamtape.use_cassette(path):  # type: ignore[arg-type]  # rows of a table
                target = url if what == "refused" else server.url
                outcome(client, target, 0.1 if what == "silence" else None)
            paths[what].append(path)
    return paths


@EVERY_CLIENT
@pytest.mark.parametrize("what", ["cut", "reset at once", "silence", "refused"])
def test_what_one_library_recorded_another_one_replays(
    client: Client, what: str, failures: dict[str, list[Path]]
) -> None:
    """A failure is what it means to the library that replays it, whichever recorded it."""
    assert len(failures[what]) == len(CLIENTS)
    for path in failures[what]:
        (one,) = streamtape.load(path)
        got: list[bytes] = []
        with replaying(path), pytest.raises(client.raises[what]):
            client.read(one.request.url, got.append)
        assert got == (EVENTS[:2] if one.head else [])
