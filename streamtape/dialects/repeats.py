"""Which of the whole values of an event repeat a text that is there, and which are news."""

from __future__ import annotations

from collections.abc import Sequence

from streamtape.dialects.payload import NOT_JSON, decode

NEWS = -1  # nothing there says it
COVERED = -2  # several texts together say it, or one that says more


def match(values: Sequence[str], known: Sequence[str], *, in_turn: bool) -> list[int]:
    """For each value the place of the text that it repeats, or NEWS, or COVERED.

    Equal ones are one; so are values whose join is that of the texts, which were then cut
    otherwise. `in_turn`: as many values as texts are these texts, whatever they say. What only
    resembles a text is another version of it.
    """
    found = [NEWS] * len(values)
    free = dict(enumerate(known))
    _pair(values, found, free, equal)
    rest = [n for n, index in enumerate(found) if index == NEWS]
    if not rest or not known:
        return found
    joined = "".join(values[n] for n in rest)
    if _ends_with(list(free.values()), joined):
        return [COVERED if index == NEWS else index for index in found]
    if in_turn and len(rest) == len(free):
        for n, index in zip(rest, list(free), strict=True):
            found[n] = index
        return found
    _pair(values, found, free, resemble)
    everything = "".join(known)
    for n in rest:
        if found[n] == NEWS and values[n] in everything:
            found[n] = COVERED
    return found


def _pair(values: Sequence[str], found: list[int], free: dict[int, str], alike: object) -> None:
    """Give each value that has none the first free text that is like it."""
    for n, value in enumerate(values):
        if found[n] != NEWS:
            continue
        index = next((p for p, text in free.items() if alike(value, text)), NEWS)  # type: ignore[operator]  # one of the two below
        if index != NEWS:
            found[n] = index
            del free[index]


def _ends_with(texts: Sequence[str], joined: str) -> bool:
    """Whether the last of some texts, joined, are a text."""
    size = 0
    for text in reversed(texts):
        size += len(text)
        if size >= len(joined):
            break
    return size == len(joined) and "".join(texts).endswith(joined)


def equal(a: str, b: str) -> bool:
    """Whether two texts say the same: letter by letter, or as JSON objects."""
    if a == b:
        return True
    if not (a.startswith("{") and b.startswith("{")):
        return False
    value = decode(a)
    return value is not NOT_JSON and value == decode(b)


def resemble(a: str, b: str) -> bool:
    """Whether two texts begin alike, for half of the shorter one at least."""
    return 2 * n_shared(a, b) >= min(len(a), len(b)) > 0


def n_shared(a: str, b: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((n for n, (x, y) in pairs if x != y), min(len(a), len(b)))
