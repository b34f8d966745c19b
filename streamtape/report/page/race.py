"""Two recordings side by side, as the data of a page: pairs, aligned events, words that differ.

What is compared is compared by `diff`, and what is aligned lies between the same anchors: this
module only puts it into the shape of a page.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from streamtape.analysis.diff import diff, paired
from streamtape.compare.align import gaps
from streamtape.compare.comparison import Comparison, short
from streamtape.compare.value_diff import hunks, walk
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.payload import NOT_JSON, decode
from streamtape.report.events import Run, runs
from streamtape.report.masked import read
from streamtape.report.page.data import interaction_data
from streamtape.report.page.recordings import findings_of
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.texts import masked_text

_MAX_REQUEST = 200  # differences of two requests that are shown
_MAX_VALUE = 2_000
_MAX_DIFFED = 200_000  # characters of a text whose words are compared


@collector_paused()
def race_data(
    name: str,
    a: Cassette,
    b: Cassette,
    *,
    names: tuple[str, str] = ("a", "b"),
    dialect: str | None = None,
    checked: bool = True,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The interactions of two recordings, and the pairs that they make.

    A pair names its sides by their places in the list of interactions (None where one is missing).
    `names` are what the page calls the two. UsageError for an unknown dialect.
    """
    interactions: list[dict[str, Any]] = []
    pairs: list[dict[str, Any]] = []
    responses: list[ParsedResponse] = []
    found = paired(a.interactions, b.interactions, dialect)
    for number, (one, other) in enumerate(found):
        places: list[int | None] = []
        for side, called in ((one, names[0]), (other, names[1])):
            places.append(None if side is None else len(interactions))
            if side is not None:
                parsed = read(side, dialect)
                findings = findings_of(parsed, dialect) if checked else []
                data = interaction_data(parsed, findings, name=called, number=number)
                interactions.append(data)
                responses.append(parsed)
        title = name if len(found) == 1 else f"{name} {number}"
        row: dict[str, Any] = {"name": title, "a": places[0], "b": places[1]}
        if one is None or other is None:
            row |= {"verdict": f"only in {'b' if one is None else 'a'}", "summary": []}
        else:
            sides = responses[-2], responses[-1]
            row |= _compared(sides, interactions[-2]["parts"], interactions[-1]["parts"], dialect)
        pairs.append({"rows": [], "words": [], "request": []} | row)
    return interactions, pairs


def alone(name: str, verdict: str, reason: str = "") -> dict[str, Any]:
    """A pair of which there is nothing to race: one side is missing, or can't be read."""
    summary = [reason] if reason else []
    row = {"name": name, "a": None, "b": None, "verdict": verdict, "summary": summary}
    return row | {"rows": [], "words": [], "request": []}


def _compared(
    sides: tuple[ParsedResponse, ParsedResponse],
    left: Sequence[dict[str, Any]],
    right: Sequence[dict[str, Any]],
    dialect: str | None,
) -> dict[str, Any]:
    """What differs between two interactions; `left` and `right` are their texts on the page."""
    one, other = (parsed.interaction for parsed in sides)
    content = diff(one, other, "content", dialect=dialect)
    events = diff(one, other, "events", dialect=dialect)
    return {
        "verdict": content.verdict or "same",
        "summary": [*(masked_text(reason) for reason in content.reasons), *content.notes],
        "rows": [*_rows(*sides, events)],
        "words": [*_words(left, right)],
        "request": [*_request(one, other)],
    }


def _rows(
    left: ParsedResponse, right: ParsedResponse, comparison: Comparison
) -> Iterator[tuple[int, int, int, int, str]]:
    """Runs of events beside each other: where each begins and ends on either side, and what it is.

    -1 if a side has none. A row is changed where `diff` reports a change in it.
    """
    a, b = ([*runs(side.events, side.dialect)] for side in (left, right))
    changed_a = sorted(change.a.index for change in comparison.changes if change.a)
    changed_b = sorted(change.b.index for change in comparison.changes if change.b)
    i = j = 0
    for gap in (*gaps([*map(_key, a)], [*map(_key, b)]), None):
        until = len(a) if gap is None else gap.a1
        for n in range(until - i):
            one, other = _span(a[i + n]), _span(b[j + n])
            changed = _has_any(changed_a, *one) or _has_any(changed_b, *other)
            yield *one, *other, "changed" if changed else "same"
        if gap is None:
            return
        yield from ((*_span(run), -1, -1, "removed") for run in a[gap.a1 : gap.a2])
        yield from ((-1, -1, *_span(run), "inserted") for run in b[gap.b1 : gap.b2])
        i, j = gap.a2, gap.b2


def _has_any(indices: Sequence[int], first: int, end: int) -> bool:
    """Whether one of some rising numbers lies in a range."""
    return bisect_left(indices, first) < bisect_left(indices, end)


def _key(run: Run) -> tuple[str, bool]:
    return run.events[0].type, run.text is not None


def _span(run: Run) -> tuple[int, int]:
    return run.events[0].index, run.events[-1].index + 1


def _words(
    left: Sequence[dict[str, Any]], right: Sequence[dict[str, Any]]
) -> Iterator[tuple[int, int, int, int, int, int]]:
    """The words that differ: part, start and end on either side, in UTF-16 units."""
    keys = [[(part["kind"], part.get("name")) for part in side] for side in (left, right)]
    i = j = 0
    for gap in (*gaps(*keys), None):
        until = len(left) if gap is None else gap.a1
        for n in range(until - i):
            before, after = left[i + n]["text"], right[j + n]["text"]
            if before == after or max(len(before), len(after)) > _MAX_DIFFED:
                continue
            for hunk in hunks(before, after):
                a = _units(before, hunk.a_start), _units(before, hunk.a_end)
                b = _units(after, hunk.b_start), _units(after, hunk.b_end)
                yield i + n, *a, j + n, *b
        if gap is None:
            return
        for n in range(gap.a1, gap.a2):
            yield n, 0, _units(left[n]["text"], len(left[n]["text"])), -1, 0, 0
        for n in range(gap.b1, gap.b2):
            yield -1, 0, 0, n, 0, _units(right[n]["text"], len(right[n]["text"]))
        i, j = gap.a2, gap.b2


def _units(text: str, offset: int) -> int:
    return offset + sum(char > "\uffff" for char in text[:offset])


def _request(one: Interaction, other: Interaction) -> Iterator[tuple[str, str, str]]:
    """What differs between two requests: the path, and the value on either side."""
    a, b = one.request, other.request
    if (a.method, a.url) != (b.method, b.url):
        yield "address", masked_text(f"{a.method} {a.url}"), masked_text(f"{b.method} {b.url}")
    if a.body == b.body:
        return
    before, after = (decode(side.body.decode("utf-8", "backslashreplace")) for side in (a, b))
    if before is NOT_JSON or after is NOT_JSON:
        yield "body", short(a.body), short(b.body)
        return
    for number, (path, one_value, other_value) in enumerate(walk(before, after, ())):
        if number >= _MAX_REQUEST:
            return
        yield ".".join(path), _value(one_value), _value(other_value)


def _value(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else short(value)
    return masked_text(text)[:_MAX_VALUE]
