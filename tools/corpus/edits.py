"""Edits every stream of a folder of real streams, and counts what stays as it was.

    python -m tools.corpus.edits FOLDER [--jobs N]

FOLDER holds recorded streams as the tests know them (a body and a `.json` of facts each). A text of
each is replaced, and an argument of its tool calls, where it has any: the transcript must then say
the new one in the old one's place, and nothing else; the checks must find what they found before;
and no other frame may have changed a byte. Then each is anonymised: none of its longer words may
be left, its texts must be as long as they were, and the checks must find as much as before.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from functools import partial
from pathlib import Path
from typing import NamedTuple

import streamtape
from streamtape.cli import parallel
from streamtape.editing.edit import new_findings
from streamtape.editing.opened import OpenInteraction
from streamtape.editing.text_edits import edit_texts
from streamtape.editing.tool_arguments import set_arguments
from streamtape.editing.vocabulary import known_texts
from streamtape.errors import StreamtapeError
from streamtape.tape.model import Interaction
from tests.corpus import NOT_KEPT, Recorded, read

NEW = "Longyearbyen ø 🦭"
CHANNELS = {"text", "refusal", "reasoning", "details", "transcript", "code", "output"}


class Outcome(NamedTuple):
    """What came of one edit of one stream: which, how, and what was wrong."""

    name: str
    kind: str
    trouble: str = ""


def text_edited(recorded: Recorded) -> Outcome:
    """Replace the middle word of what a stream says."""
    one = recorded.interaction
    before = one.transcript().parts
    texts = [part.text for part in before if part.channel in CHANNELS]
    words = [word for text in texts for word in re.findall(r"[^\W\d]{3,}|\w{2,}", text)]
    if not words:
        return Outcome(recorded.label, "text: says none")
    old = words[len(words) // 2]
    opened = OpenInteraction(one)
    try:
        edit_texts([opened], {old: NEW})
        edited = opened.write()
    except StreamtapeError as error:
        return Outcome(recorded.label, "text", str(error))
    for part, after in zip(before, edited.transcript().parts, strict=True):
        expected = part.text.replace(old, NEW) if part.channel in CHANNELS else part.text
        if after.text != expected:
            return Outcome(recorded.label, "text", f"{old!r}: {part.channel} {after.text[:200]!r}")
    return Outcome(recorded.label, "text", grown(recorded, edited) or frames_changed(one, edited))


def argument_set(recorded: Recorded) -> Outcome:
    """Set the first argument of a tool call that is a text."""
    one = recorded.interaction
    calls = [call for call in one.transcript().tool_calls if isinstance(call.parsed, dict)]
    found = [
        (f"{call.name}[{number}].{name}", call)
        for number, call in enumerate(calls)
        if call.complete and all(other.name == call.name for other in calls[:number])
        for name, value in call.parsed.items()
        if isinstance(value, str) and re.fullmatch(r"\w+", name) and re.fullmatch(r"\w+", call.name)
    ]
    if not found:
        return Outcome(recorded.label, "argument: has none")
    name, call = found[0]
    opened = OpenInteraction(one)
    try:
        set_arguments([opened], {name: NEW})
        edited = opened.write()
    except StreamtapeError as error:
        return Outcome(recorded.label, "argument", str(error))
    after = edited.transcript()
    now = next(other for other in after.tool_calls if other.key == call.key)
    if now.parsed != {**call.parsed, name.rpartition(".")[2]: NEW}:
        return Outcome(recorded.label, "argument", f"{name}: {now.parsed}")
    if after.text != one.transcript().text:
        return Outcome(recorded.label, "argument", f"the text is {after.text[:200]!r}")
    wrong = grown(recorded, edited) or frames_changed(one, edited)
    return Outcome(recorded.label, "argument", wrong)


def anonymous(recorded: Recorded) -> Outcome:
    """Anonymise a stream, and look for the words that it said."""
    one = recorded.interaction
    try:
        (after,) = streamtape.edit(one, anonymise=True, allow_findings=True)
    except StreamtapeError as error:
        return Outcome(recorded.label, "anonymised", str(error))
    before = [(part.channel, len(part.text)) for part in one.transcript().parts]
    now = [(part.channel, len(part.text)) for part in after.transcript().parts]
    if now != before:
        return Outcome(recorded.label, "anonymised", f"parts were {before}, and are {now}"[:400])
    transcript = " ".join(part.text for part in one.transcript().parts if part.channel in CHANNELS)
    left = words_of(transcript) & words_of(after.content.decode("utf-8", "replace"))
    left = {word for word in left if word.lower() not in PUBLIC}
    if left:
        return Outcome(recorded.label, "anonymised", f"left: {sorted(left)[:5]}")
    return Outcome(recorded.label, "anonymised", grown(recorded, after))


def words_of(text: str) -> set[str]:
    """The longer words of a text."""
    return set(re.findall(r"[A-Za-z]{5,}", text))


def grown(recorded: Recorded, edited: Interaction) -> str:
    """What the checks find in a stream after an edit that they did not find before."""
    off = NOT_KEPT if recorded.facts["body_fidelity"].startswith("payloads only") else ()
    before = streamtape.check(recorded.interaction, off=off)
    after = streamtape.check(edited, off=off)
    new = [*new_findings(before, after), *new_findings(after, before)]
    return "; ".join(f"{found.rule}: {found.where.what} {found.message}" for found in new[:2])


def frames_changed(before: Interaction, after: Interaction) -> str:
    """Whether frames are others that say nothing else; "" where none is."""
    pairs = zip(before.frames(), after.frames(), strict=True)
    for one, other in pairs:
        kept = [(f.event, f.id, f.retry, f.comments, f.at_us, f.chunk) for f in (one, other)]
        if one.data == other.data and kept[0] != kept[1]:
            return f"frame {one.index} changed: {one} {other}"
    sizes = [len(before.chunks), len(after.chunks)]
    return f"{sizes[0]} chunks became {sizes[1]}" if sizes[0] != sizes[1] else ""


def outcomes(path: Path, *, folder: Path) -> list[Outcome]:
    """Edit the stream whose facts are in a file, in every way."""
    recorded = read(path, folder)
    return [text_edited(recorded), argument_set(recorded), anonymous(recorded)]


# What the APIs' own words are made of: a text may have said these as well.
PUBLIC = {part.lower() for word in known_texts() for part in words_of(word)}


def main() -> None:
    """Edit all streams of a folder, and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, metavar="N")
    given = parser.parse_args()
    paths = sorted(p for p in given.folder.rglob("*.json") if p.name != "manifest.json")
    work = partial(outcomes, folder=given.folder)
    found = [
        o for each in parallel.each(work, paths, doing="editing", jobs=given.jobs) for o in each
    ]
    counts = Counter((one.kind, bool(one.trouble)) for one in found)
    for one in found:
        if one.trouble:
            print(f"  {one.kind}: {one.name}: {one.trouble:.400}")
    print(f"{len(paths):,} streams")
    for kind in dict.fromkeys(one.kind for one in found):
        print(f"{kind}: {counts[kind, False]:,} right, {counts[kind, True]:,} wrong")


if __name__ == "__main__":
    main()
