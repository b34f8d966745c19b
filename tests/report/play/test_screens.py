"""One moment as lines: as many as there are rows, none wider than the screen, and what they say."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamtape.report.lines import plain
from streamtape.report.play.scenes import Act, scene_of
from streamtape.report.play.screens import View, progress, rows_needed, screen
from streamtape.report.play.wrapping import Wrapped
from streamtape.report.side_by_side import cells
from tests.cli.running import interaction, responses
from tests.report.play.streams import act, agent, spoken

HEADING = "run.tape  POST /v1/responses → 200 OK"
WORDS = ["double ", "bubble ", "bath"]


def shown(one: Act, at_us: int, *, columns: int, rows: int, scroll: int = 0) -> str:
    """The text of a screen."""
    return "\n".join(map(plain, screen(one, at_us, View(columns, rows, scroll))))


def test_a_moment_of_one_recording() -> None:
    """Heading, question, what had been said, the bar, the clock."""
    assert shown(act(spoken(*WORDS)), 400_000, columns=60, rows=10) == "\n".join([
        "run.tape  POST https://api.example.com/v1/responses → 200 OK",
        "─" * 60,
        "❯ Say it.",
        "",
        "double bubble▌",
        "",
        "",
        "",
        "━" * 34 + "─" * 26,
        "▸ 0.40 / 0.70 s  4/7 events",
    ])  # fmt: skip


def test_the_end_says_how_it_ended() -> None:
    """No cursor is left, and the outcome stands below the text."""
    text = shown(act(spoken(*WORDS)), 700_000, columns=60, rows=10)
    assert "double bubble bath\n\n✓ complete" in text


def test_kinds_of_text_look_different() -> None:
    """Reasoning and tool calls have headings and styles of their own; waits are dashed."""
    one = act(scene_of("run.tape", agent()))
    lines = screen(one, 1_000_000, View(60, 14))
    assert ("∴ reasoning", "dim") in [(span.text, span.style) for row in lines for span in row]
    assert plain(lines[-1]).endswith("waiting 1.300 s")
    assert "╍" in plain(lines[-2])
    lines = screen(one, one.length_us, View(60, 14))
    styles = {span.text: span.style for row in lines for span in row}
    assert styles["⚙ tool call: get_weather"] == "call"
    assert styles['  {"place": "Oslo"}'] == "call"
    assert styles["Let me look."] == ""


def test_two_recordings_stand_side_by_side() -> None:
    """One clock; the one that is over says so while the other goes on."""
    one = act(spoken(*WORDS, gap_us=50_000), spoken(*WORDS))
    rows = shown(one, 400_000, columns=81, rows=12).split("\n")
    assert (
        rows[0] == "run.tape  POST /v1/responses → 200 OK   │ run.tape  POST /v1/responses → 200 OK"
    )
    assert any("double bubble bath" in row and "double bubble▌" in row for row in rows)
    assert any(row.startswith("✓ complete") for row in rows)
    assert "7/7 · 4/7 events" in rows[-1]


def test_long_text_follows_its_end_and_can_be_scrolled() -> None:
    """The last rows are shown; scrolling back shows earlier ones, and stops at the first."""
    one = act(spoken(*(f"line {n}\n" for n in range(50))))
    end = one.length_us
    assert "line 49" in shown(one, end, columns=40, rows=12)
    assert "line 49" not in shown(one, end, columns=40, rows=12, scroll=10)
    assert "❯ Say it." in shown(one, end, columns=40, rows=12, scroll=1_000)


@pytest.mark.parametrize("n_sides", [1, 2, 4])
@given(
    words=st.lists(st.text(max_size=12), min_size=1, max_size=8),
    size=st.tuples(st.integers(1, 130), st.integers(1, 40)),
    share=st.floats(0, 1),
    scroll=st.integers(0, 5),
)
def test_every_screen_has_its_size(
    n_sides: int, words: list[str], size: tuple[int, int], share: float, scroll: int
) -> None:
    """Whatever is said, at any size: from the smallest that is drawn on."""
    columns, rows = size
    scene = scene_of("run.tape", interaction(responses(*words)))
    one = Act((scene,) * n_sides)
    lines = screen(one, int(one.length_us * share), View(columns, rows, scroll))
    assert len(lines) == max(rows, 6)
    assert max(sum(cells(span.text) for span in row) for row in lines) <= max(columns, 20)
    assert rows_needed(one, max(columns, 20)) >= 4


@example(text="aa \u0301", width=2)
@given(text=st.text(alphabet="ab \n日é\u0301👩\u200d", max_size=60), width=st.integers(2, 12))
def test_lines_are_found_once_for_all_lengths(text: str, width: int) -> None:
    """No line is wider than asked, all letters are there, and a growing text only adds lines."""
    wrapped = Wrapped(text, width)
    n = wrapped.n_lines(len(text))
    lines = [wrapped.line(number, len(text)) for number in range(n)]
    assert all(cells(row.rstrip(" ")) <= width for row in lines)
    assert "".join(lines).replace(" ", "") == text.replace("\n", "").replace(" ", "")
    counts = [wrapped.n_lines(length) for length in range(len(text) + 1)]
    assert counts == sorted(counts)


def test_a_word_does_not_jump_as_it_grows() -> None:
    """A word that has no room when it is whole begins on the next line."""
    wrapped = Wrapped("double bubble", 10)
    assert wrapped.line(1, len("double b")) == "b"


def test_the_bar_is_as_wide_as_the_screen() -> None:
    """At the start, within, and at the end."""
    one = act(spoken(*WORDS))
    for at_us in (0, 333_333, 700_000):
        assert len(plain(progress(one, at_us, 37))) == 37
