"""Build small files that unfold to much, and print what each command takes to deal with them.

    python tools/attacks/hostile.py      builds the files and runs every command: about five minutes
    python tools/attacks/hostile.py --only msgpack
    python tools/attacks/hostile.py --keep DIR leaves the files there

Exit status 1 where a command ended by anything but its own message, took over a minute, or more
memory than MOST_MB.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgpack

from streamtape.tape import container, journal
from streamtape.tape.codec import encode
from streamtape.tape.messages import Message, Messages
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

MOST_MB = 700
MOST_S = 60.0
SSE = (b"content-type", b"text/event-stream")
COMMANDS: dict[str, list[str]] = {
    "show": ["show", "IN"],
    "show --json": ["show", "IN", "--json"],
    "check": ["check", "IN"],
    "stats": ["stats", "IN"],
    "diff": ["diff", "IN", "IN"],
    "diff, bytes": ["diff", "IN", "IN", "--level", "bytes"],
    "view": ["view", "IN", "-o", "OUT.html"],
    "convert": ["convert", "IN", "OUT.har"],
    "scan": ["scan", "IN"],
    "ls": ["ls", "IN"],
    "play": ["play", "IN", "--speed", "max"],
    "play --to svg": ["play", "IN", "--to", "OUT.svg"],
    "play --to cast": ["play", "IN", "--to", "OUT.cast"],
    "view --compare": ["view", "--compare", "IN", "IN", "-o", "OUT.both.html"],
}


def tape(*chunks: Chunk, headers: tuple[tuple[bytes, bytes], ...] = (SSE,)) -> bytes:
    """The bytes of a cassette with one stream."""
    one = Interaction(
        Request("POST", "https://api.openai.com/v1/responses", (), b"{}"),
        Head(200, headers, 1),
        Chunks.of(chunks),
        Ending("complete", 10**6),
        1,
    )
    return b"".join(encode(Cassette((one,))))


def dialogue(*messages: Message) -> bytes:
    """The bytes of a cassette with one dialogue."""
    one = Interaction(
        Request("GET", "wss://api.openai.com/v1/realtime", (), b""),
        Head(101, ((b"upgrade", b"websocket"),), 1),
        Chunks(),
        Ending("complete", 10**6),
        1,
        messages=Messages.of(messages),
    )
    return b"".join(encode(Cassette((one,))))


def forged(*records: bytes) -> bytes:
    """The bytes of a cassette that holds these records and no interaction."""
    writer = container.Writer()
    data = b"".join(map(writer.add, records))
    last = msgpack.packb(["close", {"interactions": 0, "chunks": 0, "bytes": 0}])
    return bytes(data + writer.add(last) + writer.close())


def nested(n: int) -> bytes:
    """Msgpack of arrays of empty arrays, n times 8,000 of them."""
    inner = msgpack.packb([[] for _ in range(8000)])
    return bytes(b"\xdc" + n.to_bytes(2, "big") + inner * n)


def in_request(field: bytes, value: bytes) -> bytes:
    """A request record with one field more."""
    return bytes(b"\x92\xa7request\x82\xa1i\x00" + msgpack.packb(field.decode()) + value)


def a_journal(*fields: bytes) -> bytes:
    """A journal of requests with these fields, as msgpack."""
    parts = []
    for n, packed in enumerate(fields):
        body = journal.START.pack(journal.REQUEST, n) + packed
        parts.append(journal._record(body))
    numbering = journal.Numbering(b"salt")
    return numbering.head + b"".join(map(bytes, numbering.seal(tuple(parts))))


FILES: dict[str, Callable[[], bytes]] = {
    "msgpack: unknown kind": lambda: forged(*[b"\x92\xa1z\x81\xa1a" + nested(1900)] * 60),
    "msgpack: unknown field": lambda: forged(in_request(b"z", nested(1900))),
    "msgpack: headers": lambda: forged(in_request(b"headers", nested(1900))),
    "msgpack: long text": lambda: forged(
        in_request(b"url", msgpack.packb("a" * (15 << 20) + "\U0001f600"))
    ),
    "zstd: request bodies": lambda: forged(
        *[in_request(b"body", msgpack.packb(bytes(15 << 20)))] * 60
    ),
    "request: 200 MB": lambda: b"".join(
        encode(
            Cassette(
                (
                    Interaction(
                        Request(
                            "POST",
                            "https://h.example/",
                            (),
                            b'{"a": "' + b"x" * (200 << 20) + b'"}',
                        ),
                        Head(200, (SSE,), 1),
                        Chunks.of([Chunk(5, b"data: 1\n\n")]),
                        Ending("complete", 10**6),
                        1,
                    ),
                )
            )
        )
    ),
    "messages: one of 200 MB": lambda: dialogue(
        Message("server", 2, "text", b'{"a": "' + b"x" * (200 << 20) + b'"}')
    ),
    "messages: fragments": lambda: dialogue(
        Message("server", 2, "text", b"x" * (1 << 20), False),
        *[Message("server", 2, "continuation", b"x" * (1 << 20), n == 199) for n in range(200)],
    ),
    "messages: empty": lambda: dialogue(*[Message("server", 2, "text", b"")] * 3_000_000),
    "chunks: empty": lambda: tape(*[Chunk(5, b"")] * 3_000_000),
    "chunks: one byte": lambda: tape(*[Chunk(5, b"x")] * 3_000_000),
    "events: a million": lambda: tape(*[Chunk(5, b'data: {"a": 1}\n\n' * 1000)] * 1000),
    "events: comments": lambda: tape(*[Chunk(5, b":\n\n" * 10_000)] * 300),
    "events: one of 200 MB": lambda: tape(Chunk(5, b"data: " + b"x" * (200 << 20))),
    "events: empty arrays": lambda: tape(Chunk(5, b"data: [" + b"[]," * (8 << 20) + b"[]]\n\n")),
    "events: deep arrays": lambda: tape(Chunk(5, b"data: " + b"[" * 10**6 + b"\n\n")),
    "gzip: zeros": lambda: tape(
        *[Chunk(5, gzip.compress(bytes(30 << 20)))] * 30,
        headers=(SSE, (b"content-encoding", b"gzip")),
    ),
    "gzip: events": lambda: tape(
        *[Chunk(5, gzip.compress(b"data: 1\n\n" * (3 << 20)))] * 30,
        headers=(SSE, (b"content-encoding", b"gzip")),
    ),
    "gzip: twice": lambda: tape(
        Chunk(5, gzip.compress(gzip.compress(bytes(900 << 20)))),
        headers=(SSE, (b"content-encoding", b"gzip, gzip")),
    ),
    "no stream: 200 MB": lambda: tape(Chunk(5, bytes(200 << 20)), headers=()),
    "json: empty objects": lambda: tape(
        Chunk(5, b"[" + b"{}," * (8 << 20) + b"{}]"),
        headers=((b"content-type", b"application/json"),),
    ),
    "json: empty objects in a line": lambda: tape(
        Chunk(5, b'{"a":[' + b"{}," * (8 << 20) + b'{}]}\n{"a":1}\n{"a":2}'),
        headers=((b"content-type", b"application/json"),),
    ),
    "journal: unknown field": lambda: a_journal(b"\x81\xa1a" + nested(1900)),
    "journal: headers": lambda: a_journal(b"\x81\xa7headers" + nested(1900)),
}


def measured(words: list[str]) -> tuple[float, int, int, str]:
    """Seconds, megabytes, exit status and the end of what was said of one command."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as message:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamtape", *words], stdout=subprocess.DEVNULL, stderr=message
        )
        while time.monotonic() - began < MOST_S:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.01)
        else:
            process.kill()
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        message.seek(0)
        text = message.read().decode("utf-8", "replace").strip()
    return time.monotonic() - began, usage.ru_maxrss >> 10, process.returncode, text


def _build(path: Path, make: Callable[[], bytes]) -> None:
    """Write a file in a process of its own, whose memory would count as that of the commands."""
    pid = os.fork()
    if not pid:
        path.write_bytes(make())
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError(f"{path} could not be built")


def commands(name: str, path: Path) -> dict[str, list[str]]:
    """The commands that a file is given to."""
    if name.startswith("journal"):
        return {"recover": ["recover", str(path)], "scan": ["scan", str(path)]}
    return {
        key: [
            str(path) if w == "IN" else f"{path}.{w[4:]}" if w.startswith("OUT.") else w for w in ws
        ]
        for key, ws in COMMANDS.items()
    }


def run(folder: Path, only: str) -> int:
    """Print the table; gives how many commands failed their bounds."""
    failed = 0
    print(f"{'file':26}{'bytes':>9}  {'command':14}{'s':>7}{'MB':>7}  status")
    for name, make in FILES.items():
        if only not in name:
            continue
        suffix = ".tape.part" if name.startswith("journal") else ".tape"
        path = folder / (name.replace(": ", "-").replace(" ", "-") + suffix)
        _build(path, make)
        for command, words in commands(name, path).items():
            took_s, peak_mb, status, text = measured(words)
            bad = (
                took_s >= MOST_S
                or peak_mb > MOST_MB
                or "Traceback" in text
                or status not in {0, 1, 2}
            )
            failed += bad
            mark = "  <-- over its bounds" if bad else ""
            size = f"{path.stat().st_size:9,}" if path.exists() else " " * 9
            print(
                f"{name:26}{size}  {command:14}{took_s:7.1f}{peak_mb:7}  {status}{mark}", flush=True
            )
            if "Traceback" in text:
                print(text[-300:])
    return failed


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="files with this in their name")
    parser.add_argument("--keep", metavar="DIR", help="leave the files there")
    options = parser.parse_args()
    if options.keep:
        Path(options.keep).mkdir(parents=True, exist_ok=True)
        return 1 if run(Path(options.keep), options.only) else 0
    with tempfile.TemporaryDirectory() as folder:
        return 1 if run(Path(folder), options.only) else 0


if __name__ == "__main__":
    sys.exit(main())
