"""Breaking streams and counting what the checks find of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from random import Random

import streamtape
from streamtape.checks.finding import Finding
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tools.corpus.reported.kit import Answer, Mutation
from tools.corpus.reported.streams import Source, Stream, streams

PIECE = 7  # bytes, where a mutation asks for odd chunks


@dataclass(slots=True)
class Tally:
    """What became of one mutation in one API."""

    mutation: Mutation
    api: str
    tried: int = 0
    found: int = 0
    missed: list[str] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> bool:
        """Whether it can be told at all, and there was a stream to make it of."""
        return bool(self.tried) and not self.mutation.untellable


def interaction(answer: Answer, stream: Stream) -> Interaction:
    """A recording of an answer, to the request of the stream that it was made of."""
    first = stream.facts.get("request") or {}
    body = b"" if first.get("body") is None else json.dumps(first["body"]).encode()
    request = Request(first.get("method") or "POST", first.get("url") or "", (), body)
    headers = ((b"content-type", answer.content_type),) if answer.content_type else ()
    odd = answer.ending not in {"complete", "error"}
    size = PIECE if odd else max(1, len(answer.body))
    pieces = [answer.body[i : i + size] for i in range(0, len(answer.body), size)]
    ending = Ending("error") if answer.ending == "error" else Ending("complete")
    return Interaction(
        request,
        Head(answer.status, headers),
        Chunks.of([Chunk(None, piece) for piece in pieces]),
        ending,
        cuts_known=odd,
    )


def weighed(findings: list[Finding]) -> Counter[tuple[str, str]]:
    """Errors and warnings by rule, counted."""
    found: Counter[tuple[str, str]] = Counter()
    for one in findings:
        if one.severity in ("error", "warning"):
            found[one.severity, one.rule] += one.count
    return found


@cache
def _before(api: str, source: Source, seed: int, number: int) -> Counter[tuple[str, str]]:
    stream = streams(api, source, seed)[number]
    return weighed(streamtape.check(interaction(Answer(stream.body), stream)))


def tally(mutation: Mutation, api: str, *, source: Source, seed: int, per: int) -> Tally:
    """Apply a mutation to up to `per` streams of an API that are in order, and count."""
    result = Tally(mutation, api)
    for number, stream in enumerate(streams(api, source, seed)):
        if result.tried == per:
            break
        random = Random(f"{seed} {mutation.name} {stream.name}")
        answer = Answer(stream.body, is_streamed=stream.is_streamed)
        failed = mutation.apply(answer, random)
        if failed is None or failed == answer or _before(api, source, seed, number):
            continue
        result.tried += 1
        new = weighed(streamtape.check(interaction(failed, stream)))
        result.rules.update(rule for _, rule in new)
        result.found += bool(new)
        if not new:
            result.missed.append(stream.name)
    return result
