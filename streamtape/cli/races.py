"""Pages of comparisons, for `diff --html` and `view --compare`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from streamtape.errors import CassetteError, UsageError

Named = tuple[str, str | None, str | None, str]


def named_pairs(a: str, b: str) -> list[Named]:
    """Two files as one pair; two folders as the pairs of their files by name.

    UsageError where one is a file and the other a folder, or where folders hold no cassettes.
    """
    left, right = Path(a), Path(b)
    if left.is_dir() != right.is_dir():
        raise UsageError(f"{a!r} and {b!r}: compare two files or two folders")
    if not left.is_dir():
        return [(right.name, a, b, "")]
    names = [
        {str(path.relative_to(side)) for path in side.rglob("*.tape")} for side in (left, right)
    ]
    if not (names[0] or names[1]):
        raise UsageError(f"no cassettes (*.tape) in {a!r} and {b!r}")
    return [_in_folders(name, left, right) for name in sorted(names[0] | names[1])]


def _in_folders(name: str, left: Path, right: Path) -> Named:
    paths = left / name, right / name
    for path, only in zip(paths, ("only in b", "only in a"), strict=True):
        if not path.is_file():
            return name, None, None, only
    return name, str(paths[0]), str(paths[1]), ""


def races_page(
    pairs: Iterable[Named],
    sides: tuple[str, str],
    *,
    dialect: str | None = None,
    checked: bool = True,
) -> str:
    """A page of races: of each pair its name, and the path of either side.

    Where a path is None there is nothing to race, and the last field says why. `sides` are what the
    two are called. CassetteError for a file that can't be loaded.
    """
    import streamtape
    from streamtape.report.page.document import document
    from streamtape.report.page.race import alone, race_data
    from streamtape.report.page.recordings import distinct_names

    interactions: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    named = list(pairs)
    for name, a, b, reason in named:
        if a is None or b is None:
            found.append(alone(name, reason))
            continue
        try:
            cassettes = streamtape.load(a), streamtape.load(b)
        except CassetteError as error:
            if len(named) == 1:
                raise
            found.append(alone(name, "unreadable", str(error)))
            continue
        called = distinct_names([a, b])
        data, rows = race_data(
            name, *cassettes, names=(called[0], called[1]), dialect=dialect, checked=checked
        )
        for row in rows:
            row |= {
                side: None if row[side] is None else row[side] + len(interactions) for side in "ab"
            }
        interactions += data
        found += rows
    page = {
        "kind": "compare",
        "checked": checked,
        "interactions": interactions,
        "pairs": found,
        "sides": list(sides),
    }
    return document(f"{sides[0]} → {sides[1]}", page, _plain(found))


def _plain(pairs: Iterable[dict[str, Any]]) -> Iterable[str]:
    for pair in pairs:
        yield f"{pair['name']}: {pair['verdict']}"
        yield from (f"    {reason}" for reason in pair["summary"])
        for path, before, after in pair["request"]:
            yield f"    request {path}: {before} -> {after}"
