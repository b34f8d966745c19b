"""`streamtape completion`: scripts that complete commands, options, choices and files."""

from __future__ import annotations

import click

from streamtape.cli import options, output

SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog="""\b
Examples:
  streamtape completion bash > ~/.local/share/bash-completion/completions/streamtape
  streamtape completion zsh > ~/.zfunc/_streamtape
  streamtape completion fish > ~/.config/fish/completions/streamtape.fish

\b
For one shell, or in its start-up file:
  source <(streamtape completion bash)
  source <(streamtape completion zsh)            after compinit
  streamtape completion fish | source

\b
Bash needs version 4.4 or later and, for a file of its own, the package bash-completion. Zsh looks
in ~/.zfunc where ~/.zshrc has: fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit"""
)
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(SHELLS))
@options.as_json
@click.pass_context
def command(ctx: click.Context, *, shell: str, as_json: bool) -> None:
    """Write a completion script for `streamtape`.

    It completes commands, options, names that are known (levels, modes, providers, dialects,
    rules, formats) and the names of files.
    """
    from click.shell_completion import get_completion_class

    known = get_completion_class(shell)
    assert known is not None, "click knows these shells"
    script = known(ctx.find_root().command, {}, "streamtape", "_STREAMTAPE_COMPLETE")
    text = script.source_template % script.source_vars()
    if as_json:
        output.write_json({"shell": shell, "script": text})
    else:
        output.write_text(text.rstrip())
