"""Where playing is: time that passes, and every command."""

import pytest

from streamtape.report.play.player import HOLD_US, Player
from streamtape.report.play.scenes import scene_of
from tests.report.play.streams import act, agent, spoken

ONE = act(spoken("double ", "bubble ", "bath"))  # seven events, 100 ms apart


def test_time_passes_at_the_speed() -> None:
    """Twice as fast means twice as far; the end stops it."""
    player = Player([ONE], speed=2.0)
    player.advance(100_000)
    assert player.at_us == 200_000
    player.advance(10_000_000)
    assert player.at_us == ONE.length_us
    assert player.is_at_end
    assert not player.is_playing


def test_pausing_stops_and_starting_at_the_end_plays_again() -> None:
    """Space pauses, plays on, and at the end plays again."""
    player = Player([ONE])
    player.toggle()
    player.advance(100_000)
    assert player.at_us == 0
    player.seek(ONE.length_us)
    player.toggle()
    assert player.is_playing
    assert player.at_us == 0


def test_the_next_interaction_follows_after_a_while() -> None:
    """The end of one is on show before the next one begins."""
    player = Player([ONE, ONE])
    player.advance(ONE.length_us + HOLD_US - 1)
    assert (player.number, player.at_us) == (0, ONE.length_us)
    player.advance(1)
    assert (player.number, player.at_us) == (1, 0)


def test_seeking() -> None:
    """By twentieths, never beyond either end; stepping goes from event to event and pauses."""
    player = Player([ONE])
    player.seek_by(3)
    assert player.at_us == 3 * ONE.length_us / 20
    player.step(1)
    assert player.at_us == 200_000
    player.step(1)
    assert player.at_us == 300_000
    player.step(-1)
    assert player.at_us == 200_000
    assert not player.is_playing
    player.seek_by(-100)
    assert player.at_us == 0
    player.step(-1)
    assert player.at_us == 0
    player.seek_by(100)
    player.step(1)
    assert player.at_us == ONE.length_us


def test_a_wait_is_skipped_as_a_whole() -> None:
    """To the event that ends it; nothing happens where nobody waits."""
    player = Player([act(scene_of("x", agent()))])
    player.seek(700_000)
    player.skip_wait()
    assert player.at_us == 1_500_000
    player.skip_wait()
    assert player.at_us == 1_500_000


@pytest.mark.parametrize(("by", "most"), [(1, 16.0), (-1, 0.1)])
def test_speeds_end_at_both_ends(by: int, most: float) -> None:
    """Faster and slower, up to a limit."""
    player = Player([ONE])
    for _ in range(20):
        player.change_speed(by)
    assert player.speed == most


def test_going_to_an_interaction_that_is_not_there() -> None:
    """The first and the last one are as far as it goes."""
    player = Player([ONE, ONE])
    player.go_to(9)
    assert player.number == 1
    player.go_to(-9)
    assert player.number == 0
