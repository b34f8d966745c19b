"""Pieces of text with styles, and what is done to make them safe to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.printable import printable
from streamtape.report.lines import block, line, one_line, plain, styled
from streamtape.units import count, duration, moment, seconds, size


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb␍c"),
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("\x7f\x9b", "\\x7f\\x9b"),
        ("a\u202eb", "a\\u202eb"),
    ],
)
def test_control_characters_are_shown(text: str, shown: str) -> None:
    """What would move the cursor, ring or turn the writing around is shown as what it is."""
    assert printable(text) == shown


@given(st.text(max_size=200), st.integers(1, 80))
def test_one_line_is_one_line_of_at_most_the_limit(text: str, limit: int) -> None:
    """Any text becomes one line; what was left out is marked."""
    shown = one_line(text, limit)
    assert "\n" not in shown
    assert len(shown) <= max(limit, 1)


@given(st.text(max_size=300), st.integers(30, 90))
def test_a_block_fits_and_loses_no_word(text: str, width: int) -> None:
    """A wrapped text has every character but blanks, in lines that fit."""
    rows = [plain(one) for one in block(text, "  ", width)]
    assert all(len(row) <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join(printable(text).expandtabs(4).split())


def test_styles_are_for_terminals() -> None:
    """The plain text of a line is that of the styled one."""
    one = line("a ", ("b", "bad"), ("", "dim"), ("c", "no such style"))
    assert plain(one) == styled(one).plain == "a bc"
    assert [str(span.style) for span in styled(one).spans] == ["bold red"]


def test_units() -> None:
    """Times, sizes and counts read as people say them."""
    assert [duration(us) for us in (None, 0, 999, 12_345, 1_234_567, 61_500_000)] == [
        "–", "0 µs", "999 µs", "12.3 ms", "1.235 s", "1 min 1.5 s",
    ]  # fmt: skip
    assert (seconds(None), seconds(1_234_567)) == ("", "1.235")
    assert (size(1), size(12_345)) == ("1 byte", "12,345 bytes")
    assert (count(1, "event"), count(2, "event")) == ("1 event", "2 events")
    assert moment(0) == "1970-01-01 00:00:00 UTC"
    assert moment(10**20) == f"at {10**20} µs"
