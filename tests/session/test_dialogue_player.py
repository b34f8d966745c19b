"""The server's side of a replayed dialogue: what it says when, and what it makes of the client."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import MissError
from streamtape.playback.pacing import paced
from streamtape.playback.steps import Fail, Receive, Send, Start, WaitUntil, steps
from streamtape.session.dialogue_player import DialoguePlayer, Done, Listen
from streamtape.session.exchange import Progress, as_seen
from streamtape.session.matching import Matcher
from streamtape.session.options import Options
from streamtape.tape.messages import Message, close_message
from streamtape.tape.model import Ending, Interaction
from streamtape.tape.redact import Redactor
from tests.dialogues import SWITCHING, client, dialogue, server


def play(
    recorded: Interaction,
    *,
    speed: float | None = None,
    has_equals: bool = False,
    **options: Any,
) -> tuple[DialoguePlayer, Progress]:
    """A player of a dialogue."""
    progress = Progress()
    score = paced(steps(recorded), factor=speed)
    matcher, where = Matcher(Options(**options)), "interaction 0 of x.tape"
    player = DialoguePlayer(
        score, matcher, Redactor(), progress, where=where, has_equals=has_equals
    )
    return player, progress


def spoken(player: DialoguePlayer, now_us: int = 0) -> list[str]:
    """What the server says now, and what it does then."""
    found = []
    while isinstance(action := player.next(now_us), Start | Send):
        found.append("head" if isinstance(action, Start) else action.message.text)
    return [*found, type(action).__name__]


QUESTION = client('{"a":1,"id":"call_abc12345"}')
CHAT = dialogue(QUESTION, server("one"), server("two"), client("more"), server("3"))


def test_the_server_speaks_up_to_where_the_client_spoke() -> None:
    """Nothing comes before what the client says; at the end the server waits for the close."""
    player, progress = play(CHAT)
    assert spoken(player) == ["head", "Listen"]
    player.hear(client('{"id": "call_abc12345", "a": 1}'), 0)
    assert spoken(player) == ["one", "two", "Listen"]
    player.hear(client("more"), 0)
    assert spoken(player) == ["3", "Done"]
    assert (progress.state, progress.n_chunks) == ("complete", 5)
    assert as_seen(CHAT, progress).messages == CHAT.messages


def test_the_steps_of_a_dialogue() -> None:
    """Pings and pongs of the client are no steps, its fragments are one, the server's are many."""
    recorded = dialogue(
        Message("client", 1, "text", b"a", final=False),
        Message("client", 2, "ping", b"p"),
        Message("server", 3, "pong", b"p"),
        Message("client", 4, "continuation", b"b"),
        Message("server", 5, "ping", b"q"),
        Message("client", 6, "pong", b"q"),
        Message("server", 7, "text", b"c", final=False),
        Message("server", 8, "continuation", b"d"),
        close_message("client", 9, 1000),
        close_message("server", 10, 1000),
    )
    assert list(steps(recorded))[2:] == [
        Receive(Message("client", 4, "text", b"ab"), 4),
        WaitUntil(5), Send(recorded.messages[4]),
        WaitUntil(7), Send(recorded.messages[6]), WaitUntil(8), Send(recorded.messages[7]),
        Receive(recorded.messages[8], 9),
        WaitUntil(10), Send(recorded.messages[9]), WaitUntil(900_000),
    ]  # fmt: skip


@pytest.mark.parametrize(("heard_us", "shift_us"), [(1_000, -9_000), (500_000, 490_000)])
def test_answers_keep_their_distance(heard_us: int, shift_us: int) -> None:
    """A client that is later or earlier than when recorded is answered as soon as it was then."""
    player, _ = play(CHAT, speed=1.0)
    assert player.next(0) == WaitUntil(5000)
    assert player.next(5000) == Start(SWITCHING)
    player.hear(QUESTION, heard_us)
    assert player.next(min(heard_us, 10_000)) == WaitUntil(20_000 + shift_us)
    assert player.next(20_000 + shift_us) == Send(CHAT.messages[1])
    assert player.next(20_000 + shift_us) == WaitUntil(30_000 + shift_us)


def test_speed_and_idle_limit() -> None:
    """Both hold between messages of the server; what the client takes, it takes."""
    long = dialogue(client("a", 8_000_000), server("b", 9_000_000), server("c", 9_500_000))
    score = list(paced(steps(long), factor=2.0, idle_limit_s=0.5))
    assert score[2:6] == [
        Receive(long.messages[0], 4_000_000),
        WaitUntil(4_250_000), Send(long.messages[1]), WaitUntil(4_500_000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        (client('{"a":2,"id":"call_abc12345"}'), "differs   $.a\n              recorded  1"),
        (client('{"a":1}'), 'differs   $.id\n              recorded  "call_abc12345"'),
        (client("plain"), "differs   body"),
        (client(b'{"a":1}'), "differs   kind\n              recorded  text"),
    ],
)
def test_a_difference_is_a_miss(requested: Message, expected: str) -> None:
    """It names the dialogue, the message, the first path that differs, and both values."""
    player, progress = play(CHAT)
    player.hear(requested, 0)
    player.next(0)
    with pytest.raises(MissError) as caught:
        player.next(0)
    assert expected in str(caught.value)
    assert "interaction 0 of x.tape" in str(caught.value)
    assert "message   0 of the client" in str(caught.value)
    assert (player.next(0), progress.state) == (Done(), "failed")


def test_what_is_compared_is_an_option() -> None:
    """Paths can be ignored, ids be matched up for all that follows, and bodies not be compared."""
    other = client('{"a":2,"id":"call_abc12345"}')
    player, _ = play(CHAT, ignore_json_paths=("$.a",))
    player.hear(other, 0)
    assert spoken(player) == ["head", "one", "two", "Listen"]
    player, _ = play(CHAT, match_on=("method", "url"))
    player.hear(client("whatever"), 0)
    assert spoken(player) == ["head", "one", "two", "Listen"]
    twice = dialogue(client('{"id":"call_abc12345"}'), client('{"id":"call_abc12345"}'))
    player, _ = play(twice, match_up=True)
    player.hear(client('{"id":"call_xyz98765"}'), 0)
    player.hear(client('{"id":"call_xyz00000"}'), 0)
    with pytest.raises(MissError, match="message   1"):
        spoken(player)


def test_secrets_are_not_compared_and_not_reported() -> None:
    """What was masked stands for any secret; a miss shows none."""
    key = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0"  # made up
    recorded = dialogue(client('{"key":"' + "*" * len(key) + '"}'))
    player, _ = play(recorded)
    player.hear(client('{"key":"%s"}' % key), 0)  # noqa: UP031 - braces
    assert spoken(player) == ["head", "Done"]
    player, _ = play(dialogue(client("hello")))
    player.hear(client(f"hello {key}"), 0)
    with pytest.raises(MissError) as caught:
        spoken(player)
    assert key not in str(caught.value)


def test_more_than_was_recorded() -> None:
    """After the last message of the recording, the client may only close."""
    player, _ = play(dialogue(client("a")))
    player.hear(client("a"), 0)
    player.hear(client("b"), 0)
    with pytest.raises(MissError, match="more than was recorded"):
        spoken(player)


CLOSING = dialogue(client("a"), server("b"), close_message("client", 50_000, 1000),
                   close_message("server", 60_000, 1000))  # fmt: skip


@pytest.mark.parametrize(("n_sent", "state", "n_gone"), [(2, "complete", 4), (1, "closed", 1)])
def test_a_client_may_close_early(n_sent: int, state: str, n_gone: int) -> None:
    """As it may stop reading a stream: that is no difference, and it is told."""
    player, progress = play(CLOSING)
    player.hear(client("a"), 0)
    player.next(0)
    if n_sent == 2:
        assert spoken(player) == ["b", "Listen"]
    player.hear(close_message("client", 0, 1000), 0)
    player.close(0)
    assert (progress.state, progress.n_chunks) == (state, n_gone)
    assert player.next(0) == Done()
    assert len(as_seen(CLOSING, progress).messages) == n_gone


def test_a_cut_is_the_last_step() -> None:
    """A connection that broke off breaks off."""
    cut = Ending("error", 70, "ConnectionClosedError", close_code=1006)
    player, progress = play(dialogue(client("a"), server("b"), ending=cut))
    player.hear(client("a"), 0)
    assert spoken(player) == ["head", "b", "Fail"]
    assert progress.state == "failed"
    assert isinstance(player.next(0), Done)


def test_ours_are_values() -> None:
    """What there is nothing to know about is equal to its like."""
    assert (Listen(), Done()) == (Listen(), Done())
    assert Fail(Ending("abandoned")) == Fail(Ending("abandoned"))


@given(
    st.lists(st.tuples(st.booleans(), st.text(max_size=8)), max_size=20),
    st.none() | st.floats(0.1, 10),
)
def test_who_says_its_part_gets_all_of_it(turns: list[tuple[bool, str]], speed: float) -> None:
    """Whatever a dialogue is, a client that repeats its part hears the server's, in its order."""
    talk = dialogue(*(client(text) if mine else server(text) for mine, text in turns))
    player, progress = play(talk, speed=speed)
    parts = iter([message for message in talk.messages if message.direction == "client"])
    now_us, heard = 0, []
    while not isinstance(action := player.next(now_us), Done):
        if isinstance(action, Listen):
            player.hear(next(parts), now_us)
        elif isinstance(action, WaitUntil):
            assert action.at_us > now_us
            now_us = action.at_us
        elif isinstance(action, Send):
            heard.append(action.message.text)
    assert heard == [text for mine, text in turns if not mine]
    assert next(parts, None) is None
    assert as_seen(talk, progress).messages == talk.messages
