"""Jobs for `growth` as they are felt in use: files, sessions, SDKs, floods, uploads, many clients.

Each function gives jobs over n units of work; `tools/benches/growth.py` measures how their time
grows, beside those of its own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import openai
from click.testing import CliRunner

import streamtape
from streamtape.cli.view import command
from streamtape.compare.value_diff import hunks
from streamtape.tape.model import Cassette
from tools.benches import serving
from tools.benches.diff import prose
from tools.benches.growth import HEADERS, URL, Job, ask_all, dialogue, stream, upstream

MB = 1_000_000
N_CHUNKS = 25  # of each client, in a second
_CUT_BYTES = 1024
_TEXT = b'data: {"type":"response.output_text.delta","delta":"some words of text"}\n\n' * 900
_PNG = b"\x89PNG\r\n\x1a\n"


def of_events(n: int, folder: Path) -> dict[str, Job]:
    """Jobs over files of one stream of n events."""
    one, other = stream(n), stream(n, word="rubber", seed=2)
    tape, other_tape, page = (folder / f"{name}{n}" for name in ("a.tape", "b.tape", "p.html"))
    streamtape.save(Cassette((one,)), tape)
    streamtape.save(Cassette((other,)), other_tape)
    body = one.body
    sdk = openai.OpenAI(base_url=URL.removesuffix("/responses"), api_key="none")
    cuts = [body[at : at + _CUT_BYTES] for at in range(0, len(body), _CUT_BYTES)]

    def parse() -> None:
        feed = streamtape.SSEParser().feed
        for cut in cuts:
            feed(cut)

    def view() -> None:
        words = [str(tape), "-o", str(page), "--force"]
        assert CliRunner().invoke(command, words).exit_code == 0

    return {
        "parse in chunks of 1 KiB": parse,
        "load, and the event before the last": lambda: streamtape.load(tape)[0].event(n - 2),
        "events from a file": lambda: sum(1 for _ in streamtape.load(tape)[0].events()),
        "check of a file": lambda: streamtape.check(tape),
        "stats of a file": lambda: streamtape.stats(tape),
        "diff of two files": lambda: streamtape.diff(tape, other_tape),
        "replay through the OpenAI SDK": lambda: _read_by_sdk(tape, sdk),
        "view": view,
    }


def _read_by_sdk(tape: Path, sdk: openai.OpenAI) -> None:
    with streamtape.use_cassette(tape, mode="none", match_on=("method", "path")):
        for _ in sdk.responses.create(model="gpt-4.1", input="x", stream=True):
            pass


def of_sessions(n: int, folder: Path) -> dict[str, Job]:
    """Jobs over n sessions with a small cassette, and over the opening of one that holds n."""
    small, many = folder / f"small{n}.tape", folder / f"many{n}.tape"
    streamtape.save(dialogue(1), small)
    streamtape.save(dialogue(n), many)
    client = httpx.Client()

    def first_chunk(tape: Path) -> None:
        with (
            streamtape.use_cassette(tape, mode="none", allow_playback_repeats=True),
            client.stream("POST", URL, content=b'{"input":"0"}') as response,
        ):
            next(response.iter_raw())

    def sessions() -> None:
        for _ in range(n):
            first_chunk(small)

    return {
        "sessions, a small cassette each": sessions,
        "open a session, and the first chunk": lambda: first_chunk(many),
    }


def of_megabytes(n: int, folder: Path) -> dict[str, Job]:
    """Jobs over n megabytes of content."""
    noise = random.Random(1).randbytes(1 << 16)
    floods = {
        "record a flood of text": (HEADERS, [_TEXT] * (n * MB // len(_TEXT))),
        "record a flood of what holds no text": (
            {"content-type": "image/png"}, [_PNG + noise, *[noise] * (n * MB // len(noise))]
        ),
    }  # fmt: skip

    def flood(headers: dict[str, str], chunks: list[bytes]) -> Job:
        request = replace(stream(1), request=replace(stream(1).request, body=b"{}"))
        inner = upstream(chunks, headers)
        copy = folder / f"flood{n}.tape"
        return lambda: ask_all(
            streamtape.RecordingTransport(copy, inner, mode="all"), Cassette((request,))
        )

    def pieces() -> Iterator[bytes]:
        yield from [_TEXT] * (n * MB // len(_TEXT))

    def upload() -> None:
        inner = httpx.MockTransport(lambda request: httpx.Response(200, content=request.read()[:1]))
        with httpx.Client(
            transport=streamtape.RecordingTransport(folder / f"up{n}.tape", inner, mode="all")
        ) as client:
            client.post(URL, content=pieces())

    return {name: flood(*one) for name, one in floods.items()} | {"record an upload": upload}


def of_characters(n: int, folder: Path) -> dict[str, Job]:
    """Jobs over two texts of n characters."""
    a, b = prose(1, n), prose(2, n)
    return {"diff of two texts": lambda: hunks(a, b)}


def of_clients(n: int, folder: Path) -> dict[str, Job]:
    """Jobs over n clients of a replay server at once, 25 chunks in a second each."""
    tape = folder / f"served{n}.tape"
    streamtape.save(serving.stream([40_000 * (k + 1) for k in range(N_CHUNKS)]), tape)

    def serve() -> None:
        with streamtape.serve(tape, repeat=True, speed=1.0) as server:
            port = int(server.url.rpartition(":")[2])
            times = serving.read_all(port, n, within_s=min(1.0, n / 100))
        assert all(len(one) == N_CHUNKS for one in times)

    return {"serve, clients included": serve}


JOBS: tuple[tuple[str, Callable[[int, Path], dict[str, Job]], int], ...] = (
    ("events", of_events, 200),
    ("sessions or interactions", of_sessions, 5),
    ("MB", of_megabytes, 1),
    ("characters", of_characters, 20_000),
    ("clients", of_clients, 5),
)
