"""`streamtape pack`: pack many recordings into a few tar files, and unpack them."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.files import shown_names
from streamtape.errors import UsageError
from streamtape.stores.locations import location_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamtape.stores.locations import FileLocation
    from streamtape.stores.packing import Packer, Shard

_Named: TypeAlias = "tuple[str, FileLocation]"


@click.command(
    epilog="""\b
Examples:
  streamtape pack cassettes/ -o shards/ --size 256MB
  streamtape pack runs/ -o s3://bucket/shards/
  streamtape pack runs/ -o runs.tar              all of it in one tar
  streamtape check shards/                       read without unpacking
  streamtape show shards/shard-000001.tar/run.tape
  streamtape pack --unpack shards/ -o cassettes/

\b
Shards are ordinary tars, shard-000000.tar and so on: of recordings alone, in the order of their
names, and without times or owners, so that the same recordings give the same bytes."""
)
@options.recordings
@click.option(
    "-o",
    "--output",
    "target",
    type=completion_values.FOLDER,
    required=True,
    metavar="FOLDER|FILE.tar",
    help="The folder of shards or the tar to write; with --unpack, the folder for the recordings.",
)
@click.option("--size", metavar="SIZE", help="The largest size of a shard. [default: 256MB]")
@click.option("--unpack", "back", is_flag=True, help="Unpack shards into files.")
@click.option("--force", is_flag=True, help="Replace existing shards or recordings.")
@options.as_json
def command(
    *,
    paths: tuple[str, ...],
    target: str,
    size: str | None,
    back: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Pack the recordings of files and folders into tars, which are taken wherever a folder is.

    All shards are made before the first is put in place. With --force the shards of a former
    packing are replaced, and those that are no longer needed removed.
    """
    named = _named(paths)
    if back:
        if size is not None:
            raise UsageError("--size is for packing; --unpack writes files as they were")
        _unpack(named, target, force=force, as_json=as_json)
        return
    shards = _pack(named, target, size, force=force)
    if as_json:
        rows = [
            {"path": str(shard.path), "recordings": shard.n_recordings, "bytes": shard.n_bytes}
            for shard in shards
        ]
        output.write_json({"shards": rows})
        return
    for shard in shards:
        contents = f"{_recordings(shard.n_recordings)}, {shard.n_bytes:,} bytes"
        output.write_text(f"{shard.path}: {contents}")


def _named(paths: Sequence[str]) -> list[_Named]:
    """The recordings to pack, each with its name; UsageError where two have one name."""
    from streamtape.stores.recordings import named_recordings

    found: dict[str, FileLocation] = {}
    for name, location in named_recordings(*paths):
        if name in found and str(found[name]) != str(location):
            raise UsageError(
                f"{str(found[name])!r} and {str(location)!r} would both be packed as {name!r}: "
                "pack their common folder, or pack them separately"
            )
        found[name] = location
    if not found:
        raise UsageError(f"no cassettes (*.tape) in {shown_names(paths)}")
    return list(found.items())


def _pack(named: list[_Named], target: str, size: str | None, *, force: bool) -> list[Shard]:
    from streamtape.stores.packing import DEFAULT_BYTES, packer, parse_size, put_shards
    from streamtape.tape.store.disk import writing

    one = target.lower().endswith(".tar")
    if one and size is not None:
        raise UsageError(f"-o {target}: one tar has any size; name a folder for shards of {size}")
    n_bytes = None if one else DEFAULT_BYTES if size is None else parse_size(size)
    location = _goal(target, one=one, force=force)
    with writing(location), packer(location, n_bytes) as making:
        for _ in parallel.each(partial(_add, making), named, doing="packing", jobs=1):
            pass
        return put_shards(making.close(), location, one=one)


def _goal(target: str, *, one: bool, force: bool) -> FileLocation:
    """Where the shards go; UsageError where something is there already."""
    from streamtape.stores.packing import former_shards

    location = location_of(target)
    if one and not isinstance(location, Path):
        # A tar is taken for a folder, but this one is written.
        location = getattr(location.store, "tar", location)
    if not isinstance(location, Path):
        location.check_writable()
    if one:
        taken = [location] if location.exists() else []
    elif isinstance(location, Path) and location.exists() and not location.is_dir():
        raise UsageError(f"-o {target}: there is a file of that name; name a folder or a *.tar")
    else:
        taken = former_shards(location) if location.is_dir() else []
    if taken and not force:
        raise UsageError(f"{str(taken[0])!r} exists already; --force replaces it")
    return location


def _add(making: Packer, item: _Named) -> None:
    """Pack one recording; CassetteError for a file that is not a cassette."""
    from streamtape.tape.store.files import check_recording

    name, location = item
    check_recording(location)
    making.add(name, location)


def _unpack(named: list[_Named], target: str, *, force: bool, as_json: bool) -> None:
    folder = location_of(target)
    if not isinstance(folder, Path):
        raise UsageError(f"-o {folder}: recordings are unpacked into a folder on this machine")
    for name, _ in named if not force else ():
        if os.path.lexists(folder / name):
            raise UsageError(f"{str(folder / name)!r} exists already; --force replaces it")
    done = []
    for path in parallel.each(partial(_out, folder), named, doing="unpacking", jobs=1):
        done.append(str(path))
    if as_json:
        output.write_json({"recordings": done})
    else:
        output.note(f"{folder}: {_recordings(len(done))}")


def _out(folder: Path, item: _Named) -> Path:
    """Write one recording as a file."""
    from streamtape.stores.packing import unpack
    from streamtape.tape.store.disk import writing

    name, location = item
    with writing(folder / name):
        return unpack(name, location, folder)


def _recordings(n: int) -> str:
    from streamtape.units import count

    return count(n, "recording")
