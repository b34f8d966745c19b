"""Runs as an SVG waterfall: one row per interaction, on one time axis, for comments and notebooks.

A bar is cut by what came: waiting, reasoning, text, tool arguments, the rest. Rows stand where they
began by the wall clock; recordings that don't know that stand one behind the other. The picture is
static: no script, nothing loaded. With `Ground.READER` it follows its reader's choice of light or
dark; with `Ground.INHERITED` its text has the colour of what is around it, as in a notebook.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape
from itertools import pairwise
from typing import NamedTuple

from streamtape.printable import printable_line
from streamtape.report.play.animated_svg import MARK, xml_text
from streamtape.report.play.scenes import Scene, scenes_of
from streamtape.report.play.screens import clipped
from streamtape.tape.model import Cassette
from streamtape.units import count, duration

WIDTH_PX = 880
MAX_ROWS = 60
_LABEL_PX, _FIGURES_PX, _ROW_PX, _BAR_PX, _PAD_PX = 250, 150, 24, 12, 12
_LABEL_CHARS = 36
_FONTS = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif"
_LEAST_PX = 1.5
_TICKS = 6
# What is drawn, in the order of the legend, and in which colour: middle tones, for either ground.
KINDS = {
    "waiting": "#8c959f", "reasoning": "#b7892b", "text": "#2da160", "tool arguments": "#9b66cf",
    "other": "#5b8fd6", "failed": "#d9534f",
}  # fmt: skip
_KIND_OF = {"text": "text", "reasoning": "reasoning", "arguments": "tool arguments"}


class Ground(Enum):
    """The background of the picture."""

    READER = "reader"
    INHERITED = "inherited"


class Segment(NamedTuple):
    """A part of a bar."""

    begin_us: int
    end_us: int
    kind: str


@dataclass(frozen=True, slots=True)
class Run:
    """One recording: its name, and its interactions."""

    name: str
    scenes: tuple[Scene, ...]

    @property
    def starts_us(self) -> list[int]:
        """When each interaction began, from the beginning of the run."""
        known = [scene.started_at_us for scene in self.scenes if scene.started_at_us is not None]
        if len(known) == len(self.scenes):
            return [at_us - min(known) for at_us in known]
        starts, at_us = [], 0
        for scene in self.scenes:
            starts.append(at_us)
            at_us += scene.length_us
        return starts

    @property
    def length_us(self) -> int:
        """From the beginning of the first interaction to the end of the last one."""
        ends = zip(self.starts_us, self.scenes, strict=True)
        return max((start + scene.length_us for start, scene in ends), default=0)

    @property
    def most_at_once(self) -> int:
        """How many interactions were under way at the same time, at most."""
        pairs = [*zip(self.starts_us, self.scenes, strict=True)]
        marks = [(start, 1) for start, _ in pairs]
        marks += [(start + scene.length_us, -1) for start, scene in pairs]
        now = most = 0
        for _, by in sorted(marks):
            now += by
            most = max(most, now)
        return most

    def summary(self) -> str:
        """The totals, in a line."""
        model_us = sum(scene.length_us for scene in self.scenes)
        tokens = [n for scene in self.scenes if (n := scene.n_output_tokens) is not None]
        parts = [
            count(len(self.scenes), "interaction"),
            duration(self.length_us),
            f"model {duration(model_us)}" if len(self.scenes) > 1 else "",
            f"{self.most_at_once} at once" if self.most_at_once > 1 else "",
            f"{sum(tokens):,} output tokens" if tokens else "",
        ]
        return " · ".join(part for part in parts if part)


def segments_of(scene: Scene) -> Iterator[Segment]:
    """What an interaction's time was spent on; neighbours of one kind are one segment."""
    first_us = scene.event_times_us[0] if scene.event_times_us else scene.length_us
    failed = scene.ending_style == "bad"
    # What the time up to each moment was spent on; of several at one moment the first counts.
    marks = [(first_us, 0, "waiting")]
    for begin_us, end_us in scene.waits:
        marks += [(begin_us, 2, "other"), (end_us, 0, "waiting")]
    marks += [
        (max(at_us, first_us), 1, _KIND_OF.get(text.kind, "other"))
        for text in scene.texts
        for at_us in text.times_us
    ]
    marks.sort()
    marks.append((scene.length_us, 3, "failed" if failed else "other"))
    pending = Segment(0, 0, "waiting")
    for (begin_us, _, _), (end_us, _, kind) in pairwise([(0, 0, ""), *marks]):
        if kind == pending.kind:
            pending = pending._replace(end_us=end_us)
        elif end_us > begin_us or kind == "failed":
            if pending.end_us > pending.begin_us:
                yield pending
            pending = Segment(pending.end_us, end_us, kind)
    yield pending


def run_of(name: str, cassette: Cassette, *, dialect: str | None = None) -> Run:
    """A recording as a run; UsageError for an unknown dialect."""
    found = scenes_of(name, cassette, range(len(cassette)), dialect=dialect)
    return Run(printable_line(name), tuple(found))


def waterfall(runs: Sequence[Run], *, ground: Ground = Ground.READER) -> str:
    """The picture as the text of an SVG element; several runs stand below each other."""
    length_us = max((run.length_us for run in runs), default=0) or 1
    rows = [*_rows(runs, length_us)]
    kinds = [kind for kind in KINDS if any(f'class="k{_number(kind)}"' in row for row in rows)]
    height = sum(_ROW_PX for _ in rows) + _ROW_PX * 2 + 2 * _PAD_PX
    title = escape(xml_text(", ".join(run.name for run in runs)))
    top = _PAD_PX + _ROW_PX
    placed = (
        f'<g transform="translate(0 {top + n * _ROW_PX})">{row}</g>' for n, row in enumerate(rows)
    )
    size = f'viewBox="0 0 {WIDTH_PX} {height}" width="{WIDTH_PX}" height="{height}"'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}" '
        f"{_text_style(ground)}>",
        f"<title>{title}</title>",
        *_reader_style(ground),
        *_axis(length_us, height),
        *placed,
        *_legend(kinds, height),
        "</svg>\n",
    ])  # fmt: skip


def _text_style(ground: Ground) -> str:
    colour = ' fill="currentColor"' if ground is Ground.INHERITED else ""
    return f'font-family="{_FONTS}" font-size="12"{colour} style="max-width:100%"'


def _reader_style(ground: Ground) -> Iterator[str]:
    """The ground, and whose picture it is: of a file of its own only."""
    if ground is Ground.INHERITED:
        return
    yield (
        '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description>'
        f"{MARK}</rdf:Description></rdf:RDF></metadata>"
    )
    yield (
        "<style>svg{fill:#1f2328}.g{fill:#fff}"
        "@media(prefers-color-scheme:dark){svg{fill:#e6edf3}.g{fill:#0d1117}}</style>"
    )
    yield '<rect class="g" width="100%" height="100%" rx="8"/>'


def _x(at_us: float, length_us: int) -> float:
    room = WIDTH_PX - _LABEL_PX - _FIGURES_PX - 2 * _PAD_PX
    return round(_PAD_PX + _LABEL_PX + at_us / length_us * room, 1)


def _axis(length_us: int, height: int) -> Iterator[str]:
    step = _step(length_us)
    at_us = 0
    bottom = height - _PAD_PX - _ROW_PX
    while at_us <= length_us:
        x = _x(at_us, length_us)
        yield (
            f'<path d="M{x:g} {_PAD_PX + 16}V{bottom}" stroke="#8c959f" stroke-opacity=".35"/>'
            f'<text x="{x:g}" y="{_PAD_PX + 11}" text-anchor="middle" opacity=".75">'
            f"{at_us / 1e6:g} s</text>"
        )
        at_us += step


def _step(length_us: int) -> int:
    """A round distance of ticks, of which there are a few."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if length_us <= factor * power * _TICKS:
                return factor * power
        power *= 10


def _rows(runs: Sequence[Run], length_us: int) -> Iterator[str]:
    left = MAX_ROWS
    for run in runs:
        name = escape(xml_text(clipped(run.name, _LABEL_CHARS)))
        x = _PAD_PX + _LABEL_PX
        yield (
            f'<text x="{_PAD_PX}" y="16" font-weight="600">{name}</text>'
            f'<text x="{x}" y="16" opacity=".75">{escape(run.summary())}</text>'
        )
        shown = run.scenes[:left]
        for start_us, scene in zip(run.starts_us, shown, strict=False):
            yield _row(scene, start_us, length_us)
        left -= len(shown)
        if len(shown) < len(run.scenes):
            n_more = len(run.scenes) - len(shown)
            yield f'<text x="{_PAD_PX}" y="16" opacity=".75">… and {n_more:,} more</text>'


def _row(scene: Scene, start_us: int, length_us: int) -> str:
    """A label, the bar, and the figures of one interaction."""
    label = escape(xml_text(clipped(label_of(scene), _LABEL_CHARS)))
    tokens = scene.n_output_tokens
    figures = duration(scene.length_us) + (f" · {tokens:,} tokens" if tokens is not None else "")
    tooltip = escape(xml_text(f"{scene.request}: {scene.ending}"))
    bar = "".join(_bar(segment, start_us, length_us) for segment in segments_of(scene))
    mark = ' fill="#d9534f"' if scene.ending_style == "bad" else ""
    return (
        f'<title>{tooltip}</title><text x="{_PAD_PX}" y="16">{label}</text>{bar}'
        f'<text x="{WIDTH_PX - _PAD_PX}" y="16" text-anchor="end"{mark}>{figures}</text>'
    )


def label_of(scene: Scene) -> str:
    """What an interaction is called: the last prompt, else its request."""
    if not scene.prompt.text:
        return scene.short_request
    return f"{'⚙ ' if scene.prompt.is_tool else ''}{scene.prompt.text}"


def _bar(segment: Segment, start_us: int, length_us: int) -> str:
    x, end = (_x(start_us + at, length_us) for at in (segment.begin_us, segment.end_us))
    width = max(end - x, _LEAST_PX)
    y = (_ROW_PX - _BAR_PX) / 2
    faint = ' fill-opacity=".45"' if segment.kind == "waiting" else ""
    return (
        f'<rect class="k{_number(segment.kind)}" x="{x:g}" y="{y:g}" width="{width:.4g}" '
        f'height="{_BAR_PX}" rx="2" fill="{KINDS[segment.kind]}"{faint}/>'
    )


def _number(kind: str) -> int:
    return [*KINDS].index(kind)


def _legend(kinds: Sequence[str], height: int) -> Iterator[str]:
    x = _PAD_PX + _LABEL_PX
    y = height - _PAD_PX - 4
    for kind in kinds:
        faint = ' fill-opacity=".45"' if kind == "waiting" else ""
        yield (
            f'<rect x="{x}" y="{y - 9}" width="10" height="10" rx="2" fill="{KINDS[kind]}"{faint}/>'
            f'<text x="{x + 15}" y="{y}" opacity=".75">{kind}</text>'
        )
        x += 30 + 7 * len(kind)
