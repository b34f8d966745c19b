"""What differs between two recordings, as values: Change, Comparison.

A comparison is data: changes in order, the first divergence first. `summary()` says it in a few
lines of plain text, `to_dict()` and `to_json()` give all of it. `report` formats it for terminals
and pull requests.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from streamtape.displayed import Displayed
from streamtape.tape.model import Interaction
from streamtape.tape.texts import masked_text, masked_value, shortened

ChangeKind = Literal["inserted", "removed", "changed", "swapped"]
PieceKind = Literal["same", "removed", "inserted"]
Verdict = Literal["same", "reworded", "behaviour changed"]
ABSENT = "nothing"  # shown for a null or missing value beside another
MAX_SHOWN = 72  # characters of one value in a summary
_BREAKS = re.compile("\r\n|[\n-\r\x1c-\x1e\x85\u2028\u2029]")  # line ends of any system
_SIGNS: dict[ChangeKind, str] = {"inserted": "+", "removed": "-", "changed": "~", "swapped": "⇄"}


@dataclass(frozen=True, slots=True)
class Location:
    """A location in one recording: the index of the event (or frame, or byte), and its time."""

    index: int
    at_us: int | None = None


@dataclass(frozen=True, slots=True)
class WordPiece:
    """A stretch of a changed text: in both, in the first only, or in the second only."""

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `a` and `b` are its locations; None on the side that lacks it.

    `what` is the event's type (or the text's channel), `path` the place in its payload. `pieces`
    are the words of a changed text, with a little of what is around them. `n_repeats` counts
    the later places that only repeat this change: an item's field is repeated when it is done,
    an event came three times.
    """

    kind: ChangeKind
    what: str
    a: Location | None = None
    b: Location | None = None
    path: str = ""
    before: Any = None
    after: Any = None
    pieces: tuple[WordPiece, ...] = ()
    interaction: int = 0
    n_repeats: int = 0

    def masked(self) -> Change:
        """A copy without the secrets in its values, for people and for files."""
        path = tuple(re.findall(r"[^.\[\]\"']+", self.path))
        before, after = (masked_value(path, value) for value in (self.before, self.after))
        return replace(self, before=before, after=after)

    def __str__(self) -> str:
        where = "→".join(f"#{p.index}" if p else "–" for p in (self.a, self.b))
        if self.a and self.b and self.a.index == self.b.index:
            where = f"#{self.a.index}"
        name = f"{self.what} {self.path}".rstrip()
        again = f" (repeated {self.n_repeats}×)" if self.n_repeats else ""
        return masked_text(f"{_SIGNS[self.kind]} {where} {name}: {self.masked()._values()}{again}")

    def _values(self) -> str:
        if self.pieces:
            return "".join(_marked(piece) for piece in self.pieces)
        if self.kind == "inserted":
            return short(self.after)
        if self.kind == "removed":
            return short(self.before)
        if self.kind == "swapped":
            return f"moved; {short(self.after)}"
        before, after = (ABSENT if v is None else short(v) for v in (self.before, self.after))
        return f"{before} → {after}"


@dataclass(frozen=True, slots=True)
class Comparison(Displayed):
    """Two recordings compared at one level. `changes` are in order, the first divergence first.

    `notes` are differences outside the stream: those between the requests. `n_a` and `n_b` are how
    many events (frames, bytes ...) either side has, those of interactions that the other one lacks
    included. `verdict` is known at level `content`, else None: `same`, `reworded` (text differs;
    tools, structure and ending do not) or `behaviour changed`, and then `reasons` are the facts
    that made it so. `comparable` is False if nothing is known on both sides, such as times of a
    converted recording; `same` is then False, too. `recordings` are the interactions of both sides,
    for those who draw them; they are no part of what makes two comparisons equal, and are left out
    where one is pickled.
    """

    level: str
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    n_a: int = 0
    n_b: int = 0
    unit: str = "events"
    a: str = "a"
    b: str = "b"
    verdict: Verdict | None = None
    reasons: tuple[str, ...] = ()
    comparable: bool = True
    recordings: tuple[tuple[Interaction, ...], tuple[Interaction, ...]] | None = field(
        default=None, repr=False, compare=False
    )

    def __reduce__(self) -> tuple[type[Comparison], tuple[Any, ...]]:
        # Results of many files go between processes and to disk: without what they are about.
        names = [one.name for one in fields(self) if one.name != "recordings"]
        return type(self), tuple(getattr(self, name) for name in names)

    @property
    def same(self) -> bool:
        """Whether nothing differs at this level, and there was something to compare."""
        return self.comparable and not self.changes

    def __bool__(self) -> bool:
        raise TypeError("a Comparison has no truth value: use .same or .changes")

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def counts(self) -> str:
        """The number of changes of each kind: `2 inserted, 1 changed`.

        An event inserted or removed several times is counted each time.
        """
        counts: Counter[ChangeKind] = Counter()
        for change in self.changes:
            whole = change.kind in ("inserted", "removed")
            counts[change.kind] += 1 + change.n_repeats if whole else 1
        return ", ".join(f"{counts[kind]} {kind}" for kind in _SIGNS if counts[kind])

    def summary(self, max_changes: int = 10) -> str:
        """A few lines of plain text: the verdict, then the first changes."""
        sizes = f"{self.n_a} and {self.n_b} {self.unit}"
        if not self.comparable:
            lines = [f"nothing could be compared at level {self.level} ({sizes})"]
        elif self.same:
            lines = [f"same at level {self.level} ({sizes})"]
        else:
            lines = [f"different at level {self.level}: {self.counts()} ({sizes})"]
            lines += [f"  {change}" for change in self.changes[:max_changes]]
            if len(self.changes) > max_changes:
                lines.append(f"  … and {len(self.changes) - max_changes} more")
        if self.verdict is not None and not self.same:
            lines.insert(1, f"  verdict: {self.judgement()}")
        return masked_text("\n".join([*lines, *(f"  note: {note}" for note in self.notes)]))

    def judgement(self, max_reasons: int = 4) -> str:
        """The verdict with its reasons, in one line; empty without a verdict."""
        shown = list(self.reasons[:max_reasons])
        if len(self.reasons) > max_reasons:
            shown.append(f"and {len(self.reasons) - max_reasons} more")
        return f"{self.verdict or ''}{': ' if shown else ''}{'; '.join(shown)}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values for JSON, with secrets masked."""
        return {
            "same": self.same,
            "level": self.level,
            "comparable": self.comparable,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "a": self.a,
            "b": self.b,
            "unit": self.unit,
            "n_a": self.n_a,
            "n_b": self.n_b,
            "changes": [asdict(change.masked()) for change in self.changes],
            "notes": list(self.notes),
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """`to_dict()` as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent, default=repr)


def short(value: Any, limit: int = MAX_SHOWN) -> str:
    """A value in one line of bounded length."""
    return shortened(json.dumps(value, ensure_ascii=False, default=repr), limit)


def _marked(piece: WordPiece) -> str:
    text = _BREAKS.sub(" ", piece.text)
    if piece.kind == "same":
        return text
    text = shortened(text, MAX_SHOWN)
    return f"[-{text}-]" if piece.kind == "removed" else f"{{+{text}+}}"
