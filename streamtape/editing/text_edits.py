"""Texts replaced in what a recording says: in deltas, however they are cut, and in all repeats."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from rapidfuzz import fuzz

from streamtape.editing.opened import OpenInteraction
from streamtape.editing.repeats import Repeats, Rewritten
from streamtape.editing.runs import STRUCTURAL, Run, Span, locations_of, put, runs_of, texts_in
from streamtape.errors import UsageError
from streamtape.tape.texts import shortened

Where = Literal["answers", "requests", "both"]
# What people read; arguments have an edit of their own.
_CHANNELS = frozenset({"text", "refusal", "reasoning", "details", "transcript", "code", "output"})
_SHOWN = 60


def edit_texts(
    interactions: Sequence[OpenInteraction], new: Mapping[str, str], where: Where = "answers"
) -> None:
    """Replace texts, all at once, the longest first where two begin at one place.

    With `answers`, a later request that repeats an edited answer is edited as well. UsageError
    where a text is found nowhere; it names the nearest.
    """
    if any(not old for old in new):
        raise UsageError("a text to replace is empty")
    pattern = re.compile("|".join(map(re.escape, sorted(new, key=len, reverse=True))))
    found: set[str] = set()
    rewritten: list[Rewritten] = []
    edited: list[tuple[OpenInteraction, list[Rewritten]]] = []
    for one in interactions:
        mine = _in_answer(one, pattern, new, found) if where != "requests" else []
        edited.append((one, mine))
        rewritten += mine
    for one, mine in edited:
        n_places = sum(len(each.spans) for each in mine)
        if mine:
            n_places += _repeat(one, mine, pattern, new)
        if where != "answers":
            n_places += _in_request(one, pattern, new, found)
        elif rewritten and one.request_document is not None:
            repeats = Repeats(rewritten, pattern, dict(new))
            n_places += repeats.update(one.request_document, set())
        if n_places:
            one.mark("text", n_places)
    for old in new:
        if old not in found:
            raise UsageError(_not_found(old, interactions, where))


def _in_answer(
    one: OpenInteraction, pattern: re.Pattern[str], new: Mapping[str, str], found: set[str]
) -> list[Rewritten]:
    rewritten = []
    for run in runs_of(one):
        if run.channel not in _CHANNELS:
            continue
        text = run.text
        spans: list[Span] = []
        for match in pattern.finditer(text):
            found.add(match[0])
            spans.append((match.start(), match.end(), new[match[0]]))
        if spans:
            rewritten.append(Rewritten(text, run.edit(spans), tuple(spans), run))
    return rewritten


def _repeat(
    one: OpenInteraction,
    rewritten: list[Rewritten],
    pattern: re.Pattern[str],
    new: Mapping[str, str],
) -> int:
    own = locations_of(runs_of(one))
    repeats = Repeats(rewritten, pattern, dict(new))
    documents = [document for document in one.documents if document.is_answer]
    return sum(repeats.update(document, own.get(id(document), set())) for document in documents)


def _in_request(
    one: OpenInteraction, pattern: re.Pattern[str], new: Mapping[str, str], found: set[str]
) -> int:
    """Replace in every text of what the client sent, but for words of the protocol."""
    n_places = 0
    documents = [document for document in one.documents if not document.is_answer]
    if one.request_document is not None:
        documents.append(one.request_document)
    for document in documents:
        for steps, text in list(texts_in(document.value)):
            if (steps and steps[-1] in STRUCTURAL) or not pattern.search(text):
                continue
            found.update(match[0] for match in pattern.finditer(text))
            put(document, steps, pattern.sub(lambda match: new[match[0]], text))
            n_places += 1
    return n_places


def _not_found(old: str, interactions: Sequence[OpenInteraction], where: Where) -> str:
    texts: list[str] = []
    for one in interactions:
        if where != "requests":
            texts += [run.text for run in runs_of(one) if run.channel in _CHANNELS]
        if where != "answers" and one.request_document is not None:
            texts += [text for _, text in texts_in(one.request_document.value)]
    silent = {"answers": "no answer", "requests": "no request", "both": "nothing"}[where]
    if any(old in run.text for one in interactions for run in runs_of(one) if _is_call(run)):
        return (
            f"text {shortened(old, _SHOWN)!r} was not found: it is only in the arguments of a "
            "tool; set them with tool_argument (--tool-argument NAME=VALUE)"
        )
    near = nearest(old, texts)
    hint = f"; the nearest is {shortened(near, _SHOWN)!r}" if near else ""
    return f"text {shortened(old, _SHOWN)!r} was not found: {silent} says it{hint}"


def _is_call(run: Run) -> bool:
    return run.channel == "arguments"


def nearest(old: str, texts: Sequence[str]) -> str:
    """The part of some texts that is most like `old`; "" where none is at all like it."""
    best, best_score = "", 50.0
    for text in texts:
        aligned = fuzz.partial_ratio_alignment(old.casefold(), text.casefold())
        if aligned is not None and aligned.score > best_score:
            best = _whole_words(text, aligned.dest_start, aligned.dest_end)
            best_score = aligned.score
    return best


def _whole_words(text: str, start: int, end: int) -> str:
    while start > 0 and text[start - 1].isalnum() and text[start : start + 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1 : end].isalnum():
        end += 1
    return text[start:end].strip()
