"""Faults over HTTP: what a client on the other side of a socket gets."""

import json
import threading

import httpx
import pytest

import streamtape
from streamtape.framing.eventstream import EventStreamParser, encode_message
from streamtape.playback.steps import steps
from streamtape.tape.model import Cassette
from tests.patience import PATIENCE_S, before_reading
from tests.playback.scores import body, numbered, recording

TAPE = Cassette((recording(*numbered(4), url="http://x/y"),))


@pytest.mark.parametrize(
    ("fault", "read_s", "exception"),
    [
        ("cut@event=2", PATIENCE_S, httpx.RemoteProtocolError),
        ("cut@event=2:rst", PATIENCE_S, httpx.ReadError),
        ("stall=1000s@event=2", 0.05, httpx.ReadTimeout),
    ],
)
def test_a_fault_over_http_is_the_clients_own_exception(
    fault: str, read_s: float, exception: type[Exception]
) -> None:
    """Two events come, then what the network would have done; asked again, the same."""
    struck = threading.Semaphore(0)
    # What comes before a fault has been sent when it strikes: it is there to be read.
    extensions = before_reading(lambda: struck.acquire(timeout=PATIENCE_S))
    with (
        streamtape.serve(TAPE, fault=fault, on_fault=lambda _: struck.release()) as server,
        httpx.Client(timeout=httpx.Timeout(PATIENCE_S, read=read_s)) as client,
    ):
        for _ in range(2):
            got = b""
            with pytest.raises(exception):
                with client.stream("POST", f"{server.url}/y", extensions=extensions) as response:
                    for chunk in response.iter_raw():
                        got += chunk
            assert got == b"".join(numbered(2))


def test_a_retry_over_http_gets_the_good_take() -> None:
    """503 the first time, then the stream; then it was played."""
    with streamtape.serve(TAPE, fault="http=503,retry_after=2") as server:
        first = httpx.post(f"{server.url}/y")
        assert (first.status_code, first.headers["retry-after"]) == (503, "2")
        assert httpx.post(f"{server.url}/y").content == body(steps(TAPE[0]))
        assert httpx.post(f"{server.url}/y").status_code == 404


def test_other_cuts_over_http() -> None:
    """The bytes are the same, whatever the chunks."""
    with streamtape.serve(TAPE, rechunk="byte") as server:
        assert httpx.post(f"{server.url}/y").content == b"".join(numbered(4))


def test_an_error_in_an_aws_event_stream() -> None:
    """What `error@event` sends is an exception message that parses behind the whole ones."""
    head = {":event-type": "contentBlockDelta", ":message-type": "event"}
    delta = {"contentBlockIndex": 0, "delta": {"text": "hi"}}
    pieces = [encode_message(head, json.dumps(delta).encode()) for _ in range(3)]
    media = (b"content-type", b"application/vnd.amazon.eventstream")
    aws = recording(*pieces, headers=(media,), url="http://x/model/m/converse-stream")
    fault = "error=throttlingException@event=2"
    with streamtape.serve(Cassette((aws,)), fault=fault) as server:
        got = httpx.post(f"{server.url}/model/m/converse-stream").content
    parser = EventStreamParser()
    frames = parser.feed(got)
    assert parser.close() is None
    assert [frame.event for frame in frames] == ["contentBlockDelta"] * 2 + ["throttlingException"]
    assert frames[-1].headers[":message-type"] == "exception"
