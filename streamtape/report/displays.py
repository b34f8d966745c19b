"""Values as a notebook and rich show them: a heading, a picture of the run, its texts.

The static HTML is one element without script, style sheet or address: text has the colour of what
is around it, and tints let it through, so it can be read in light and dark notebooks alike. Over it
lies the page of the value, the one that `view` writes, in a frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, assert_never, cast

from streamtape.analysis.stats import Stats
from streamtape.compare.comparison import Comparison
from streamtape.displayed import Displayed
from streamtape.markup import Html, escaped, fill, join
from streamtape.printable import printable, printable_line
from streamtape.report.differences import comparison_lines
from streamtape.report.lines import Line, Span, line, styled
from streamtape.report.masked import read
from streamtape.report.measures import summary_lines
from streamtape.report.notebook import framed
from streamtape.report.play.scenes import Scene, scene_of
from streamtape.report.side_by_side import fitted
from streamtape.report.transcript_lines import transcript_lines
from streamtape.report.waterfall import Ground, label_of, run_of, waterfall
from streamtape.tape.events import Transcript
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.texts import masked_text
from streamtape.units import count, duration

if TYPE_CHECKING:
    from rich.text import Text

Value = Cassette | Interaction | Transcript | Comparison | Stats
MAX_LINES = 200
MAX_ROWS = 60  # interactions of a cassette shown
MAX_CHANGES = 20
_WIDTH = 100
# Looks that need no colour of their own; a good or bad end is a badge with its own ground.
_LOOKS = {
    "title": "font-weight:600", "label": "font-weight:600", "dim": "opacity:.7",
    "removed": "background:rgba(217,83,79,.25)", "added": "background:rgba(45,160,96,.25)",
    "good": "background:#1a7f37;color:#fff;border-radius:3px;padding:0 4px",
    "warn": "background:#8a5a00;color:#fff;border-radius:3px;padding:0 4px",
    "bad": "background:#b3261e;color:#fff;border-radius:3px;padding:0 4px",
}  # fmt: skip
_BOX = (
    "border:1px solid rgba(128,128,128,.4);border-radius:8px;padding:8px 12px;max-width:64rem;"
    "max-height:36rem;overflow:auto"
)
_ELEMENT = '<div style="[[box]]">[[picture]]<pre style="[[pre]]">[[rows]]</pre></div>'
_SPAN = '<span style="[[look]]">[[text]]</span>'
_PRE = "margin:0;white-space:pre-wrap;overflow-wrap:anywhere;background:none;color:inherit"


def html_of(value: Displayed) -> str:
    """A value as HTML: its page in a frame, over what is seen without it.

    UsageError where a recording can't be read as a dialect.
    """
    return framed(value, static_html(value))


def static_html(value: Displayed) -> str:
    """A value as one element without script, style sheet or address."""
    one = cast(Value, value)
    rows = "\n".join(map(_row, _cut(lines_of(one, _WIDTH))))
    return fill(_ELEMENT, box=_BOX, picture=Html(_picture_of(one)), pre=_PRE, rows=Html(rows))


def rich_of(value: Displayed, width: int) -> Iterator[Text]:
    """A value as lines of at most `width` cells, for rich."""
    for one in _cut(lines_of(cast(Value, value), width)):
        yield from map(styled, fitted(one, width))


def lines_of(value: Value, width: int) -> Iterator[Line]:
    """The lines of a value, secrets masked."""
    match value:
        case Cassette():
            found = _cassette_lines(value)
        case Interaction():
            found = _interaction_lines(value)
        case Transcript():
            found = transcript_lines(value, None)
        case Comparison():
            found = comparison_lines(value, width=width, max_changes=MAX_CHANGES)
        case Stats():
            found = _stats_lines(value, width)
        case _:
            assert_never(value)
    for one in found:
        yield tuple(Span(masked_text(span.text), span.style) for span in one)


def _cassette_lines(cassette: Cassette) -> Iterator[Line]:
    name = printable(cassette.path or "cassette")
    yield line((name, "title"), f"  {count(len(cassette), 'interaction')}")
    for number, interaction in enumerate(cassette[:MAX_ROWS]):
        scene = scene_of("", interaction)
        label = printable_line(label_of(scene))
        yield line(
            (f"#{number}  ", "dim"),
            label if len(label) <= _WIDTH // 2 else f"{label[: _WIDTH // 2 - 1]}…",
            f"  {_figures(scene)}  ",
            (scene.ending, scene.ending_style),
        )
    if len(cassette) > MAX_ROWS:
        yield line((f"… and {count(len(cassette) - MAX_ROWS, 'more interaction')}", "dim"))


def _interaction_lines(interaction: Interaction) -> Iterator[Line]:
    scene = scene_of("", interaction)
    yield line((scene.request, "title"), " → ", (scene.answer, scene.answer_style))
    model = f"{scene.model}, " if scene.model else ""
    yield line(f"{model}{_figures(scene)}  ", (scene.ending, scene.ending_style))
    yield from transcript_lines(read(interaction).transcript, None)


def _figures(scene: Scene) -> str:
    tokens = scene.n_output_tokens
    parts = [
        count(len(scene.event_times_us), "event"),
        duration(scene.length_us) if scene.is_timed else "times not recorded",
        "" if tokens is None else f"{tokens:,} output tokens",
    ]
    return ", ".join(filter(None, parts))


def _stats_lines(value: Stats, width: int) -> Iterator[Line]:
    if value.each:
        yield from summary_lines(value.each, width=width)
    else:
        yield line(("no streams", "dim"))


def _picture_of(value: Value) -> str:
    """The waterfall of a recording with times; nothing of other values."""
    cassette = Cassette((value,)) if isinstance(value, Interaction) else value
    if not isinstance(cassette, Cassette) or not cassette:
        return ""
    if all(interaction.ending.at_us is None for interaction in cassette):
        return ""
    run = run_of(cassette.path or "", Cassette(cassette[:MAX_ROWS]))
    return waterfall([run], ground=Ground.INHERITED)


def _cut(lines: Iterable[Line]) -> Iterator[Line]:
    """The first lines, and how many were left out."""
    n_lines = 0
    for one in lines:
        n_lines += 1
        if n_lines <= MAX_LINES:
            yield one
    if n_lines > MAX_LINES:
        yield line((f"… {count(n_lines - MAX_LINES, 'more line')}", "dim"))


def _row(one: Line) -> Html:
    return join(
        fill(_SPAN, look=_LOOKS[span.style], text=_text(span))
        if span.style in _LOOKS
        else escaped(_text(span))
        for span in one
    )


def _text(span: Span) -> str:
    return printable_line(span.text)
