"""The dialects that there are: the built-in ones, and those that a user registers.

A user's dialect is asked before the built-in ones, the latest first; one with a name that is taken
replaces it. The built-in tables are imported when first needed.
"""

from __future__ import annotations

import re

from streamtape.dialects.base import Dialect
from streamtape.errors import UsageError

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
                f"dialect {dialect.name!r}: {where} {pattern!r} is no regular expression: {error}"
            ) from error
    _users.pop(dialect.name, None)
    _users[dialect.name] = dialect
    return dialect


def unregister_dialect(name: str) -> None:
    """Forget a dialect that `register_dialect` made known; UsageError where there is none."""
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
