"""Recovery of a journal: its interactions, and what is missing from them. Pure.

Records are taken in the order of their numbers, each once, wherever they are in the file. All that
was removed, doubled, moved or damaged is a Loss: where, how much, of which interaction. Journals of
version 1 have no numbers: there only damage is noticed, and every stream that went on at that
moment is taken to lack something.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from streamtape.tape.journal import UPLOADS
from streamtape.tape.journal_interactions import Draft
from streamtape.tape.journal_records import Damage, Entry, Journal, Read, layout_of
from streamtape.tape.model import Interaction
from streamtape.tape.records import RecordError

_MAX_LISTED = 10


class Loss(NamedTuple):
    """Something that is wrong with a journal, at a byte of it.

    `n_bytes` could not be read there; `n_records` are missing, None if that is not known how many.
    """

    offset: int
    n_bytes: int
    n_records: int | None
    what: str

    def __str__(self) -> str:
        size = f" ({self.n_bytes} bytes could not be read)" if self.n_bytes else ""
        return f"at byte {self.offset}: {self.what}{size}"


class Reading(NamedTuple):
    """What a journal holds: interactions by number, and everything that was wrong with it."""

    interactions: tuple[Interaction, ...]
    losses: tuple[Loss, ...] = ()

    @property
    def damage(self) -> str | None:
        """What was wrong, in one line; None where the journal is whole."""
        if not self.losses:
            return None
        more = len(self.losses) - _MAX_LISTED
        text = "; ".join(map(str, self.losses[:_MAX_LISTED]))
        return text + (f"; and {more} more" if more > 0 else "")


def scan(read: Read, *, path: str | None = None, cut_uploads: bool = False) -> Reading:
    """Read a journal once, keeping the places of its chunks; `read` is used again for those.

    With `cut_uploads` there are, behind the others, interactions of the requests that were still
    coming in when the recorder died; those that their senders broke off were never sent, and are
    no interactions. NotACassetteError and NewerFormatError where it is no journal that can be read.
    """
    layout = layout_of(read, path)
    if layout is None:
        return Reading(())  # its recorder died at once
    source = Journal(read, layout, path)
    try:
        reader = _Reader()
        reader.read(_numbered(source.entries()))
    except _DisorderError:
        reader = _Reader()
        reader.read(_sorted(source))
    return Reading(tuple(_finished(reader.drafts, source, cut_uploads)), tuple(reader.losses))


def _finished(
    drafts: dict[int, Draft], source: Journal, cut_uploads: bool
) -> Iterator[Interaction]:
    numbers = sorted(drafts)
    uploads = {number: drafts[number] for number in numbers if number >= UPLOADS}
    used = set()
    for number in numbers:
        draft = drafts[number]
        if number < UPLOADS:
            used.add(draft.uploaded and draft.uploaded.number)
        elif not cut_uploads or number in used or draft.ending is not None:
            continue
        yield draft.finish(source, uploads)


class _DisorderError(Exception):
    """A record comes before one that was written earlier, or twice."""


class _Reader:
    """Collects drafts of interactions, and losses."""

    def __init__(self) -> None:
        self.drafts: dict[int, Draft] = {}
        self.losses: list[Loss] = []

    def read(self, items: Iterator[Entry | Loss]) -> None:
        """Take everything there is."""
        for item in items:
            if isinstance(item, Loss):
                self.losses.append(item)
                if item.n_records is None:  # nobody knows whose records they were
                    for draft in self.drafts.values():
                        if draft.ending is None:
                            draft.holes.append("some of its records may be missing")
                continue
            self._take(item)

    def _take(self, entry: Entry) -> None:
        draft = self.drafts.get(entry.number)
        if draft is None:
            draft = self.drafts[entry.number] = Draft()
        known = draft.request is not None
        try:
            missing = draft.take(entry)
        except (RecordError, struct.error) as error:
            draft.holes.append("one of its records is invalid")
            self._lose(entry, f"a record of interaction {entry.number} is invalid: {error}")
            return
        if missing:
            self._lose(entry, f"interaction {entry.number}: {missing}")
        elif not known and draft.request is None and not draft.holes:
            draft.holes.append("its request is missing")
            self._lose(entry, f"interaction {entry.number}: its request is missing")

    def _lose(self, entry: Entry, what: str) -> None:
        self.losses.append(Loss(entry.offset, 0, 0, what))


def _numbered(items: Iterator[Entry | Damage]) -> Iterator[Entry | Loss]:
    """Check that the numbers of records follow one another; _DisorderError where they go back."""
    expected = 0
    damage: Damage | None = None
    for item in items:
        if isinstance(item, Damage):
            if damage is not None:
                yield _lost(damage)
            damage = item
            continue
        if item.counts is None:
            n_missing = None if damage else 0
        else:
            n_missing = item.counts.sequence - expected
            if n_missing < 0:
                raise _DisorderError
            expected = item.counts.sequence + 1
        if damage is not None:
            yield _lost(damage, n_missing)
            damage = None
        elif n_missing:
            yield Loss(item.offset, 0, n_missing, f"{_records(expected - 1, n_missing)} missing")
        yield item
    if damage is not None:
        yield _lost(damage)


def _lost(damage: Damage, n_records: int | None = None) -> Loss:
    text = f" ({n_records} record{'' if n_records == 1 else 's'})" if n_records else ""
    size = damage.end - damage.offset
    return Loss(damage.offset, size, n_records, damage.what + text)


def _records(before: int, n: int) -> str:
    return f"record {before - 1} is" if n == 1 else f"records {before - n} to {before - 1} are"


def _sorted(source: Journal) -> Iterator[Entry | Loss]:
    """The records of a journal in which some were moved or doubled, in their order, each once."""
    numbers, offsets, highest = array("Q"), array("Q"), -1
    for item in source.entries():
        if isinstance(item, Damage):
            yield _lost(item, 0)
            continue
        sequence = item.counts.sequence if item.counts else 0
        if sequence < highest:
            yield Loss(item.offset, 0, 0, f"record {sequence} comes after record {highest}")
        highest = max(highest, sequence)
        numbers.append(sequence)
        offsets.append(item.offset)
    expected = 0
    for n in sorted(range(len(numbers)), key=numbers.__getitem__):
        n_missing = numbers[n] - expected
        if n_missing < 0:
            yield Loss(offsets[n], 0, 0, f"record {numbers[n]} occurs twice")
            continue
        if n_missing:
            yield Loss(offsets[n], 0, n_missing, f"{_records(numbers[n], n_missing)} missing")
        expected = numbers[n] + 1
        yield source.entry(offsets[n])
