"""Values in notebooks and in rich: what they show, escaped and masked, at any width."""

import io
import pickle
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from IPython.core.formatters import DisplayFormatter
from rich.cells import cell_len
from rich.console import Console

import streamtape
from streamtape.displayed import Displayed
from streamtape.report.displays import MAX_LINES, MAX_ROWS
from streamtape.report.notebook import MAX_BYTES
from streamtape.tape.model import Cassette
from tests.cli.running import interaction, responses
from tests.report.play.streams import HOSTILE, agent

FRAMED = {"cassette", "interaction", "comparison", "no times"}
ALLOWED = {"div", "pre", "span", "svg", "title", "g", "text", "rect", "path"}
KEY = "sk-proj-" + "A1b2C3d4" * 6
ONE = interaction(responses("double ", "bubble ", "bath"))
CASSETTE = Cassette((ONE, agent()), "run.tape")
VALUES = {
    "cassette": CASSETTE,
    "interaction": CASSETTE[1],
    "transcript": CASSETTE[1].transcript(),
    "comparison": streamtape.diff(ONE, interaction(responses("double ", "rubber ", "bath"))),
    "stats": streamtape.stats(CASSETTE),
    "no interactions": Cassette(),
    "no streams": streamtape.stats(Cassette()),
    "no times": interaction(responses("a"), gap_us=None),
}


FRAME = re.compile(r"<iframe [^>]*></iframe>")


class Tags(HTMLParser):
    """The tags and attributes of HTML, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def printed(value: Displayed, width: int = 100) -> str:
    """What rich prints of a value."""
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False).print(value)
    return out.getvalue()


@pytest.mark.parametrize("name", VALUES)
def test_a_notebook_shows_a_page_over_static_html(name: str) -> None:
    """IPython asks for it; around the frame is no script, no address and no event handler."""
    found, _ = DisplayFormatter().format(VALUES[name])  # type: ignore[no-untyped-call]  # IPython
    html, n_frames = FRAME.subn("", found["text/html"])
    assert n_frames == (name in FRAMED)
    tags = Tags(html)
    assert tags.tags <= ALLOWED
    assert not {a for a in tags.attributes if a.startswith("on") or a in {"href", "src", "id"}}
    assert "url(" not in html
    assert len(html) < 10_000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cassette", ["run.tape", "2 interactions", "Say it.", "complete: tool_calls"]),
        ("interaction", ["They want the weather.", "get_weather", '"Oslo"', "9 events, 1.750 s"]),
        ("transcript", ["They want the weather.", "get_weather", "Let me look."]),
        ("comparison", ["different at level events", "[-bubble-]", "{+rubber+}"]),
        ("stats", ["2 streams", "ttft"]),
        ("no interactions", ["0 interactions"]),
        ("no streams", ["no streams"]),
        ("no times", ["times not recorded"]),
    ],
)
def test_both_show_what_matters(name: str, words: list[str]) -> None:
    """The same words in a notebook and in a terminal."""
    text = Tags(VALUES[name]._repr_html_()).text
    assert [word for word in words if word in text] == words
    assert [word for word in words if word in printed(VALUES[name])] == words


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("width", [20, 60])
def test_rich_keeps_to_its_width(name: str, width: int) -> None:
    """Nothing is wider than the console."""
    assert max(map(cell_len, printed(VALUES[name], width).splitlines()), default=0) <= width


def test_hostile_values_stay_text() -> None:
    """Markup is escaped, rich's own too; control characters are shown."""
    text = f"<script>alert(1)</script>[bold]{HOSTILE}"
    one = interaction(responses(text))
    for value in (Cassette((one,), f"<b>{HOSTILE}"), one, one.transcript()):
        html = value._repr_html_()
        assert Tags(html).tags <= ALLOWED | {"iframe"}
        for shown in (html, printed(value)):
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert "[bold]" in printed(one)


def test_secrets_are_masked() -> None:
    """Also one that a stream spelt in pieces, and in a transcript by itself."""
    one = interaction(responses("the key is ", KEY[:20], KEY[20:]))
    for value in (Cassette((one,)), one, one.transcript()):
        assert KEY[:20] not in value._repr_html_()
        assert KEY[:20] not in printed(value)


def test_what_is_large_has_no_frame() -> None:
    """A notebook stays one that can be opened: frames hold a megabyte of recordings at most."""
    large = interaction(responses("x" * MAX_BYTES))
    for value in (large, streamtape.diff(large, ONE)):
        assert "<iframe" not in value._repr_html_()


def test_a_frame_may_do_nothing_but_run_its_script() -> None:
    """No origin, and the policy of every page; the path of a file is not in it."""
    (frame,) = FRAME.findall(replace(CASSETTE, path="/home/me/run.tape")._repr_html_())
    assert 'sandbox="allow-scripts allow-downloads"' in frame
    assert "default-src 'none'" in unescape(frame)
    assert "/home/me" not in unescape(unescape(frame))


def test_long_values_are_cut() -> None:
    """The rest is counted."""
    many = Cassette((ONE,) * (MAX_ROWS + 5))
    assert "and 5 more interactions" in printed(many)
    long = interaction(responses("line\n" * (MAX_LINES + 50)))
    assert len(printed(long.transcript()).splitlines()) <= MAX_LINES + 1


def test_values_are_the_same_values() -> None:
    """They are still compared, hashed, replaced and kept small as before."""
    assert replace(CASSETTE, path="other") == CASSETTE
    assert hash(ONE.request) == hash(replace(ONE.request))
    assert not hasattr(ONE, "__dict__")
    assert isinstance(CASSETTE, Displayed)


def test_a_pickled_comparison_has_no_recordings() -> None:
    """Results of folders go between processes: equal ones, as small as before."""
    comparison = VALUES["comparison"]
    assert isinstance(comparison, streamtape.Comparison)
    assert comparison.recordings is not None
    packed = pickle.dumps(comparison)
    assert pickle.loads(packed) == comparison
    assert pickle.loads(packed).recordings is None
    assert len(packed) < ONE.chunks.n_bytes
