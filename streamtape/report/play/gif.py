"""Frames as an animated GIF, by Pillow (the extra `play`): for places that show no SVG.

GIF counts time in hundredths of a second; each frame ends at the nearest one, so nothing drifts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any

from streamtape.errors import UsageError
from streamtape.extras import install_command
from streamtape.printable import printable_line
from streamtape.report.lines import Line
from streamtape.report.play.frames import Film
from streamtape.report.play.themes import Theme, is_bold
from streamtape.report.side_by_side import cells

if TYPE_CHECKING:
    from PIL.Image import Image

FONT_PX = 16
MIN_SHOWN_CS = 2  # hundredths of a second: browsers take less for a tenth
MAX_SHOWN_CS = 0xFFFF
# Who made it, so that we replace no other's picture.
COMMENT = b"streamtape"
_COLOURS = 64
_PAD_PX = 12
# Fonts of one width that systems have, regular and bold: Linux, macOS, Windows.
_FONTS = (
    ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"),
    ("LiberationMono-Regular.ttf", "LiberationMono-Bold.ttf"),
    ("NotoSansMono-Regular.ttf", "NotoSansMono-Bold.ttf"),
    ("Menlo.ttc", "Menlo.ttc"),
    ("consola.ttf", "consolab.ttf"),
    ("cour.ttf", "courbd.ttf"),
)


def write_gif(film: Film, out: IO[bytes], *, theme: Theme, font: str | None = None) -> None:
    """Write the picture, which plays again and again.

    `font` is a TrueType or OpenType file of one width. UsageError where Pillow is not installed,
    where that file is no font, or where none is given and this system has none that is known.
    """
    painter = Painter(theme, font)
    pictures, shown_cs = [], durations_cs(film)
    if max(shown_cs) > MAX_SHOWN_CS:
        raise UsageError(
            f"a GIF can't show one picture for {max(shown_cs) / 100:,.0f} s, and at most for "
            f"{MAX_SHOWN_CS // 100} s: shorten the waits with --idle-limit"
        )
    rows: Sequence[Line] = ((),) * film.rows
    last: Image | None = None
    palette = painter.painted(film, film.frames[-1].lines, None, rows).quantize(_COLOURS)
    for frame in film.frames:
        last = painter.painted(film, frame.lines, last, rows)
        rows = frame.lines
        pictures.append(painter.reduced(last, palette))
    pictures[0].save(
        out,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=[10 * cs for cs in shown_cs],
        loop=0,
        comment=COMMENT,
        optimize=False,
    )


def durations_cs(film: Film) -> list[int]:
    """How long each frame is on show, in hundredths of a second; together as long as the film."""
    ends = [frame.at_us for frame in film.frames[1:]] + [film.length_us]
    marks = [0]
    for end_us in ends:
        marks.append(max(round(end_us / 10_000), marks[-1] + MIN_SHOWN_CS))
    return [later - earlier for earlier, later in pairwise(marks)]


class Painter:
    """Draws lines as pictures, in cells of one size."""

    def __init__(self, theme: Theme, font: str | None) -> None:
        try:
            from PIL import Image, ImageDraw, ImageFont
        except ImportError as error:
            raise UsageError(
                f"a GIF needs Pillow; to install it: {install_command(extra='play')}"
            ) from error
        self._image, self._draw = Image, ImageDraw
        self._theme = theme
        self._regular, self._bold = _fonts(ImageFont, font)
        self._cell_px = max(round(self._regular.getlength("M")), 1)
        self._row_px = round(FONT_PX * 1.3)

    def reduced(self, picture: Image, palette: Image) -> Image:
        """A picture in the colours of another one."""
        return picture.quantize(palette=palette, dither=self._image.Dither.NONE)

    def painted(
        self, film: Film, lines: Sequence[Line], before: Image | None, rows: Sequence[Line]
    ) -> Image:
        """A frame, drawn over the one before it where `rows`, which that one shows, differ."""
        size = (
            film.columns * self._cell_px + 2 * _PAD_PX,
            film.rows * self._row_px + 2 * _PAD_PX,
        )
        ground = self._theme.background
        picture = self._image.new("RGB", size, ground) if before is None else before.copy()
        pen = self._draw.Draw(picture)
        for number, (line, old) in enumerate(zip(lines, rows, strict=True)):
            if before is not None and line == old:
                continue
            top = _PAD_PX + number * self._row_px
            pen.rectangle((0, top, size[0], top + self._row_px - 1), fill=ground)
            for column, letter, style in _letters(line):
                pen.text(
                    (_PAD_PX + column * self._cell_px, top),
                    letter,
                    font=self._bold if is_bold(style) else self._regular,
                    fill=self._theme.colour(style),
                )
        return picture


def _letters(line: Line) -> Iterator[tuple[int, str, str]]:
    """Every character that is to be seen, with its column: each keeps to its own cell."""
    column = 0
    for span in line:
        for letter in printable_line(span.text):
            if letter != " ":
                yield column, letter, span.style
            column += cells(letter)


def _fonts(module: Any, named: str | None) -> tuple[Any, Any]:
    if named is not None:
        try:
            font = module.truetype(named, FONT_PX)
        except OSError as error:
            raise UsageError(f"--font {named!r} can't be read as a font: {error}") from error
        return font, font
    for regular, bold in _FONTS:
        try:
            return module.truetype(regular, FONT_PX), module.truetype(bold, FONT_PX)
        except OSError:
            continue
    tried = ", ".join(regular for regular, _ in _FONTS)
    raise UsageError(
        f"a GIF needs a font of one width, and this system has none of {tried}: name the file of "
        "one with --font"
    )
