"""What a run was told: command line, marks, the fixture `tape_config`, ini options, defaults.

One order of precedence: the command line; then the decorator and the marks, the nearest first and
outwards from there; then `tape_config`; then the ini file; then the defaults. Nothing heavy is
imported here: pytest imports this module in every run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from streamtape.transport import presets

if TYPE_CHECKING:
    from streamtape.pytest_plugin.taping import Taping

MARKER = "streamtape"
MARKER_LINE = (
    "streamtape(name=None, /, **options): record or replay this test's streams with a cassette"
)
PRECEDENCE = "command line > nearest mark, outwards > tape_config > ini > default"
ALIASES = {"new-episodes": "new_episodes", "rewrite": "all"}
MODES = ("none", "once", "new_episodes", "all")


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for the whole run."""

    overrides: dict[str, Any]
    ini: dict[str, Any]
    mode: str
    mode_from: str
    presets: presets.Presets

    @property
    def defaults(self) -> dict[str, Any]:
        """What holds where nobody says anything."""
        return {"mode": self.mode, "record_on_exception": False, **self.ini}

    def header(self) -> str:
        """One line for pytest's report header."""
        mode = self.overrides.get("mode", self.ini.get("mode", self.mode))
        return f"streamtape: record mode {mode} ({self.mode_from}); precedence: {PRECEDENCE}"


SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
TAPING: pytest.StashKey[Taping] = pytest.StashKey()


def add_options(parser: pytest.Parser) -> None:
    """Add our options, under names that clash with no other plugin's."""
    group = parser.getgroup("streamtape", "recording and replaying streams (streamtape)")
    group.addoption(
        "--tape-record",
        dest="tape_record",
        metavar="MODE",
        default=None,
        type=_mode,
        help="record mode of every cassette: none, once, new_episodes, all "
        "(default: once; none where CI is set)",
    )
    group.addoption(
        "--tape-speed",
        dest="tape_speed",
        metavar="FACTOR",
        default=None,
        type=_speed,
        help="pace of replays: 1.0 as recorded, 2.0 twice as fast, 'none' at once (default)",
    )
    parser.addini("tape_record", "record mode of cassettes: none, once, new_episodes, all")
    parser.addini("tape_speed", "pace of replays: 1.0 as recorded, none at once")


def _mode(text: str) -> str:
    from argparse import ArgumentTypeError

    mode = ALIASES.get(text, text)
    if mode not in MODES:
        known = ", ".join((*MODES, *ALIASES))
        raise ArgumentTypeError(f"unknown record mode {text!r} (known: {known})")
    return mode


def _speed(text: str) -> float | None:
    from argparse import ArgumentTypeError

    if text.lower() in {"none", "max"}:
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no speed: a number above 0, or none for at once")
    return speed


def configure(config: pytest.Config) -> None:
    """Read command line and ini file into the run's settings."""
    from argparse import ArgumentTypeError

    overrides: dict[str, Any] = {}
    if config.option.tape_record is not None:
        overrides["mode"] = config.option.tape_record
    if any(str(a).startswith("--tape-speed") for a in config.invocation_params.args):
        overrides["speed"] = config.option.tape_speed
    ini: dict[str, Any] = {}
    try:
        if text := config.getini("tape_record"):
            ini["mode"] = _mode(text)
        if text := config.getini("tape_speed"):
            ini["speed"] = _speed(text)
    except ArgumentTypeError as error:
        raise pytest.UsageError(f"ini file: {error}") from error
    quiet = os.environ.get("CI", "").lower() in {"", "0", "false"}
    mode = "once" if quiet else "none"
    if "mode" in overrides:
        source = "--tape-record"
    elif "mode" in ini:
        source = "ini"
    else:
        source = "default" if quiet else "default, as CI is set"
    # `use_cassette` says its own default mode: only what somebody asked for changes it.
    held = presets.Presets(dict(ini), overrides)
    presets.hold(held)
    config.stash[SETTINGS] = Settings(overrides, ini, mode, source, held)


def unconfigure(config: pytest.Config) -> None:
    """Let what held before this run hold again."""
    settings = config.stash.get(SETTINGS, None)
    if settings is not None:
        presets.drop(settings.presets)


def of(config: pytest.Config) -> Settings:
    """The settings of a run."""
    return config.stash[SETTINGS]


def is_wanted(item: pytest.Function) -> bool:
    """Whether a test has the mark or the decoration."""
    return item.get_closest_marker(MARKER) is not None or hasattr(item.obj, "__streamtape__")


def add_fixture(item: pytest.Function, name: str) -> None:
    """Have a test use a fixture too, before its own ones but after those of wider scopes."""
    names = item.fixturenames
    if name in names:
        names.remove(name)
    definitions = item._fixtureinfo.name2fixturedefs
    wider = [
        i
        for i, n in enumerate(names)
        if (found := definitions.get(n)) and found[-1].scope != "function"
    ]
    names.insert(max(wider, default=-1) + 1, name)
