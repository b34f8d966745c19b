"""The score of an interaction."""

import pytest

from streamtape.playback.pacing import at_once
from streamtape.playback.steps import (
    Emit,
    Fail,
    Start,
    WaitUntil,
    recording_of,
    steps,
    steps_at_once,
)
from streamtape.tape.model import Chunk, Chunks, Ending, EndingKind, Head, Interaction, Request
from tests.dialogues import client, dialogue, server


def interaction(ending: Ending, at_us: int | None = 10) -> Interaction:
    """A small interaction with two chunks."""
    later = None if at_us is None else at_us + 5
    chunks = Chunks.of([Chunk(at_us, b"one"), Chunk(later, b"two")])
    return Interaction(Request("GET", "http://x/"), Head(200, at_us=at_us), chunks, ending)


def test_a_complete_recording_ends_with_its_last_wait() -> None:
    """Head, chunks and the end are played in their order, each at its time."""
    recorded = interaction(Ending("complete", 20))
    assert list(steps(recorded)) == [
        WaitUntil(10), Start(Head(200, at_us=10)), WaitUntil(10), Emit(b"one"),
        WaitUntil(15), Emit(b"two"), WaitUntil(20),
    ]  # fmt: skip


def test_an_error_comes_at_its_time() -> None:
    """A recorded error is the last step, after the wait for it."""
    ending = Ending("error", 99, "ReadError", "gone")
    assert list(steps(interaction(ending)))[-2:] == [WaitUntil(99), Fail(ending)]


@pytest.mark.parametrize("kind", ["abandoned", "unfinished"])
def test_an_early_end_fails_at_once(kind: EndingKind) -> None:
    """Whoever reads past an early end is told so without a wait."""
    ending = Ending(kind, 99)
    assert list(steps(interaction(ending)))[-2:] == [Emit(b"two"), Fail(ending)]


def test_unknown_times_give_no_waits() -> None:
    """A converted recording knows no times, and none are made up."""
    score = list(steps(interaction(Ending("complete"), at_us=None)))
    assert [type(s) for s in score] == [Start, Emit, Emit]


@pytest.mark.parametrize("ending", ["complete", "error", "abandoned", "unfinished"])
@pytest.mark.parametrize("times", [(5, 9), (None, None)])
@pytest.mark.parametrize("head", [None, Head(200, at_us=3)])
def test_the_quick_way_gives_the_same_steps(
    ending: EndingKind, times: tuple[int | None, ...], head: Head | None
) -> None:
    """Steps at once are the steps without their waits."""
    pieces = (b"a", b"") if head else ()
    chunks = Chunks.of(Chunk(at_us, data) for at_us, data in zip(times, pieces, strict=False))
    recorded = Interaction(Request("GET", "u"), head, chunks, Ending(ending, 20))
    assert list(steps_at_once(recorded)) == list(at_once(steps(recorded)))


@pytest.mark.parametrize(
    "recorded",
    [
        interaction(Ending("complete", 20)),
        interaction(Ending("error", 20, "ReadError", "gone")),
        interaction(Ending("complete"), at_us=None),
        dialogue(client("a"), server("one"), server("two"), ending=Ending("complete", 30_000)),
    ],
    ids=["complete", "error", "untimed", "dialogue"],
)
def test_a_recording_of_all_steps_is_the_recording(recorded: Interaction) -> None:
    """Head, chunks, messages and the ending, each at the time at which its step was due."""
    ending = Ending("complete", 0)
    assert recording_of(recorded, steps(recorded), ending) == recorded


def test_a_recording_of_some_steps_ends_with_the_last_of_them() -> None:
    """Up to the first chunk: the ending is the client's own, at the time that had come."""
    recorded = interaction(Ending("complete", 20))
    got = recording_of(recorded, list(steps(recorded))[:4], Ending("abandoned"))
    assert (got.head, list(got.chunks)) == (recorded.head, [(10, b"one")])
    assert got.ending == Ending("abandoned", 10)
