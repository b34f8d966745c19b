"""What `streamtape --help` says: the commands, and the text around them.

Importing click takes five times as long as starting Python, so this text is kept apart from the
commands: `streamtape --help` imports nothing else. The group in `app` shows the same text.
"""

from __future__ import annotations

# name: (module, what it does); in the order in which people meet them.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("streamtape.cli.demo", "The whole tour on an embedded server; no key needed."),
    "record": ("streamtape.cli.record", "Record a stream, live, like curl -N."),
    "replay": ("streamtape.cli.replay", "Play a cassette to stdout, at the recorded pace."),
    "mock": ("streamtape.cli.mock", "Run a mock provider that answers by rules."),
    "play": ("streamtape.cli.play", "Play a recording in the terminal, or make it a picture."),
    "diff": ("streamtape.cli.diff", "Compare two recordings, event by event."),
    "check": ("streamtape.cli.check", "Check streams against their provider's rules."),
    "stats": ("streamtape.cli.stats", "Measure streams: first event, first content, gaps."),
    "moderate": ("streamtape.cli.moderate", "Run your classifier on the text as it arrived."),
    "ls": ("streamtape.cli.ls", "List what is in a folder of recordings."),
    "show": ("streamtape.cli.show", "Show what a cassette holds."),
    "view": ("streamtape.cli.view", "Write one HTML page: timeline, events, text as it grew."),
    "drift": ("streamtape.cli.drift", "List what providers changed in their streams."),
    "export": ("streamtape.cli.export", "Write recordings as tables: Parquet."),
    "sql": ("streamtape.cli.sql", "Query recordings with SQL."),
    "edit": ("streamtape.cli.edit", "Change texts, arguments, model; keep cuts and times."),
    "convert": ("streamtape.cli.convert", "Convert cassettes from and to other formats."),
    "pack": ("streamtape.cli.pack", "Pack many recordings into a few tar files, or unpack."),
    "migrate": ("streamtape.cli.migrate", "Move a test suite from VCR.py and similar tools."),
    "scan": ("streamtape.cli.scan", "Find secrets in cassettes, and mask them."),
    "recover": ("streamtape.cli.recover", "Recover the cassette of an interrupted recording."),
    "completion": ("streamtape.cli.completion", "Write a completion script for bash, zsh or fish."),
}

_TEXT = """\
Usage: streamtape [OPTIONS] COMMAND [ARGS]...

  Record one real event stream exactly, replay it into any client, diff two
  runs.

    streamtape demo
    streamtape record -o run.tape https://api.example.com/v1/stream
    streamtape show run.tape
    streamtape replay run.tape
    streamtape diff run.tape other.tape

Options:
  -V, --version  Show the version and exit.
  -h, --help     Show this message and exit.

Commands:
{commands}

  Exit status: 0 the same or fine, 1 differences or findings, 2 trouble.
  `streamtape COMMAND --help` has examples. NO_COLOR is honoured.
"""


def overview() -> str:
    """The text of `streamtape --help`."""
    lines = (f"  {name:10}  {says}" for name, (_, says) in COMMANDS.items())
    return _TEXT.format(commands="\n".join(lines))
