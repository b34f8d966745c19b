"""`streamtape convert`: foreign documents to a cassette, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamtape.cli import options, output
from streamtape.errors import UsageError

if TYPE_CHECKING:
    from streamtape.convert import Format
    from streamtape.tape.model import Cassette

TAPE = ".tape"


@click.command(
    epilog="""\b
Examples:
  streamtape convert run.sse run.tape            no times in it: none are made up
  streamtape convert run.sse run.tape --url https://api.example.com/v1/stream
  streamtape convert run.tape run.sse            the body alone, back"""
)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--from", "from_", metavar="FORMAT", help="What IN is, where its name does not say.")
@click.option("--to", metavar="FORMAT", help="What OUT is to be, likewise.")
@options.at_index
@click.option("--url", default="", help="Of a body alone: the address that it came from.")
@click.option("--method", default="", help="Of a body alone: the method (default: GET).")
@click.option("--force", is_flag=True, help="Replace OUT where it exists.")
@options.as_json
def command(
    *,
    source: str,
    target: str,
    from_: str | None,
    to: str | None,
    index: int | None,
    url: str,
    method: str,
    force: bool,
    as_json: bool,
) -> None:
    """Make a cassette of IN, or write a cassette IN as another format OUT.

    Which of both it is, and the format, follow from the names; --from and --to say it otherwise.
    """
    from streamtape.convert import About

    wanted = _format(target, to)
    if Path(target).exists() and not force:
        raise UsageError(f"{target!r} exists already; --force replaces it")
    about = About(source, url=url, method=method)
    cassette = _load(source, from_, about)
    cassette = type(cassette)(tuple(cassette[i] for i in options.chosen(len(cassette), index)))
    n_bytes = _write(cassette, target, wanted)
    chunks = sum(len(i.chunks) for i in cassette)
    untimed = sum(i.chunks[0].at_us is None for i in cassette if len(i.chunks))
    if as_json:
        output.write_json(
            {
                "source": source,
                "target": target,
                "interactions": len(cassette),
                "chunks": chunks,
                "without_times": untimed,
                "bytes": n_bytes,
            }
        )
        return
    count = f"{len(cassette)} interaction{'' if len(cassette) == 1 else 's'}"
    times = f", {untimed} without times" if untimed and wanted is None else ""
    output.write_text(f"{target}: {count}{times}, {n_bytes:,} bytes")
    for number, interaction in enumerate(cassette):
        if wanted is not None and interaction.ending.kind != "complete":
            output.note(
                f"interaction {number} ended as {interaction.ending.kind}, "
                f"which {wanted.name} can't say"
            )


def _format(path: str, name: str | None) -> Format | None:
    """The format of a file, None for a cassette; UsageError where nothing says it."""
    from streamtape.convert import FORMATS, detect
    from streamtape.convert.formats import named

    if name is not None:
        return None if name == "tape" else named(name)
    if path.lower().endswith(TAPE):
        return None
    found = detect(path)
    if found is None:
        known = ", ".join((TAPE, *(s for f in FORMATS for s in f.suffixes)))
        raise UsageError(f"the name {path!r} says no format; known: {known}; or use --from or --to")
    return found


def _load(path: str, name: str | None, about: object) -> Cassette:
    from streamtape.convert import formats
    from streamtape.tape.store import load

    known = _format(path, name)
    if known is None:
        return load(path)
    assert isinstance(about, formats.About)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path!r}: {error.strerror}") from error
    return formats.read(data, about, known)


def _write(cassette: Cassette, path: str, known: Format | None) -> int:
    """Write the file, whole or not at all; gives its size in bytes."""
    from streamtape.convert import formats
    from streamtape.tape.store import save

    if known is None:
        save(cassette, path)
    else:
        from streamtape.tape.store.disk import locked, make_folder, replace

        data = formats.write(cassette, known)
        place = Path(path)
        make_folder(place)
        with locked(place):
            replace(place, [data])
    return Path(path).stat().st_size
