"""Commands that take another command after `--`, and the servers that run beside it or alone.

    streamtape replay run.tape -- python app.py

What follows `--` is the child's own and is not looked at. It is run with its clients pointed
at a server of ours; its exit status is ours. Without a child the server runs until a signal.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from streamtape.cli import output
from streamtape.errors import UsageError

if TYPE_CHECKING:
    from streamtape.server.child import CaughtSignals
    from streamtape.server.dashboard import Dashboard

F = TypeVar("F", bound=Callable[..., Any])


class WithChild(click.Command):
    """A command whose arguments after `--` are another command, in the parameter `child`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        child: tuple[str, ...] | None = None
        if "--" in args:
            index = args.index("--")
            child, args = tuple(args[index + 1 :]), args[:index]
            if not child and not ctx.resilient_parsing:
                raise click.UsageError("No command after `--`.", ctx)
        rest = super().parse_args(ctx, args)
        ctx.params["child"] = child
        return rest


def served(command: F) -> F:
    """Add the options of a command that listens."""
    for option in (
        click.option("--port", type=int, metavar="N", help="Port to listen on (0: any free one)."),
        click.option("--ui", is_flag=True, help="Serve a dashboard at /_streamtape/."),
        click.option("--host", default="127.0.0.1", show_default=True, help="Listen here."),
        click.option(
            "--cors",
            multiple=True,
            metavar="ORIGIN",
            help="Allow pages of this origin to read answers (CORS).",
        ),
        click.option(
            "--allow-host",
            multiple=True,
            metavar="NAME",
            help="A further host name for this server.",
        ),
        click.option(
            "--env",
            multiple=True,
            metavar="NAME[=PATH]",
            help="Set this variable of the child to the server's URL, too.",
        ),
    ):
        command = option(command)
    return command


def child_variables(url: str, named_variables: Sequence[str]) -> dict[str, str]:
    """The variables that --env asks for: `NAME` is the server's URL, `NAME=/v1` adds a path."""
    variables: dict[str, str] = {}
    for text in named_variables:
        name, _, path = text.partition("=")
        if not name or (path and not path.startswith("/")):
            raise UsageError(f"--env must be NAME or NAME=/PATH, got {text!r}")
        variables[name] = url + path
    return variables


def run_beside(
    server: Any, child: Sequence[str], env: Sequence[str], signals: CaughtSignals
) -> int:
    """Run a child with its clients pointed at a running server; get its exit status."""
    from streamtape.server.child import run_child

    if signals.first is not None:  # it came before there was a child to pass it on to
        return 128 + signals.first
    gc.freeze()
    return run_child(child, {**server.child_env(), **child_variables(server.url, env)})


def show_dashboard(server: Any, dashboard: Dashboard) -> None:
    """Give a server its dashboard, and say where it is."""
    from streamtape.server.dashboard import PREFIX

    server.dashboard = dashboard
    output.note(f"dashboard at {server.url}{PREFIX}")


def listen(server: Any, says: str, signals: CaughtSignals, *, as_json: bool) -> None:
    """Say where a running server is, and wait for a signal that ends it."""
    # What is imported is no garbage; to look through it all now and then stops every stream.
    gc.freeze()
    if as_json:
        output.write_json({"url": server.url, "port": server.port}, indent=None)
    output.note(f"{says} at {server.url} (Ctrl-C ends)")
    signals.wait()
