# ruff: noqa: E501 - tables
"""What plays, and when: texts grow as their events came, waits are found, endings are named."""

from dataclasses import replace

import pytest

from streamtape.printable import printable
from streamtape.report.play.prompts import prompt_of
from streamtape.report.play.scenes import EVEN_GAP_US, acts_of, scene_of
from streamtape.tape.model import Ending, Head
from tests.cli.running import interaction, responses, sse
from tests.dialogues import client, dialogue, server
from tests.report.play.streams import HOSTILE, agent, at_times, spoken


def test_a_text_grows_as_its_events_came() -> None:
    """Nothing before the first delta, then word by word, then all of it."""
    scene = spoken("double ", "bubble ", "bath")
    (text,) = scene.texts
    grown = [text.content[: text.length_at(us)] for us in range(200_000, 600_001, 100_000)]
    assert grown == ["", "double ", "double bubble ", "double bubble bath", "double bubble bath"]
    assert scene.prompt.text == "Say it."
    assert scene.n_events_at(300_000) == 3


def test_reasoning_tool_calls_and_text_are_kept_apart() -> None:
    """Each is a text of its own, in the order in which they began; a call begins with its name."""
    scene = scene_of("run.tape", agent())
    assert [(text.kind, text.label, text.content) for text in scene.texts] == [
        ("reasoning", "reasoning", "They want the weather."),
        ("arguments", "tool call: get_weather", '{"place": "Oslo"}'),
        ("text", "", "Let me look."),
    ]
    call = scene.texts[1]
    assert call.times_us[0] == 1_500_000
    assert call.length_at(1_500_000) == 0
    assert scene.waits == ((200_000, 1_500_000),)
    assert scene.wait_at(700_000) == (200_000, 1_500_000)
    assert scene.wait_at(1_500_000) is None


def test_a_stream_without_texts_shows_its_events() -> None:
    """A line each, when it came."""
    ticks = [b'event: tick\ndata: {"n": %d}\n\n' % n for n in range(3)]
    (text,) = scene_of("x", at_times(ticks, [1_000, 2_000, 3_000])).texts
    assert text.label == "events"
    assert text.content == 'tick  {"n": 0}\ntick  {"n": 1}\ntick  {"n": 2}\n'
    assert text.content[: text.length_at(2_000)].count("\n") == 2
    assert scene_of("x", interaction([])).texts == ()


def test_long_gaps_are_shortened() -> None:
    """An idle limit moves up what follows, the end included."""
    scene = scene_of("run.tape", agent(), idle_limit_us=100_000)
    assert scene.event_times_us[3] == 300_000
    assert scene.length_us == 550_000
    assert scene.waits == ()


def test_a_recording_without_times_gets_even_ones() -> None:
    """It plays at an even pace, and knows that this was not recorded."""
    scene = scene_of("run.tape", interaction(responses("a", "b"), gap_us=None))
    assert not scene.is_timed
    assert scene.event_times_us[:2] == (EVEN_GAP_US, 2 * EVEN_GAP_US)
    assert scene.length_us == scene.event_times_us[-1]


CUT = Ending("error", 9, "ReadError", "reset")
LOST = interaction(responses("a")[:3]).chunks


@pytest.mark.parametrize(
    ("change", "ending", "style"),
    [
        ({}, "complete", "good"),
        ({"head": Head(429, (), 1, reason="Too Many Requests")}, "refused: 429", "bad"),
        ({"head": None, "ending": CUT}, "failed: ReadError: reset", "bad"),
        ({"chunks": LOST, "ending": CUT}, "cut: ReadError: reset", "bad"),
        ({"chunks": LOST, "ending": Ending("unfinished", 9)}, "unfinished", "bad"),
        ({"chunks": LOST, "ending": Ending("abandoned", 9)}, "stopped by the client", "warn"),
    ],
)
def test_endings_are_named(change: dict[str, object], ending: str, style: str) -> None:
    """A stream that failed never looks like one that did not."""
    scene = scene_of("x", replace(interaction(responses("a")), **change))  # type: ignore[arg-type]  # fields of a row of the table
    assert (scene.ending, scene.ending_style) == (ending, style)


def test_an_error_in_the_stream_is_a_failure() -> None:
    """Whatever the status line says."""
    error = {"type": "error", "code": "server_error", "message": "Oh no"}
    scene = scene_of("x", interaction(sse(error)))
    assert (scene.ending, scene.ending_style) == ("failed: server_error: Oh no", "bad")


def test_what_a_terminal_would_obey_is_shown() -> None:
    """In texts, names, labels, addresses and prompts; cuts within a text stay true."""
    one = interaction(responses(HOSTILE, "x", HOSTILE))
    one = replace(one, request=replace(one.request, url=f"https://h/{HOSTILE}"))
    scene = scene_of(f"{HOSTILE}.tape", one)
    (text,) = scene.texts
    assert text.content == printable(HOSTILE) + "x" + printable(HOSTILE)
    assert text.content[: text.ends[1]].endswith("x")
    for shown in (scene.name, scene.request, scene.short_request, text.content):
        assert "\x1b" not in shown
        assert "\x9b" not in shown
        assert "\u202e" not in shown


def test_recordings_play_side_by_side() -> None:
    """The first interactions of all, then the second ones; one that has no more is None."""
    a, b = spoken("a"), spoken("b", gap_us=200_000)
    acts = acts_of([[a, a], [b]])
    assert [act.scenes for act in acts] == [(a, b), (a, None)]
    assert acts[0].length_us == b.length_us
    assert acts[1].playing == (a,)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"input": "Say it."}', "Say it."),
        (
            b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}',
            "a",
        ),
        (b'{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}', "a"),
        (b'{"contents": [{"parts": [{"text": "a"}, {"data": {}}, {"text": "b"}]}]}', "a\nb"),
        (b'{"prompt": "a"}', "a"),
        (b'{"messages": [{"role": "user", "content": {"text": "a"}}]}', "a"),
        (b'{"messages": 5, "input": [5, null]}', ""),
        (b"[" * 100_000, ""),
        (b"\xff", ""),
        (b"", ""),
    ],
)
def test_the_prompt_is_the_last_user_message(body: bytes, text: str) -> None:
    """However the provider spells it; "" where there is none."""
    assert prompt_of(body).text == text


@pytest.mark.parametrize(
    "body",
    [
        b'{"input": [{"role": "user", "content": "a"}, {"type": "function_call_output", "output": "38"}]}',
        b'{"messages": [{"role": "user", "content": "a"}, {"role": "tool", "content": "38"}]}',
        b'{"messages": [{"role": "user", "content": [{"type": "tool_result", "content": "38"}]}]}',
        b'{"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [{"text": "38"}]}]},'
        b' {"role": "assistant", "content": "{"}]}',
        b'{"contents": [{"role": "user", "parts": [{"functionResponse": {"response": {"c": 38}}}]}]}',
    ],
)
def test_a_tool_result_that_comes_last_is_what_is_asked(body: bytes) -> None:
    """It is told apart from what a user says."""
    prompt = prompt_of(body)
    assert "38" in prompt.text
    assert prompt.is_tool


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ('{"type": "response.create", "input": "Hi"}', "Hi"),
        (
            '{"type": "response.create", "response": {"input": [{"role": "user", "content": "Hi"}]}}',
            "Hi",
        ),
        (
            '{"item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}',
            "Hi",
        ),
        ('{"item": {"type": "function_call_output", "output": "38"}}', "38"),
        ('{"clientContent": {"turns": [{"role": "user", "parts": [{"text": "Hi"}]}]}}', "Hi"),
        ('{"realtimeInput": {"text": "Hi"}}', "Hi"),
        ('{"type": "input_audio_buffer.append", "audio": "AAAA"}', ""),
        ("[1]", ""),
        ("no JSON", ""),
    ],
)
def test_what_a_dialogue_asks_is_shown(message: str, text: str) -> None:
    """Its first question above, each later one where it was asked; audio asks nothing in words."""
    found = server('{"type": "response.output_text.delta", "delta": "Hey"}')
    end = server('{"type": "response.completed", "response": {"status": "completed"}}')
    scene = scene_of("run.tape", dialogue(client(message), found, end, client(message), found, end))
    assert scene.prompt.text == text
    later = [part.content for part in scene.texts if part.kind == "prompt"]
    assert later == ([text] if text else [])
