"""What a seam is given for a request."""

from pathlib import Path

import pytest

from streamtape.session.options import Options
from streamtape.session.session import Session
from streamtape.tape.model import Request
from streamtape.transport import intercept
from streamtape.transport.clocks import VirtualClock
from streamtape.transport.session_factory import open_session


def test_times_count_from_the_moment_when_the_request_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is busy meanwhile makes no chunk seem older than it is.

    Else the answer on a stream that was open before would seem to come before its request.
    """
    clock = VirtualClock(auto=False)
    monkeypatch.setattr(intercept, "wall_us", lambda: 1_000_000 + clock.now_us())
    begin = Session.begin

    def slowly(*args: object, **kwargs: object) -> object:
        clock.advance(1)
        found = begin(*args, **kwargs)  # type: ignore[arg-type]  # as they came
        clock.advance(1)
        return found

    monkeypatch.setattr(Session, "begin", slowly)
    session = open_session(tmp_path / "x.tape", Options.of(mode="all"), expects_requests=False)
    request = Request("GET", "http://x.test/", (), b"")
    call = intercept.intercept(session, request, lambda ending, started: OSError(), clock=clock)
    assert call.recording is not None
    assert call.recording.elapsed() == 1_000_000
    call.recording.complete()
    (one,) = session.recorded()
    assert (one.started_at_us, one.ending.at_us) == (2_000_000, 1_000_000)
    session.close()
