"""The reference pages of the site, written from the package: names, commands, options, errors."""

from collections.abc import Iterator
from typing import Any, cast

import click
import pytest

import streamtape
from streamtape import errors
from streamtape.cli.app import cli
from streamtape.pytest_plugin import settings
from tools.docs import name_examples

# Every public name on one page of its subject; a test holds this against `streamtape.__all__`.
SUBJECTS: dict[str, tuple[str, ...]] = {
    "Sessions": (
        "use_cassette", "cassette", "Session", "Options", "RedactionOptions", "StreamtapeWarning",
        "VirtualClock", "FlightRecorder",
    ),
    "Recordings": (
        "load", "save", "recover", "edit", "Cassette", "Interaction", "Request", "Head", "Chunk",
        "Chunks", "Ending", "Message", "Messages", "Frame", "Event", "Transcript",
    ),
    "Analysis": (
        "diff", "Comparison", "Change", "check", "Finding", "Where", "stats", "Stats",
        "StreamMetrics", "gates", "moderate", "ModerationResult", "scan", "Leak", "snapshot",
        "tables", "drift", "Drift", "DriftChange",
    ),
    "Replays and faults": ("Fault", "Replay", "sweep", "vary"),
    "Transports and servers": (
        "RecordingTransport", "ReplayTransport", "ASGIStreamTransport", "RecordingProxy",
        "ReplayServer", "serve",
    ),
    "Framing and dialects": (
        "SSEParser", "SSEFrame", "encode_sse", "NDJSONParser", "Dialect", "Piece",
        "register_dialect",
    ),
    "Stores": ("Store", "StoreEntry", "StorePath", "register_store"),
    "Composed streams": (
        "compose", "Pace", "Say", "Reasoning", "Refuse", "Cite", "Speak", "Call", "CustomCall",
        "WebSearch", "FileSearch", "RunCode", "RunShell", "MakeImage", "MCPCall", "ListTools",
        "Compact", "OutputItem", "Pause", "Fail", "Stop",
    ),
    "Mock server": ("MockServer", "MockTest", "MockRequest", "Rule", "Structured"),
}  # fmt: skip

# Where a class has members that the rest of the package needs and its users do not: what they use.
MEMBERS = {
    "use_cassette": ("__enter__", "__aenter__"),
    "Session": (
        "mode", "requests", "interactions", "recorded", "played", "unplayed", "n_recorded",
        "events", "transcript", "assert_all_played", "assert_closed_after", "watch",
        "watch_async", "assert_max_buffered",
    ),
}  # fmt: skip


def _documented(name: str) -> str:
    """What the generator is to document of a name."""
    if name not in MEMBERS:
        return f"::: streamtape.{name}\n"
    listed = "".join(f"        - {member}\n" for member in MEMBERS[name])
    return (
        f"::: streamtape.{name}\n    options:\n      inherited_members: true\n"
        f"      members:\n{listed}"
    )


def slug(title: str) -> str:
    """The file name of a page, without its ending."""
    return title.lower().replace(" ", "-")


def names_page(title: str, names: tuple[str, ...]) -> str:
    """A page of public names, each documented by its docstring and a program that uses it."""
    programs = name_examples.programs()
    return f"# {title}\n\n" + "\n".join(
        f"{_documented(name)}\n{name_examples.shown(programs.get(name, ''))}" for name in names
    )


def error_names() -> list[str]:
    """The public errors."""
    return [
        name
        for name in streamtape.__all__
        if isinstance(getattr(errors, name, None), type)
        and issubclass(getattr(errors, name), Exception)
    ]


def errors_page() -> str:
    """Every error of the package: what it means, and what it derives from."""
    listed = "\n".join(f"::: streamtape.{name}\n" for name in error_names())
    return (
        "# Errors\n\nEvery error of streamtape is a `StreamtapeError`. The message says what was "
        f"wrong, the value, the file, and the way out.\n\n{listed}"
    )


def _commands(group: click.Group, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name=words[-1])
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        path = (*words, name)
        yield " ".join(path), command
        if isinstance(command, click.Group):
            yield from _commands(command, path)


class _Options:
    """Stands in for pytest's parser, and keeps what the plugin registers with it."""

    def __init__(self) -> None:
        self.command_line: list[tuple[str, str]] = []
        self.ini: list[tuple[str, str, str]] = []

    def getgroup(self, _name: str, _title: str) -> "_Options":
        return self

    def addoption(self, name: str, *, help: str, metavar: str = "", **_more: Any) -> None:
        self.command_line.append((f"{name}={metavar}" if metavar else name, help))

    def addini(self, name: str, help: str, type: str = "text", default: Any = None) -> None:
        unset = {"bool": "false", "linelist": ""}.get(type, "")
        shown = unset if default in (None, False) else str(default).lower()
        kind = {"linelist": "lines", "text": "text", "bool": "true or false"}[type]
        self.ini.append((name, f"{help} ({kind})", shown))


def pytest_page() -> str:
    """The options of the pytest plugin, as it registers them, its fixtures and its mark."""
    options = _Options()
    settings.add_options(cast("pytest.Parser", options))
    command_line = "\n".join(f"| `{name}` | {help} |" for name, help in options.command_line)
    ini = "\n".join(f"| `{name}` | {help} | {default} |" for name, help, default in options.ini)
    return (
        "# pytest options\n\nWhat the plugin registers; [pytest](../guide/pytest.md) says how they "
        f"work together. Precedence: {settings.PRECEDENCE}.\n\n## Command line\n\n"
        f"| option | |\n|---|---|\n{command_line}\n\n## Ini file\n\n`pytest.ini`, or "
        "`[tool.pytest.ini_options]` in `pyproject.toml`.\n\n| name | | default |\n|---|---|---|\n"
        f"{ini}\n\n## Mark\n\n`@pytest.mark.{settings.MARKER_LINE.partition(':')[0]}`:"
        f"{settings.MARKER_LINE.partition(':')[2]}. Its options are those of "
        "[`streamtape.Options`](sessions.md), and `block_network`, `allow_hosts`, `upstream`.\n"
    )


def commands_page() -> str:
    """The command line, from the commands themselves: usage, what they do, options, examples."""
    parts = ["# Command line\n", "`streamtape COMMAND --help` prints the same.\n"]
    for path, command in _commands(cli, ("streamtape",)):
        context = click.Context(command, info_name=path)
        parts.append(f"## {path}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)
