"""The report on a failed test's streams: where each one was, and its last events.

Events count from 0, as everywhere else.

With `--tape-report=DIR` what happened is left there: as a cassette, to be shown or replayed, and as
a page, with a mark where the client stopped reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

import pytest

from streamtape.errors import CassetteError, StreamtapeError
from streamtape.pytest_plugin.report_index import LEFT
from streamtape.session.exchange import Exchange, as_seen
from streamtape.session.session import Session
from streamtape.tape.events import Event
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.segments import Rows
from streamtape.tape.texts import masked_text, shortened

LAST = 3
WIDTH = 96
MAX_MESSAGE = 2_000
_STATES = {
    "open": "still being read",
    "complete": "read to its end",
    "closed": "closed by the client",
    "failed": "ended with an error",
}


def tell(
    report: pytest.TestReport,
    session: Session,
    name: str,
    folder: Path | None,
    reason: str | None = None,
) -> None:
    """Add a section to the report of a failed test; leave a cassette and a page in `folder`.

    `reason` is why its recording is not kept, where it is not.
    """
    lines = list(_lines(session, reason))
    if folder is not None and session.seen:
        try:
            path = _leave(report, session, name, folder)
            lines.append(f"what happened is in {path} (streamtape show {path})")
            lines.append(f"  and on the page {path.with_suffix('.html')}")
        except CassetteError as error:
            lines.append(f"the report could not be written to {folder}: {error}")
    if lines:
        text = "\n".join(lines).encode("utf-8", "backslashreplace").decode()  # reports are UTF-8
        report.sections.append(("streamtape: where the streams were", masked_text(text)))


def _leave(report: pytest.TestReport, session: Session, name: str, folder: Path) -> Path:
    """Write the streams as a cassette, whose path is returned, and a page beside it.

    They lie below `folder` as the test's module does below the root, under the test's own `name`:
    tests may share a cassette, and modules a name.
    """
    from streamtape.report.failed_tests import Answer, FailedTest, failed_page
    from streamtape.tape.store import save
    from streamtape.tape.store.disk import writing
    from streamtape.tape.store.ordinary import write_whole

    module = PurePath(report.nodeid.partition("::")[0]).with_suffix("")
    path = folder.joinpath(*(part for part in module.parts if part != ".."), name)
    save(Cassette(session.seen), path)
    answers = [
        Answer(
            as_seen(one, exchange.progress) if exchange.progress.given is not None else one,
            exchange.progress.state,
            exchange.progress.n_chunks,
        )
        for exchange, one in session.answers()
    ]
    page, streams = failed_page(report.nodeid, answers)
    page_path = path.with_suffix(".html")
    with writing(page_path):
        write_whole(page_path, [page.encode("utf-8", "backslashreplace")])
    left = FailedTest(
        report.nodeid,
        report.when,
        _message(report),
        page_path.relative_to(folder).as_posix(),
        path.relative_to(folder).as_posix(),
        streams,
    )
    setattr(report, LEFT, left.to_dict())
    return path


def _message(report: pytest.TestReport) -> str:
    """What the test failed with, in short."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return shortened(
        str(crash.message if crash is not None else report.longrepr or ""), MAX_MESSAGE
    )


def _lines(session: Session, reason: str | None) -> Iterator[str]:
    for number, (exchange, interaction) in enumerate(session.answers()):
        request = exchange.request
        kept = "recorded into" if reason is None else "recorded, not kept, for"
        sent = "compared with" if session.mode == "verify" else kept
        if not exchange.kept:
            sent = "called in this process, beside"
        how = "replayed from" if exchange.interaction else sent
        yield f"stream {number}: {request.method} {request.url}, {how} {session.name}"
        try:
            yield from _where(exchange, interaction)
        except StreamtapeError as error:
            yield f"  its events can't be read: {error}"
    if session.n_recorded and session.mode != "verify":
        yield from _verdict(session, reason)


def _verdict(session: Session, reason: str | None) -> Iterator[str]:
    """What becomes of a recording whose test failed."""
    if reason is None:
        yield f"the recording is kept in {session.name}: the next run replays it"
        if session.alters and not session.struck:
            yield "no fault strikes what is recorded through a port; the next run has the fault"
        return
    yield f"the recording is not kept: {reason}"
    if session.options.record_on_exception == "whole":
        yield f"  what came is in {session.aside}: streamtape show {session.aside}"
        yield "  record_on_exception=True keeps it in its place, broken as it is"


def _where(exchange: Exchange, interaction: Interaction) -> Iterator[str]:
    n_chunks = exchange.progress.n_chunks
    total = 0
    seen: list[tuple[int, Event]] = []
    for event in interaction.events():
        if event.frame is not None and event.frame.chunk < n_chunks:
            seen.append((total, event))
            del seen[:-LAST]
        total += 1
    reached = seen[-1][0] + 1 if seen else 0
    at = ""
    rows: Rows[Any] = interaction.messages if interaction.is_dialogue else interaction.chunks
    last = next(islice(rows, n_chunks - 1, None), None) if n_chunks else None
    if last is not None and last.at_us:
        at = f" at {last.at_us / 1e6:.3f} s"
    state = _STATES[exchange.progress.state]
    of_chunks = f"{n_chunks} of {len(rows)} {rows.noun}"
    yield f"  {state}: after {reached} of {total} events, {of_chunks}{at}"
    for number, event in seen:
        payload = event.payload
        text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
        line = f"  #{number} {event.type}  {text}"
        yield shortened(line, WIDTH)
