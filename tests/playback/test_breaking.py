"""What each fault does to a stream."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import ContentError, UsageError
from streamtape.playback.build import build_steps
from streamtape.playback.faults import parse_faults
from streamtape.playback.steps import Emit, Fail, Start, Step, WaitUntil
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tests.playback.scores import (
    SSE,
    body,
    failure,
    head,
    numbered,
    pieces,
    recording,
    waits,
    zipped,
)
from tests.playback.test_faults import TEXTS
from tests.streams import Writer

FOUR = recording(*numbered(4))


def with_faults(*faults: str, of: Interaction = FOUR, seed: int = 0) -> list[Step]:
    """The steps of a stream with faults, at once."""
    return list(build_steps(of, faults=faults, seed=seed))


@pytest.mark.parametrize("n", range(5))
@pytest.mark.parametrize(
    ("ending", "exception"), [("", "RemoteProtocolError"), (":rst", "ReadError")]
)
def test_a_cut_gives_so_many_events_and_then_the_exception(
    n: int, ending: str, exception: str
) -> None:
    """Cut after 0 to all events, closed or reset: as many events, and the client's exception."""
    on_fault: list[object] = []
    score = list(build_steps(FOUR, faults=f"cut@event={n}{ending}", on_fault=on_fault.append))
    assert pieces(score) == numbered(n)
    assert failure(score) == exception
    assert list(map(str, on_fault)) == [f"cut@event={n}{ending}"]


def test_a_cut_lies_between_events_of_one_chunk() -> None:
    """A chunk that holds several events is cut where the event ends."""
    together = recording(b": hi\n\n" + b"".join(numbered(4)))
    assert body(with_faults("cut@event=2", of=together)) == b": hi\n\n" + b"".join(numbered(2))


@pytest.mark.parametrize("n", [0, 1, 8, 9, 10, 35, 36])
def test_a_cut_by_bytes(n: int) -> None:
    """So many bytes come, whatever the chunks."""
    assert body(with_faults(f"cut@byte={n}")) == b"".join(numbered(4))[:n]
    assert failure(with_faults(f"cut@byte={n}")) == "RemoteProtocolError"


def test_a_cut_past_the_end_strikes_nothing() -> None:
    """A place that the stream never reaches leaves it whole, and nobody is told of a fault."""
    on_fault: list[object] = []
    score = list(
        build_steps(FOUR, faults=["cut@event=5", "cut@byte=999"], on_fault=on_fault.append)
    )
    assert pieces(score) == numbered(4)
    assert failure(score) is None
    assert on_fault == []


def test_a_cut_before_the_head_and_behind_the_end() -> None:
    """No head at all; or all bytes, and then no proper end."""
    assert [type(s) for s in with_faults("cut@head")] == [Fail]
    assert pieces(with_faults("cut@end")) == numbered(4)
    assert failure(with_faults("cut@end")) == "RemoteProtocolError"


def test_a_cut_short_of_the_promised_length_says_so() -> None:
    """With a Content-Length the exception has the words that the network has for it."""
    sized = recording(b"0123456789", headers=((b"content-length", b"10"),))
    last = with_faults("cut@byte=4", of=sized)[-1]
    assert isinstance(last, Fail)
    assert "received 4 bytes, expected 10" in (last.error.message or "")


def test_a_cut_in_a_compressed_stream() -> None:
    """By bytes the compressed ones are cut; by events the content is, decoded."""
    recorded = zipped(numbered(4))
    assert body(with_faults("cut@byte=20", of=recorded)) == recorded.body[:20]
    score = with_faults("cut@event=3", of=recorded)
    assert pieces(score) == numbered(3)
    assert head(score).headers == (SSE,)


def test_a_stall_moves_all_that_follows() -> None:
    """The silence comes between the two events, and what follows keeps its own gaps."""
    score = list(build_steps(FOUR, faults="stall=1s@event=2", speed=1.0))
    assert score[2:] == [
        WaitUntil(10_000), Emit(b"data: 0\n\n"), WaitUntil(20_000), Emit(b"data: 1\n\n"),
        WaitUntil(1_020_000), WaitUntil(1_030_000), Emit(b"data: 2\n\n"),
        WaitUntil(1_040_000), Emit(b"data: 3\n\n"), WaitUntil(1_090_000),
    ]  # fmt: skip


def test_a_stall_is_a_wait_at_any_pace() -> None:
    """It lasts as long as it says, at once and at double speed, also before the head."""
    assert waits(with_faults("stall=30s@event=1", "stall=5s@head")) == [5_000_000, 35_000_000]
    assert 30_005_000 in waits(build_steps(FOUR, faults="stall=30s@event=1", speed=2.0))


RESPONSES = Writer().message("one", "two").end().interaction()


def test_an_error_event_ends_the_stream() -> None:
    """The dialect's own error event comes instead of the rest."""
    score = with_faults("error=rate_limit_exceeded@event=3", of=RESPONSES)
    assert len(pieces(score)) == 4
    assert failure(score) is None
    name, data = pieces(score)[-1].decode().strip().split("\n")
    on_fault = json.loads(data.removeprefix("data: "))
    assert (name, on_fault["type"], on_fault["code"]) == (
        "event: error",
        "error",
        "rate_limit_exceeded",
    )
    assert on_fault["sequence_number"] == 3


def test_streams_of_nobody_have_an_error_event_too() -> None:
    """A stream of no known provider ends with the usual shape; lines of JSON with a line."""
    last = pieces(with_faults("error@event=1"))[-1]
    assert last.startswith(b"event: error\ndata: {")
    jsonl = recording(b'{"a":1}\n', headers=((b"content-type", b"application/x-ndjson"),))
    assert json.loads(pieces(with_faults("error@event=0", of=jsonl))[-1])["error"]


def test_an_early_done() -> None:
    """The marker comes, and nothing after it."""
    assert pieces(with_faults("done@event=2")) == [*numbered(2), b"data: [DONE]\n\n"]
    jsonl = recording(b'{"a":1}\n', headers=((b"content-type", b"application/x-ndjson"),))
    with pytest.raises(UsageError, match=r"\[DONE\]"):
        with_faults("done@event=0", of=jsonl)


@pytest.mark.parametrize(
    ("fault", "order"),
    [
        ("drop@event=1", "023"),
        ("drop@event=3", "012"),
        ("double@event=0", "00123"),
        ("swap@event=1", "0213"),
        ("swap@event=2", "0132"),
        ("swap@event=3", "0123"),
        ("drop@event=9", "0123"),
    ],
)
@pytest.mark.parametrize("rechunk", ["recorded", "whole", "byte"])
def test_events_dropped_doubled_and_swapped(fault: str, order: str, rechunk: str) -> None:
    """The bytes of an event go, come twice or later, however they were cut."""
    score = build_steps(FOUR, faults=fault, rechunk=rechunk)
    assert body(score) == b"".join(b"data: %c\n\n" % ord(digit) for digit in order)


def test_an_altered_body_promises_no_length() -> None:
    """What has another length than was recorded does not say the recorded one."""
    sized = replace(FOUR, head=Head(200, (SSE, (b"Content-Length", b"36"))))
    assert head(with_faults("drop@event=1", of=sized)).get("content-length") is None
    assert head(with_faults("cut@event=1", of=sized)).get("content-length") == "36"


def test_a_corrupted_event_has_one_other_byte() -> None:
    """One byte of the data differs; the frame stays a frame; the seed says which byte."""
    long = recording(b'event: x\ndata: {"text":"abcdefgh"}\n\n', *numbered(2))
    recorded = long.chunks[0].data
    others = {pieces(with_faults("corrupt@event=0", of=long, seed=s))[0] for s in range(40)}
    assert len(others) > 3
    for one in others:
        assert sum(a != b for a, b in zip(one, recorded, strict=True)) == 1
        assert one.startswith(b"event: x\ndata: ")


def test_a_corrupted_event_of_one_character() -> None:
    """The data is hit and no other field, also where it is one character without a blank."""
    short = recording(b"id: 7\ndata:a\n\n")
    hit = {body(with_faults("corrupt@event=0", of=short, seed=s)) for s in range(20)}
    assert hit == {b"id: 7\ndata:`\n\n"}


def test_a_corrupted_byte() -> None:
    """The byte at that place is another one, and no other is."""
    assert body(with_faults("corrupt@byte=6")) == b"data: 1\n\n" + b"".join(numbered(4)[1:])


@pytest.mark.parametrize(
    ("event", "torn"),
    [
        ("data: né\n\n", [b"data: n\xc3\n\n"]),
        ("data: é€\n\n", [b"data: \xc3\xe2\x82\xac\n\n", b"data: \xc3\xa9\xe2\x82\n\n"]),
        ("data: plain\n\n", [b"data: plain\xe2\x82\n\n"]),
    ],
)
def test_a_torn_character(event: str, torn: list[bytes]) -> None:
    """A character that the seed chooses loses its last byte; without one, half of one is put in."""
    recorded = recording(b"data: 0\n\n", event.encode(), b"data: 2\n\n")
    found = {body(with_faults("utf8@event=1", of=recorded, seed=s)) for s in range(20)}
    assert found == {b"data: 0\n\n" + one + b"data: 2\n\n" for one in torn}


def test_an_http_error_instead_of_the_stream() -> None:
    """The status, Retry-After and the provider's body of it; the next time a good take."""
    score = list(build_steps(RESPONSES, faults="http=429,retry_after=7", attempt=0))
    assert (head(score).status, head(score).reason) == (429, "Too Many Requests")
    assert head(score).get("retry-after") == "7"
    assert json.loads(body(score))["error"]["code"] == "rate_limit_exceeded"
    again = build_steps(RESPONSES, faults="http=429,retry_after=7", attempt=1)
    assert body(again) == RESPONSES.body


def test_the_head_of_an_http_error() -> None:
    """JSON, which comes when the recorded head came; a status without a phrase has none."""
    (wait, start, *_) = build_steps(FOUR, faults="http=599,retry_after=1", speed=1.0)
    assert wait == WaitUntil(5000)
    assert isinstance(start, Start)
    assert (start.head.status, start.head.reason, start.head.at_us) == (599, "", 5000)
    names = (b"content-type", b"content-length", b"retry-after")
    assert tuple(name for name, _ in start.head.headers) == names
    assert start.head.get("content-type") == "application/json"
    assert head(with_faults("http=599")).at_us == 0


@pytest.mark.parametrize(
    ("fault", "message", "base"),
    [
        ("cut@event=1:rst", "[Errno 104] Connection reset by peer", "NetworkError"),
        ("cut@head", "Server disconnected without sending a response.", "ProtocolError"),
        (
            "cut@event=1",
            "peer closed connection without sending complete message body "
            "(incomplete chunked read)",
            "ProtocolError",
        ),
    ],
)
def test_a_cut_has_the_words_and_the_classes_of_the_library(
    fault: str, message: str, base: str
) -> None:
    """What httpx says of such a connection, and the classes by which programs catch it."""
    last = with_faults(fault)[-1]
    assert isinstance(last, Fail)
    assert last.error.message == message
    assert last.error.bases == (base, "TransportError", "RequestError", "HTTPError")


@pytest.mark.parametrize(
    "fault",
    ["cut@event=1", "cut@byte=3", "cut@head", "cut@end", "stall=1s@event=1", "error=x@event=1",
     "done@event=1", "drop@event=1", "double@event=1", "swap@event=1", "corrupt@event=1",
     "corrupt@byte=3", "utf8@event=1", "http=503"],
)  # fmt: skip
def test_every_fault_is_reported_once_when_it_strikes(fault: str) -> None:
    """The callback gets the fault, and the stream is another one than without it."""
    struck: list[object] = []
    score = list(build_steps(FOUR, faults=fault, on_fault=struck.append))
    assert struck == list(parse_faults(fault))
    assert score != with_faults()


def test_several_at_once_mean_places_as_recorded() -> None:
    """A dropped event does not move the numbers of the others, in whatever order they are given."""
    texts = ["drop@event=0", "double@event=2", "cut@event=3"]
    for faults in (texts, texts[::-1]):
        score = with_faults(*faults)
        assert body(score) == b"data: 1\n\ndata: 2\n\ndata: 2\n\n"
        assert failure(score) == "RemoteProtocolError"


def test_two_at_one_place_strike_in_their_order() -> None:
    """A stall before a cut is waited for; behind it, nobody is there any more."""
    assert waits(with_faults("stall=3s@event=2", "cut@event=2")) == [3_000_000]
    assert waits(with_faults("cut@event=2", "stall=3s@event=2")) == []


def test_a_place_by_the_seed() -> None:
    """`?` is a place within the stream; the same seed finds the same one."""
    found = {len(pieces(with_faults("cut@event=?", seed=s))) for s in range(40)}
    assert found == {0, 1, 2, 3}
    assert with_faults("cut@byte=?", seed=5) == with_faults("cut@byte=?", seed=5)
    on_fault: list[object] = []
    list(build_steps(FOUR, faults="cut@event=?", seed=5, on_fault=on_fault.append))
    assert "?" not in str(on_fault[0])


def test_a_failure_before_the_head_stays_one() -> None:
    """A recording that never had a head plays faults of the head, and no other."""
    ending = Ending("error", 5, "ConnectError", "no route")
    headless = Interaction(Request("GET", "http://x/"), None, Chunks(), ending)
    for fault in ("cut@event=0", "drop@event=0", "error@event=0", "cut@byte=0"):
        assert with_faults(fault, of=headless) == [Fail(ending)]
    assert failure(with_faults("cut@head", of=headless)) == "RemoteProtocolError"
    assert head(with_faults("http=503", of=headless)).status == 503
    assert waits(with_faults("stall=1s@head", of=headless)) == [1_000_000]


def test_a_recorded_failure_keeps_its_place_behind_a_fault() -> None:
    """A stream that broke when it was recorded still breaks, after a dropped event."""
    ending = Ending("error", 99_000, "ReadError", "gone")
    score = with_faults("drop@event=1", of=recording(*numbered(3), ending=ending))
    assert score[1:] == [Emit(b"data: 0\n\n"), Emit(b"data: 2\n\n"), Fail(ending)]


pieces_of_streams = st.sampled_from(
    [b"a", b":", b"\n", b"\r", b"\xc3", b"\xa9", b"data", b"data: x\n\n", b"event: e\n", b": c\n\n"]
)
chunked = st.lists(pieces_of_streams, max_size=8)


@given(chunked, st.lists(st.sampled_from(TEXTS), max_size=3), st.integers(0, 9))
def test_any_stream_with_any_faults_is_a_score(
    chunks: list[bytes], faults: list[str], seed: int
) -> None:
    """Whatever is broken however: one head first, times in order, and a Fail only at the end."""
    of = recording(*chunks)
    on_fault: list[object] = []
    score = list(build_steps(of, faults=faults, seed=seed, speed=1.0, on_fault=on_fault.append))
    shape = [type(step) for step in score if not isinstance(step, WaitUntil)]
    assert shape.count(Start) <= 1
    assert Start not in shape[1:]
    assert Fail not in shape[:-1]
    assert waits(score) == sorted(waits(score))
    assert len(on_fault) <= len(parse_faults(faults))
    if not on_fault:
        assert body(score) == of.body


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 80))
def test_a_cut_by_bytes_gives_a_beginning(sizes: list[int], n: int) -> None:
    """However the chunks lie, what comes is the beginning of what was recorded."""
    chunks = [bytes(range(size)) for size in sizes]
    of = recording(*chunks)
    score = with_faults(f"cut@byte={n}", of=of)
    assert body(score) == of.body[:n]
    assert (failure(score) is not None) == (n <= len(of.body))


def test_a_damaged_encoding_is_a_damaged_body() -> None:
    """A fault by events in a body that is not what its head says is our error, not a crash."""
    wrong = recording(b"plain", headers=((b"content-encoding", b"gzip"), SSE))
    with pytest.raises(ContentError, match="gzip"):
        with_faults("cut@event=1", of=wrong)


def test_chunks_are_values() -> None:
    """Breaking a replay leaves the recording alone."""
    before = list(FOUR.chunks)
    with_faults("corrupt@event=1", "double@event=2")
    assert (
        list(FOUR.chunks) == before == [Chunk(10_000 * n, d) for n, d in enumerate(numbered(4), 1)]
    )
