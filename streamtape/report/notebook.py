"""The page of a value inside a notebook, in a sandboxed frame.

The frame has no origin, so it reaches nothing of the notebook; the page's own policy allows it
its script and no request. It lies over the static HTML of the value: where a notebook isn't
trusted, or is shown by something that drops frames, that is what is seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streamtape.compare.comparison import Comparison
from streamtape.markup import Html, escaped, fill
from streamtape.printable import printable_line
from streamtape.report.page.document import document
from streamtape.report.page.race import race_data
from streamtape.report.page.recordings import distinct_names, recordings_data
from streamtape.tape.model import Cassette, Interaction

MAX_BYTES = 1_000_000  # bodies larger in total are shown without a frame
MAX_INTERACTIONS = 200
_HEIGHT = "38rem"
_BOX = f"position:relative;min-height:{_HEIGHT};max-width:100rem"
_FRAME = "position:absolute;inset:0;width:100%;height:100%;border:0;border-radius:8px"
_ELEMENT = (
    '<div style="[[box]]">[[static]]'
    '<iframe title="[[name]]" sandbox="[[allowed]]" allow="clipboard-write" '
    'loading="lazy" style="[[look]]" srcdoc="[[page]]"></iframe></div>'
)
# Scripts, and files that are saved from it; no origin, no forms, no windows.
_ALLOWED = "allow-scripts allow-downloads"


def framed(value: object, static: str) -> str:
    """The static HTML of a value, below a frame with its page where it has one."""
    title, data = _page_of(value)
    if data is None:
        return static
    return fill(
        _ELEMENT,
        box=_BOX,
        static=Html(static),
        name=printable_line(title),
        allowed=_ALLOWED,
        look=_FRAME,
        page=escaped(document(title, data, ())),  # here it is an attribute's text
    )


def _page_of(value: object) -> tuple[str, Mapping[str, Any] | None]:
    """What the page of a value is called, and its data; None where it has none."""
    if isinstance(value, Interaction):
        value = Cassette((value,), "interaction")
    if isinstance(value, Cassette):
        name = distinct_names([value.path])[0] if value.path else "cassette"
        if not _fits(value.interactions):
            return name, None
        interactions, _ = recordings_data(value, name=name)
        return name, {"kind": "view", "interactions": interactions, "checked": True}
    if not isinstance(value, Comparison) or value.recordings is None:
        return "", None
    sides = value.a, value.b
    name = " and ".join(sides)
    a, b = (Cassette(recording) for recording in value.recordings)
    if not _fits((*a.interactions, *b.interactions)):
        return name, None
    interactions, pairs = race_data(name, a, b, names=sides)
    data = {"kind": "compare", "interactions": interactions, "checked": True}
    return name, {**data, "pairs": pairs, "sides": list(sides)}


def _fits(interactions: Sequence[Interaction]) -> bool:
    n_bytes = sum(
        one.chunks.n_bytes + one.messages.n_bytes + len(one.request.body) for one in interactions
    )
    return 0 < len(interactions) <= MAX_INTERACTIONS and n_bytes <= MAX_BYTES
