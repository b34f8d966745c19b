"""Measure how long each of many clients waits for its first content, against a replay.

    python tools/examples/load_test.py --clients 50

The stream is a composed one at 60 tokens a second. Put your own program in the place of `ask`.
"""

import argparse
import asyncio
import json
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

import streamtape

REQUEST = {"model": "gpt-4.1", "input": "Hello?", "stream": True}


async def ask(client: httpx.AsyncClient, url: str) -> float:
    """Seconds until the first content."""
    began = time.perf_counter()
    first = None
    async with client.stream("POST", url, json=REQUEST) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if first is None and line == "event: response.output_text.delta":
                first = time.perf_counter() - began
    if first is None:
        raise RuntimeError("a stream came without content")
    return first


async def load(url: str, n_clients: int) -> list[float]:
    """The wait of each of so many clients, all at once."""
    limits = httpx.Limits(max_connections=n_clients)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        return await asyncio.gather(*(ask(client, url) for _ in range(n_clients)))


def main() -> None:
    """Make the stream, serve it, ask, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--pace", default="ttft=300ms,tokens=60/s")
    options = parser.parse_args()
    made = streamtape.compose("openai-responses", ["Good morning to all of you."], request=REQUEST)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answer.tape"
        streamtape.save(streamtape.Cassette((made,)), path)
        with streamtape.serve(path, repeat=True, pace=options.pace) as server:
            waits = asyncio.run(load(f"{server.url}/v1/responses", options.clients))
    print(json.dumps({
        "clients": len(waits),
        "first_content_median_s": round(statistics.median(waits), 3),
        "first_content_worst_s": round(max(waits), 3),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
