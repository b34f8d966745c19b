"""`vary`: a Hypothesis strategy of variations of a recording, which shrinks to the recording.

A relative is made by a few variations, one after the other. Hypothesis drops those that a failure
does not need, and makes the others small: early in the stream, short, plain. So what is left is the
one thing that the client can't handle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from streamtape.analysis.check import check
from streamtape.analysis.streams import Source, opened
from streamtape.errors import UsageError
from streamtape.extras import install_command
from streamtape.tape.model import Chunk, Chunks, Edit, Interaction
from streamtape.variations import kinds, structure
from streamtape.variations.kinds import Draw, Kind
from streamtape.variations.score import Score

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError(
        "streamtape.vary needs Hypothesis, which is not installed; to install it: "
        + install_command("hypothesis")
    ) from error

_MOST_CUTS = 6


class Relative(NamedTuple):
    """One variation: its kind, and what was drawn for it."""

    kind: str
    draw: Draw
    cuts: tuple[int, ...] = ()


_KINDS: dict[str, Kind] = {
    "lengths": kinds.lengths,
    "unicode": kinds.unicode,
    "tokens": kinds.split,
    "empty_deltas": kinds.empty,
    "keep_alives": kinds.keep_alive,
    "unknown_events": kinds.unknown_event,
    "unknown_fields": kinds.unknown_field,
    "calls": structure.second_call,
    "reasoning": structure.reasoning,
    "unknown_items": structure.later_item,
}
KINDS = ("cuts", *_KINDS)
DEFAULT = tuple(kind for kind in KINDS if kind != "unknown_items")
# What clients were seen to stumble over: line ends that are none in a stream, marks, halves,
# characters of many bytes, text from right to left, what JSON and SSE give a meaning.
_ODD = (
    "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e", "\ufeff", "\x00", "\u200d",
    "\u0301", "\U0001f9ad", "\U00010348", "\U000e0041", "\U0010fffd", "\u05d0", "\ufffd", "\n",
    "\r", "\r\n", "\n\n", "data: x\n\n", "[DONE]", '"', "\\", "}", "\t", "</script>",
    "\U0001f468\u200d\U0001f469",
)  # fmt: skip


def vary(
    source: Source, *, kinds: Sequence[str] = DEFAULT, index: int = 0, max_variations: int = 3
) -> st.SearchStrategy[Interaction]:
    """Get a Hypothesis strategy of valid relatives of a recording, which shrinks to the recording.

        @given(streamtape.vary("run.tape"))
        def test_my_client(interaction): ...

    `source` is a path, a cassette (`index` says which of its interactions) or an interaction.
    `kinds` are what may differ: "cuts" (chunks cut elsewhere), "lengths" and "unicode" of texts,
    "tokens" (deltas cut in two), "empty_deltas", "keep_alives" (comments, pings, empty lines),
    "unknown_events" and "unknown_fields" (what the API may add tomorrow), "calls" (a tool called
    twice) and "reasoning" (added before the answer). A kind that does not fit a stream leaves it
    unchanged. Up to `max_variations` come together. "unknown_items" is not among them unless named:
    items and blocks of a type that is not in the API yet.

    Every relative keeps the rules of its API as the recording does: `check` finds no further error
    or warning, but for "unknown_items", whose type it does not know. `interaction.edits` names its
    variations. UsageError for an unknown kind.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        given = f"unknown kind {unknown[0]!r}" if unknown else "no kinds"
        raise UsageError(f"vary: {given}; known: {', '.join(KINDS)}")
    _, interactions = opened(source)
    if not -len(interactions) <= index < len(interactions):
        raise UsageError(f"vary: the recording has no interaction {index}")
    one = interactions[index]
    numbers = st.integers(0, 200)
    texts = st.one_of(st.text(max_size=8), st.sampled_from(_ODD))
    draws = st.builds(Draw, numbers, numbers, texts)

    def of_kind(kind: str) -> st.SearchStrategy[Relative]:
        if kind == "cuts":
            places = st.lists(st.integers(1, max(one.chunks.n_bytes - 1, 1)), max_size=_MOST_CUTS)
            return st.builds(Relative, st.just(kind), st.just(Draw()), places.map(tuple))
        return st.builds(Relative, st.just(kind), draws)

    several = st.lists(st.sampled_from(list(kinds)).flatmap(of_kind), max_size=max_variations)
    return several.map(lambda variations: relative(one, variations))


def relative(one: Interaction, variations: Sequence[Relative]) -> Interaction:
    """The relative that some variations make of an interaction, one after the other.

    One that would break a rule that the recording keeps is left out: streams have ways of their own
    to say a thing twice.
    """
    kept = _failing_rules(one) if variations else frozenset()
    for variation in variations:
        if variation.kind == "cuts":
            one = _cut(one, variation.cuts)
            continue
        score = Score(one)
        kind: Callable[[Score, Draw], bool] = _KINDS[variation.kind]
        if kind(score, variation.draw):
            other = score.write(variation.kind)
            if variation.kind == "unknown_items" or _failing_rules(other) <= kept:
                one = other
    return one


def _failing_rules(one: Interaction) -> frozenset[tuple[str, str]]:
    """The rules of which an interaction breaks some, but for notes."""
    found = check(one)
    return frozenset((f.rule, f.severity) for f in found if f.severity != "info")


def _cut(one: Interaction, cuts: Sequence[int]) -> Interaction:
    """Cut the bytes into other chunks, each with the time of the byte that completes it."""
    body = one.body
    ends = sorted({cut for cut in cuts if 0 < cut < len(body)} | {len(body)})
    if not body or not cuts:
        return one
    bounds: list[tuple[int, int | None]] = []
    at = 0
    for at_us, data in one.chunks:
        at += len(data)
        bounds.append((at, at_us))
    chunks: list[Chunk] = []
    start = n = 0
    for end in ends:
        while bounds[n][0] < end:
            n += 1
        chunks.append(Chunk(bounds[n][1], body[start:end]))
        start = end
    edits = (*one.edits, Edit("varied: cuts"))
    return Interaction(
        one.request, one.head, Chunks.of(chunks), one.ending, one.started_at_us,
        one.cuts_known, one.redactions, one.messages, edits,
    )  # fmt: skip
