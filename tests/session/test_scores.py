"""The score that an interaction gets by a session's options."""

import pytest

from streamtape.playback.steps import WaitUntil
from streamtape.session.options import Options
from streamtape.session.replay_steps import steps_for
from streamtape.tape.model import Chunk, Chunks, Ending, EndingKind, Head, Interaction, Request


@pytest.mark.parametrize("ending", ["complete", "error", "abandoned"])
@pytest.mark.parametrize("rechunk", [None, "byte"])
def test_at_once_nothing_is_waited_for(ending: EndingKind, rechunk: str | None) -> None:
    """Without a speed no step waits; with one the recorded times count."""
    chunks = Chunks.of([Chunk(10**7, b"data: a\n\n")])
    recorded = Interaction(Request("GET", "u"), Head(200, at_us=5), chunks, Ending(ending, 10**8))
    at_once = steps_for(recorded, Options.of(rechunk=rechunk))
    assert not any(isinstance(step, WaitUntil) for step in at_once)
    paced = steps_for(recorded, Options.of(rechunk=rechunk, speed=1.0))
    assert WaitUntil(10**7) in list(paced)
