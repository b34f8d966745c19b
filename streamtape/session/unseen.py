"""Connections that bypassed a session, and the messages about them."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

Address = tuple[str, int]  # host and port
_MOST_NAMED = 5


class Unseen(NamedTuple):
    """A connection that no seam carries: which library opens it, where to, for which line.

    `port` is None where a name was to be looked up, `line` "" where the program's is not known.
    """

    opened_by: str
    host: str
    port: int | None
    line: str

    def __str__(self) -> str:
        where = f"{self.host}:{self.port}" if self.port is not None else self.host
        return f"{self.opened_by} to {where}" + (f" ({self.line})" if self.line else "")


def refused(unseen: Unseen, mode: str) -> str:
    """The error of a connection that a session refuses."""
    what = f"connect to {unseen.host}, port {unseen.port}"
    if unseen.port is None:
        what = f"look up {unseen.host}"
    line = f" ({unseen.line})" if unseen.line else ""
    return (
        f"{unseen.opened_by} was about to {what}{line}. No cassette can answer it, since requests "
        f"of {unseen.opened_by} are not seen, and record mode {mode!r} lets nothing through to the "
        f"network. {way_out(unseen.host)}"
    )


def noticed(counts: Counter[Unseen], name: str) -> str:
    """The warning of connections that were opened past a session."""
    n = counts.total()
    many = "1 connection was" if n == 1 else f"{n} connections were"
    named = [f"{one}" + (f", {k} times" if k > 1 else "") for one, k in counts.items()]
    if len(named) > _MOST_NAMED:
        named = [*named[:_MOST_NAMED], f"{len(named) - _MOST_NAMED} more"]
    first = next(iter(counts))
    return (
        f"{many} opened past the session for {name!r}, so their requests are not in the "
        f"cassette: {'; '.join(named)}. {way_out(first.host)}"
    )


def way_out(host: str) -> str:
    """What to do about it."""
    return (
        "`streamtape record -o run.tape -- COMMAND` records any client through a local proxy; "
        f"ignore_hosts=[{host!r}] lets this host pass, unseen='allow' every one"
    )
