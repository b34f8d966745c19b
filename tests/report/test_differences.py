"""What `diff` says of comparisons, as approved texts."""

import re

import pytest

import streamtape
from streamtape.compare.comparison import Change, Comparison, Location, WordPiece
from streamtape.report.differences import comparison_lines
from streamtape.report.folders import FileResult, folder_lines
from streamtape.report.lines import line, plain, text_of
from streamtape.report.markdown import code, comparison_markdown, folders_markdown
from streamtape.report.side_by_side import cells, side_by_side, wrapped
from tests.cli.running import interaction, responses
from tests.report.approved import approved

PIECES = (
    WordPiece("same", "…said double "),
    WordPiece("removed", "bubble"),
    WordPiece("inserted", "rubber ``` duck"),
    WordPiece("same", " bath,\nand then\x1b[2J nothing…"),
)
DIFFERENT = Comparison(
    "events",
    (
        Change("changed", "text", Location(4, 45_000), Location(5, 46_000), pieces=PIECES),
        Change("inserted", "ping", None, Location(6, 47_000), after={"type": "ping"}),
        Change("removed", "response.output_item.done", Location(7), None, before={"a": [1, "é"]}),
        Change("changed", "head", Location(0), Location(0), "status", 200, 429, (), 1),
        Change(
            "swapped",
            "content_part.added",
            Location(8),
            Location(9),
            before={"n": 1},
            after={"n": 1},
        ),
    ),
    ("request model: 'a' → 'b'",),
    48,
    1_049,
    a="monday.tape",
    b="tuesday.tape",
)
SAME = Comparison("content", (), (), 48, 40, a="a.tape", b="b.tape")
RESULTS = [
    FileResult("agents/one.tape", "same", SAME),
    FileResult("agents/two.tape", "different", DIFFERENT),
    FileResult("b.tape", "only in a"),
    FileResult("c.tape", "unreadable", error="'b/c.tape' is damaged: its end is missing"),
]


@pytest.mark.parametrize("width", [80, 120])
def test_a_comparison_in_a_terminal(width: int) -> None:
    """Words in one line where it is narrow, both sides beside each other where it is wide."""
    approved(f"diff-{width}.txt", text_of(comparison_lines(DIFFERENT, width=width)))


def test_the_same() -> None:
    """What is the same is said in a line and two names."""
    approved("diff-same.txt", text_of(comparison_lines(SAME, width=80)))


def test_many_changes_are_counted_where_they_are_not_shown() -> None:
    """A limit leaves out the later changes and says how many."""
    lines = [plain(one) for one in comparison_lines(DIFFERENT, width=80, max_changes=2)]
    assert lines[-1] == "  … and 3 more changes"


def test_markdown() -> None:
    """For a pull request: fenced, so that no stream can write markup; many are folded."""
    approved("diff.md", comparison_markdown(DIFFERENT, max_changes=3))
    approved("diff-same.md", comparison_markdown(SAME))
    approved("folders.md", folders_markdown(RESULTS, "a/", "b/"))


def test_folders() -> None:
    """A row a file and the counts."""
    approved("folders.txt", text_of(folder_lines(RESULTS, "a/", "b/")))


def test_one_changed_word_of_a_real_comparison() -> None:
    """One changed word is one change, in a few lines, with the events' numbers of both sides."""
    a = interaction(responses("double ", "bubble ", "bath"))
    b = interaction(responses("dou", "ble ", "rubber", " bath", run_id="2"))
    approved("diff-word.txt", text_of(comparison_lines(streamtape.diff(a, b), width=80)))


@pytest.mark.parametrize("text", ["", "a", "`", "``a`", "a|b", "a\nb"])
def test_inline_code_holds_anything(text: str) -> None:
    """A fence is longer than any run of backticks inside."""
    shown = code(text)
    fence = re.match("`+", shown)
    assert fence is not None
    assert "\n" not in shown
    assert "|" not in shown


def test_columns_fit_whatever_the_characters_are() -> None:
    """Wide, combining and narrow characters are counted as the cells that they take."""
    text = "日本語のテキスト and some words e\u0301e\u0301 " * 4
    for one in side_by_side(line(text), line("short"), 60, indent=2):
        assert cells(plain(one)) <= 60
    assert "".join(plain_exact(one) for one in wrapped(line(text), 17)) == text


def plain_exact(one: tuple[tuple[str, str], ...]) -> str:
    """The text of a line, blanks at its end included."""
    return "".join(span[0] for span in one)


@pytest.mark.parametrize(
    "letter", ["e\u0301", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f"]
)
def test_what_is_read_as_one_character_stays_together(letter: str) -> None:
    """An accent is not cut from its letter, nor a family into people."""
    rows = [plain(row) for row in wrapped(line(letter * 20), 7)]
    assert "".join(rows) == letter * 20
    assert {cells(row) for row in rows[:-1]} <= {6, 7}
    assert all(len(row) % len(letter) == 0 for row in rows)
