"""Films, and files made of them: asciicasts, SVG and GIF, each read by another's reader."""

import io
import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pyte
import pytest
from asciinema import asciicast as reader

from streamtape.errors import UsageError
from streamtape.report.lines import plain
from streamtape.report.play.animated_svg import animated_svg
from streamtape.report.play.asciicast import asciicast
from streamtape.report.play.frames import ACT_HOLD_US, END_HOLD_US, Film, film
from streamtape.report.play.gif import durations_cs, write_gif
from streamtape.report.play.scenes import scene_of
from streamtape.report.play.themes import DARK, LIGHT, theme_named
from tests.cli.running import interaction, responses
from tests.report.play.streams import HOSTILE, act, agent, spoken

ACTS = [act(spoken("double ", "bubble ", "bath")), act(scene_of("b.tape", agent()))]
HOSTILE_ACT = act(scene_of(HOSTILE, interaction(responses(HOSTILE, "\ufffe<&>"))))
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


@pytest.fixture(scope="module")
def made() -> Film:
    """Two interactions, one after the other."""
    return film(ACTS, columns=60)


def test_a_film_shows_every_moment(made: Film) -> None:
    """Frames rise, differ from one another, and the last one holds the end for a while."""
    times = [frame.at_us for frame in made.frames]
    assert times == sorted(set(times))
    assert [frame.begins for frame in made.frames if frame.begins is not None] == [0, 1]
    length = sum(one.length_us for one in ACTS)
    assert made.length_us == length + ACT_HOLD_US + END_HOLD_US
    assert "✓ complete: tool_calls" in "\n".join(map(plain, made.frames[-1].lines))


def test_speed_makes_it_shorter() -> None:
    """Twice as fast: half as long, but for what is held."""
    assert film(ACTS[:1], speed=2).length_us == ACTS[0].length_us // 2 + END_HOLD_US
    assert film(ACTS[:1], speed=2).frames[3].lines != film(ACTS[:1]).frames[3].lines


def test_frames_are_not_too_near_one_another() -> None:
    """However fast events come, and however long nothing does."""
    quick = act(spoken(*(f"{n} " for n in range(500)), gap_us=1_000))
    gaps = [b.at_us - a.at_us for a, b in pairwise(film([quick]).frames)]
    assert min(gaps[:-1]) >= 100_000
    endless = act(scene_of("x", interaction(responses("a", "b"), gap_us=10**15)))
    assert len(film([endless]).frames) < 2_000


def test_an_asciicast_of_version_2_is_read_by_asciinema(made: Film, tmp_path: Path) -> None:
    """Its own parser takes it: size, times that rise, and the text."""
    path = tmp_path / "run.cast"
    path.write_text("".join(asciicast(made, title="run", theme=DARK, version=2)))
    with reader.open_from_url(str(path)) as cast:
        events = list(cast.events())
        assert (cast.v2_header["width"], cast.v2_header["height"]) == (60, made.rows)
    assert events[-1][0] == made.length_us / 1e6
    assert "bubble" in "".join(data for _, code, data in events if code == "o")


def test_an_asciicast_of_version_3_is_as_documented(made: Film) -> None:
    """A header with the terminal's size, then [interval, code, data]; intervals add up."""
    rows = [json.loads(row) for row in asciicast(made, title="run", theme=LIGHT)]
    header, *events = rows
    assert header["version"] == 3
    assert header["term"]["cols"] == 60
    assert header["term"]["rows"] == made.rows
    assert len(header["term"]["theme"]["palette"].split(":")) == 16
    assert {code for _, code, _ in events} <= {"o", "m"}
    assert [data for _, code, data in events if code == "m"] == ["interaction 2"]
    assert sum(interval for interval, _, _ in events) == pytest.approx(made.length_us / 1e6)
    assert min(interval for interval, _, _ in events) >= 0


def test_an_asciicast_draws_what_the_frames_show(made: Film) -> None:
    """A terminal emulator that plays all of it shows the last frame."""
    terminal = pyte.Screen(60, made.rows)
    stream = pyte.Stream(terminal)
    for row in list(asciicast(made, title="run", theme=DARK))[1:]:
        _, code, data = json.loads(row)
        if code == "o":
            stream.feed(data)
    shown = [row.rstrip() for row in terminal.display]
    assert shown == [plain(row) for row in made.frames[-1].lines]


def test_an_svg_is_well_formed_and_needs_nothing(made: Film) -> None:
    """No script, no address but namespaces; the last frame is what is shown without motion."""
    text = animated_svg(made, title="run <&>", themes=theme_named("auto"))
    root = ElementTree.fromstring(text)
    svg = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{svg}svg"
    assert root.findtext(f"{svg}title") == "run <&>"
    assert not re.search(r"(href|src|url\()", text)
    assert not re.search(r"<(script|foreignObject|image|a) ", text)
    still = [g for g in root.iter(f"{svg}g") if g.get("class") != "o"]
    words = "".join(part.text or "" for g in still for part in g)
    assert "".join(plain(row) for row in made.frames[-1].lines).replace(" ", "") == words.replace(
        " ", ""
    )
    assert text == animated_svg(film(ACTS, columns=60), title="run <&>", themes=(LIGHT, DARK))


def test_rows_of_an_svg_follow_each_other(made: Film) -> None:
    """Of what stands in one row, only one is on show at any time."""
    text = animated_svg(made, title="run", themes=(DARK,))
    ids = re.findall(r'<g id="(r\d+)"', text)
    assert len(ids) == len(set(ids))
    for name in re.findall(r"animation:(k\d+) ", text):
        assert f"@keyframes {name}{{" in text


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_gif_opens_and_lasts_as_long(made: Film, theme: object) -> None:
    """Pillow reads it; its frames together are as long as the film, and it repeats."""
    image = pytest.importorskip("PIL.Image", reason="the extra `play` is not installed")
    out = io.BytesIO()
    write_gif(made, out, theme=DARK if theme is DARK else LIGHT)
    picture = image.open(out)
    assert picture.info["loop"] == 0
    total = 0
    for number in range(picture.n_frames):
        picture.seek(number)
        total += picture.info["duration"]
    assert total == pytest.approx(made.length_us / 1000, abs=20)
    assert sum(durations_cs(made)) * 10 == pytest.approx(made.length_us / 1000, abs=20)


def test_a_font_that_is_none_is_refused(made: Film, tmp_path: Path) -> None:
    """With the name that was given."""
    pytest.importorskip("PIL", reason="the extra `play` is not installed")
    (tmp_path / "x.ttf").write_text("no font")
    with pytest.raises(UsageError, match=r"x\.ttf' can't be read as a font"):
        write_gif(made, io.BytesIO(), theme=DARK, font=str(tmp_path / "x.ttf"))


def test_hostile_recordings_make_harmless_files() -> None:
    """What a terminal or a browser would obey is shown in each of them."""
    one = film([HOSTILE_ACT], columns=60)
    text = animated_svg(one, title=HOSTILE, themes=(DARK,))
    ElementTree.fromstring(text)
    assert not CONTROLS.search(text)
    for row in list(asciicast(one, title=HOSTILE, theme=DARK))[1:]:
        data = json.loads(row)[2]
        assert not CONTROLS.search(re.sub(r"\x1b\[[0-9;?]*[mHJKlh]", "", data))


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_colours_can_be_read(theme: object) -> None:
    """Each has a contrast of 4.5 and more on its ground (WCAG 2.2, 1.4.3)."""
    one = DARK if theme is DARK else LIGHT
    for colour in (one.foreground, one.dim, *one.colours.values()):
        assert _contrast(colour, one.background) >= 4.5, colour


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_an_unknown_theme_is_refused() -> None:
    """With the names that there are."""
    with pytest.raises(UsageError, match="auto, dark, light, got 'blue'"):
        theme_named("blue")
