"""The command group: the commands, their modules and their short help.

A command's module is imported when the command is run or its own help is requested, so that
completion stays fast. Adding a command is one line in COMMANDS (`cli.overview`) and one module that
has a `command`. What goes wrong is reported by `cli.errors`, in one place.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

import streamtape
from streamtape.cli.errors import reported_errors, tidy_process
from streamtape.cli.help_format import Context
from streamtape.cli.list_progress import ListProgress
from streamtape.cli.overview import COMMANDS, overview
from streamtape.stores.watching import watch_lists


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        command.context_class = Context
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        unknown = args and not args[0].startswith("-") and args[0] not in COMMANDS
        if unknown and not ctx.resilient_parsing:  # as it is where a shell completes
            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(COMMANDS)}."
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = (name for name in COMMANDS if name.startswith(incomplete))
        found = [CompletionItem(name, help=COMMANDS[name][1]) for name in names]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(overview())

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        with reported_errors():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with reported_errors():
            return super().invoke(ctx)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(streamtape.__version__, "-V", "--version", prog_name="streamtape")
def cli() -> None:
    """Record one real event stream exactly, replay it into any client, diff two runs."""


def main() -> None:
    """Run the command line on this process's arguments, and exit."""
    tidy_process()
    watch_lists(ListProgress)
    cli(prog_name="streamtape")
