"""Clients that speak earlier or later than the recorded one: they get the same messages."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import MissError
from streamtape.playback.steps import Fail, Send, Start, WaitUntil
from streamtape.session.dialogue_player import DialoguePlayer, Done, Listen
from streamtape.session.exchange import as_seen
from streamtape.session.patience import ANSWERED_S, END_S, PIPELINED_S
from streamtape.tape.messages import Message, close_message
from streamtape.tape.model import Ending
from tests.dialogues import CLOSED, client, dialogue, server
from tests.session.test_dialogue_player import play

PIPELINED = dialogue(client("a"), client("b"), server("A"), server("A2"), client("c"), server("B"))


def wait(player: DialoguePlayer, now_us: int = 0) -> tuple[list[str], float | None]:
    """What the server says to a client that waits, and how long that took (None: for ever)."""
    found, waited_s = list[str](), 0.0
    while not isinstance(action := player.next(now_us), Done | Fail):
        if isinstance(action, Send):
            found.append(action.message.text or action.message.kind)
            return found, waited_s
        if isinstance(action, Listen):
            if action.patience_s is None:
                return found, None
            waited_s += action.patience_s
            now_us += round(action.patience_s * 1e6)
            player.listen_no_longer(action.patience_s)
        elif isinstance(action, WaitUntil):
            now_us = action.at_us
    return [*found, type(action).__name__], waited_s


def test_a_client_that_waits_for_the_answer_first() -> None:
    """It gets the answer after a second, then the next message sooner, and goes on as it does."""
    player, progress = play(PIPELINED)
    player.hear(client("a"), 0)
    assert wait(player) == (["A"], PIPELINED_S)
    assert wait(player) == (["A2"], PIPELINED_S / 2)
    player.hear(client("b"), 0)
    player.hear(client("c"), 0)
    assert wait(player) == (["B"], 0)
    assert wait(player) == (["Done"], 0)
    assert progress.state == "complete"
    seen = as_seen(PIPELINED, progress).messages
    assert [m.text for m in seen] == ["a", "A", "A2", "b", "c", "B"]
    assert sorted(m.at_us or 0 for m in seen) == [m.at_us for m in seen]


def test_a_long_answer() -> None:
    """The wait before a message is halved each time, and ends at 20 ms."""
    pieces = [server(f"{n}") for n in range(1100)]
    player, _ = play(dialogue(client("a"), client("b"), *pieces))
    player.hear(client("a"), 0)
    waits = [wait(player) for _ in pieces]
    assert [text for text, _ in waits] == [[f"{n}"] for n in range(1100)]
    assert sum(waited_s or 0 for _, waited_s in waits) == pytest.approx(2 + 1100 * 0.02, rel=0.05)


def test_a_client_that_does_not_wait() -> None:
    """One that speaks before patience ends gets everything in the order of the recording."""
    player, progress = play(PIPELINED)
    player.hear(client("a"), 0)
    assert isinstance(player.next(0), Start)
    assert player.next(0) == Listen(PIPELINED_S)
    player.hear(client("b"), 0)
    assert wait(player) == (["A"], 0)
    assert wait(player) == (["A2"], 0)
    player.hear(client("c"), 0)
    assert wait(player) == (["B"], 0)
    assert as_seen(PIPELINED, progress).messages == PIPELINED.messages


def test_what_comes_late_is_compared() -> None:
    """A message after its answer is matched as any other."""
    player, progress = play(PIPELINED)
    player.hear(client("a"), 0)
    wait(player)
    player.hear(client("x"), 0)
    with pytest.raises(MissError, match=r"message   1 of the client[\s\S]*recorded  b"):
        wait(player)
    assert progress.state == "failed"


def test_a_busy_client_has_longer() -> None:
    """Where the server had answered, its next message may well need what the client says next."""
    player, _ = play(dialogue(client("a"), server("A"), client("b"), server("B")))
    player.hear(client("a"), 0)
    assert wait(player) == (["A"], 0)
    assert wait(player) == (["B"], ANSWERED_S)
    assert wait(player) == ([], None)  # the rest is the client's


@pytest.mark.parametrize("before", [(), (server("A", 20_000),)])
def test_a_client_that_took_its_time(before: tuple[Message, ...]) -> None:
    """The server was silent then, and is now: what comes next is an answer."""
    talk = dialogue(*before, client("b", 5_000_000), server("B", 5_100_000))
    player, _ = play(talk)
    for message in before:
        assert wait(player) == ([message.text], 0)
    assert wait(player) == ([], None)
    player.hear(client("b"), 0)
    assert wait(player) == (["B"], 0)


def test_a_greeting_that_crossed_the_first_message() -> None:
    """A client that waits gets it, unless its words are to tell which dialogue it means."""
    talk = dialogue(client("hello"), server("welcome"))
    player, _ = play(talk)
    assert wait(player) == (["welcome"], ANSWERED_S)
    player, _ = play(talk, has_equals=True)
    assert wait(player) == ([], None)
    player.hear(client("hello"), 0)
    assert wait(player) == (["welcome"], 0)


CUT = Ending("error", 70, "ConnectionClosedError", close_code=1006)


@pytest.mark.parametrize(
    ("messages", "ending", "got"),
    [
        ((client("a"), client("b")), CUT, (["Fail"], END_S)),
        ((client("a"), client("b")), Ending("abandoned"), (["Fail"], END_S)),
        ((client("a"), client("b"), close_message("server", 90_000, 4001)), None,
         (["close"], END_S)),
        ((client("a"), server("A"), client("b"), close_message("server", 90_000, 4001)), None,
         ([], None)),
        ((client("a"), server("A"), client("b")), CUT, ([], None)),
        ((client("a"), server("A"), close_message("client", 90_000, 1000)), None,
         (["Fail"], END_S)),
    ],
)  # fmt: skip
def test_the_end_comes_late(
    messages: tuple[Message, ...], ending: Ending | None, got: tuple[list[str], float | None]
) -> None:
    """A client that waits for an answer gets the end in its place; a busy one is left alone."""
    player, _ = play(dialogue(*messages, ending=ending or CLOSED))
    player.hear(client("a"), 0)
    found = wait(player)
    assert (wait(player) if found == (["A"], 0) else found) == got


def test_patience_begins_when_the_client_was_expected() -> None:
    """At a pace, a client that spoke after ten minutes is given those."""
    player, _ = play(dialogue(client("a", 1), client("b", 600_000_000), server("A")), speed=1.0)
    player.hear(client("a"), 0)
    text, waited_s = wait(player)
    assert text == ["A"]
    assert waited_s == pytest.approx(600 + PIPELINED_S, abs=0.1)


@given(
    turns=st.lists(st.tuples(st.booleans(), st.text("xyz", min_size=1)), max_size=12),
    speed=st.none() | st.sampled_from([0.5, 2.0]),
    early=st.lists(st.integers(0, 3), max_size=24),
    fragmented=st.booleans(),
)
def test_every_client_gets_everything(
    turns: list[tuple[bool, str]], speed: float | None, early: list[int], fragmented: bool
) -> None:
    """Whenever it speaks, and whatever pings it sends: each direction keeps its order."""
    messages = []
    for mine, text in turns:
        if mine and fragmented:
            messages.append(Message("client", None, "text", text[:1].encode(), final=False))
            messages.append(Message("client", None, "continuation", text[1:].encode()))
        else:
            messages.append((client if mine else server)(text))
    player, progress = play(dialogue(*messages), speed=speed)
    spoken = [text for one, text in turns if one]
    left, now_us, heard = list(spoken), 0, list[str]()
    eager = itertools.chain(early, itertools.repeat(0))
    while not isinstance(action := player.next(now_us), Done):
        for _ in range(next(eager)):  # it speaks before the server lets it
            player.hear(Message("client", now_us, "ping", b"?"), now_us)
            if left:
                player.hear(client(left.pop(0)), now_us)
        if isinstance(action, Send):
            heard.append(action.message.text)
        elif isinstance(action, WaitUntil):
            now_us = action.at_us
        elif isinstance(action, Listen):
            if action.patience_s is None:
                if not player.has_heard:
                    player.hear(client(left.pop(0)), now_us)
            elif not player.has_heard:
                now_us += round(action.patience_s * 1e6)
                player.listen_no_longer(action.patience_s)
    assert heard == [text for one, text in turns if not one]
    assert progress.state == "complete"
    seen = as_seen(dialogue(*messages), progress).messages
    assert [m.text for m in seen if m.direction == "client"] == spoken
