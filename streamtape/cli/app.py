"""The command group: which commands there are, in which module, and in which words.

A command's module is imported when the command is run or its own help is asked for, so that
`streamtape --help` and completion stay fast. Adding a command is one line in COMMANDS and one
module that has a `command`. What goes wrong is told by `cli.trouble`, in one place.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Any

import click

import streamtape
from streamtape.cli.trouble import tidy_process, told

# name: (module, what it does); in the order in which people meet them.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("streamtape.cli.demo", "The whole tour on an embedded server; no key needed."),
    "record": ("streamtape.cli.record", "Record a stream, live, like curl -N."),
    "replay": ("streamtape.cli.replay", "Play a cassette to stdout, at the recorded pace."),
    "diff": ("streamtape.cli.diff", "Compare two recordings, event by event."),
    "check": ("streamtape.cli.check", "Hold streams against their provider's rules."),
    "stats": ("streamtape.cli.stats", "Measure streams: first event, first content, gaps."),
    "moderate": ("streamtape.cli.moderate", "Play text through a classifier of yours, as it came."),
    "show": ("streamtape.cli.show", "Show what a cassette holds."),
    "view": ("streamtape.cli.view", "Write one HTML page: timeline, events, text as it grew."),
    "convert": ("streamtape.cli.convert", "Make a cassette of another format, and back."),
    "scan": ("streamtape.cli.scan", "Look for secrets in cassettes, and mask them."),
    "recover": ("streamtape.cli.recover", "Make a cassette of a recording that died."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(COMMANDS)}."
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        with told():
            return super().invoke(ctx)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 the same or fine, 1 differences or findings, 2 trouble. "
    "`streamtape COMMAND --help` has examples. NO_COLOR is honoured.",
)
@click.version_option(streamtape.__version__, "-V", "--version", prog_name="streamtape")
def cli() -> None:
    """Record one real event stream exactly, replay it into any client, diff two runs.

    \b
      streamtape demo
      streamtape record -o run.tape https://api.example.com/v1/stream
      streamtape show run.tape
      streamtape replay run.tape
      streamtape diff run.tape other.tape
    """  # noqa: D301 - click keeps the lines below a real \\b as they are


def main() -> None:
    """Run the command line on this process's arguments, and exit."""
    tidy_process()
    cli(prog_name="streamtape")
