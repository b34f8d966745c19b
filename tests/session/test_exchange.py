"""What a client saw of a replayed interaction, by how far it read."""

import pytest

from streamtape.playback.steps import steps
from streamtape.session.exchange import Progress, State, as_seen
from streamtape.tape.model import Ending
from tests.dialogues import client, dialogue, server
from tests.playback.scores import recording

STREAM = recording(b"one", b"two")  # at 10 and 20 ms
TALK = dialogue(client("a"), server("one"), server("two"))  # at 10, 20 and 30 ms


@pytest.mark.parametrize("state", ["complete", "failed"])
def test_what_was_read_to_its_end_is_the_recording(state: State) -> None:
    """Its own ending among it, be that an error."""
    assert as_seen(STREAM, Progress(2, state=state)) == STREAM


@pytest.mark.parametrize(
    ("n_chunks", "state", "ending"),
    [
        (0, "open", Ending("unfinished")),
        (1, "open", Ending("unfinished", 10_000)),
        (1, "closed", Ending("abandoned", 10_000)),
        (2, "closed", Ending("abandoned", 20_000)),
    ],
)
def test_what_was_read_in_part_ends_there(n_chunks: int, state: State, ending: Ending) -> None:
    """With the last chunk or message, at its time: abandoned by who closed, else unfinished."""
    for recorded in (STREAM, TALK):
        seen = as_seen(recorded, Progress(n_chunks, state=state))
        assert list(seen.chunks) == list(recorded.chunks[:n_chunks])
        assert list(seen.messages) == list(recorded.messages[:n_chunks])
        assert seen.ending == ending


@pytest.mark.parametrize(
    ("state", "kind"),
    [("complete", "complete"), ("closed", "abandoned"), ("open", "unfinished")],
)
def test_what_was_changed_is_what_was_given(state: State, kind: str) -> None:
    """Steps other than those recorded: their bytes, up to where the client stopped."""
    given = list(steps(STREAM))[:4]
    seen = as_seen(STREAM, Progress(1, given=given, state=state))
    assert list(seen.chunks) == [(10_000, b"one")]
    assert (seen.ending.kind, seen.ending.at_us) == (kind, 10_000)


def test_a_whole_dialogue_keeps_its_close() -> None:
    """The close code is in the ending that was recorded."""
    seen = as_seen(TALK, Progress(3, given=list(steps(TALK)), state="complete"))
    assert (seen.messages, seen.ending.close_code) == (TALK.messages, 1000)
