"""Error handling of all commands: a message on stderr and an exit status, no traceback.

0 the same or fine, 1 differences or findings, 2 trouble; 130 after Ctrl-C and 141 where the reader
of our output has gone, as the shell has it. An exception that is neither ours nor one of the
system's is a bug of ours, and keeps its traceback.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from streamtape.cli.output import shown
from streamtape.errors import StreamtapeError

FINDINGS = 1
TROUBLE = 2
INTERRUPTED = 130
READER_CLOSED = 141


class Trouble(click.ClickException):
    """An error for the user's eyes; `Error: ` and the message, exit status 2."""

    exit_code = TROUBLE


class Terminated(BaseException):
    """SIGTERM or SIGHUP came: leave as after Ctrl-C, so that a recording is saved."""

    def __init__(self, number: int = signal.SIGTERM) -> None:
        super().__init__(number)
        self.status = 128 + number


@contextmanager
def reported_errors() -> Iterator[None]:
    """Turn what the rooms and the system raise into what a user should read."""
    try:
        yield
    except StreamtapeError as error:
        raise Trouble(shown(str(error))) from error
    except click.ClickException as error:
        error.message = shown(error.message)  # type: ignore[misc]  # it may quote a file name
        raise
    except BrokenPipeError:
        drop_stdout()
        raise click.exceptions.Exit(READER_CLOSED) from None
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    except Terminated as error:
        raise click.exceptions.Exit(error.status) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise Trouble(shown(f"{where}{error.strerror or error}")) from error


def drop_stdout() -> None:
    """Let nothing more be written to a reader that has gone: the flush at exit would fail, too."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError, AttributeError):
        return  # a stdout that is no file needs no such care


def tidy_process() -> None:
    """Set up what only a process of our own may: warnings in plain words, signals like Ctrl-C."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        click.echo(shown(f"warning: {message}"), err=True)

    def terminate(number: int, frame: FrameType | None) -> None:
        raise Terminated(number)

    warnings.showwarning = show
    signal.signal(signal.SIGTERM, terminate)
    hangup = getattr(signal, "SIGHUP", None)  # not on Windows
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:  # as under nohup
        signal.signal(hangup, terminate)
