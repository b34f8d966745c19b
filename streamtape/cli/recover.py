"""`streamtape recover`: cassettes of the journals that dead recordings left behind."""

from __future__ import annotations

from typing import Any

import click

from streamtape.cli import options, output


@click.command(
    epilog="""\b
Examples:
  streamtape recover run.tape.part               makes run.tape
  streamtape recover run.tape.part -o saved.tape"""
)
@click.argument("journals", metavar="FILE...", nargs=-1, required=True)
@click.option("-o", "--output", "to", metavar="FILE", help="The cassette (for one journal).")
@options.as_json
def command(journals: tuple[str, ...], to: str | None, as_json: bool) -> None:
    """Make a cassette of each journal FILE that a recording left behind when it died.

    Every chunk that had reached the journal is in it; a stream that had not ended has the ending
    `unfinished`. A cassette that is there is not replaced: the new one is put beside it.
    """
    from streamtape.tape.store import recover

    if to is not None and len(journals) > 1:
        raise click.UsageError("-o goes with one journal.")
    results = []
    for journal in journals:
        recovery = recover(journal, to)
        cassette = recovery.cassette
        result = {
            "journal": journal,
            "cassette": recovery.path,
            "interactions": len(cassette),
            "chunks": sum(len(i.chunks) for i in cassette),
            "bytes": sum(i.chunks.n_bytes for i in cassette),
            "unfinished": sum(i.ending.kind == "unfinished" for i in cassette),
            "damage": recovery.damage,
        }
        results.append(result)
        if not as_json:
            output.write_text(_told(result))
    if as_json:
        output.write_json(results)


def _told(result: dict[str, Any]) -> str:
    from streamtape.report.units import count

    damage = f"; not all could be read: {result['damage']}" if result["damage"] else ""
    return (
        f"{result['cassette']}: {count(result['interactions'], 'interaction')} "
        f"({result['unfinished']} unfinished), {count(result['chunks'], 'chunk')}, "
        f"{count(result['bytes'], 'byte')}{damage}"
    )
