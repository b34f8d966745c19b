"""Damage journals in every small way, and count what recovery makes of them.

A recording of a few interactions is made (plain and gzip bodies, masked secrets, one stream that
goes on). Then every bit of its journal is flipped, it is cut after every byte, every byte is taken
out, every record removed, doubled and moved, every two records swapped. Of each damaged journal:

- false: an interaction is `complete` and is not what was recorded. Must be 0.
- silent: not everything is there, and nothing is said of it. Must be 0, but for cuts and the
  removal of what is last, which are what a killed recorder leaves; there every stream that lacks
  something must be `unfinished`.
- chunks lost: more chunks are missing than lie in the damaged records. Must be 0.
- faults: an exception that is not ours. Must be 0.

    python tools/attacks/damage.py            all of it, journals of both versions
    python tools/attacks/damage.py --every 7  each seventh of the many
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from streamtape.errors import StreamtapeError
from streamtape.tape import journal, journal_records
from streamtape.tape.model import Ending, Head, Request
from streamtape.tape.recovery import Reading, scan
from streamtape.tape.redact import Redactor
from streamtape.tape.store import TapeFile

KEY = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0"  # made up


class Try(NamedTuple):
    """One damaged journal: which records were hit, and whether only its end was changed."""

    data: bytes
    lost: frozenset[int]
    last: bool = False


def record(path: Path) -> bytes:
    """Record three interactions, of which the last goes on; gives the journal."""
    tape = TapeFile(path, Redactor()).open_journal()
    events = [b'data: {"n": %d}\n\n' % n for n in range(4)] + [
        b'data: {"api_key": "%s"}\n\n' % KEY.encode()
    ]
    packed = gzip.compress(b"".join(events))
    bodies = [events, [packed[:30], packed[30:]], events[:3]]
    for n, body in enumerate(bodies):
        encoding = ((b"content-encoding", b"gzip"),) if n == 1 else ()
        tape.request(n, Request("POST", f"https://x.test/{n}", (), b"{}"), 1000 + n)
        tape.head(n, Head(200, ((b"content-type", b"text/event-stream"), *encoding), 5))
        for at, data in enumerate(body):
            tape.chunk(n, 10 + at, data)
        if n < 2:
            tape.ending(n, Ending("complete", 90))
    tape.release()
    return tape.journal_path.read_bytes()


def version_1(data: bytes) -> bytes:
    """The same journal as version 1 had it: records without headers."""
    return journal.HEAD + b"".join(
        data[at + journal.COUNTED_BYTES : end] for at, end in places(data)
    )


def read(data: bytes) -> Reading:
    """What recovery makes of these bytes."""
    return scan(lambda offset, size: data[offset : offset + size], path="x.tape.part")


def places(data: bytes) -> list[tuple[int, int]]:
    """From where to where each record reaches."""

    def source(offset: int, size: int) -> bytes:
        return data[offset : offset + size]

    layout = journal_records.layout_of(source)
    assert layout is not None
    found = journal_records.Journal(source, layout).entries()
    return [
        (entry.offset, entry.end) for entry in found if isinstance(entry, journal_records.Entry)
    ]


def flips(data: bytes) -> Iterator[Try]:
    """Each bit, flipped."""
    hit = _hit(data)
    for at in range(len(data)):
        for bit in range(8):
            yield Try(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :], hit(at))


def cuts(data: bytes) -> Iterator[Try]:
    """The first bytes, any number of them."""
    edges = places(data)
    for size in range(len(data)):
        yield Try(data[:size], frozenset(n for n, (_, end) in enumerate(edges) if end > size), True)


def gaps(data: bytes) -> Iterator[Try]:
    """Each byte, taken out."""
    hit = _hit(data)
    for at in range(len(data)):
        yield Try(data[:at] + data[at + 1 :], hit(at), at >= places(data)[-1][0])


def removed(data: bytes) -> Iterator[Try]:
    """Each run of one to three records, taken out."""
    edges = places(data)
    for n in range(len(edges)):
        for m in range(n, min(n + 3, len(edges))):
            last = m == len(edges) - 1
            yield Try(data[: edges[n][0]] + data[edges[m][1] :], frozenset(range(n, m + 1)), last)


def doubled(data: bytes) -> Iterator[Try]:
    """Each record, once more at each place after it."""
    edges = places(data)
    for n, (start, end) in enumerate(edges):
        for _, at in edges[n:]:
            yield Try(data[:at] + data[start:end] + data[at:], frozenset())


def swapped(data: bytes) -> Iterator[Try]:
    """Each two records, each in the place of the other."""
    for (a, b), (c, d) in combinations(places(data), 2):
        yield Try(data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:], frozenset())


KINDS = {
    "bits flipped": flips,
    "cuts": cuts,
    "bytes removed": gaps,
    "records removed": removed,
    "records doubled": doubled,
    "records swapped": swapped,
}


def _hit(data: bytes) -> Callable[[int], frozenset[int]]:
    """Which records a byte belongs to."""
    edges = places(data)

    def hit(at: int) -> frozenset[int]:
        return frozenset(n for n, (start, end) in enumerate(edges) if start <= at < end)

    return hit


class Judge:
    """Holds what a damaged journal gave against what the whole one gives."""

    def __init__(self, data: bytes) -> None:
        whole = read(data)
        assert whole.damage is None
        self.whole = {i.request.url: i for i in whole.interactions}
        self.chunks = set(self._chunk_records(data))

    @staticmethod
    def _chunk_records(data: bytes) -> Iterator[int]:
        header_bytes = 0 if data.startswith(journal.HEAD) else journal.COUNTED_BYTES
        for n, (at, _) in enumerate(places(data)):
            start = at + header_bytes + journal.PREFIX.size
            if journal.START.unpack_from(data, start)[0] in journal.ROW_STARTS:
                yield n

    def counts(self, one: Try) -> Counter[str]:
        """What is to be counted of one damaged journal."""
        try:
            found = read(one.data)
            bodies = {i.request.url: (*i.chunks, *i.messages) for i in found.interactions}
        except StreamtapeError:
            return Counter({"refused": 1})
        except Exception as error:  # noqa: BLE001 - to be counted
            print("fault:", repr(error), file=sys.stderr)
            return Counter({"faults": 1})
        counts: Counter[str] = Counter({"noticed": int(found.damage is not None)})
        for i in found.interactions:
            original = self.whole.get(i.request.url)
            if i.ending.kind == "complete" and i != original:
                counts["false"] += 1
        same = list(found.interactions) == list(self.whole.values())
        if found.damage is None and not same and not one.last:
            counts["silent"] += 1
        n_expected = sum(n not in one.lost for n in self.chunks)
        if sum(map(len, bodies.values())) < n_expected:
            counts["chunks lost"] += n_expected - sum(map(len, bodies.values()))
        return counts


def run(every: int) -> Counter[str]:
    """Print a table of all kinds of damage, for both versions; gives the promises that broke."""
    wrong: Counter[str] = Counter()
    names = ("noticed", "refused", "false", "silent", "chunks lost", "faults")
    print(f"{'':26}{'tries':>8}" + "".join(f"{name:>13}" for name in names))
    with tempfile.TemporaryDirectory() as folder:
        current = record(Path(folder) / "x.tape")
    for version, data in ((journal.VERSION, current), (1, version_1(current))):
        judge = Judge(data)
        for kind, damage in KINDS.items():
            counted = version > 1 or kind in {"bits flipped", "cuts"}
            total: Counter[str] = Counter()
            tries = list(damage(data))
            tries = tries[::every] if len(tries) > 2000 else tries
            for one in tries:
                total += judge.counts(one)
            print(
                f"version {version}: {kind:15}{len(tries):8}"
                + "".join(f"{total[name]:13}" for name in names)
                + ("" if counted else "   (not promised: no numbers)")
            )
            if counted:
                wrong += Counter(
                    {n: total[n] for n in ("false", "silent", "chunks lost", "faults")}
                )
    return +wrong


def main() -> int:
    """Run from the command line; exit code 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="try one in so many")
    wrong = run(parser.parse_args().every)
    print(", ".join(f"{n} {name}" for name, n in wrong.items()) or "nothing false, nothing silent")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
