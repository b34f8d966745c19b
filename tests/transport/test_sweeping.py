"""Sweeps: a stream broken in every place, before clients that join it well and badly."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import anyio
import httpx
import httpx2
import openai
import pytest

import streamtape
from streamtape.errors import UsageError
from streamtape.tape.model import Cassette
from tests.playback.scores import numbered, recording, zipped
from tests.streams import Writer

CASSETTES = Path(__file__).parents[2] / "cassettes"
RESPONSES = Cassette((Writer().message("dóuble ", "bub", "ble").end().interaction(),))
DELTA = b'data: {"choices":[{"delta":{"content":"%s"}}]}\r\n\r\n'
CHAT = Cassette((
    recording(
        DELTA % b"a",
        DELTA % b"b",
        b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\r\n\r\n',
        b"data: [DONE]\r\n\r\n",
        url="https://api.openai.com/v1/chat/completions",
    ),
))  # fmt: skip

CLIENT = httpx.Client()  # made before any sweep: replays are seen by clients that are there


def lines() -> Iterator[str]:
    """The data lines of the chat stream, as a client written in a hurry reads them."""
    with CLIENT.stream("POST", CHAT[0].request.url) as response:
        for line in response.iter_lines():
            if line.startswith("data: "):
                yield line.removeprefix("data: ")


def naive() -> str:
    """Joins what comes, and takes whatever it has for the answer when the stream breaks."""
    text = ""
    try:
        for line in lines():
            if line != "[DONE]":
                text += json.loads(line)["choices"][0]["delta"].get("content", "")
    except (httpx.HTTPError, ValueError):
        pass
    return text


def careful() -> str:
    """Gives an answer only where the stream said that it is finished."""
    text, finished = "", False
    for line in lines():
        if line == "[DONE]":
            break
        choice = json.loads(line)["choices"][0]
        text += choice["delta"].get("content", "")
        finished = finished or choice.get("finish_reason") is not None
    if not finished:
        raise EOFError("the stream ended too soon")
    return text


def taken_for_whole(client: Callable[[], str], replays: Iterator[streamtape.Replay]) -> list[str]:
    """The broken replays that a client gave an answer for, and not the whole one."""
    fooled = []
    for replay in replays:
        with replay:
            try:
                answer = client()
            except (httpx.HTTPError, ValueError, EOFError):
                continue
            if answer != "ab":
                fooled.append(str(replay))
    return fooled


def some_of(tape: Cassette, **options: Any) -> list[streamtape.Replay]:
    """The replays of a sweep, more than three; bodies are not compared, as SDKs write their own."""
    replays = list(streamtape.sweep(tape, match_on=("method", "url"), **options))
    assert len(replays) > 3
    return replays


def test_a_naive_client_is_found_out() -> None:
    """It takes nearly every broken stream for a whole one; the sweep says where."""
    fooled = taken_for_whole(naive, streamtape.sweep(CHAT))
    assert {"cut@event=0", "cut@event=1"} <= set(fooled)
    assert any("inside a CRLF" in name for name in fooled)


def test_a_careful_client_passes() -> None:
    """It never gives a short answer, wherever the stream is cut, closed or reset."""
    faults = ["cut@event", "cut@byte", "cut@event:rst", "cut@byte:rst", "done@event"]
    replays = list(streamtape.sweep(CHAT, faults=faults, rechunk=["recorded", "byte"]))
    assert len(replays) > 100
    assert taken_for_whole(careful, iter(replays)) == []


def test_other_cuts_alone_change_nothing() -> None:
    """Without faults a sweep tries the cuts, and every client must get the whole answer."""
    ways = ["event", "bytes=3", "byte", "utf8", "crlf", "whole", "random"]
    twice = streamtape.sweep(CHAT, faults=(), rechunk=ways, seed=7, allow_playback_repeats=True)
    replays = list(twice)
    assert str(replays[1]) == "whole rechunk=bytes=3 seed=7"
    assert not any(replay.breaks for replay in replays)
    for replay in replays:
        with replay:
            assert naive() == careful() == "ab"


def test_every_event_and_every_kind_of_place_is_tried() -> None:
    """A cut before each event, and in each kind of place that the body has, told by name."""
    events = list(streamtape.sweep(CHAT, faults="cut@event"))
    assert [str(replay) for replay in events] == [f"cut@event={n}" for n in range(4)]
    assert all(replay.breaks for replay in events)
    kinds = {replay.why for replay in streamtape.sweep(CHAT, faults="cut@byte")}
    assert kinds >= {"inside a CRLF", "behind an event", "inside the name of a field"}
    accents = {replay.why for replay in streamtape.sweep(
        Cassette((recording("data: é\\u00e9 \\ud83d\\ude00\n\n".encode()),)), faults="cut@byte"
    )}  # fmt: skip
    assert accents >= {"inside a character", "inside a JSON escape", "inside a surrogate pair"}


def test_a_compressed_body_is_cut_in_its_compressed_bytes() -> None:
    """Cuts by bytes break the gzip stream itself; cuts by events the content."""
    tape = Cassette((zipped(numbered(5)),))
    whys = [replay.why for replay in streamtape.sweep(tape, faults="cut@byte")]
    assert "inside the head of the compressed data" in whys
    for replay in some_of(tape):
        with replay.transport() as transport, httpx2.Client(transport=transport) as client:
            with pytest.raises(httpx2.RemoteProtocolError):
                client.post("http://x/")


def test_each_interaction_is_broken_in_its_turn() -> None:
    """While one is broken the others are whole, and a failure without a response is passed over."""
    two = Cassette(tuple(recording(*numbered(2), url=f"http://x/{n}") for n in range(2)))
    names = []
    for replay in streamtape.sweep(two, faults="cut@event"):
        names.append(str(replay))
        with replay.transport() as transport, httpx.Client(transport=transport) as client:
            assert client.post(f"http://x/{1 - replay.number}").status_code == 200
            with pytest.raises(httpx.RemoteProtocolError):
                client.post(f"http://x/{replay.number}")
    assert names == [f"interaction {n} cut@event={k}" for n in range(2) for k in range(2)]


def test_faults_of_other_kinds_sweep_too() -> None:
    """Any fault without a number is tried everywhere; one with a number there; several together."""
    tape = Cassette((recording(*numbered(3)),))
    faults = ["swap@event", "drop@event=2", "http=503"]
    swept = [str(r) for r in streamtape.sweep(tape, faults=faults)]
    assert swept == ["swap@event=0", "swap@event=1", "drop@event=2", "http=503"]
    both = [str(r) for r in streamtape.sweep(tape, faults="stall=2s@event=1; cut@event")]
    assert both == [f"stall=2s@event=1 cut@event={n}" for n in range(3)]


def test_a_replay_is_an_async_context_manager_too() -> None:
    """`async with`, any client of httpx2, and the next replay starts anew."""

    async def run() -> list[int]:
        sizes = []
        for replay in streamtape.sweep(Cassette((recording(*numbered(3)),)), faults="cut@event"):
            async with replay as session:
                got = b""
                async with httpx2.AsyncClient() as client:
                    with pytest.raises(httpx2.RemoteProtocolError):
                        async with client.stream("POST", "http://x/") as response:
                            async for chunk in response.aiter_raw():
                                got += chunk
                sizes.append(len(got))
                assert len(session.struck) == 1
        return sizes

    assert anyio.run(run) == [0, 9, 18]


@pytest.mark.parametrize(
    "options",
    [{"faults": "explode@event"}, {"rechunk": "evnt"}, {"fault": "cut@head"}, {"mode": "all"},
     {"match_upon": ()}],
    ids=str,
)  # fmt: skip
def test_what_says_nothing_is_refused_before_the_first_replay(options: dict[str, Any]) -> None:
    """Unknown faults, cuts and options, and those that a sweep sets itself."""
    with pytest.raises(UsageError):
        streamtape.sweep(CHAT, **options)


# What the SDKs do, recorded whole and then cut everywhere.


def read_responses(transport: Any) -> Iterator[Any]:
    """The events that the OpenAI SDK gives."""
    with httpx2.Client(transport=transport) as http:
        client = openai.OpenAI(api_key="k", http_client=http, max_retries=0)
        yield from client.responses.create(model="gpt-4.1", input="hi", stream=True)


def read_chat(transport: Any) -> Iterator[Any]:
    """The chunks that the OpenAI SDK gives."""
    with httpx2.Client(transport=transport) as http:
        client = openai.OpenAI(api_key="k", http_client=http, max_retries=0)
        yield from client.chat.completions.create(model="gpt-4.1", messages=[], stream=True)


def read_messages(transport: Any) -> Iterator[Any]:
    """The events that the Anthropic SDK gives."""
    with httpx2.Client(transport=transport) as http:
        client = anthropic.Anthropic(api_key="k", http_client=http, max_retries=0)
        yield from client.messages.create(model="claude", max_tokens=9, messages=[], stream=True)


def messages() -> Cassette:
    """A Messages stream of three deltas."""
    found: list[dict[str, Any]] = [
        {"type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [],
            "stop_reason": None, "stop_sequence": None,
            "usage": {"input_tokens": 3, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}}
          for t in ("héllo", " wor", "ld")),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None},
         "usage": {"output_tokens": 3}},
        {"type": "message_stop"},
    ]  # fmt: skip
    chunks = [
        f"event: {p['type']}\ndata: {json.dumps(p, ensure_ascii=False)}\n\n".encode() for p in found
    ]
    return Cassette((recording(*chunks, url="https://api.anthropic.com/v1/messages"),))


SDKS = [
    pytest.param(read_responses, RESPONSES, openai, id="openai-responses"),
    pytest.param(read_chat, CHAT, openai, id="openai-chat"),
    pytest.param(read_messages, messages(), anthropic, id="anthropic-messages"),
]
Reader = Callable[[Any], Iterator[Any]]


def seen(read: Reader, replay: streamtape.Replay) -> tuple[list[str], Exception | None]:
    """The events that an SDK gave, and the exception that it ended with."""
    got: list[str] = []
    try:
        for event in read(replay.transport()):
            got.append(event.to_json())
    except Exception as error:  # noqa: BLE001 - whatever an SDK raises is what we look at
        return got, error
    return got, None


def whole(read: Reader, tape: Cassette) -> list[str]:
    """The events that an SDK gives of the whole stream."""
    (replay,) = streamtape.sweep(tape, faults=(), match_on=("method", "url"))
    got, error = seen(read, replay)
    assert error is None
    return got


@pytest.mark.parametrize(("read", "tape", "sdk"), SDKS)
@pytest.mark.parametrize("ending", ["", ":rst"], ids=["closed", "reset"])
def test_under_every_cut_an_sdk_gives_a_beginning_and_then_raises(
    read: Reader, tape: Cassette, sdk: Any, ending: str
) -> None:
    """What came before the cut comes out; then a connection error, caused by the library's own."""
    events = whole(read, tape)
    cause = httpx2.ReadError if ending else httpx2.RemoteProtocolError
    faults = [f"cut@event{ending}", f"cut@byte{ending}"]
    without_final_fail = []
    for replay in some_of(tape, faults=faults):
        got, error = seen(read, replay)
        assert got == events[: len(got)], str(replay)
        if error is None:
            without_final_fail.append(got)
            continue
        assert isinstance(error, sdk.APIConnectionError | cause), str(replay)
        assert isinstance(error, cause) or isinstance(error.__cause__, cause), str(replay)
        if replay.faults[0].position == "event":
            assert len(got) == min(replay.faults[0].at, len(events)), str(replay)
    # Only a stream whose last event had come can be taken for a whole one.
    assert all(got == events for got in without_final_fail)


@pytest.mark.parametrize(("read", "tape", "sdk"), SDKS)
def test_an_sdk_never_sees_how_a_stream_was_cut_into_chunks(
    read: Reader, tape: Cassette, sdk: Any
) -> None:
    """Byte by byte, inside characters and line ends, or all at once: the same events."""
    events = whole(read, tape)
    ways = ["event", "bytes=5", "byte", "utf8", "crlf", "whole", "random"]
    for replay in some_of(tape, faults=(), rechunk=ways):
        assert seen(read, replay) == (events, None), str(replay)


@pytest.mark.parametrize(("read", "tape", "sdk"), SDKS)
def test_an_error_event_is_the_sdks_error(read: Reader, tape: Cassette, sdk: Any) -> None:
    """The dialect's error event, wherever it comes, is an APIError, or the last event."""
    for replay in some_of(tape, faults="error@event"):
        got, error = seen(read, replay)
        if read is read_responses and error is None:
            assert json.loads(got[-1])["type"] == "error", str(replay)
        else:
            assert isinstance(error, sdk.APIError), str(replay)


@pytest.mark.parametrize(("read", "tape", "sdk"), SDKS)
@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_http_error_is_the_sdks_error(
    read: Reader, tape: Cassette, sdk: Any, status: int
) -> None:
    """The status comes with the provider's own body, so that the SDK tells its type."""
    (replay,) = streamtape.sweep(tape, faults=f"http={status}", match_on=("method", "url"))
    got, error = seen(read, replay)
    assert (got, getattr(error, "status_code", None)) == ([], status)
    assert isinstance(error, sdk.RateLimitError if status == 429 else sdk.InternalServerError)


@pytest.mark.parametrize(("read", "tape", "sdk"), SDKS)
def test_a_stall_is_a_timeout(read: Reader, tape: Cassette, sdk: Any) -> None:
    """Silence for longer than the SDK's ten minutes, at any event, without waiting for it."""
    for replay in some_of(tape, faults="stall=11m@event"):
        _, error = seen(read, replay)
        assert isinstance(error, sdk.APITimeoutError | httpx2.ReadTimeout), str(replay)


def test_an_early_done_ends_a_responses_stream_without_a_word() -> None:
    """The OpenAI SDK takes [DONE] for the end: only the missing last event tells."""
    events = whole(read_responses, RESPONSES)
    for replay in some_of(RESPONSES, faults="done@event"):
        got, error = seen(read_responses, replay)
        assert error is None
        assert got == events[: replay.faults[0].at]
        assert not any("response.completed" in event for event in got)


def test_recorded_examples_can_be_swept() -> None:
    """The example cassettes break in every place, and tell which."""
    replays = list(streamtape.sweep(CASSETTES / "embedded" / "refusal.tape"))
    assert len(replays) > 30
    assert len({str(replay) for replay in replays}) == len(replays)
