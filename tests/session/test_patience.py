"""How long a client may be silent before the server of a replay goes on."""

import pytest

from streamtape.playback.steps import Receive, Send, Start, Step
from streamtape.session.patience import ANSWERED_S, Patience
from tests.dialogues import SWITCHING, client, server

QUESTION = Receive(client("a", 10_000), 10_000)
HEARD = Receive(client("b", 2_500_000), 2_500_000)


@pytest.mark.parametrize(
    ("last", "seconds"),
    [
        (None, ANSWERED_S),
        (Send(server("one")), ANSWERED_S),
        (Send(server("one", 2_000_000)), ANSWERED_S),
        (Send(server("one", 1_500_000)), ANSWERED_S),
        (Send(server("one", 1_499_999)), None),
        (Start(SWITCHING), None),
        (Receive(client("a", 10_000), 10_000), 1.0),
    ],
    ids=["nothing", "untimed", "soon", "after 1 s", "later", "long after the head", "pipelined"],
)
def test_silence_as_long_as_it_was_recorded(last: Step | None, seconds: float | None) -> None:
    """A client that took over a second after what came before is waited for without an end."""
    assert Patience().left_s(HEARD, last, overdue=False) == seconds


def test_each_run_in_vain_halves_the_next() -> None:
    """A run counts once, however many messages are given in it; a quarter of a second is least."""
    patience, waited = Patience(), []
    for _ in range(4):
        waited.append(patience.left_s(HEARD, QUESTION, overdue=False))
        patience.give()
        patience.give()
        patience.reset(overdue=False)
    assert waited == [1.0, 0.5, 0.25, 0.25]


def test_what_was_waited_counts() -> None:
    """Until the client speaks, or a message is given in vain; then half as long."""
    patience = Patience()
    patience.left_s(HEARD, QUESTION, overdue=False)
    patience.wait(0.75)
    assert patience.left_s(Send(server("one")), QUESTION, overdue=True) == 0.25
    patience.give()
    assert patience.left_s(Send(server("two")), QUESTION, overdue=True) == 0.5
