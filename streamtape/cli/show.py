"""`streamtape show`: what a cassette holds, for people, programs and git."""

from __future__ import annotations

import click

from streamtape.cli import completion_values, options, output
from streamtape.errors import UsageError
from streamtape.stores.locations import location_of


@click.command(
    epilog="""\b
Examples:
  streamtape show run.tape
  streamtape show cassettes/                     a row a file, as `streamtape ls`
  streamtape show run.tape --index 0 --events | less
  streamtape show run.tape --raw | grep ^data:
  streamtape show run.tape --json | jq .interactions[0].transcript.text

\b
To have `git diff` show what changed in cassettes:
  echo '*.tape diff=tape' >> .gitattributes
  git config diff.tape.textconv 'streamtape show --no-times'"""
)
@click.argument("tape", type=completion_values.FILE, metavar="FILE|FOLDER")
@options.at_index
@click.option("--events", is_flag=True, help="Show every event separately, with its whole payload.")
@click.option("--frames", is_flag=True, help="Show every frame separately, as on the wire.")
@click.option("--raw", is_flag=True, help="Write only the body, decoded.")
@click.option("--full", is_flag=True, help="Shorten nothing, even in a terminal.")
@click.option("--no-times", is_flag=True, help="Leave out times, in which equal runs differ.")
@options.dialect
@options.as_json
def command(
    *,
    tape: str,
    index: int | None,
    events: bool,
    frames: bool,
    raw: bool,
    full: bool,
    no_times: bool,
    dialect: str | None,
    as_json: bool,
) -> None:
    """Show the contents of FILE: requests, events, assembled text and tool calls, endings.

    For a FOLDER, list its recordings. Output to a terminal is wrapped and coloured; anywhere else
    it is plain text that depends on the recording alone.
    """
    from streamtape.cli.ls import list_paths
    from streamtape.report import events as event_report
    from streamtape.report.masked import read
    from streamtape.report.show import View, cassette_lines
    from streamtape.report.summary import summary
    from streamtape.tape.store import load

    if events + frames + raw > 1 or (raw and as_json):
        raise UsageError("choose one of --events, --frames, --raw; --raw is not JSON")
    if location_of(tape).is_dir():
        if events or frames or raw or index is not None:
            raise UsageError(f"{str(location_of(tape))!r} is a folder: give a file")
        raise click.exceptions.Exit(list_paths([tape], as_json=as_json))
    cassette = load(tape)
    numbers = options.chosen(len(cassette), index)
    chosen = [cassette[number] for number in numbers]
    if as_json:
        output.write_json(
            summary(chosen, numbers=numbers, dialect=dialect, events=events, frames=frames)
        )
    elif raw:
        for interaction in chosen:
            output.write_bytes(interaction.content)
    elif events or frames:
        lines = event_report.event_lines if events else event_report.frame_lines
        for interaction in chosen:
            shown = lines(read(interaction, dialect), times=not no_times)
            output.write_lines(shown, as_they_are=not output.is_terminal())
    else:
        width = output.width() if output.is_terminal() else None
        view = View(width, times=not no_times, full=full)
        shown = cassette_lines(chosen, numbers, view, dialect=dialect)
        output.write_lines(shown, as_they_are=not output.is_terminal())
