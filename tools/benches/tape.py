"""The file: its size beside plain compressors, loading, appending a chunk, redaction, memory.

Rows: bytes on disk of a 5,000-event Responses stream, against the same bodies in xz, zstd -19 and
gzip; loading with all checks, against plain decompression and unpacking of the same file; one chunk
into the journal; redaction of an event; memory and time of a long stream.

    python tools/benches/tape.py
"""

from __future__ import annotations

import gzip
import lzma
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import zstandard

from streamtape.secrets.scanner import default_search
from streamtape.secrets.streaming import BodyRedactor
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.redact import Redactor
from streamtape.tape.store import TapeFile, load, save

Row = dict[str, Any]
EVENTS = 5000
LONG_BYTES = 1_000_000_000
WORDS = b"the quick brown fox jumps over a lazy dog while a stream of words comes and goes".split()


def events() -> list[bytes]:
    """A Responses stream of 5,000 text deltas, obfuscated as OpenAI does."""
    made = []
    state = 1
    for n in range(EVENTS):
        state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        made.append(
            b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
            b'"sequence_number":%d,"item_id":"msg_67ccd3acc8d48190a77525dc6de64b4104becb25c45c1d41",'
            b'"output_index":0,"content_index":0,"delta":" %s","logprobs":[],'
            b'"obfuscation":"%s"}\n\n'
            % (n, WORDS[(state >> 40) % len(WORDS)], b"%x" % (state >> 16))
        )
    return made


def cassette() -> Cassette:
    """The stream, each event a chunk, with plausible times."""
    chunks = Chunks.of(Chunk(n * 20_000 + n * n % 7919, e) for n, e in enumerate(events()))
    head = Head(200, ((b"content-type", b"text/event-stream"),), 400_000)
    request = Request("POST", "https://h/v1/responses", ((b"accept", b"*/*"),), b'{"stream":true}')
    return Cassette((Interaction(request, head, chunks, Ending("complete", 10**8), 1),))


def run(repeat: int) -> list[Row]:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [
            *_sizes(folder),
            *_loading(repeat, folder),
            *_opening(repeat, folder),
            *_appending(repeat, folder),
            *_redaction(repeat),
            *_long(),
        ]


def _row(name: str, value: float, unit: str, peer: str, ratio: float) -> Row:
    return {"name": name, "value": value, "unit": unit, "peer": peer, "ratio": ratio}


def _median(repeat: int, action: Callable[[], object]) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _sizes(folder: Path) -> list[Row]:
    made = cassette()
    save(made, folder / "x.tape")
    body = made[0].body
    sizes = {
        "streamtape (with times, cuts, heads, digest)": (folder / "x.tape").stat().st_size,
        "zstd -19 of the body alone": len(zstandard.ZstdCompressor(level=19).compress(body)),
        "xz of the body alone": len(lzma.compress(body)),
        "gzip -9 of the body alone": len(gzip.compress(body, 9)),
        "the body": len(body),
    }
    ours = next(iter(sizes.values()))
    name = "size of a 5,000-event stream (ratio: to ours)"
    return [_row(name, size, "bytes", peer, size / ours) for peer, size in sizes.items()]


def _loading(repeat: int, folder: Path) -> list[Row]:
    path = folder / "x.tape"

    def plain() -> None:
        with path.open("rb") as file:
            stream = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            unpacker = msgpack.Unpacker(max_buffer_size=1 << 30)
            unpacker.feed(stream.read())
            for _ in unpacker:
                pass

    load(path)
    times: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(repeat * 20):  # in turn: the machine's moods are shared
        times["plain"].append(_median(1, plain))
        times["ours"].append(_median(1, lambda: load(path)))
    base, ours = (statistics.median(values) for values in times.values())
    name = "loading a 5,000-event stream (ratio: to plain unpacking)"
    return [
        _row(name, ours * 1e3, "ms", "streamtape, all checks", ours / base),
        _row(name, base * 1e3, "ms", "decompress and unpack only", 1.0),
    ]


def _opening(repeat: int, folder: Path) -> list[Row]:
    """Opening cassettes of more and more interactions, and then the last one's body."""
    from tools.benches.growth import dialogue  # not where this file is a script of its own

    rows, before = [], 0.0
    for n in (100, 1_000, 10_000):
        path = folder / f"{n}.tape"
        save(dialogue(n), path)
        load(path)
        opened = _median(repeat, lambda path=path: load(path))  # type: ignore[misc]  # mypy can't infer a lambda with a default
        name = f"open a cassette of {n:,} interactions of 20 events (ratio: exponent)"
        growth = math.log10(opened / before) if before else 1.0
        rows.append(_row(name, opened * 1e3, "ms", "streamtape", growth))
        before = opened
    rows[-1]["goal"] = "<= 100"
    cassettes = iter([load(path) for _ in range(repeat)])
    last = _median(repeat, lambda: next(cassettes)[-1].body)
    rows.append(_row("then the body of the last of 10,000", last * 1e3, "ms", "streamtape", last))
    rows[-1] |= {"goal": "<= 0.3", "ratio": None}
    return rows


def _appending(repeat: int, folder: Path) -> list[Row]:
    made = events()
    rows = []
    for label, redactor in (("not redacted", None), ("redacted", Redactor())):

        def append(redactor: Redactor | None = redactor) -> None:
            journal = TapeFile(folder / "y.tape", redactor).open_journal()
            journal.request(0, Request("GET", "u"), 1)
            journal.head(0, Head(200))
            for n, event in enumerate(made):
                journal.chunk(0, n, event)
            journal.discard()

        took = _median(repeat, append) / EVENTS * 1e6
        rows.append(_row("one chunk into the journal", took, "us", label, took / 10))
    return rows


def _redaction(repeat: int) -> list[Row]:
    made = events()
    tokens = [e.replace(b'"logprobs":[]', b'"logprobs":[{"token":" a"}]') for e in made]
    halves = [half for e in made for half in (e[:100], e[100:])]

    def redact(chunks: list[bytes]) -> None:
        redactor = BodyRedactor(default_search())
        for data in chunks:
            redactor.feed(data)
        redactor.close()

    rows = []
    for label, chunks in (
        ("one event a chunk", made),
        ("each event cut in two", halves),
        ("with the word token in each", tokens),
    ):
        took = _median(repeat, lambda chunks=chunks: redact(chunks)) / EVENTS * 1e6  # type: ignore[misc]  # mypy can't infer a lambda with a default
        rows.append(_row("redaction of an event (ratio: to 15 us)", took, "us", label, took / 15))
    return rows


def _long() -> list[Row]:
    """A process of its own records a long stream, and another reads it: their added memory."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for step in ("record", "replay"):
            done = subprocess.run(
                [sys.executable, __file__, f"--{step}", str(Path(name) / "long.tape")],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            megabytes, seconds, size = map(float, done.stdout.split())
            label = f"{step}, {seconds:.1f} s, {size / 1e6:.1f} MB on disk"
            rows.append(_row("1 GB stream: added memory", megabytes, "MB", label, megabytes / 100))
    return rows


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _alone(step: str, path: Path) -> None:
    """Record or read a stream of a gigabyte; print added megabytes, seconds, size."""
    small = path.with_name("small.tape")
    save(cassette(), small)
    load(small)  # what every program pays that uses a cassette at all
    before, start = _peak_mb(), time.perf_counter()
    if step == "--record":
        block = b"".join(events())[:65536]
        journal = TapeFile(path, Redactor()).open_journal()
        journal.request(0, Request("GET", "u"), 1)
        journal.head(0, Head(200))
        for n in range(LONG_BYTES // len(block)):
            journal.chunk(0, n, b"%08d" % n + block[8:])
        journal.ending(0, Ending("complete", 10**9))
        journal.commit()
    else:
        n_bytes = sum(len(chunk.data) for chunk in load(path)[0].chunks)
        assert n_bytes > LONG_BYTES - 70_000
    print(_peak_mb() - before, time.perf_counter() - start, path.stat().st_size)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _alone(sys.argv[1], Path(sys.argv[2]))
    else:
        for row in run(5):
            print(f"{row['name']}: {row['value']:.4g} {row['unit']} ({row['peer']}), "
                  f"ratio {row['ratio']:.3g}")  # fmt: skip
