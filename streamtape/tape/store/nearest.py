"""Suggestions for a path that does not exist."""

from __future__ import annotations

import contextlib
import os
from difflib import get_close_matches
from pathlib import Path

_SUFFIX = ".tape"
_MOST = 3


def missing(path: Path, what: str = "", suffix: str = "") -> str:
    """Say that there is nothing at a path, and the nearest names; without a full stop.

    `what` names the kind of file; by default it is a cassette where the name ends as one's does.
    With a `suffix` only names that end so are near.
    """
    kind = what or ("cassette" if path.suffix == _SUFFIX else "file or folder")
    hint = f"there is no {kind} {str(path)!r}"
    folder = _first_missing(path)
    near = _near(folder, suffix if folder == path else "")
    if folder != path:
        if _has_no_secret(str(path)):
            hint += f": there is no folder {str(folder)!r}"
        rest = path.relative_to(folder)
        whole = [str(folder.with_name(name) / rest) for name in near]
        near = [name for name in whole if os.path.lexists(name)] or [
            str(folder.with_name(name)) for name in near
        ]
    else:
        near = [str(path.with_name(name)) for name in near]
    if not near:
        return hint
    if len(near) == 1:
        return f"{hint}; did you mean {near[0]!r}?"
    return f"{hint}; near it: {', '.join(near)}"


def _has_no_secret(path: str) -> bool:
    """Whether a part of a path may be shown alone: a part of a secret would not be recognised."""
    from streamtape.tape.redact import Redactor  # few programs need it here

    return Redactor().redact_text(path) == path


def _first_missing(path: Path) -> Path:
    """The part of a path up to which nothing is missing, and the first name that is."""
    while path.parent != path and not path.parent.is_dir():
        path = path.parent
    return path


def _near(path: Path, suffix: str) -> list[str]:
    """Names beside a path that are much like its own; one that only lacks the suffix is first."""
    names: list[str] = []
    with contextlib.suppress(OSError):
        names = [one.name for one in path.parent.iterdir() if one.name.endswith(suffix)]
    if path.name + _SUFFIX in names:
        return [path.name + _SUFFIX]
    lower: dict[str, list[str]] = {}
    for name in sorted(names):
        lower.setdefault(name.lower(), []).append(name)
    near = get_close_matches(path.name.lower(), lower, n=_MOST, cutoff=0.6)
    return [name for like in near for name in lower[like]][:_MOST]
