"""`streamtape recover`: make cassettes of journals that interrupted recordings left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import completion_values, options, output
from streamtape.cli.errors import FINDINGS

if TYPE_CHECKING:
    from streamtape.tape.store import Recovery


@click.command(
    epilog="""\b
Examples:
  streamtape recover run.tape.part               makes run.tape
  streamtape recover run.tape.part -o saved.tape"""
)
@click.argument("journals", type=completion_values.FILE, metavar="FILE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    "to",
    type=completion_values.FILE,
    metavar="FILE",
    help="The cassette to write (for one journal).",
)
@options.as_json
def command(journals: tuple[str, ...], to: str | None, as_json: bool) -> None:
    """Make a cassette of each journal FILE that a recording left behind when it died.

    Every chunk that had reached the journal is in it; a stream that had not ended has the ending
    `unfinished`. A cassette that is there is not replaced: the new one is put beside it.

    A journal that was damaged gives all that can be proven, what is missing is named, and the
    journal is kept.

    Exit status: 0 each journal was read whole, 1 something is missing, 2 trouble.
    """
    from streamtape.cli.files import named_file
    from streamtape.tape.store import recover

    if to is not None and len(journals) > 1:
        raise click.UsageError("-o can only be used with one journal.")
    if to is not None:
        named_file(to, "-o", "saved.tape")
    results = []
    for journal in journals:
        result = _result(journal, recover(journal, to))
        results.append(result)
        if not as_json:
            output.write_text(_summary(result))
            for loss in result["missing"]:
                output.note(f"  at byte {loss['offset']}: {loss['what']}{_unread(loss)}")
            if result["kept"]:
                output.note(f"  {result['kept']} was kept; delete it when you no longer need it")
    if as_json:
        output.write_json(results)
    if any(result["damage"] for result in results):
        raise click.exceptions.Exit(FINDINGS)


def _result(journal: str, recovery: Recovery) -> dict[str, Any]:
    cassette = recovery.cassette
    return {
        "journal": journal,
        "cassette": recovery.path,
        "interactions": len(cassette),
        "chunks": sum(len(i.chunks) for i in cassette),
        "messages": sum(len(i.messages) for i in cassette),
        "bytes": sum(i.chunks.n_bytes + i.messages.n_bytes for i in cassette),
        "unfinished": sum(i.ending.kind == "unfinished" for i in cassette),
        "damage": recovery.damage,
        "missing": [
            {"offset": o, "bytes": n_bytes, "records": n_records, "what": what}
            for o, n_bytes, n_records, what in recovery.losses
        ],
        "kept": recovery.journal,
    }


def _summary(result: dict[str, Any]) -> str:
    from streamtape.units import count

    messages = f"{count(result['messages'], 'message')}, " if result["messages"] else ""
    damage = "; the journal is damaged:" if result["damage"] else ""
    return (
        f"{result['cassette']}: {count(result['interactions'], 'interaction')} "
        f"({result['unfinished']} unfinished), {count(result['chunks'], 'chunk')}, "
        f"{messages}{count(result['bytes'], 'byte')}{damage}"
    )


def _unread(loss: dict[str, Any]) -> str:
    return f" ({loss['bytes']} bytes could not be read)" if loss["bytes"] else ""
