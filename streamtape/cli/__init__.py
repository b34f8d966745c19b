"""The command line: one command a file, each of which only calls the rooms."""

import sys


def main() -> None:
    """Run the command line on this process's arguments, and exit."""
    if sys.argv[1:] in (["--help"], ["-h"]):  # asked for most: at once, without what parses options
        from streamtape.cli.overview import overview

        print(overview(), end="")
        return
    from streamtape.cli import app

    app.main()
