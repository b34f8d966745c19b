"""`streamtape scan`: secrets in cassettes, journals and text files, and their masking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import FINDINGS, TROUBLE
from streamtape.errors import CassetteError, StreamtapeError, UsageError
from streamtape.stores.locations import FileLocation, location_of

if TYPE_CHECKING:
    from streamtape.cli.spool import Spool
    from streamtape.secrets.scanner import Search
    from streamtape.stores.store import Store, StoreEntry
    from streamtape.stores.store_path import StorePath
    from streamtape.tape.redact import RedactionOptions, Redactor
    from streamtape.tape.scanning import Leak

    _InStore = tuple[int, type[StorePath], str, StoreEntry | None]  # number of the store, key

_SUFFIXES = (".tape", ".part")
_SKIPPED = frozenset({".git", ".hg", ".venv", "node_modules", "__pycache__", ".mypy_cache"})
_LOOKED_AT_BYTES = 8192  # read from a file to see whether it is text
_MOST_LISTED = 20  # files; of more, those that are clean are counted
_MAX_TEXT_BYTES = 256 << 20


@click.command(
    epilog="""\b
Examples:
  streamtape scan cassettes/           cassettes, journals, snapshots, pages, any text below
  streamtape scan report.html tests/__snapshots__/ recording.har
  streamtape scan --fix tests/cassettes/test_agent/*.tape
  streamtape scan cassettes/ --header x-team --pattern 'team=team-[0-9a-f]{16}'
  streamtape scan cassettes/ --json-path '$.user.email' --json-path '$..phone'

\b
As a pre-commit hook: id streamtape-scan, in .pre-commit-config.yaml.
Exit status: 1 where a secret is left, 2 where a file can't be read."""
)
@click.argument("paths", type=completion_values.FILE, metavar="PATH...", nargs=-1, required=True)
@click.option("--fix", is_flag=True, help="Mask the secrets found; bodies keep their length.")
@click.option("--header", "headers", multiple=True, metavar="NAME", help="Secret, too.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME", help="Secret, too.")
@click.option(
    "--pattern",
    "patterns",
    multiple=True,
    metavar="KIND=REGEX",
    help="A further secret, as a regular expression.",
)
@click.option(
    "--json-path", "json_paths", multiple=True, metavar="PATH",
    help="Treat texts below this path in JSON as secret: $.user.email, $..phone.",
)  # fmt: skip
@click.option("--off", multiple=True, metavar="KIND", help="A kind of secret to leave alone.")
@click.option("--keep", multiple=True, metavar="NAME", help="A header or parameter to leave alone.")
@parallel.with_jobs
@parallel.with_cluster
@options.as_json
def command(
    *,
    paths: tuple[str, ...],
    fix: bool,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
    **masking: Any,
) -> None:
    """Look for secrets in cassettes, journals and text files at PATH, or below it, and mask them.

    Headers, cookies, parameters and endings are looked at, bodies (unpacked), and the text that a
    stream assembles, where a secret may be split over events. Of other files those are read that
    are text: snapshots, pages, reports, recordings of other tools. What is found is named by place
    and kind, never shown.
    """
    from streamtape.cli.spool import JsonList, write_json

    files = _Files(paths)
    several = len(files) > _MOST_LISTED
    kept = JsonList()
    n_clean = n_errors = n_left = 0
    share = partial(parallel.each, jobs=jobs, cluster=cluster)
    results = _results(files, _rules(masking), share, fix=fix, in_order=as_json or not several)
    for result in results:
        clean = _is_clean(result)
        n_clean, n_errors = n_clean + clean, n_errors + bool(result["error"])
        n_left += _left(result)
        if as_json:
            kept.append(result)
        elif not (several and clean):
            _report(result)
    if as_json:
        write_json({"clean": not n_left, "files": kept})
    elif several:
        output.note(f"{len(files):,} files: {n_clean:,} clean")
    if n_errors:
        raise click.exceptions.Exit(TROUBLE)
    raise click.exceptions.Exit(FINDINGS if n_left else 0)


def _results(
    files: Iterable[FileLocation],
    rules: RedactionOptions,
    share: Callable[..., Iterator[Any]],
    *,
    fix: bool,
    in_order: bool,
) -> Iterator[dict[str, Any]]:
    """What was found in each file; `fix` masks it once all are read.

    So a file whose worker died after it was masked is still one in which something was found: what
    is reported does not depend on it. Unless `in_order`, files without any come first.
    """
    if not fix:
        yield from share(partial(_scanned, rules=rules, fix=False), files, doing="scanning")
        return
    waiting: list[dict[str, Any]] = []
    leaky: list[tuple[FileLocation, dict[str, Any]]] = []
    for path, result in share(partial(_placed, rules=rules), files, doing="scanning"):
        if result["leaks"]:
            leaky.append((path, result))
        if in_order:
            waiting.append(result)
        elif not result["leaks"]:
            yield result
    masked = share(partial(_masked, rules=rules), leaky, doing="masking")
    if not in_order:
        yield from masked
        return
    for result in waiting:
        yield next(masked) if result["leaks"] else result


def _placed(path: FileLocation, *, rules: RedactionOptions) -> tuple[FileLocation, dict[str, Any]]:
    """What is in a file, and the file, which may have to be masked."""
    return path, _scanned(path, rules=rules, fix=False)


def _masked(
    item: tuple[FileLocation, dict[str, Any]], *, rules: RedactionOptions
) -> dict[str, Any]:
    """Mask a file in which something was found; done twice, it says the same."""
    path, found = item
    result = _scanned(path, rules=rules, fix=True)
    if result["error"]:
        return {**found, "error": result["error"]}
    return {**found, "leaks": result["leaks"] or found["leaks"], "fixed": True}


def _rules(masking: dict[str, Any]) -> RedactionOptions:
    from streamtape.tape.redact import RedactionOptions

    patterns = []
    for text in masking["patterns"]:
        kind, equals, pattern = text.partition("=")
        if not equals or not kind or not pattern:
            raise UsageError(f"--pattern must be KIND=REGEX, as in team=team-[0-9]+, got {text!r}")
        patterns.append((kind, pattern))
    return RedactionOptions(
        headers=masking["headers"],
        parameters=masking["parameters"],
        patterns=tuple(patterns),
        json_paths=masking["json_paths"],
        off=frozenset(masking["off"]),
        keep=masking["keep"],
    )


@cache
def _redactor(rules: RedactionOptions) -> Redactor:
    """The one redactor of this process."""
    from streamtape.tape.redact import Redactor

    return Redactor(rules)


class _Files(Iterable[FileLocation]):
    """The files that are meant, listed once, and kept by their places alone.

    Stores stay in memory, each once: one of the user's own may not pickle.
    """

    def __init__(self, paths: tuple[str, ...]) -> None:
        from streamtape.cli.spool import Spool

        self._found: Spool[Path | _InStore] = Spool()
        self._stores: list[Store] = []
        numbers: dict[int, int] = {}
        for location in _files(paths):
            if isinstance(location, Path):
                self._found.append(location)
                continue
            number = numbers.setdefault(id(location.store), len(self._stores))
            if number == len(self._stores):
                self._stores.append(location.store)
            self._found.append((number, type(location), location.key, location.listed))

    def __iter__(self) -> Iterator[FileLocation]:
        for found in self._found:
            if isinstance(found, Path):
                yield found
            else:
                number, of, key, entry = found
                yield of(self._stores[number], key, entry=entry)

    def __len__(self) -> int:
        return len(self._found)


def _files(paths: tuple[str, ...]) -> Iterator[FileLocation]:
    """The files to scan: those named, and all readable ones below the folders named.

    Of stores and tars, only the recordings.
    """
    from streamtape.stores.recordings import recordings

    for name in paths:
        path = location_of(name)
        if not isinstance(path, Path):
            yield from recordings(path)
        elif path.is_dir():
            found = (p for p in path.rglob("*") if _SKIPPED.isdisjoint(p.parts) and p.is_file())
            chosen = sorted(p for p in found if p.suffix in _SUFFIXES or _is_text(p))
            for p in chosen:
                tar = location_of(p)
                yield from [p] if isinstance(tar, Path) else recordings(tar)
        else:
            yield path


def _is_text_file(path: Path) -> bool:
    return path.suffix != ".tape" and path.is_file() and _is_text(path)


def _is_text(path: Path) -> bool:
    from streamtape.tape.texts import is_text

    try:
        with path.open("rb") as file:
            beginning = file.read(_LOOKED_AT_BYTES)
    except OSError:
        return True  # reported when it is read
    return is_text(beginning)


def _scanned(path: FileLocation, *, rules: RedactionOptions, fix: bool) -> dict[str, Any]:
    redactor = _redactor(rules)
    result: dict[str, Any] = {"path": str(path), "leaks": [], "fixed": False, "error": None}
    try:
        if path.suffix == ".part":
            leaks = _leaks_of_journal(path, redactor)
            if leaks and fix:
                result["error"] = f"{str(path)!r} is a journal: recover it, then scan --fix"
        elif (
            isinstance(path, Path) and path.suffix != ".tape" and path.is_file() and _is_text(path)
        ):
            leaks = _leaks_of_text(path, redactor.search, fix=fix)
            result["fixed"] = fix and bool(leaks)
        else:
            leaks = _leaks_of_cassette(path, redactor, fix=fix)
            result["fixed"] = fix and bool(leaks)
        result["leaks"] = [leak._asdict() for leak in leaks]
    except StreamtapeError as error:
        result["error"] = str(error)
    except OSError as error:
        result["error"] = f"cannot read {str(path)!r}: {error.strerror}"
    return result


def _leaks_of_cassette(path: FileLocation, redactor: Redactor, *, fix: bool) -> list[Leak]:
    from streamtape.tape.scanning import mask, scan
    from streamtape.tape.store import load, save

    cassette = load(path)
    leaks = scan(cassette, redactor)
    if leaks and fix:
        masked = mask(cassette, redactor)
        left = scan(masked, redactor)
        if left:
            raise CassetteError(
                f"{str(path)!r} was not changed: {left[0].where} could not be masked", path=path
            )
        save(masked, path)
    return leaks


def _leaks_of_journal(path: FileLocation, redactor: Redactor) -> list[Leak]:
    """What is in a journal so far; it stays as it is, and may still be written."""
    from streamtape.tape.scanning import scan
    from streamtape.tape.store import load_journal

    return scan(load_journal(path), redactor)


def _leaks_of_text(path: Path, search: Search, *, fix: bool) -> list[Leak]:
    from streamtape.tape.store.disk import replace
    from streamtape.tape.texts import mask_text_bytes, scan_text

    if path.stat().st_size > _MAX_TEXT_BYTES:
        raise CassetteError(f"{str(path)!r} has more than {_MAX_TEXT_BYTES >> 20} MB", path=path)
    data = path.read_bytes()
    leaks = scan_text(data, search)
    if leaks and fix:
        masked = mask_text_bytes(data, search)
        left = scan_text(masked, search)
        if left:
            raise CassetteError(
                f"{str(path)!r} was not changed: {left[0].where} could not be masked; make the "
                "file again from a masked cassette",
                path=path,
            )
        replace(path, [masked])
    return leaks


def _left(result: dict[str, Any]) -> bool:
    return bool(result["leaks"]) and not result["fixed"]


def _is_clean(result: dict[str, Any]) -> bool:
    return not result["leaks"] and not result["error"]


def _report(result: dict[str, Any]) -> None:
    for leak in result["leaks"]:
        done = "masked" if result["fixed"] else "found"
        size = f", {leak['length']} bytes" if leak["length"] else ""
        output.write_text(f"{result['path']}: {_location(leak)}: {leak['kind']} {done}{size}")
    if result["error"]:
        output.note(f"Error: {result['error']}")
    elif not result["leaks"]:
        output.note(f"{result['path']}: clean")


def _location(leak: dict[str, Any]) -> str:
    if leak["interaction"] is None:
        return str(leak["where"])
    return f"interaction {leak['interaction']}: {leak['where']}"
