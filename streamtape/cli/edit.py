"""`streamtape edit`: change what a recording says, and keep its cuts and times."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import completion_values, options, output
from streamtape.errors import UsageError

if TYPE_CHECKING:
    from streamtape.stores.locations import FileLocation
    from streamtape.tape.model import Cassette

_WHERE = ("answers", "requests", "both")


class Pair(click.ParamType):  # type: ignore[type-arg]  # generic in newer click alone
    """`old=new` as a pair; a backslash before an equals sign makes it literal."""

    name = "pair"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        at = 0
        while (at := value.find("=", at)) > 0 and value[at - 1] == "\\":
            at += 1
        if at <= 0:
            named = param.metavar if param is not None else "OLD=NEW"
            self.fail(f"{value!r}: write {named}", param, ctx)
        return value[:at].replace("\\=", "="), value[at + 1 :]


def _pairs(given: tuple[tuple[str, str], ...], option: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for old, new in given:
        if found.setdefault(old, new) != new:
            raise UsageError(f"{option} {old!r} is given twice, with different values")
    return found or None


@click.command(
    epilog="""\b
Examples:
  streamtape edit run.tape -o new.tape --text "Oslo=Bergen"
  streamtape edit run.tape -o new.tape --tool-argument get_weather.city=Bergen
  streamtape edit run.tape -o new.tape --finish length --usage output=5
  streamtape edit run.tape --in-place --model gpt-4.1 --index 0
  streamtape edit run.tape -o late.tape --shift-times 2s
  streamtape edit run.tape -o both.tape --drop-interaction 1 --merge other.tape
  streamtape edit run.tape -o parts/ --split
  streamtape edit run.tape -o public.tape --anonymise

\b
Done values, last words, tokens, offsets and counts follow what is changed; chunks keep their cuts
and times. What `check` says of the recording must not grow. `streamtape show` says what was edited.
Secrets in new texts are masked."""
)
@click.argument("tape", type=completion_values.FILE, metavar="FILE")
@click.option(
    "-o", "--output", "target", type=completion_values.FILE, metavar="FILE|FOLDER",
    help="The file (with --split, the folder) to write.",
)  # fmt: skip
@click.option("--in-place", is_flag=True, help="Replace FILE with the result.")
@click.option("--force", is_flag=True, help="Replace the output if it exists.")
@options.at_index
@click.option(
    "--text",
    type=Pair(),
    multiple=True,
    metavar="OLD=NEW",
    help="Replace a text of the answers; \\= is an equals sign.",
)
@click.option(
    "--in",
    "where",
    type=click.Choice(_WHERE),
    default="answers",
    show_default=True,
    help="Where --text applies; repetitions of an answer always follow.",
)
@click.option(
    "--tool-argument",
    type=Pair(),
    multiple=True,
    metavar="NAME=VALUE",
    help="Set an argument: city, get_weather.city, get_weather[1].city, a.b[0].",
)
@click.option("--model", metavar="NAME", help="Set the model's name, in requests and answers.")
@click.option(
    "--finish",
    metavar="REASON",
    help="Set the finish reason: stop, length, tool_calls, content_filter, or the API's own.",
)
@click.option(
    "--usage",
    metavar="COUNTS",
    help="Set token counts: input=10,output=5 (also total, cached, reasoning, the API's names).",
)
@click.option(
    "--shift-times", metavar="DURATION", help="Delay answers: 2s, 300ms, or -1s for earlier."
)
@click.option(
    "--shift-clock",
    metavar="DURATION",
    help="Shift the date and time of the recording: 1d, -2h, 3w.",
)
@click.option(
    "--drop-interaction",
    "drop",
    type=int,
    multiple=True,
    metavar="N",
    help="Remove interaction N; the first is 0.",
)
@click.option(
    "--merge",
    type=completion_values.FILE,
    multiple=True,
    metavar="FILE",
    help="Add the interactions of another cassette.",
)
@click.option(
    "--anonymise",
    "--anonymize",
    "anonymise",
    is_flag=True,
    help="Replace all content with neutral words of the same length.",
)
@click.option("--split", is_flag=True, help="Write one file for each interaction.")
@click.option(
    "--allow-findings",
    is_flag=True,
    help="Write the result even if `check` finds more in it than before.",
)
@options.as_json
def command(
    *,
    tape: str,
    target: str | None,
    in_place: bool,
    force: bool,
    split: bool,
    as_json: bool,
    index: int | None,
    text: tuple[tuple[str, str], ...],
    tool_argument: tuple[tuple[str, str], ...],
    **changes: Any,
) -> None:
    """Change texts, arguments, model or counts of the recording FILE; keep cuts and times.

    The options may be combined: interactions are dropped and merged first, then edited, then split.
    FILE itself is only written with --in-place.
    """
    from streamtape.cli.files import check_there
    from streamtape.editing.edit import edit
    from streamtape.tape.store import load

    check_there(tape)
    changes["text"] = _pairs(text, "--text")
    changes["tool_argument"] = _pairs(tool_argument, "--tool-argument")
    if not split and not any(changes[name] for name in changes if name not in _NO_CHANGES):
        raise UsageError(
            "nothing to edit: choose edits with --text, --model, --usage ... (see --help)"
        )
    source = load(tape)
    paths = _targets(tape, target, len(source), in_place=in_place, split=split, force=force)
    cassette = edit(source, index=index, **changes)
    if split:
        paths = _targets(tape, target, len(cassette), in_place=False, split=True, force=force)
    _write(cassette, paths, split=split)
    _report(cassette, paths, as_json=as_json, split=split)


_NO_CHANGES = ("where", "allow_findings")


def _targets(
    tape: str, target: str | None, n: int, *, in_place: bool, split: bool, force: bool
) -> list[FileLocation]:
    """The files to write; UsageError where one is there already, or none can be meant."""
    from streamtape.cli.files import named_file
    from streamtape.stores.locations import location_of

    source = location_of(tape)
    if in_place:
        if target is not None or split:
            raise UsageError("--in-place writes FILE itself: leave out --output and --split")
        return [source]
    if target is None:
        what = "-o FOLDER" if split else "-o FILE, or --in-place to replace the recording"
        raise UsageError(f"no output given: {what}")
    if split:
        folder = location_of(target)
        if isinstance(folder, Path) and folder.exists() and not folder.is_dir():
            raise UsageError(f"-o {target}: that is a file; --split writes into a folder")
        paths: list[FileLocation] = [folder / f"{source.stem}-{number}.tape" for number in range(n)]
    else:
        paths = [named_file(target, "-o", f"{source.stem}-edited.tape")]
    for path in paths:
        if _are_same(path, source):
            raise UsageError(f"{str(path)!r} is the recording itself: --in-place replaces it")
        if _is_there(path) and not force:
            raise UsageError(f"{str(path)!r} exists already; --force replaces it")
    return paths


def _is_there(path: FileLocation) -> bool:
    return os.path.lexists(path) if isinstance(path, Path) else path.exists()


def _are_same(path: FileLocation, other: FileLocation) -> bool:
    if isinstance(path, Path) and isinstance(other, Path):
        return path.exists() and path.samefile(other)
    return path == other


def _write(cassette: Cassette, paths: list[FileLocation], *, split: bool) -> None:
    """Write the files; where one can't be written, those that are new are removed again."""
    from streamtape.tape.model import Cassette
    from streamtape.tape.store import save

    parts = [Cassette((one,)) for one in cassette] if split else [cassette]
    new: list[FileLocation] = []
    try:
        for part, path in zip(parts, paths, strict=True):
            was_there = _is_there(path)
            save(part, path)
            if not was_there:
                new.append(path)
    except BaseException:
        for path in new:
            if isinstance(path, Path):  # an object store has nothing to take back with
                path.unlink(missing_ok=True)
        raise


def _report(cassette: Cassette, paths: list[FileLocation], *, as_json: bool, split: bool) -> None:
    from streamtape.units import count

    edits = [
        {"interaction": n, "what": edit.what, "places": edit.n_places}
        for n, one in enumerate(cassette)
        for edit in one.edits
    ]
    if as_json:
        output.write_json({
            "files": [str(path) for path in paths],
            "interactions": len(cassette),
            "edits": edits,
        })  # fmt: skip
        return
    n_places: dict[str, int] = {}
    for one in cassette:
        for edit in one.edits:
            n_places[edit.what] = n_places.get(edit.what, 0) + edit.n_places
    edited = ", ".join(f"{what} ({count(n, 'place')})" for what, n in n_places.items())
    where = f"{paths[0].parent}{os.sep}" if split and paths else str(paths[0])
    files = f"{count(len(paths), 'file')}, " if split else ""
    output.write_text(
        f"{where}: {files}{count(len(cassette), 'interaction')}, edited: {edited or 'nothing'}"
    )
