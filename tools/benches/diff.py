"""How fast two long streams are compared, beside GNU diff on their normalised JSON lines.

Two Responses streams of 100,000 events, and two of a type that nothing is known of: with 1 % of the
events changed, and with nothing alike. Events are compared as they are after reading; GNU diff gets
one line of JSON an event, without the fields that differ from run to run. `ratio` is streamtape's
time by GNU diff's. Peak memory is of a fresh process that reads and compares, in megabytes.

Long texts: 1.25, 2.5 and 5 MB against as much other text in the same words, and against the same
text with every hundredth word changed; the exponent is the slope of log time by log size.

    python tools/benches/diff.py
"""

from __future__ import annotations

import gc
import json
import math
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import streamtape
from streamtape.compare.event_changes import compare_events
from streamtape.compare.value_diff import hunks
from streamtape.dialects.select import dialect_named, events_of
from streamtape.tape.events import Event, Frame
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.store import save
from tools import environments

Row = dict[str, Any]
N_EVENTS = 100_000
TEXT_SIZES = (1_250_000, 2_500_000, 5_000_000)
CASES = (
    ("openai-responses", "1 % changed"),
    ("openai-responses", "nothing alike"),
    ("generic", "1 % changed"),
    ("generic", "nothing alike"),
)


def words(case: str, *, other: bool) -> list[str]:
    """The words of one stream: the same with a few changed, or others altogether."""
    dice = random.Random(1)
    known = ["".join(dice.choices("abcdefghij", k=dice.randrange(2, 9))) for _ in range(5000)]
    text = dice.choices(known, k=N_EVENTS)
    if not other:
        return text
    if case == "nothing alike":
        return [f"q{n}" for n in range(N_EVENTS)]
    return [f"{word}x" if dice.random() < 0.01 else word for word in text]


def payload(dialect: str, run: int, number: int, word: str) -> dict[str, Any]:
    """One event: a delta, or something that nothing is known of."""
    if dialect == "generic":
        return {"type": "tick", "n": number, "word": word}
    return {
        "type": "response.output_text.delta",
        "sequence_number": number,
        "item_id": f"msg_68a1b2c3d4e5f60718293a4b5c6d7e{run}",
        "output_index": 0,
        "content_index": 0,
        "delta": f" {word}",
        "logprobs": [],
        "obfuscation": "abcdefgh"[: number % 8],
    }


def stream(dialect: str, case: str, run: int) -> list[Event]:
    """One side of a comparison."""
    found = words(case, other=run == 2)
    frames = (
        Frame("message", json.dumps(payload(dialect, run, n, word)), at_us=n, index=n)
        for n, word in enumerate(found)
    )
    return list(events_of(frames, dialect_named(dialect)))


def lines(events: list[Event]) -> str:
    """What GNU diff gets."""
    loose = ("sequence_number", "item_id", "obfuscation", "logprobs")
    return "".join(
        json.dumps({k: v for k, v in e.payload.items() if k not in loose}) + "\n" for e in events
    )


def timed(job: Callable[[], object]) -> float:
    """How long a job takes, in seconds."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def peak_mb(dialect: str, case: str) -> float:
    """The peak memory of a process that does one comparison and nothing else."""
    ran = subprocess.run(
        [sys.executable, __file__, dialect, case], capture_output=True, text=True, check=True
    )
    return float(ran.stdout)


def alone(dialect: str, case: str) -> None:
    """One comparison; prints this process's peak memory (Linux: /proc knows it)."""
    table = dialect_named(dialect)
    compare_events(stream(dialect, case, 1), stream(dialect, case, 2), table, table)
    status = Path("/proc/self/status")
    peaks = [int(x.split()[1]) for x in status.read_text().splitlines() if x.startswith("VmHWM")]
    print(peaks[0] / 1024)


def run(repeat: int = 3) -> list[Row]:
    """The time of each case, GNU diff's beside it (ratio: times ours), and the memory."""
    rows: list[Row] = []
    diff = shutil.which("diff")
    if not diff:
        environments.leave_out("GNU diff", "it is not on the PATH")
    for dialect, case in CASES:
        table = dialect_named(dialect)
        a, b = stream(dialect, case, 1), stream(dialect, case, 2)
        ours, gnu = [], []
        with tempfile.TemporaryDirectory() as folder:
            left, right = Path(folder, "a"), Path(folder, "b")
            left.write_text(lines(a))
            right.write_text(lines(b))
            command = [diff or "diff", str(left), str(right)]
            for _ in range(repeat):
                ours.append(timed(lambda: compare_events(a, b, table, table)))  # noqa: B023  # called at once
                if diff:
                    gnu.append(timed(lambda: subprocess.run(command, capture_output=True)))  # noqa: B023, PLW1510  # called at once; 1 means different
        name = f"diff, {N_EVENTS:,} {dialect} events, {case}"
        spent = statistics.median(ours)
        goal = "<= 2" if "changed" in case else "<= 10"
        rows.append({"name": name, "value": spent, "unit": "s", "peer": None, "goal": goal})
        if gnu:
            value = statistics.median(gnu)
            rows.append(
                {
                    "name": name,
                    "value": value,
                    "unit": "s",
                    "peer": "GNU diff of the JSON lines",
                    "ratio": value / spent,
                }
            )
        rows.append(
            {
                "name": f"{name}: peak memory",
                "value": peak_mb(dialect, case),
                "unit": "MB",
                "peer": None,
                "goal": "<= 1000",
            }
        )
    return [*rows, whole(repeat), *long_texts(repeat)]


def whole(repeat: int) -> Row:
    """The time from two files: reading 200,000 events is most of it."""
    dialect, case = CASES[0]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{run}.tape") for run in (1, 2)]
        for run, path in enumerate(paths, 1):
            save(cassette(stream(dialect, case, run)), path)
        spent = [timed(lambda: streamtape.diff(paths[0], paths[1])) for _ in range(repeat)]
    name = f"diff, {N_EVENTS:,} {dialect} events, {case}: loaded and read, too"
    return {"name": name, "value": statistics.median(spent), "unit": "s", "peer": None}


def prose(seed: int, n_chars: int) -> str:
    """Sentences of words from one vocabulary; another seed says something else."""
    known = [f"{number:x}" for number in range(5_000)]
    dice = random.Random(seed)
    found: list[str] = []
    n = 0
    while n < n_chars:
        found.append(" ".join(dice.choices(known, k=dice.randrange(6, 20))) + ". ")
        n += len(found[-1])
    return "".join(found)[:n_chars]


def long_texts(repeat: int) -> Iterator[Row]:
    """The time of comparing long texts word by word, and how it grows with their length."""
    for case in ("other", "1 % changed"):
        spent: list[float] = []
        for n_chars in TEXT_SIZES:
            a, b = prose(1, n_chars), prose(2, n_chars)
            if case != "other":
                dice = random.Random(3)
                b = " ".join(f"{w}x" if dice.random() < 0.01 else w for w in a.split(" "))
            gc.collect()
            gc.disable()  # as `diff` does
            spent.append(statistics.median(timed(lambda: hunks(a, b)) for _ in range(repeat)))  # noqa: B023  # called at once
            gc.enable()
        name = (
            f"diff, {TEXT_SIZES[-1] / 1e6:g} MB of text against {TEXT_SIZES[-1] / 1e6:g} MB, {case}"
        )
        yield {"name": name, "value": spent[-1], "unit": "s", "peer": None, "goal": "<= 3"}
        slope = math.log(spent[-1] / spent[0]) / math.log(TEXT_SIZES[-1] / TEXT_SIZES[0])
        yield {
            "name": f"{name}: exponent",
            "value": slope,
            "unit": "",
            "peer": None,
            "goal": "<= 1.05",
        }


def cassette(events: list[Event]) -> Cassette:
    """A recording of one chunk an event."""
    data = (f"data: {json.dumps(event.payload)}\n\n".encode() for event in events)
    chunks = Chunks.of(Chunk(n * 1000, each) for n, each in enumerate(data))
    request = Request("POST", "http://127.0.0.1/v1/responses")
    head = Head(200, headers=((b"content-type", b"text/event-stream"),))
    return Cassette((Interaction(request, head, chunks, Ending("complete")),))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        alone(sys.argv[1], sys.argv[2])
    else:
        for row in run():
            print(json.dumps(row))
