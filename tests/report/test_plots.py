"""Pictures of measures: few streams each by itself, many as distributions, none without times."""

import io
import json
import re
from pathlib import Path

import pytest

from streamtape.metrics.measures import StreamMetrics
from streamtape.report.lines import plain
from streamtape.report.measures import plot_lines
from streamtape.report.plots import MAX_EACH, MAX_GROUPS, OTHERS, draw, groups_of
from streamtape.report.side_by_side import cells
from tests.cli.running import interaction, refused, responses, run, tape

pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")


def stream(number: int, source: str = "a/x.tape", model: str = "m") -> StreamMetrics:
    """A stream of three events."""
    return StreamMetrics(
        source=source,
        interaction=number,
        model=model,
        ttfe_us=100_000 + number,
        ttft_us=200_000 + number,
        total_us=900_000,
        gaps_us=(50, 100_000, 699_950),
        text=((200_000, 4), (900_000, 9)),
    )


def words(svg: bytes) -> str:
    """What an SVG of matplotlib's says: it keeps its texts as comments."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", svg.decode()))


def picture(streams: list[StreamMetrics]) -> str:
    """The words of the picture of some streams."""
    out = io.BytesIO()
    assert draw(streams, out, "svg") == len(streams)
    return words(out.getvalue())


def test_few_streams_are_drawn_each_by_itself() -> None:
    """With a legend; names are no mathematics."""
    shown = picture([stream(n, f"$x^{n}$.tape") for n in range(MAX_EACH)])
    assert "Arrival" in shown
    assert "$x^7$.tape 7" in shown


def test_a_name_that_is_not_utf8() -> None:
    """What is no character is drawn as U+FFFD."""
    assert "caf\ufffd" in picture([stream(1, "caf\udce9.tape")])


def test_many_streams_are_drawn_as_distributions() -> None:
    """A box a group for each measure that is known, and the gaps of each group."""
    shown = picture([stream(n, f"{'ab'[n % 2]}/{n}.tape") for n in range(84)])
    assert "Time to first content (ttft)" in shown
    assert "Whole stream (total)" in shown
    assert "(tpot)" not in shown  # nothing tells it
    assert "a (42)" in shown
    assert "share of gaps up to this" in shown


def test_groups_are_folders_or_models() -> None:
    """Folders where there are several, else models; the smallest stand together."""
    by_folder = groups_of([stream(0, "a/x.tape"), stream(1, "b/x.tape", "other")])
    assert [*by_folder] == ["a", "b"]
    by_model = groups_of([stream(0, model="x"), stream(1, model="y"), stream(2, model="x")])
    assert {name: len(found) for name, found in by_model.items()} == {"x": 2, "y": 1}
    many = groups_of([stream(n, model=f"m{n % 30}") for n in range(100)])
    assert len(many) == MAX_GROUPS
    assert [*many][-1] == OTHERS
    assert sum(map(len, many.values())) == 100


def test_the_same_streams_give_the_same_picture() -> None:
    """Byte for byte."""
    first, second = io.BytesIO(), io.BytesIO()
    for out in (first, second):
        draw([stream(n) for n in range(20)], out, "svg")
    assert first.getvalue() == second.getvalue()


def test_streams_without_times_are_left_out(tmp_path: Path) -> None:
    """It is said how many; where none has times nothing is written."""
    tape(tmp_path / "a.tape", interaction(responses("a")))
    tape(tmp_path / "b.tape", interaction(responses("b"), gap_us=None))
    place = tmp_path / "x.svg"
    result = run("stats", tmp_path, "--plot-to", place)
    assert "1 stream drawn; 1 more without times left out" in result.stderr
    place.unlink()
    message = refused("stats", tmp_path / "b.tape", "--plot-to", place)
    assert "nothing to plot: none of 1 stream has times" in message
    assert not place.exists()


def test_plots_of_text_fit_any_screen() -> None:
    """As wide as there is room, up to sixty; a line ends each row, also of blanks."""
    for width in range(1, 130):
        rows = [*map(plain, plot_lines(stream(0), width))][1::2]
        assert len(rows) == 3
        assert {cells(row) for row in rows} == {max(min(width, 63), 4)}
        assert all(row.endswith("▏") for row in rows)


def test_json_needs_no_times(tmp_path: Path) -> None:
    """The figures are given without a picture, too."""
    path = tape(tmp_path / "b.tape", interaction(responses("b"), gap_us=None))
    assert json.loads(run("stats", path, "--json").stdout)["streams"]
