"""The dialects that there are: the built-in ones, and those that a user registers.

A user's dialect is asked before the built-in ones, the latest first; one with a name that is taken
replaces it. The built-in tables are imported when first needed.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import Any, get_args

from streamtape.dialects.base import Channel, Dialect, Piece
from streamtape.errors import UsageError

_CHANNELS: tuple[str, ...] = get_args(Channel)
_users: dict[str, Dialect] = {}


def builtin() -> tuple[Dialect, ...]:
    """The dialects that come with the package, in the order in which they are asked."""
    from streamtape.dialects.tables import BUILTIN

    return BUILTIN


def register_dialect(dialect: Dialect) -> Dialect:
    """Make a dialect known, under its name; gives it back. UsageError where it can't work."""
    if not dialect.name:
        raise UsageError("a dialect needs a name")
    for where, pattern in (("url", dialect.url), ("media", dialect.media), *dialect.signs):
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(
                f"dialect {dialect.name!r}: {where} {pattern!r} is not a regular expression: "
                f"{error}"
            ) from error
    _check_table(dialect, f"dialect {dialect.name!r}: ")
    _users.pop(dialect.name, None)
    _users[dialect.name] = dialect
    return dialect


def _check_table(part: Any, where: str) -> None:
    """Refuse what a reader would pass over without a word: `("end")` for `("end",)`, a channel."""
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(part, Piece) and field.name == "channel" and value not in _CHANNELS:
            known = ", ".join(_CHANNELS)
            raise UsageError(f"{where}unknown channel {value!r} (known: {known})")
        if not str(field.type).startswith("tuple"):
            continue
        if not isinstance(value, tuple):
            raise UsageError(
                f"{where}{field.name} must be a tuple, got {value!r}; "
                f"a tuple of one is ({value!r},)"
            )
        for one in value:
            if is_dataclass(one):
                _check_table(one, f"{where}{field.name}: ")


def unregister_dialect(name: str) -> None:
    """Forget a dialect that `register_dialect` made known; UsageError if there is none."""
    if _users.pop(name, None) is None:
        raise UsageError(f"no dialect {name!r} was registered; registered: {', '.join(_users)}")


def dialects() -> tuple[Dialect, ...]:
    """Every dialect, in the order in which they are asked: the user's own first."""
    own = tuple(reversed(_users.values()))
    return own + tuple(d for d in builtin() if d.name not in _users)


def dialect_named(name: str) -> Dialect:
    """The dialect of this name; UsageError lists those that there are."""
    if name in _users:
        return _users[name]
    for dialect in builtin():
        if dialect.name == name:
            return dialect
    known = ", ".join(sorted(d.name for d in dialects()))
    raise UsageError(f"unknown dialect {name!r}; known: {known}")
