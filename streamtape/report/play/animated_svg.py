"""Frames as one SVG that moves: each row of the screen, shown while it is as it is.

CSS does the animation, so it plays where an SVG is an image (a README, a pull request); nothing is
loaded and nothing runs. Where motion is not wanted (prefers-reduced-motion), or CSS is not known,
the last frame is shown. With two themes the reader's own choice of light or dark is followed. The
same frames give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from streamtape.printable import printable_line
from streamtape.report.lines import STYLES, Line, Span
from streamtape.report.play.frames import Film
from streamtape.report.play.themes import Theme, is_bold
from streamtape.report.side_by_side import cells

# Marks the picture as ours, so that no other program's file is replaced.
MARK = "<dc:title>streamtape</dc:title>"
_CELL_PX, _ROW_PX, _FONT_PX, _PAD_PX = 8.4, 18, 14, 12
_FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
# What no XML document may hold, beside what `printable` takes out (XML 1.0, 2.2).
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_VARIABLES = ("dim", "red", "green", "yellow", "blue", "magenta", "cyan")


@dataclass(frozen=True, slots=True)
class _Shown:
    """A row's content, and from when to when it is on show (end: None, to the end)."""

    row: int
    line: Line
    begin_us: int
    end_us: int | None


def animated_svg(film: Film, *, title: str, themes: Sequence[Theme]) -> str:
    """The picture as the text of an SVG file; of two themes the second is the dark one."""
    width = round(film.columns * _CELL_PX + 2 * _PAD_PX, 1)
    height = film.rows * _ROW_PX + 2 * _PAD_PX
    shown = [*_shown(film)]
    escaped_title = escape(xml_text(title))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" '
        f'width="{width:g}" height="{height}" role="img" aria-label="{escaped_title}">',
        f"<title>{escaped_title}</title>",
        '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description>'
        f"{MARK}</rdf:Description></rdf:RDF></metadata>",
        f"<style>{''.join(_style(film, shown, themes))}</style>",
        f'<rect class="g" width="{width:g}" height="{height}" rx="8"/>',
        *(_group(number, one) for number, one in enumerate(shown)),
        "</svg>\n",
    ])  # fmt: skip


def xml_text(text: str) -> str:
    """A text in one line, printable, without what XML does not know."""
    return _NO_XML.sub("\ufffd", printable_line(text))


def _shown(film: Film) -> Iterator[_Shown]:
    """The contents of each row, one after the other; blank ones are not drawn."""
    for row in range(film.rows):
        line: Line = ()
        begin_us = 0
        for frame in film.frames:
            if frame.lines[row] != line:
                if line:
                    yield _Shown(row, line, begin_us, frame.at_us)
                line, begin_us = frame.lines[row], frame.at_us
        if line:
            yield _Shown(row, line, begin_us, None)


def _style(film: Film, shown: Sequence[_Shown], themes: Sequence[Theme]) -> Iterator[str]:
    yield f"text{{font:{_FONT_PX}px {_FONTS};white-space:pre;fill:var(--f)}}.b{{font-weight:600}}"
    yield ".g{fill:var(--g)}"
    yield "".join(f".{name}{{fill:var(--{name})}}" for name in _VARIABLES)
    yield f":root{{{_variables(themes[0])}}}"
    for theme in themes[1:]:
        yield f"@media(prefers-color-scheme:dark){{:root{{{_variables(theme)}}}}}"
    yield ".o{visibility:hidden}"
    moving = [(number, one) for number, one in enumerate(shown) if one.begin_us or one.end_us]
    yield "@media(prefers-reduced-motion:no-preference){"
    seconds = film.length_us / 1e6
    for number, one in moving:
        begin = _percent(one.begin_us, film.length_us)
        yield f"#r{number}{{animation:k{number} {seconds:g}s step-end infinite}}"
        yield f"@keyframes k{number}{{"
        yield "0%{visibility:hidden}" if begin != "0" else ""
        yield f"{begin}%{{visibility:visible}}"
        if one.end_us is not None:
            yield f"{_percent(one.end_us, film.length_us)}%{{visibility:hidden}}"
        yield "}"
    yield "}"


def _variables(theme: Theme) -> str:
    named = {"g": theme.background, "f": theme.foreground, "dim": theme.dim, **theme.colours}
    return ";".join(f"--{name}:{colour}" for name, colour in named.items())


def _percent(at_us: int, length_us: int) -> str:
    return f"{at_us / max(length_us, 1) * 100:.3f}".rstrip("0").rstrip(".")


def _group(number: int, one: _Shown) -> str:
    hidden = ' class="o"' if one.end_us is not None else ""
    y = _PAD_PX + one.row * _ROW_PX + _FONT_PX
    return f'<g id="r{number}"{hidden}>{"".join(_texts(one.line, y))}</g>'


def _texts(line: Line, y: int) -> Iterator[str]:
    """A text a span, each at its column, and as wide as its cells whatever the font."""
    column = 0
    for span in line:
        text = xml_text(span.text)
        width = cells(text)
        if text.strip(" "):
            yield _text(Span(text, span.style), column, width, y)
        column += width


def _text(span: Span, column: int, width: int, y: int) -> str:
    before = len(span.text) - len(span.text.lstrip(" "))
    text = span.text.strip(" ")
    x = _PAD_PX + (column + before) * _CELL_PX
    length = (width - before - (len(span.text) - before - len(text))) * _CELL_PX
    words = STYLES.get(span.style, "").split()
    classes = [word for word in words if word in _VARIABLES] + ["b"] * is_bold(span.style)
    named = f' class="{" ".join(classes)}"' if classes else ""
    return (
        f'<text x="{x:g}" y="{y}" textLength="{length:g}" lengthAdjust="spacingAndGlyphs"{named}>'
        f"{escape(text, quote=False)}</text>"
    )
