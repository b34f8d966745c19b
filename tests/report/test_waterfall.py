"""Runs as pictures: what the time was spent on, on one clock; nothing is taken for markup."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from streamtape.report.play.scenes import scene_of
from streamtape.report.waterfall import (
    MAX_ROWS,
    Ground,
    Run,
    Segment,
    run_of,
    segments_of,
    waterfall,
)
from streamtape.tape.model import Cassette, Ending
from tests.cli.running import interaction, refused, responses, run, sse, tape
from tests.report.play.streams import HOSTILE, agent, spoken

SVG = "{http://www.w3.org/2000/svg}"


def test_a_bar_says_what_time_was_spent_on() -> None:
    """Waiting for the first event and in between, reasoning, arguments, text, and the rest."""
    assert list(segments_of(scene_of("x", agent()))) == [
        Segment(0, 100_000, "waiting"),
        Segment(100_000, 200_000, "reasoning"),
        Segment(200_000, 1_500_000, "waiting"),
        Segment(1_500_000, 1_600_000, "tool arguments"),
        Segment(1_600_000, 1_700_000, "text"),
        Segment(1_700_000, 1_750_000, "other"),
    ]


def test_a_failed_run_does_not_look_like_another() -> None:
    """Its bar ends red, however short that end is."""
    error = {"type": "error", "code": "server_error", "message": "Oh no"}
    one = interaction([*responses("a"), *sse(error)])
    assert list(segments_of(scene_of("x", one)))[-1].kind == "failed"
    cut = replace(interaction(responses("a")), head=None)
    assert list(segments_of(scene_of("x", cut)))[-1].kind == "failed"


def test_interactions_stand_where_they_began() -> None:
    """By the wall clock where that is known, else one behind the other."""
    first, second = spoken("a"), spoken("b")
    at_once = Run("x", (first, replace(second, started_at_us=(first.started_at_us or 0) + 200_000)))
    assert at_once.starts_us == [0, 200_000]
    assert at_once.most_at_once == 2
    assert at_once.length_us == 200_000 + second.length_us
    unknown = Run("x", (first, replace(second, started_at_us=None)))
    assert unknown.starts_us == [0, first.length_us]
    assert unknown.most_at_once == 1


def test_a_picture_has_a_row_an_interaction() -> None:
    """With what was asked and how long it took; the same recording gives the same bytes."""
    cassette = Cassette((interaction(responses("a")), agent()))
    text = waterfall([run_of("run.tape", cassette)])
    words = [node.text for node in ElementTree.fromstring(text).iter(f"{SVG}text")]
    assert words.count("Say it.") == 2
    assert "run.tape" in words
    assert "1.750 s" in words
    assert {"waiting", "text", "reasoning", "tool arguments"} <= set(words)
    assert text == waterfall([run_of("run.tape", cassette)])


def test_many_interactions_are_cut() -> None:
    """The rest is counted."""
    one = interaction(responses("a"))
    text = waterfall([run_of("run.tape", Cassette((one,) * (MAX_ROWS + 5)))])
    assert "… and 5 more" in text
    assert "65 interactions" in text


@pytest.mark.parametrize("ground", Ground)
def test_hostile_recordings_stay_text(ground: Ground) -> None:
    """Well-formed, without anything that runs or loads."""
    one = interaction(responses("a"), url=f"https://h/<script>{HOSTILE}")
    one = replace(one, request=replace(one.request, body=b'{"input": "<script>\\u001b[2J"}'))
    text = waterfall([run_of(f"<b>{HOSTILE}", Cassette((one,)))], ground=ground)
    root = ElementTree.fromstring(text)
    assert {node.tag.removeprefix(SVG) for node in root.iter() if node.tag.startswith(SVG)} <= {
        "svg", "title", "metadata", "style", "rect", "text", "path", "g",
    }  # fmt: skip
    assert "\x1b" not in text
    assert "url(" not in text


@pytest.mark.parametrize("cassette", [Cassette(), Cassette((interaction([]),))])
def test_nothing_to_draw_is_drawn(cassette: Cassette) -> None:
    """An empty cassette, an empty stream."""
    ElementTree.fromstring(waterfall([run_of("x", cassette)]))


def test_odd_times_are_drawn() -> None:
    """Whatever a recording says of time."""
    for at_us in (2**62, -5, 0):
        one = replace(interaction(responses("a")), ending=Ending("complete", at_us))
        ElementTree.fromstring(waterfall([run_of("x", Cassette((one,)))]))


def test_view_writes_a_picture(tmp_path: Path) -> None:
    """Where the name ends with .svg."""
    path = tape(tmp_path / "run.tape", interaction(responses("a")))
    assert run("view", path, "-o", tmp_path / "run.svg").exit_code == 0
    assert run("view", path, "-o", tmp_path / "run.svg").exit_code == 0  # ours is replaced
    ElementTree.parse(tmp_path / "run.svg")


def test_a_comment_shows_both_runs(tmp_path: Path) -> None:
    """`diff --markdown --picture` draws both on one clock, and names the picture."""
    a = tape(tmp_path / "a.tape", interaction(responses("a")))
    b = tape(tmp_path / "b.tape", interaction(responses("b")))
    place = tmp_path / "a b.svg"
    result = run("diff", a, b, "--markdown", "--picture", place)
    assert result.exit_code == 1
    assert f"![both runs on one clock](<{tmp_path}/a%20b.svg>)" in result.stdout
    names = [node.text for node in ElementTree.parse(place).iter(f"{SVG}text")]
    assert {"a.tape", "b.tape"} <= set(names)
    assert "name a file *.svg" in refused("diff", a, b, "--picture", tmp_path / "x.png")
    assert "not folders" in refused("diff", tmp_path, tmp_path, "--picture", place)
