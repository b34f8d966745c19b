"""Pages of comparisons, for `diff --html` and `view --compare`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from streamtape.errors import CassetteError, UsageError
from streamtape.stores.locations import FileLocation, StrPath, location_of, relative_name

# A name, the location on either side, and the reason if one of them is missing.
Named: TypeAlias = "tuple[str, FileLocation | None, FileLocation | None, str]"


def named_pairs(a: StrPath, b: StrPath) -> list[Named]:
    """Two files as one pair; two folders as the pairs of their files by name.

    UsageError where one is a file and the other a folder, or where folders hold no cassettes.
    """
    left, right = location_of(a), location_of(b)
    if left.is_dir() != right.is_dir():
        raise UsageError(f"{str(left)!r} and {str(right)!r}: compare two files or two folders")
    if not left.is_dir():
        return [(right.name, left, right, "")]
    of_a, of_b = named_below(left), named_below(right)
    if not (of_a or of_b):
        raise UsageError(f"no cassettes (*.tape) in {str(left)!r} and {str(right)!r}")
    return [_of_name(name, of_a.get(name), of_b.get(name)) for name in sorted({*of_a, *of_b})]


def named_below(folder: FileLocation) -> dict[str, FileLocation]:
    """The recordings below a folder, by their names in it."""
    from streamtape.stores.recordings import named_recordings

    found: dict[str, FileLocation] = {}
    for name, location in named_recordings(folder):
        found[relative_name(location, folder) if name in found else name] = location
    return found


def _of_name(name: str, a: FileLocation | None, b: FileLocation | None) -> Named:
    if a is None or b is None:
        return name, None, None, "only in b" if a is None else "only in a"
    return name, a, b, ""


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
        called = distinct_names([str(a), str(b)])
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
