"""What `streamtape --help` says: the commands, and the text around them.

It is the first thing that people ask for, and the parser of options takes five times as long to
load as Python; so the text is kept apart from it, and the group in `app` shows this one, too.
"""

from __future__ import annotations

# name: (module, what it does); in the order in which people meet them.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("streamtape.cli.demo", "The whole tour on an embedded server; no key needed."),
    "record": ("streamtape.cli.record", "Record a stream, live, like curl -N."),
    "replay": ("streamtape.cli.replay", "Play a cassette to stdout, at the recorded pace."),
    "mock": ("streamtape.cli.mock", "Serve made-up answers: a local provider, by rules."),
    "play": ("streamtape.cli.play", "Watch a recording as it came, or make it a picture."),
    "diff": ("streamtape.cli.diff", "Compare two recordings, event by event."),
    "check": ("streamtape.cli.check", "Hold streams against their provider's rules."),
    "stats": ("streamtape.cli.stats", "Measure streams: first event, first content, gaps."),
    "moderate": ("streamtape.cli.moderate", "Play text through a classifier of yours, as it came."),
    "ls": ("streamtape.cli.ls", "List what is in a folder of recordings."),
    "show": ("streamtape.cli.show", "Show what a cassette holds."),
    "view": ("streamtape.cli.view", "Write one HTML page: timeline, events, text as it grew."),
    "drift": ("streamtape.cli.drift", "List what providers changed in their streams."),
    "export": ("streamtape.cli.export", "Write recordings as tables: Parquet."),
    "sql": ("streamtape.cli.sql", "Ask recordings in SQL."),
    "edit": ("streamtape.cli.edit", "Change a recording by meaning, and keep its shape."),
    "convert": ("streamtape.cli.convert", "Make a cassette of another format, and back."),
    "pack": ("streamtape.cli.pack", "Pack many recordings into few tars, and back."),
    "migrate": ("streamtape.cli.migrate", "Move a test suite from VCR.py and its relatives."),
    "scan": ("streamtape.cli.scan", "Look for secrets in cassettes, and mask them."),
    "recover": ("streamtape.cli.recover", "Make a cassette of a recording that died."),
    "completion": ("streamtape.cli.completion", "Have bash, zsh or fish complete all of this."),
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
