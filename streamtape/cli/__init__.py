"""The command line: one command a file, each of which only calls the rooms."""

import os
import sys


def main() -> None:
    """Run the command line on this process's arguments, and exit."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us: nobody wants to read it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for good
    if sys.argv[1:] in (["--help"], ["-h"]):  # asked for most: at once, without what parses options
        from streamtape.cli.overview import overview

        print(overview(), end="")
        return
    from streamtape.cli import app

    app.main()
