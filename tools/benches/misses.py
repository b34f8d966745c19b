"""How long it takes to explain that nothing answers a request, by the size of the cassette.

The first miss, which takes the recorded requests apart, and the ones after it. In one case the
nearest request differs in one value of its body; in the other every request differs in several.
The exponent is the slope of log time by log size.
"""

from __future__ import annotations

import json
import math
import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

from streamtape.session.miss import miss_text
from streamtape.session.options import Options
from streamtape.session.playlist import Playlist
from streamtape.tape.model import Chunks, Ending, Head, Interaction, Request

Row = dict[str, Any]
SIZES = {100: 1, 1_000: 2, 10_000: 10}  # interactions, and the goal in milliseconds
CASES = ("one value differs", "several values differ")
_TYPE = ((b"content-type", b"application/json"),)


def request(number: int, case: str) -> Request:
    """A request to a model."""
    dice = random.Random(number)
    text = f"{number} " + " ".join(f"w{dice.randrange(1_000)}" for _ in range(30))
    body: dict[str, Any] = {"model": "gpt-4.1", "input": [{"role": "user", "content": text}]}
    if case != CASES[0]:
        body |= {"temperature": number / 7, "user": f"u{number}", "tools": []}
    return Request("POST", "http://127.0.0.1/v1/responses", _TYPE, json.dumps(body).encode())


def explained_ms(tape: Playlist, requested: Request) -> float:
    """CPU time of a miss, in milliseconds."""
    start = time.process_time()
    assert tape.take(requested) is None
    miss_text(requested, tape, name="bench", mode="none")
    return (time.process_time() - start) * 1e3


def run(repeat: int) -> Iterator[Row]:
    """Rows for the first and for later misses, and how the first grows."""
    for case in CASES:
        spent: dict[int, tuple[float, float]] = {}
        for size, most_ms in SIZES.items():
            kept = [
                Interaction(request(n, case), Head(200), Chunks(), Ending("complete"))
                for n in range(size)
            ]
            runs = []
            for _ in range(repeat):
                tape, missed = Playlist(kept, Options()), request(-1, case)
                runs.append((explained_ms(tape, missed), explained_ms(tape, missed)))
            first, later = (statistics.median(values) for values in zip(*runs, strict=True))
            spent[size] = first, later
            name = f"a miss, {size:,} interactions, {case}"
            goal = f"<= {most_ms}"
            yield {"name": f"{name}: the first", "value": first, "unit": "ms", "goal": goal}
            yield {"name": f"{name}: later ones", "value": later, "unit": "ms", "goal": goal}
        least, most = min(SIZES), max(SIZES)
        slope = math.log(spent[most][0] / spent[least][0]) / math.log(most / least)
        name = f"a miss, {case}: exponent, {least:,} to {most:,} interactions"
        yield {"name": name, "value": slope, "unit": "", "goal": "<= 1.05"}
