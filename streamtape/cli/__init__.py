"""The command line: one command a file, each of which only calls the rooms."""

from streamtape.cli.app import cli, main

__all__ = ["cli", "main"]
