"""Tests that pass but prove nothing: no request was made, or there were only errors.

No request is a failure if the cassette was meant for this very test. Other cases warn
(UnprovenWarning), or fail where the ini option `tape_unproven` says `error`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from streamtape.errors import NothingRecordedError
from streamtape.framing.media import names_a_stream
from streamtape.pytest_plugin.settings import Settings
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.session.session import Session
from streamtape.tape.model import Interaction

Warn = Callable[[str, type[StreamtapeWarning]], None]


class UnprovenWarning(StreamtapeWarning):
    """A test passed whose cassette can't prove anything."""


def report_vacuous(session: Session, warn: Warn, *, explicit: bool, run: Settings) -> None:
    """Fail or warn (by `warn`) where a test that passed proves nothing."""
    __tracebackhide__ = True
    if not session.exchanges:
        if explicit and not session.options.allow_no_requests:
            raise NothingRecordedError(
                f"the test passed without a request to its cassette {session.name!r}, so it proves "
                "nothing about it; remove the cassette, or set allow_no_requests=True"
                + (session.note_on_others() and f".{session.note_on_others()}")
            )
    elif run.unplayed == "fail" and session.unplayed and not session.n_recorded:
        session.assert_all_played()
    if run.unproven == "ignore":
        return
    for doubt in reasons_for_doubt(session.seen):
        text = f"{doubt}; the test that passed with it ({session.name}) may prove nothing"
        if run.unproven == "error":
            raise UnprovenWarning(text)
        warn(text, UnprovenWarning)


def reasons_for_doubt(interactions: tuple[Interaction, ...]) -> Iterator[str]:
    """Why these streams prove little."""
    for interaction in interactions:
        if _is_empty(interaction):
            line = f"{interaction.request.method} {interaction.request.url}"
            yield f"the stream of {line} ended without a single byte"
    if interactions and all(map(_is_error, interactions)):
        yield "the cassette holds nothing but errors"


def _is_empty(interaction: Interaction) -> bool:
    head = interaction.head
    if head is None or head.status != 200 or interaction.chunks:
        return False
    return names_a_stream(head.get("content-type")) and interaction.ending.kind == "complete"


def _is_error(interaction: Interaction) -> bool:
    if interaction.head is None:
        return True
    return interaction.head.status >= 400
