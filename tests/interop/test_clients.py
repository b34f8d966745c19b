"""Every client, recorded and replayed: the same events, the same failures, at every ending."""

from pathlib import Path

import pytest

import streamtape
from streamtape.mock.server import MockServer
from tests.interop.clients import CLIENTS, Client, Seen
from tests.patience import PATIENCE_S

EVENTS = 48
# httpx leaves its own async generators to the event loop when a reader stops; trio says so.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
anyone = pytest.mark.parametrize("client", CLIENTS, ids=lambda c: c.name)


def recorded(client: Client, tape: Path, query: str, stop: int | None = None) -> tuple[Seen, Seen]:
    """What a client sees without us, and while we record it; then the server is gone."""
    with MockServer(gap_us=300, seed=7) as endpoint:
        direct = client.run(endpoint.url, f"seed=5&{query}", stop)
        with streamtape.use_cassette(tape):
            seen = client.run(endpoint.url, f"seed=5&{query}", stop)
        tape.with_suffix(".root").write_text(endpoint.url)
        if stop is not None:
            assert endpoint.wait_for(disconnects=2, timeout_s=PATIENCE_S), (
                "an early stop did not reach the upstream"
            )
    return direct, seen


def replayed(client: Client, tape: Path, query: str, stop: int | None = None) -> Seen:
    """What a client sees from the cassette."""
    root = tape.with_suffix(".root").read_text()
    with streamtape.use_cassette(tape) as session:
        seen = client.run(root, f"seed=5&{query}", stop)
    assert session.n_recorded == 0
    assert not session.unplayed
    return seen


@anyone
def test_a_whole_stream(client: Client, tmp_path: Path) -> None:
    """Recording changes nothing, and the replay shows the same with the server stopped."""
    tape = tmp_path / "x.tape"
    direct, seen = recorded(client, tape, "")
    assert seen == direct
    assert len(seen.events) > 8
    assert not seen.errors
    assert replayed(client, tape, "") == seen
    (interaction,) = streamtape.load(tape)
    assert interaction.ending.kind == "complete"
    times = [chunk.at_us for chunk in interaction.chunks]
    assert None not in times
    assert times == sorted(times, key=lambda t: t or 0)
    assert [p.name for p in tmp_path.iterdir() if ".tape" in p.name] == ["x.tape"]


@anyone
@pytest.mark.parametrize("fault", ["cut", "reset"])
def test_a_broken_stream_replays_broken(client: Client, fault: str, tmp_path: Path) -> None:
    """Some events, then the exception of the client's own library: live, recorded and replayed."""
    tape = tmp_path / "x.tape"
    direct, seen = recorded(client, tape, f"{fault}=6")
    assert seen == direct
    assert seen.events
    assert seen.errors
    again = replayed(client, tape, f"{fault}=6")
    assert again == seen
    (interaction,) = streamtape.load(tape)
    assert interaction.ending.kind == "error"
    assert interaction.ending.exception == seen.errors[-1].rpartition(".")[2]


@anyone
def test_an_early_stop_reaches_the_upstream(client: Client, tmp_path: Path) -> None:
    """Who stops reading stops the upstream; the replay has just that, and says so past its end."""
    tape = tmp_path / "x.tape"
    # However slow the client, the stream is not over when it stops: it falls silent, and stays.
    _, seen = recorded(client, tape, "stall=6", stop=3)
    assert len(seen.events) == 3
    (interaction,) = streamtape.load(tape)
    assert interaction.ending.kind == "abandoned"
    assert replayed(client, tape, "stall=6", stop=3) == seen
    past = replayed(client, tape, "stall=6")
    assert past.events[:3] == seen.events
    assert past.errors[-1] == "streamtape.ReplayEndError"


@anyone
def test_compressed_bytes_stay_compressed(client: Client, tmp_path: Path) -> None:
    """A gzip stream is kept as it was on the wire, and read as text by whoever asks."""
    tape = tmp_path / "x.tape"
    direct, seen = recorded(client, tape, "gzip=1")
    assert seen == direct
    assert replayed(client, tape, "gzip=1") == seen
    (interaction,) = streamtape.load(tape)
    assert interaction.body.startswith(b"\x1f\x8b")
    assert b"data: {" in interaction.content


@anyone
def test_recording_is_live(client: Client, tmp_path: Path) -> None:
    """The first event is with the client while the upstream has most of the stream to send."""
    with (
        MockServer(gap_us=0, seed=7, stall=3) as endpoint,
        streamtape.use_cassette(tmp_path / "x.tape"),
    ):
        assert len(client.run(endpoint.url, "", 1).events) == 1
        assert endpoint.finished == 0
