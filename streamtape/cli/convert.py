"""`streamtape convert`: foreign documents to a cassette, and back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import TROUBLE
from streamtape.errors import StreamtapeError, UsageError
from streamtape.stores.locations import FileLocation, location_of, relative_name

if TYPE_CHECKING:
    from streamtape.convert import About, Format
    from streamtape.tape.model import Cassette

TAPE = ".tape"
_MOST_NOTES = 10


@click.command(
    epilog="""\b
Examples:
  streamtape convert run.sse run.tape            no times in it: none are made up
  streamtape convert run.sse run.tape --url https://api.example.com/v1/stream
  streamtape convert run.tape run.sse            the body alone, back
  streamtape convert old.yaml run.tape           of VCR.py, cassetter, Ruby VCR, go-vcr
  streamtape convert betamax.json run.tape
  streamtape convert page.har run.tape           as a browser or a proxy exports it
  streamtape convert tests/cassettes tests/cassettes    a whole folder, names kept

\b
Secrets that are in a document are masked in the cassette. What a document says that makes no sense
is left out, and stderr (--json: "notes") says what: one odd entry does not lose the others."""
)
@click.argument("source", type=completion_values.FILE, metavar="IN")
@click.argument("target", type=completion_values.FILE, metavar="OUT")
@click.option(
    "--from",
    "from_",
    type=completion_values.FORMAT,
    metavar="FORMAT",
    help="The format of IN; by default, its name decides.",
)
@click.option(
    "--to",
    type=completion_values.FORMAT,
    metavar="FORMAT",
    help="The format of OUT; by default, its name decides.",
)
@options.at_index
@click.option("--url", default="", help="For a bare body: the URL that it came from.")
@click.option("--method", default="", help="For a bare body: the request's method (default: GET).")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@parallel.with_jobs
@parallel.with_cluster
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
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Convert IN to a cassette, or a cassette IN to another format OUT.

    The file names decide the direction and the format, unless --from and --to do. If IN is a
    folder, every document below it becomes a cassette of the same name in the folder OUT. Formats:
    sse, ndjson, har, tape, and vcr: what VCR.py, cassetter, betamax, Ruby VCR and go-vcr write, in
    YAML, JSON or TOML.
    """
    from streamtape.cli.files import check_there, named_file
    from streamtape.convert import About

    origin = location_of(source)
    if origin.is_dir():
        raise click.exceptions.Exit(
            _folder(
                origin,
                location_of(target),
                from_,
                force=force,
                jobs=jobs,
                cluster=cluster,
                as_json=as_json,
            )
        )
    if cluster is not None:
        raise UsageError("--cluster shares the work of a folder: give a folder as IN")
    if from_ is None and not origin.suffix:
        check_there(source)  # a folder, most likely
    goal = named_file(target, "OUT", origin.stem + (TAPE if to is None else f".{to}"))
    format_name = _format(goal, to)
    about = About(str(origin), url=url, method=method)
    cassette = _load(origin, from_, about, target=goal, force=force)
    cassette = type(cassette)(tuple(cassette[i] for i in options.chosen(len(cassette), index)))
    made = _made(origin, goal, cassette, _write(cassette, goal, format_name), about)
    if as_json:
        output.write_json(made)
        return
    _report(made)
    for number, interaction in enumerate(cassette):
        if format_name is not None and interaction.ending.kind != "complete":
            output.note(
                f"interaction {number} ended as {interaction.ending.kind}, "
                f"which {format_name.name} can't say"
            )


def _folder(
    source: FileLocation,
    target: FileLocation,
    from_: str | None,
    *,
    force: bool,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> int:
    """Convert every document below a folder; report those that can't be read."""
    from streamtape.convert import FORMATS

    if isinstance(target, Path) and target.exists() and not target.is_dir():
        raise UsageError(f"{str(target)!r} is a file; a folder is converted into a folder")
    suffixes = tuple(suffix for known in FORMATS for suffix in known.suffixes)
    found = sorted(p for p in source.rglob("*") if p.name.lower().endswith(suffixes))
    if not found:
        raise UsageError(f"nothing to convert in {str(source)!r} ({', '.join(suffixes)})")
    targets = [(target / relative_name(path, source)).with_suffix(TAPE) for path in found]
    first_of = dict(reversed(list(zip(targets, found, strict=True))))
    refusals = [
        _refusal(path, location, first_of[location], force=force)
        for path, location in zip(found, targets, strict=True)
    ]
    results: list[dict[str, Any]] = []
    work = partial(_converted, from_)
    items = list(zip(found, targets, refusals, strict=True))
    for result in parallel.each(work, items, doing="converting", jobs=jobs, cluster=cluster):
        results.append(result)
        if not as_json:
            _report(result)
    failed = sum("error" in result for result in results)
    if as_json:
        output.write_json(results)
    else:
        output.note(f"{len(results) - failed} of {len(results)} documents converted")
    return TROUBLE if failed else 0


def _refusal(path: FileLocation, target: FileLocation, first: FileLocation, *, force: bool) -> str:
    """Why a document of a folder is not converted; "" where nothing is against it.

    It is found out before any is: a process that dies may have written its target already.
    """
    from streamtape.tape.store.files import is_there

    if first != path:
        twice = f"{str(target)!r} would be written twice, from {str(first)!r}, too"
        return f"{twice}; convert one of the two separately"
    if not force and is_there(target):
        return f"{str(target)!r} exists already; --force replaces it"
    return ""


def _converted(from_: str | None, item: tuple[FileLocation, FileLocation, str]) -> dict[str, Any]:
    """What became of one document of a folder."""
    from streamtape.convert import About

    path, target, refusal = item
    try:
        if refusal:
            raise UsageError(refusal)
        about = About(str(path))
        cassette = _load(path, from_, about, target=target, force=True)
        n_bytes = _write(cassette, target, None)
        return _made(path, target, cassette, n_bytes, about)
    except StreamtapeError as error:
        return {"source": str(path), "target": str(target), "error": str(error)}


def _made(
    source: FileLocation, target: FileLocation, cassette: Cassette, n_bytes: int, about: About
) -> dict[str, Any]:
    return {
        "source": str(source),
        "target": str(target),
        "interactions": len(cassette),
        "chunks": sum(len(i.chunks) for i in cassette),
        "without_times": sum(i.chunks[0].at_us is None for i in cassette if len(i.chunks)),
        "masked": sum(len(i.redactions) for i in cassette),
        "bytes": n_bytes,
        "notes": about.notes,
    }


def _report(made: dict[str, Any]) -> None:
    from streamtape.units import count

    if "error" in made:
        output.note(f"Error: {made['error']}")
        return
    times = f", {made['without_times']} without times" if made["without_times"] else ""
    masked = f", {count(made['masked'], 'secret')} masked" if made["masked"] else ""
    done = f"{count(made['interactions'], 'interaction')}{times}{masked}"
    output.write_text(f"{made['target']}: {done}, {count(made['bytes'], 'byte')}")
    notes = made["notes"]
    for note in notes[:_MOST_NOTES]:
        output.note(f"  note: {note}")
    if len(notes) > _MOST_NOTES:
        output.note(f"  and {len(notes) - _MOST_NOTES} more notes; --json lists all")


def _format(path: FileLocation, name: str | None) -> Format | None:
    """The format of a file, None for a cassette; UsageError where nothing says it."""
    from streamtape.convert import FORMATS, detect
    from streamtape.convert.formats import named

    if name is not None:
        return None if name == "tape" else named(name)
    if path.name.lower().endswith(TAPE):
        return None
    found = detect(path.name)
    if found is None:
        known = ", ".join((TAPE, *(s for f in FORMATS for s in f.suffixes)))
        raise UsageError(
            f"the format of {str(path)!r} is not clear from its name; known formats: {known}; "
            "or use --from or --to"
        )
    return found


def _load(
    path: FileLocation, name: str | None, about: About, *, target: FileLocation, force: bool
) -> Cassette:
    """Read the source; refuse first where the target is there already."""
    from streamtape.convert import formats
    from streamtape.tape.store import load
    from streamtape.tape.store.files import is_there
    from streamtape.tape.store.nearest import missing
    from streamtape.tape.store.ordinary import read_whole

    if not force and is_there(target):
        raise UsageError(f"{str(target)!r} exists already; --force replaces it")
    known = _format(path, name)
    if known is None:
        return load(path)
    if not isinstance(path, Path):
        return formats.read(path.read_bytes(), about, known)
    try:
        data = read_whole(path)
    except FileNotFoundError:
        raise UsageError(f"cannot read {str(path)!r}: {missing(path)}") from None
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from error
    return formats.read(data, about, known)


def _write(cassette: Cassette, path: FileLocation, known: Format | None) -> int:
    """Write the file, whole or not at all; gives its size in bytes."""
    from streamtape.convert import formats
    from streamtape.tape.store import save

    if known is None:
        save(cassette, path)
    elif not isinstance(path, Path):
        path.replace_with([formats.write(cassette, known)])
    else:
        from streamtape.tape.store.disk import locked, make_folder, replace

        data = formats.write(cassette, known)
        make_folder(path)
        with locked(path):
            replace(path, [data])
    return path.stat().st_size
