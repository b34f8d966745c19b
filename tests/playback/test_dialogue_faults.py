"""Faults in dialogues: at the message that they name, and nowhere else."""

import json
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError

from streamtape.errors import UsageError
from streamtape.playback.build import build_steps
from streamtape.playback.error_responses import MESSAGE
from streamtape.playback.faults import Fault, parse_fault
from streamtape.playback.pacing import at_once
from streamtape.playback.steps import (
    Fail,
    Receive,
    Send,
    Start,
    Step,
    WaitUntil,
    steps,
    steps_at_once,
)
from streamtape.session.recorder import ending_of
from streamtape.tape.messages import Message, close_message
from streamtape.tape.model import Interaction
from tests.dialogues import client, dialogue, server
from tests.playback.scores import recording

TALK = dialogue(
    client("a"),
    server("one"),
    Message("server", 25_000, "ping", b""),
    server("two"),
    client("b"),
    Message("server", 52_000, "text", b"thr", final=False),
    Message("server", 54_000, "continuation", b"ee"),
    close_message("client", 60_000, 1000),
    close_message("server", 61_000, 1000),
)
# Its events: 0 a, 1 one, 2 two, 3 b, 4 three.


def played(fault: str, talk: Interaction = TALK, **options: Any) -> tuple[list[str], list[Fault]]:
    """What a replay does, in short, and which faults struck."""
    struck: list[Fault] = []
    score = build_steps(talk, faults=fault, on_fault=struck.append, **options)
    return [short(step) for step in score], struck


def short(step: Step) -> str:
    """A step in a word."""
    if isinstance(step, Send | Receive):
        message = step.message
        text = str(message.code) if message.kind == "close" else message.text or message.kind
        return text if isinstance(step, Send) else f"<{text}"
    if isinstance(step, Fail):
        return f"! {step.error.exception}"
    return f"at {step.at_us}" if isinstance(step, WaitUntil) else type(step).__name__


WHOLE = ["Start", "<a", "one", "ping", "two", "<b", "thr", "ee", "<1000", "1000"]
CUT, RESET = "! ConnectionClosedError", "! ConnectionResetError"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("cut@event=0", ["Start", CUT]),
        ("cut@event=2", ["Start", "<a", "one", CUT]),
        ("cut@event=2:rst", ["Start", "<a", "one", RESET]),
        ("cut@event=5", [*WHOLE[:8], CUT]),
        ("cut@head", [CUT]),
        ("cut@end", [*WHOLE[:8], CUT]),
        ("close=1011@event=4", [*WHOLE[:6], "1011"]),
        ("close=4000@end", [*WHOLE[:8], "4000"]),
        ("drop@event=1", ["Start", "<a", "ping", *WHOLE[4:]]),
        ("drop@event=4", [*WHOLE[:6], *WHOLE[8:]]),
        ("double@event=4", [*WHOLE[:8], "thr", "ee", *WHOLE[8:]]),
        ("swap@event=1", ["Start", "<a", "ping", "one", *WHOLE[4:]]),
        ("error@event=2", ["Start", "<a", "one", "error", "1011"]),
        ("drop@event=1;cut@event=4", ["Start", "<a", "ping", "two", "<b", CUT]),
    ],
)
def test_a_fault_is_where_it_is_named(fault: str, expected: list[str]) -> None:
    """Places count whole messages of both sides, as events do."""
    found, struck = played(fault)
    if "error" in expected:  # as this dialect, which is none that is known, has it
        at = expected.index("error")
        assert json.loads(found[at])["error"]["code"] == "server_error"
        found[at] = "error"
    elif fault.startswith("swap"):
        assert sorted(found) == sorted(WHOLE)
        assert found.index("one") > found.index("ping")
        return
    assert found == expected
    assert len(struck) == fault.count(";") + 1


@pytest.mark.parametrize("fault", ["drop@event=0", "drop@event=9", "cut@event=9", "utf8@event=3"])
def test_what_the_client_says_can_not_be_broken(fault: str) -> None:
    """Such a fault, and one beyond the end, never strikes, and nothing changes."""
    found, struck = played(fault)
    assert (found, struck) == (WHOLE, [])


def test_a_stall_is_real_at_any_pace() -> None:
    """What follows is later by as much."""
    found, struck = played("stall=2s@event=2", speed=1.0)
    assert list(map(str, struck)) == ["stall=2s@event=2"]
    waits = [step for step in found if step.startswith("at ")]
    assert waits == [
        "at 5000", "at 20000", "at 2025000", "at 2040000", "at 2052000", "at 2054000",
        "at 2061000", "at 2900000",
    ]  # fmt: skip
    assert [step for step in played("stall=2s@event=2")[0] if step.startswith("at ")] == [
        "at 2000000"
    ]


def test_one_message_is_altered() -> None:
    """A bit of its data is flipped, or a character torn: the rest is as it was."""
    talk = dialogue(client("a"), server('{"delta":"grün"}'), server('{"delta":"x"}'))
    bent, _ = played("corrupt@event=1", talk)
    assert bent[:2] == ["Start", "<a"]
    assert bent[2] != '{"delta":"grün"}'
    assert bent[3] == '{"delta":"x"}'
    torn = next(s for s in build_steps(talk, faults="utf8@event=1") if isinstance(s, Send))
    with pytest.raises(UnicodeDecodeError):
        torn.message.data.decode()


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ("cut@event=2", ConnectionClosedError(None, None)),
        ("cut@event=2:rst", ConnectionResetError(104, "Connection reset by peer")),
    ],
)
def test_a_cut_is_recorded_as_the_error_of_a_real_one(fault: str, raised: Exception) -> None:
    """The class, its package, all its bases and its text; the close code of no close frame."""
    error = list(build_steps(TALK, faults=fault))[-1]
    assert isinstance(error, Fail)
    assert error.error == replace(ending_of(raised, None), close_code=1006)


@pytest.mark.parametrize(
    ("url", "payload"),
    [
        (
            "wss://api.openai.com/v1/realtime?model=gpt-realtime",
            {
                "type": "error",
                "event_id": "event_500",
                "error": {
                    "type": "server_error",
                    "code": "server_error",
                    "message": MESSAGE,
                    "param": None,
                },
            },
        ),
        (
            "wss://api.openai.com/v1/responses",
            {
                "type": "error",
                "code": "server_error",
                "message": MESSAGE,
                "param": None,
                "sequence_number": 2,
            },
        ),
    ],
)
def test_an_error_is_the_providers_message_then_a_close(url: str, payload: object) -> None:
    """A text of the server, numbered as the provider numbers its events, and close code 1011."""
    session = {"type": "session.created", "event_id": "event_1", "session": {"object": "x"}}
    response = {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1"}}
    texts = [session] if "realtime" in url else [response]
    talk = dialogue(
        client('{"type":"response.create"}'),
        *(server(json.dumps(t)) for t in texts),
        server('{"type":"response.in_progress"}'),
        url=url,
    )
    found = list(build_steps(talk, faults="error@event=2"))
    sent = [step.message for step in found if isinstance(step, Send)][-2:]
    assert json.loads(sent[0].data) == payload
    assert sent == [
        Message("server", None, "text", sent[0].data),
        close_message("server", None, 1011),
    ]


def test_a_close_is_the_servers() -> None:
    """The client gets it with the reason that tells it from one that was recorded."""
    last = list(build_steps(TALK, faults="close=4000@event=1"))[-1]
    assert last == Send(close_message("server", None, 4000, "streamtape broke this replay"))


def test_a_refusal_in_the_place_of_the_handshake() -> None:
    """An HTTP error, as of any other request."""
    first, *rest = build_steps(TALK, faults="http=429,retry_after=1")
    assert isinstance(first, Start)
    assert (first.head.status, first.head.get("retry-after"), len(rest)) == (429, "1", 1)


@pytest.mark.parametrize("fault", ["done@event=1", "cut@byte=3", "corrupt@byte=3"])
def test_what_no_dialogue_has(fault: str) -> None:
    """Neither a marker at its end nor bytes that could be counted."""
    with pytest.raises(UsageError, match="dialogue"):
        list(build_steps(TALK, faults=fault))


def test_anywhere_is_by_the_seed() -> None:
    """The same seed gives the same place, and every place can be it."""
    places = {len(played("cut@event=?", seed=seed)[0]) for seed in range(40)}
    assert played("cut@event=?", seed=3) == played("cut@event=?", seed=3)
    assert len(places) == 5


@pytest.mark.parametrize(
    "text", ["close=1011@event=12", "close=4000@end,times=2", "close=1000@end"]
)
def test_a_close_is_spelled(text: str) -> None:
    """A fault is its text."""
    assert str(parse_fault(text)) == text


@pytest.mark.parametrize("code", ["999", "1005", "1006", "1015", "5000", "x"])
def test_codes_that_nobody_sends(code: str) -> None:
    """A close has a code that can be sent."""
    with pytest.raises(UsageError):
        parse_fault(f"close={code}@end")


def test_the_quick_way_gives_the_same_steps() -> None:
    """Steps at once are the steps without their waits, of dialogues too."""
    assert list(steps_at_once(TALK)) == list(at_once(steps(TALK)))


@pytest.mark.parametrize(("pace", "waits"), [("2x", 3), ("rate=10/s", 1)])
def test_paces_of_dialogues(pace: str, waits: int) -> None:
    """A factor and a rate; a schedule of tokens is refused."""
    found = [step for step in build_steps(TALK, pace=pace) if isinstance(step, WaitUntil)]
    assert len(found) >= waits
    with pytest.raises(UsageError, match="tokens="):
        list(build_steps(TALK, pace="tokens=10/s"))


def test_gaps_of_a_dialogue_are_capped() -> None:
    """With a speed and with a pace; the wait of 0.8 s for the end is the only long one."""
    for options in ({"speed": 1.0}, {"pace": "1x"}):
        free, capped = (
            [
                int(step[3:])
                for step in played("", **options, idle_limit=limit)[0]
                if step.startswith("at ")
            ]
            for limit in (None, 0.1)
        )
        assert (free[-1], capped[-1], capped[:-1]) == (900_000, 161_000, free[:-1])


def test_jitter_of_a_dialogue_is_the_seeds() -> None:
    """A seed of the replay counts where the pace names none."""

    def times(pace: str, seed: int) -> list[str]:
        return [step for step in played("", pace=pace, seed=seed)[0] if step.startswith("at ")]

    assert times("jitter=8ms", 1) == times("jitter=8ms", 1) != times("jitter=8ms", 2)
    assert times("jitter=8ms,seed=1", 2) == times("jitter=8ms", 1)


def test_a_stream_has_no_close() -> None:
    """The fault of a dialogue never strikes one."""
    recorded = recording(b"data: 1\n\n")
    assert list(build_steps(recorded, faults="close=1011@event=0")) == list(build_steps(recorded))
