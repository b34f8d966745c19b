"""`streamtape diff --fail-on`: many recordings on both sides, compared with limits of time."""

from __future__ import annotations

import streamtape
from streamtape.cli import output
from streamtape.cli.errors import FINDINGS, Trouble
from streamtape.cli.files import Tapes
from streamtape.cli.stats import medians
from streamtape.metrics.statistics import parse_limit
from streamtape.stores.locations import location_of


def gate(a: str, b: str, limits: tuple[str, ...], dialect: str | None, *, as_json: bool) -> int:
    """Print each limit's outcome; get the exit status: 1 if a limit is exceeded.

    Trouble (2) if there are too few recordings to tell, or none has times.
    """
    measures = {parse_limit(text).measure for text in limits}
    sides = [Tapes([name]) for name in (a, b)]
    for side in sides:
        len(side)  # refuses names that mean nothing
    before, after = (medians(side, dialect, measures) for side in sides)
    found = streamtape.gates(before, after, limits)
    if as_json:
        output.write_json(
            {
                "a": str(location_of(a)),
                "b": str(location_of(b)),
                "limits": [one.to_dict() for one in found],
            }
        )
    else:
        for one in found:
            output.write_text(str(one))
    if any(one.outcome == "beyond" for one in found):
        return FINDINGS
    if any(one.outcome == "too few" for one in found):
        raise Trouble("too few recordings to tell: record the same request more often")
    return 0
