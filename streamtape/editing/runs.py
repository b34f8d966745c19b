"""Texts in their places: for each text of a stream, the documents that bring its pieces. Pure.

What a text is, and which piece goes where, the transcript says; here each piece is found again in
the document that brought it. A stream that no dialect can read has runs, too: the texts at one path
of its documents, and its data where that is no JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from streamtape.dialects.payload import as_text, bind, join_text, parse_path
from streamtape.dialects.rule_index import Found, plan_for
from streamtape.editing.documents import Document
from streamtape.editing.opened import OpenInteraction
from streamtape.editing.stretches import Moved
from streamtape.tape.events import Part

Steps = tuple[str, ...]
# What tells texts apart that stand at one path, where no dialect says it.
_KEYS = frozenset({
    "type", "item_id", "output_index", "content_index", "summary_index", "index", "call_id",
    "event",
})  # fmt: skip
# Names whose texts are words of the protocol, whatever they say.
STRUCTURAL = frozenset({
    "type", "status", "role", "object", "id", "model", "finish_reason", "stop_reason", "event",
    "name", "item_id", "call_id", "phase", "reason", "done_reason", "finishReason", "stopReason",
    "tool_use_id", "service_tier", "event_type", "event_id", "response_id", "system_fingerprint",
    "native_finish_reason", "encrypted_content", "signature", "previous_response_id", "arguments",
    "partial_json", "thoughtSignature", "data",
})  # fmt: skip
Span = tuple[int, int, str]  # a place in a text, and what is to be there


class PieceLocation(NamedTuple):
    """Where a piece of a text is: the document, the steps to it, and the piece."""

    document: Document
    steps: Steps
    value: Any

    def put(self, value: Any) -> None:
        """Let another value be there."""
        put(self.document, self.steps, value)


class Run:
    """One text: its channel, its key, and its pieces. A piece without a place came in no delta."""

    def __init__(self, channel: str, key: tuple[Any, ...], pieces: Sequence[str]) -> None:
        self.channel = channel
        self.key = key
        self.pieces = list(pieces)
        self.locations: list[PieceLocation | None] = []

    @property
    def text(self) -> str:
        """The whole text."""
        return join_text(self.pieces)

    def edit(self, spans: Sequence[Span]) -> str:
        """Let the spans be other texts, in the cuts of the pieces; gives the new text."""
        new = recut(self.pieces, spans)
        for location, before, after in zip(self.locations, self.pieces, new, strict=True):
            if location is not None and before != after:
                location.put(after)
        return join_text(new)


def put(document: Document, steps: Steps, value: Any) -> None:
    """Let another value stand at a path of a document."""
    if not steps:
        document.value = value
        return
    holder = document.value
    for step in steps[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    if isinstance(holder, list):
        holder[int(steps[-1])] = value
    else:
        holder[steps[-1]] = value


def _is_halved(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def recut(pieces: Sequence[str], spans: Sequence[Span]) -> list[str]:
    """The pieces of a text in which some spans are replaced; a cut within a span keeps its share.

    The spans are places in the text whose halved characters are whole (`join_text`).
    """
    halved = any(map(_is_halved, pieces))
    if halved:
        whole = join_text(list(pieces))
        pieces = [_units(piece) for piece in pieces]
        spans = [
            (len(_units(whole[:start])), len(_units(whole[:end])), _units(new))
            for start, end, new in spans
        ]
    text = "".join(pieces)
    moved = Moved([(start, end, len(new)) for start, end, new in spans])
    changed, at = "", 0
    for start, end, new in spans:
        changed += text[at:start] + new
        at = end
    changed += text[at:]
    cuts = [moved.to(end) for end in accumulate(map(len, pieces), initial=0)]
    if cuts:
        cuts[-1] = len(changed)
    new_pieces = [changed[a:b] for a, b in pairwise(cuts)]
    return [_characters(piece) for piece in new_pieces] if halved else new_pieces


def _units(text: str) -> str:
    """A text with the characters beyond the first plane as their two halves."""
    data = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(data[n] << 8 | data[n + 1]) for n in range(0, len(data), 2))


def _characters(units: str) -> str:
    return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def runs_of(opened: OpenInteraction) -> list[Run]:
    """The texts that the response of an interaction says, each with its pieces in their places."""
    documents = {document.event.index: document for document in opened.documents}
    parts = opened.parsed.transcript.parts
    if not parts:
        return list(_without_dialect(opened))
    finder = _Finder(opened, documents)
    return [finder.run(part) for part in parts]


class _Found(NamedTuple):
    channel: str
    key: tuple[Any, ...]
    location: PieceLocation


class _Finder:
    """Finds the places of pieces, each once."""

    def __init__(self, opened: OpenInteraction, documents: dict[int, Document]) -> None:
        self._opened = opened
        self._documents = documents
        self._left: dict[int, list[_Found]] = {}

    def run(self, part: Part) -> Run:
        ends = [*(start for start, _ in part.cuts[1:]), len(part.text)]
        locations: list[PieceLocation | None] = []
        pieces: list[str] = []
        for (start, event), end in zip(part.cuts, ends, strict=True):
            piece = part.text[start:end]
            location = self._take(part, event, piece)
            locations.append(location)
            pieces.append(piece if location is None else as_text(location.value))
        run = Run(part.channel, part.key, pieces)
        run.locations = locations
        return run

    def _take(self, part: Part, event: int, piece: str) -> PieceLocation | None:
        """The place of a piece: where an event says it, of what it says for the same text.

        Characters that came in halves are whole in the text of a part, so that the piece is
        another; then the place alone tells it.
        """
        left = self._locations(event)
        mine = [one for one in left if one.channel == part.channel]
        same = [one for one in mine if as_text(one.location.value) == piece]
        if not same and not part.text.isascii():
            mine = [one for one in mine if _is_halved(as_text(one.location.value))]
            same = [one for one in mine if one.key == part.key] or mine[:1]
        if not same:
            return None
        found = next((one for one in same if one.key == part.key), same[0])
        left.remove(found)
        return found.location

    def _locations(self, event: int) -> list[_Found]:
        if event not in self._left:
            document = self._documents.get(event)
            self._left[event] = [] if document is None else list(self._in(document))
        return self._left[event]

    def _in(self, document: Document) -> Iterator[_Found]:
        event = document.event
        plan = plan_for(self._opened.dialect, event.type)
        for find in (plan.find_deltas, plan.find_wholes):
            for found in find(event.payload, event.index):
                channel = getattr(found.rule, "channel", "")
                yield _Found(
                    channel, found.key, PieceLocation(document, steps_of(found), found.value)
                )


def locations_of(runs: Iterable[Run]) -> dict[int, set[Steps]]:
    """Where pieces of texts are, by the identity of their documents."""
    locations: dict[int, set[Steps]] = {}
    for run in runs:
        for location in run.locations:
            if location is not None:
                locations.setdefault(id(location.document), set()).add(location.steps)
    return locations


def steps_of(found: Found) -> Steps:
    """The steps to what a rule found."""
    return bind(parse_path(found.rule.path), found.bound)


def _without_dialect(opened: OpenInteraction) -> Iterator[Run]:
    runs: dict[Any, Run] = {}
    for document in opened.documents:
        if not document.is_answer:
            continue
        if not isinstance(document.value, dict | list):
            found: list[tuple[Steps, str]] = [((), document.value)]
            key: tuple[Any, ...] = ()
        else:
            found = [(steps, text) for steps, text in texts_in(document.value)]
            key = tuple((steps, text) for steps, text in found if steps and steps[-1] in _KEYS)
        for steps, text in found:
            if steps and steps[-1] in _KEYS | STRUCTURAL:
                continue
            run = runs.setdefault((steps, key), Run("text", (), []))
            run.pieces.append(text)
            run.locations.append(PieceLocation(document, steps, text))
    yield from runs.values()


def texts_in(value: Any, steps: Steps = ()) -> Iterator[tuple[Steps, str]]:
    """Every text of a JSON value, with the steps to it."""
    if isinstance(value, str):
        yield steps, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from texts_in(one, (*steps, name))
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from texts_in(one, (*steps, str(n)))
