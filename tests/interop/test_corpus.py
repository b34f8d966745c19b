"""Real streams, recorded elsewhere: replayed through real clients, cut in every way, the same."""

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai
import pytest

import streamtape
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tests.shared import SHARED, needs_corpus

pytestmark = needs_corpus
CORE = SHARED / "corpus" / "core"
TYPES = {
    ".sse": b"text/event-stream",
    ".ndjson": b"application/x-ndjson",
    ".eventstream": b"application/vnd.amazon.eventstream",
}
STREAMS = sorted(p for p in CORE.rglob("*") if p.suffix in TYPES) if CORE.is_dir() else []
RESPONSES = [
    p for p in STREAMS if p.parent.name == "responses" and p.parent.parent.name == "openai"
]


def interaction(path: Path) -> Interaction:
    """A real body as an interaction: one chunk, no times, since none are known."""
    head = Head(200, ((b"content-type", TYPES[path.suffix]),))
    chunks = Chunks.of([Chunk(None, path.read_bytes())])
    request = Request("GET", "http://upstream/v1/responses")
    return Interaction(request, head, chunks, Ending("complete"), cuts_known=False)


def recut(recorded: Interaction, seed: int) -> Interaction:
    """The same body, cut at random places and timed."""
    dice, body = random.Random(seed), recorded.body
    cuts = sorted(
        {0, len(body), *(dice.randrange(len(body) + 1) for _ in range(dice.randrange(40)))}
    )
    pieces = [body[a:b] for a, b in itertools.pairwise(cuts)]
    chunks = [Chunk(1000 * n, piece) for n, piece in enumerate(pieces)]
    return replace(recorded, chunks=Chunks.of(chunks), cuts_known=True)


def frames(recorded: Interaction) -> list[tuple[Any, ...]]:
    """What the frames of a stream are, whichever chunk brought them."""
    return [(f.event, f.data, f.id, f.retry, f.comments, f.complete) for f in recorded.frames()]


@pytest.mark.parametrize("path", STREAMS, ids=lambda p: p.stem[:60])
def test_every_stream_survives_the_tape(path: Path, tmp_path: Path) -> None:
    """Saved, loaded, replayed through both libraries under many cuts: the same bytes and frames."""
    whole = interaction(path)
    expected = frames(whole)
    for seed, library in enumerate([httpx, httpx2] * 3):
        recorded = recut(whole, seed)
        tape = tmp_path / f"{seed}.tape"
        streamtape.save(streamtape.Cassette((recorded,)), tape)
        assert streamtape.load(tape)[0] == recorded
        with library.Client(transport=streamtape.ReplayTransport(tape)) as client:
            with client.stream("GET", "http://upstream/v1/responses") as response:
                pieces = list(response.iter_raw())
        assert pieces == [chunk.data for chunk in recorded.chunks]
        assert frames(recorded) == expected


class Memory(httpx2.SyncByteStream):
    """A body that comes without us."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self.body


def through_the_sdk(transport: Any) -> list[str]:
    """What the OpenAI SDK makes of a stream: its objects and, at the end, its exception."""
    client = openai.OpenAI(
        base_url="http://upstream/v1",
        api_key="none",
        max_retries=0,
        http_client=httpx2.Client(transport=transport),
    )
    seen = []
    try:
        for event in client.responses.create(model="x", input="x", stream=True):
            seen.append(f"{type(event).__name__} {event.to_json()}")
    except openai.OpenAIError as error:
        seen.append(repr(error))
    except json.JSONDecodeError as error:
        seen.append(repr(error))
    return seen


@pytest.mark.parametrize("path", RESPONSES, ids=lambda p: p.stem[:60])
def test_the_openai_sdk_sees_no_difference(path: Path) -> None:
    """Every real Responses stream gives the SDK the same objects from a replay as without us."""
    whole = interaction(path)
    headers = {"content-type": "text/event-stream"}

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers=headers, stream=Memory(whole.body))

    expected = through_the_sdk(httpx2.MockTransport(answer))
    assert expected
    for seed in range(3):
        cassette = streamtape.Cassette((recut(whole, seed),))
        transport = streamtape.ReplayTransport(cassette, match_on=("path",))
        assert through_the_sdk(transport) == expected
