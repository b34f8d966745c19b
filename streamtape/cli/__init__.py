"""The command line: one file per command, which only parses options, calls rooms and prints."""

import os
import sys

_WIDEST = 76  # cells of the help's longest line, and one


def main() -> None:
    """Run the command line on this process's arguments, and exit."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us: nobody wants to read it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for good
    # Asked for most: at once, without what parses options; but for narrow screens, which need it.
    if sys.argv[1:] in (["--help"], ["-h"]) and _is_wide():
        from streamtape.cli.overview import overview

        print(overview(), end="")
        return
    from streamtape.cli import app

    app.main()


def _is_wide() -> bool:
    """Whether the help's lines have room: in a terminal, or by a COLUMNS that narrows them."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given) >= _WIDEST
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns >= _WIDEST
    except (OSError, ValueError):
        return True  # no terminal
