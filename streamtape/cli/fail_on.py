"""`streamtape diff --fail-on`: many recordings on both sides, held against limits of time."""

from __future__ import annotations

import streamtape
from streamtape.cli import output
from streamtape.cli.errors import FINDINGS, Trouble
from streamtape.cli.files import tapes
from streamtape.cli.stats import measured
from streamtape.stores.places import place_of


def gate(a: str, b: str, limits: tuple[str, ...], dialect: str | None, *, as_json: bool) -> int:
    """Tell each limit's outcome; the exit status: 1 where one is passed.

    Trouble where there are too few recordings to tell, or none of them knows its times.
    """
    before, after = (measured(tapes([name]), dialect, None) for name in (a, b))
    found = streamtape.gates(before, after, limits)
    if as_json:
        output.write_json(
            {
                "a": str(place_of(a)),
                "b": str(place_of(b)),
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
