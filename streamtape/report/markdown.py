"""Comparisons as Markdown, for a comment on a pull request.

Values stand in fenced blocks of kind `diff`, where nothing of what a stream said is taken for
markup; a fence is longer than any run of backticks inside. As there is no bold in there, the words
that differ stand in `[-…-]` and `{+…+}`, which is what `git diff --word-diff` prints.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from urllib.parse import quote

from streamtape.compare.comparison import ABSENT, Change, Comparison
from streamtape.printable import printable
from streamtape.report.differences import kind_of, locations, name_of, shown_value, verdict
from streamtape.report.folders import FileResult
from streamtape.report.lines import one_line
from streamtape.units import count

SHOWN = 10
MAX_FOLDED = 50  # the most changes of one comparison
MAX_ROWS = 100  # in the table of files; those without differences are left out first
MAX_COMMENT = 60_000  # characters; GitHub takes 65,536
MAX_REASONS = 10
_MAX_VALUE = 1000
_MARKS = {"removed": "[-{}-]", "inserted": "{{+{}+}}"}


def comparison_markdown(
    comparison: Comparison, *, max_changes: int = SHOWN, level: int = 3, picture: str | None = None
) -> str:
    """A heading with the verdict, then the changes; many of them are folded away.

    `picture` is the path or the address of a picture of both runs, which is shown below the names.
    """
    mark = "✅" if comparison.same else "❌"
    parts = [
        f"{'#' * level} {mark} {verdict(comparison)}",
        f"{code(comparison.a)} → {code(comparison.b)}",
        *([f"![both runs on one clock](<{_address(picture)}>)"] if picture else []),
        *_judgement(comparison),
        *(f"- note: {code(note)}" for note in comparison.notes),
    ]
    shown, folded = comparison.changes[:max_changes], comparison.changes[max_changes:MAX_FOLDED]
    n_left = len(comparison.changes) - len(shown) - len(folded)
    several = any(change.interaction for change in comparison.changes)
    if shown:
        parts.append(_block(shown, several=several))
    if folded:
        summary = f"<summary>{count(len(folded) + n_left, 'more change')}</summary>"
        rest = f"\n\n… and {count(n_left, 'change')} that would not fit" if n_left else ""
        block = _block(folded, several=several, limit=200)
        parts.append(f"<details>{summary}\n\n{block}{rest}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def _judgement(comparison: Comparison) -> list[str]:
    """The verdict, and the facts that made it, where there is something to judge."""
    if comparison.verdict is None or comparison.same:
        return []
    facts = comparison.reasons[:MAX_REASONS]
    more = len(comparison.reasons) - len(facts)
    rows = [f"- {code(fact)}" for fact in facts] + ([f"- … and {more} more"] if more else [])
    return ["\n".join([f"Verdict: **{comparison.verdict}**", *([""] if rows else []), *rows])]


def _block(changes: Sequence[Change], *, several: bool, limit: int = _MAX_VALUE) -> str:
    rows: list[str] = []
    for change in changes:
        which = f", interaction {change.interaction}" if several else ""
        which = f" {change.n_repeats + 1} times{which}" if change.n_repeats else which
        where = f"{locations(change)} {name_of(change)}".strip()
        rows.append(f"@@ {where} {kind_of(change)}{which} @@")
        before, after = _sides(change.masked(), limit)
        if change.kind == "swapped" and change.before is None:
            rows.append(f"  {after}")
            continue
        if change.kind != "inserted":
            rows.append(f"- {before}")
        if change.kind != "removed":
            rows.append(f"+ {after}")
    text = "\n".join(rows)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}diff\n{text}\n{fence}"


def _sides(change: Change, limit: int) -> tuple[str, str]:
    if not change.pieces:
        before, after = (
            ABSENT if value is None else shown_value(change, value, limit)
            for value in (change.before, change.after)
        )
        return before, after
    sides = (
        "".join(
            _MARKS.get(p.kind, "{}").format(p.text)
            for p in change.pieces
            if p.kind in {"same", kind}
        )
        for kind in ("removed", "inserted")
    )
    before, after = (one_line(side, 2 * limit) for side in sides)
    return before, after


def folders_markdown(results: Collection[FileResult], a: str, b: str) -> str:
    """A table of the files, then each comparison that found changes.

    The results are iterated over several times; never are all of them in memory.
    """
    n_differing = sum(_differs(r) for r in results)
    mark = "✅" if all(r.same for r in results) else "❌"
    few = len(results) <= MAX_ROWS
    listed = islice((r for r in results if few or not r.same), MAX_ROWS)
    rows = [
        f"| {code(r.name)} | {r.verdict} | {r.judgement} | {r.detail.replace('|', chr(92) + '|')} |"
        for r in listed
    ]
    if n_more := len(results) - len(rows):
        rows.append(f"| … and {n_more:,} more | | | {_verdicts(results)} in all |")
    parts = [
        f"### {mark} {code(a)} → {code(b)}",
        "\n".join(["| cassette | | verdict | |", "|---|---|---|---|", *rows]),
    ]
    left = MAX_COMMENT - sum(map(len, parts))
    for number, result in enumerate(filter(_differs, results)):
        assert result.comparison is not None
        text = comparison_markdown(result.comparison, level=4).rstrip()
        counted = f"<details><summary>{_escaped(result.name)}</summary>\n\n{text}\n\n</details>"
        left -= len(counted) + 2
        if left < 0:
            parts.append(f"… and {count(n_differing - number, 'file')} that would not fit")
            break
        parts.append(counted)
    return "\n\n".join(parts) + "\n"


def _differs(result: FileResult) -> bool:
    return result.comparison is not None and not result.comparison.same


def _verdicts(results: Iterable[FileResult]) -> str:
    counts = Counter(result.verdict for result in results)
    return ", ".join(f"{n:,} {name}" for name, n in counts.items())


def code(text: str) -> str:
    """A text as inline code, whatever it holds."""
    shown = printable(text).replace("\n", " ").replace("|", "¦")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _address(text: str) -> str:
    """A path or an address, between angle brackets."""
    return quote(text, safe="/:?#[]@!$&'()*+,;=%~")


def _escaped(text: str) -> str:
    return printable(text).replace("&", "&amp;").replace("<", "&lt;")
