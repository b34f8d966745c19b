"""Comparisons as Markdown, for a comment on a pull request.

Values stand in fenced blocks of kind `diff`, where nothing of what a stream said is taken for
markup; a fence is longer than any run of backticks inside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from streamtape.compare.comparison import Change, Comparison
from streamtape.report.differences import name_of, places, value_text, verdict
from streamtape.report.folders import FileResult
from streamtape.report.lines import clean
from streamtape.report.units import count

SHOWN = 10
_MAX_VALUE = 1000


def comparison_markdown(comparison: Comparison, *, max_changes: int = SHOWN, level: int = 3) -> str:
    """A heading with the verdict, then the changes; many of them are folded away."""
    mark = "✅" if comparison.same else "❌"
    parts = [
        f"{'#' * level} {mark} {verdict(comparison)}",
        f"{code(comparison.a)} → {code(comparison.b)}",
        *(f"- note: {code(note)}" for note in comparison.notes),
    ]
    shown, folded = comparison.changes[:max_changes], comparison.changes[max_changes:]
    several = any(change.interaction for change in comparison.changes)
    if shown:
        parts.append(_block(shown, several=several))
    if folded:
        summary = f"<summary>{count(len(folded), 'more change')}</summary>"
        parts.append(f"<details>{summary}\n\n{_block(folded, several=several)}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def _block(changes: Sequence[Change], *, several: bool) -> str:
    rows: list[str] = []
    for change in changes:
        which = f", interaction {change.interaction}" if several else ""
        rows.append(f"@@ {places(change)} {name_of(change)} {change.kind}{which} @@")
        before, after = _sides(change)
        if change.kind != "inserted":
            rows.append(f"- {before}")
        if change.kind != "removed":
            rows.append(f"+ {after}")
    text = "\n".join(rows)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}diff\n{text}\n{fence}"


def _sides(change: Change) -> tuple[str, str]:
    if not change.pieces:
        return value_text(change.before, _MAX_VALUE), value_text(change.after, _MAX_VALUE)
    sides = (
        "".join(p.text for p in change.pieces if p.kind in {"same", kind})
        for kind in ("removed", "inserted")
    )
    before, after = (clean(side).replace("\n", "↵") for side in sides)
    return before, after


def folders_markdown(results: Sequence[FileResult], a: str, b: str) -> str:
    """A table of the files, then each comparison that found changes."""
    differing = [r for r in results if r.comparison is not None and not r.comparison.same]
    mark = "✅" if all(r.same for r in results) else "❌"
    rows = [
        f"| {code(r.name)} | {r.verdict} | {r.detail.replace('|', chr(92) + '|')} |"
        for r in results
    ]
    parts = [
        f"### {mark} {code(a)} → {code(b)}",
        "\n".join(["| cassette | | |", "|---|---|---|", *rows]),
    ]
    for result in differing:
        assert result.comparison is not None
        text = comparison_markdown(result.comparison, level=4).rstrip()
        parts.append(f"<details><summary>{_escaped(result.name)}</summary>\n\n{text}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def code(text: str) -> str:
    """A text as inline code, whatever it holds."""
    shown = clean(text).replace("\n", " ").replace("|", "¦")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _escaped(text: str) -> str:
    return clean(text).replace("&", "&amp;").replace("<", "&lt;")
