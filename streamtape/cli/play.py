"""`streamtape play`: play recordings in the terminal, or write them as an animation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import completion_values, files, options, output
from streamtape.cli.files import short_names, shown_names, with_force
from streamtape.errors import UsageError
from streamtape.stores.locations import location_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamtape.report.play.frames import Film
    from streamtape.report.play.scenes import Act, Scene

KINDS = (".svg", ".gif", ".cast")
_MOST_SIDES = 4
# Frames a second: of pictures, which grow with each, and of casts, which keep the pace.
_GAP_US = {".svg": 100_000, ".gif": 100_000, ".cast": 16_000}


@click.command(
    epilog="""\b
Examples:
  streamtape play run.tape
  streamtape play run.tape --speed 2 --idle-limit 0.5
  streamtape play cassettes/                     all that are below, one after the other
  streamtape play before.tape after.tape         side by side, on one clock
  streamtape play run.tape --plain | less        the text alone, at its pace
  streamtape play run.tape --to run.svg          for a README
  streamtape play run.tape --to run.gif --theme light --width 100
  streamtape play run.tape --to run.cast         for asciinema (asciicast v3)

\b
Keys:
  Space pause, play on         ← →   one twentieth back, on
  , .   one event back, on     - +   slower, faster
  [ ]   interaction before, after    (also p and n)
  w     skip the wait          0-9   to that tenth
  ↑ ↓   scroll the text        Home End   start, end
  q     quit (also Esc, Ctrl-C)

\b
The keys need the extra `play` (textual); a GIF needs it, too (Pillow). Without a terminal, and
without the extra, the text is printed at its pace."""
)
@click.argument(
    "tapes", type=completion_values.FILE, metavar="FILE|FOLDER...", nargs=-1, required=True
)
@options.at_index
@options.paced
@options.dialect
@click.option("--plain", is_flag=True, help="Print the text at its pace, without screen or keys.")
@click.option(
    "--to",
    "target",
    type=completion_values.FILE,
    metavar="FILE.svg|.gif|.cast",
    help="Write an animated picture or an asciicast instead of playing.",
)
@click.option(
    "--width", type=click.IntRange(20, 400), default=80, show_default=True, help="Of --to: columns."
)
@click.option(
    "--height", type=click.IntRange(6, 200), help="Of --to: rows.  [default: as needed, up to 24]"
)
@click.option(
    "--theme",
    type=click.Choice(["auto", "dark", "light"]),
    default="auto",
    show_default=True,
    help="For --to: colours. auto: an SVG follows its reader's setting, anything else is dark.",
)
@click.option("--font", type=completion_values.FILE, metavar="FILE", help="For a GIF: a font file.")
@click.option(
    "--asciicast",
    type=click.Choice(["3", "2"]),
    default="3",
    show_default=True,
    help="For a cast: the version of the format.",
)
@with_force
def command(*, tapes: tuple[str, ...], target: str | None, plain: bool, **given: Any) -> None:
    """Play the text of streams at its recorded pace; several play side by side.

    Reasoning, text and tool calls look different; waits are marked in the bar below. Interactions
    of a cassette play one after the other, and so do the recordings of a folder.
    """
    if len(tapes) > _MOST_SIDES:
        raise UsageError(f"at most {_MOST_SIDES} files play side by side, got {len(tapes)}")
    if target is not None and plain:
        raise UsageError("choose --plain or --to")
    if target is not None:
        _write(target, tapes, given)
        return
    acts = _acts(tapes, given)
    from streamtape.cli.play_plain import play_plain

    if plain or not _is_interactive():
        play_plain(acts, given["speed"])
        return
    from streamtape.cli import play_screen

    if not play_screen.is_installed():
        output.note(play_screen.missing())
        play_plain(acts, given["speed"])
        return
    raise click.exceptions.Exit(play_screen.play(acts, given["speed"]))


def _is_interactive() -> bool:
    """Whether there is a terminal with a screen and keys."""
    return output.is_terminal() and sys.stdin is not None and sys.stdin.isatty()


def _acts(tapes: Sequence[str], given: dict[str, Any]) -> list[Act]:
    from streamtape.report.play.scenes import acts_of, scenes_of
    from streamtape.tape.store import load

    limit_s = given["idle_limit"]
    recordings: list[list[Scene]] = []
    limit_us = None if limit_s is None else round(limit_s * 1e6)
    for name, shown in zip(tapes, short_names(tapes), strict=True):
        scenes: list[Scene] = []
        locations = files.tapes((name,))
        is_file = [str(location) for location in locations] == [name]
        names = [shown] if is_file else short_names([str(location) for location in locations])
        for location, title in zip(locations, names, strict=True):
            cassette = load(location)
            numbers = options.chosen(len(cassette), given["index"])
            scenes += scenes_of(
                title, cassette, numbers, dialect=given["dialect"], idle_limit_us=limit_us
            )
        recordings.append(scenes)
    if not any(recordings):
        raise UsageError(f"nothing to play: no interactions in {shown_names(tapes)}")
    return acts_of(recordings)


def _write(target: str, tapes: Sequence[str], given: dict[str, Any]) -> None:
    """Write the recordings as a file that moves."""
    from streamtape.cli.files import page_path, write_page
    from streamtape.report.play.frames import film
    from streamtape.units import count, duration

    location = page_path(target, "--to", f"{location_of(tapes[0]).stem}.svg", force=given["force"])
    kind = location.suffix.lower()
    if kind not in KINDS:
        raise UsageError(
            f"--to {target}: name a file *.svg, *.gif or *.cast; the suffix decides what is written"
        )
    if given["speed"] is None:
        raise UsageError(
            "--speed max leaves nothing to animate: with --to, give a factor, as in --speed 4"
        )
    acts = _acts(tapes, given)
    made = film(
        acts,
        columns=given["width"],
        rows=given["height"],
        speed=given["speed"],
        min_gap_us=_GAP_US[kind],
    )
    data = _data(made, kind, ", ".join(short_names(tapes)), acts, given)
    write_page(location, data)
    n_frames = count(len(made.frames), "frame")
    output.note(f"{location}: {n_frames}, {duration(made.length_us)}, {count(len(data), 'byte')}")


def _data(made: Film, kind: str, title: str, acts: Sequence[Act], given: dict[str, Any]) -> bytes:
    from streamtape.report.play.themes import DARK, theme_named

    themes = theme_named(given["theme"])
    if kind == ".svg":
        from streamtape.report.play.animated_svg import animated_svg

        return animated_svg(made, title=title, themes=themes).encode("utf-8", "backslashreplace")
    theme = themes[0] if len(themes) == 1 else DARK
    if kind == ".cast":
        from streamtape.report.play.asciicast import asciicast

        started_at_us = next((s.started_at_us for act in acts for s in act.playing), None)
        version = int(given["asciicast"])
        rows = asciicast(
            made, title=title, theme=theme, version=version, started_at_us=started_at_us
        )
        return "".join(rows).encode("utf-8", "backslashreplace")
    import io

    from streamtape.report.play.gif import write_gif

    if given["font"] is not None:
        _check_font(given["font"])
    out = io.BytesIO()
    write_gif(made, out, theme=theme, font=given["font"])
    return out.getvalue()


def _check_font(name: str) -> None:
    """UsageError for a pipe or a device, which the library for pictures would wait for."""
    from pathlib import Path

    from streamtape.stores.local import check_ordinary

    try:
        check_ordinary(Path(name).stat(), name)
    except OSError as error:
        raise UsageError(f"--font {name!r} can't be read as a font: {error.strerror}") from None
