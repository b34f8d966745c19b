"""Two folders of cassettes compared by name: one row per file, and an overall verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from streamtape.compare.comparison import Comparison
from streamtape.printable import printable
from streamtape.report.differences import verdict
from streamtape.report.lines import Line, line
from streamtape.units import count

Verdict = Literal["same", "different", "not compared", "only in a", "only in b", "unreadable"]
_STYLES: dict[Verdict, str] = {"same": "good", "unreadable": "bad", "not compared": "bad"}
_JUDGED = {"same": "good", "behaviour changed": "bad"}


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one name: a comparison, or why it can't be compared.

    `known` are judgement and detail of a comparison that is no longer kept.
    """

    name: str
    verdict: Verdict
    comparison: Comparison | None = None
    error: str = ""
    known: tuple[str, str] | None = None

    def brief(self) -> FileResult:
        """What a table needs of it, without the comparison."""
        if self.comparison is None:
            return self
        known = self.judgement, self.detail
        return replace(self, comparison=None, known=known)

    @property
    def same(self) -> bool:
        return self.verdict == "same"

    @property
    def judgement(self) -> str:
        """The comparison's verdict at level content, a column of its own; else nothing."""
        if self.known is not None:
            return self.known[0]
        return (self.comparison.verdict or "") if self.comparison is not None else ""

    @property
    def behaves_alike(self) -> bool:
        """Whether at most words differ; a cassette that one side lacks is no such thing."""
        return self.judgement in ("same", "reworded")

    @property
    def detail(self) -> str:
        """What there is to say besides the verdict."""
        if self.known is not None:
            return self.known[1]
        if self.verdict == "not compared" and self.comparison is not None:
            return printable("; ".join(self.comparison.notes))
        if self.comparison is not None and not self.same:
            return verdict(self.comparison).partition(": ")[2]
        return printable(self.error)

    def to_dict(self) -> dict[str, Any]:
        """The row for JSON."""
        comparison = None if self.comparison is None else self.comparison.to_dict()
        return {
            "name": self.name,
            "verdict": self.verdict,
            "comparison": comparison,
            "error": self.error or None,
        }


def folder_lines(results: Collection[FileResult], a: str, b: str) -> Iterator[Line]:
    """A row a file and the counts; what is the same comes first and is quiet."""
    yield line(("  a  ", "label"), printable(a))
    yield line(("  b  ", "label"), printable(b))
    yield ()
    width = max((len(printable(r.name)) for r in results), default=0)
    wide = max((len(r.verdict) for r in results), default=0)
    wide = max(wide, 10)
    judged = any(result.judgement for result in results)
    for result in results:
        style = _STYLES.get(result.verdict, "warn")
        yield line(
            f"  {printable(result.name):<{width}}  ",
            (f"{result.verdict:<{wide}}", style),
            (f"  {result.judgement:<17}", _JUDGED.get(result.judgement, "warn")) if judged else "",
            (f"  {result.detail}" if result.detail else "", "dim"),
        )
    counts = Counter(result.verdict for result in results)
    counted = ", ".join(f"{n} {name}" for name, n in counts.items())
    yield ()
    yield line((f"{count(len(results), 'cassette')}: {counted or 'none found'}", "title"))
    if judged:
        judgements = Counter(result.judgement for result in results if result.judgement)
        yield line("verdicts: " + ", ".join(f"{n} {name}" for name, n in judgements.items()))
