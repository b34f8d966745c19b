"""The settings of a run: command line, marks, the fixture `tape_config`, ini options, defaults.

One order of precedence: the command line; then the decorator and the marks, the nearest first and
outwards from there; then `tape_config`; then the ini file; then the defaults. Nothing heavy is
imported here: pytest imports this module in every run.
"""

from __future__ import annotations

import os
import re
from argparse import ArgumentTypeError
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from streamtape.choices import MODES
from streamtape.tape import load_hooks
from streamtape.transport import run_defaults

if TYPE_CHECKING:
    from streamtape.pytest_plugin.dummy_keys import LentKeys
    from streamtape.session.options import Options
    from streamtape.transport.network_guard import Guard

MARKER = "streamtape"
MARKER_LINE = (
    "streamtape(name=None, /, **options): record or replay this test's streams with a cassette"
)
# A test that uses one of them has a cassette.
TAPE_FIXTURES = frozenset({"tape", "tape_server"})
PRECEDENCE = "command line > nearest mark, outwards > tape_config > ini > default"
ALIASES = {"new-episodes": "new_episodes", "new": "new_episodes", "rewrite": "all"}
UNPROVEN = ("warn", "error", "ignore")
UNPLAYED = ("report", "fail", "ignore")
# What the plugin alone understands, in marks and in tape_config; all else are session options.
OWN_KEYS = ("block_network", "allow_hosts", "upstream")
_LINES = ("match_on", "ignore_json_paths", "ignore_hosts")
_BOOLS = (
    "ignore_localhost",
    "match_up",
    "strict_order",
    "allow_playback_repeats",
    "replay_in_process",
)
_UNSET = ""


class Settings:
    """What holds for the whole run, and what is noted while it runs.

    No dataclass: making one takes milliseconds of every test run's start.
    """

    def __init__(
        self,
        overrides: dict[str, Any],
        ini: dict[str, Any],
        mode_from: str,
        presets: run_defaults.RunDefaults,
        opened: list[str],
    ) -> None:
        self.overrides = overrides
        self.ini = ini
        self.mode_from = mode_from
        self.presets = presets
        self.opened = opened
        self.unproven = "warn"
        self.unplayed = "report"
        self.update = False
        self.report: Path | None = None
        self.guard: Guard | None = None
        self._block: Guard | None = None
        self.item: pytest.Item | None = None  # the test that runs now
        self.lends_keys = True
        self.lent: LentKeys | None = None
        self._holds_patches = False
        self._options: dict[tuple[tuple[str, Any], ...], Options] = {}

    def options(self, given: dict[str, Any]) -> Options:
        """The options of a test that says so much; most tests of a run say the same."""
        from streamtape.session.options import Options

        merged = {**self.defaults, **given, **self.overrides}
        key = tuple(merged.items())
        try:
            if key not in self._options:
                self._options[key] = Options.of(**merged)
            return self._options[key]
        except TypeError:  # a list among them can't be looked up, and may change
            return Options.of(**merged)

    def retain_patches(self) -> None:
        """Patch the libraries once a run, not anew for each of its tests."""
        if not self._holds_patches:
            from streamtape.transport import patch

            patch.retain()
            self._holds_patches = True

    def lend_keys(self, *, replays: bool) -> None:
        """Set API keys for a test that only replays, and take them back before any other one."""
        if replays and self.lends_keys:
            if self.lent is None:
                from streamtape.pytest_plugin.dummy_keys import LentKeys

                self.lent = LentKeys(os.environ)
            self.lent.lend()
        elif self.lent is not None:
            self.lent.take_back()

    def block(self, guard: Guard | None) -> None:
        """Block the network for a test that has no cassette; None lifts that again."""
        if self._block is not None:
            self._block.remove()
        if guard is not None:
            guard.install()
        self._block = guard

    def release_patches(self) -> None:
        """Undo that, at the end of the run."""
        if self._holds_patches:
            from streamtape.transport import patch

            patch.release()

    @property
    def defaults(self) -> dict[str, Any]:
        """The default options."""
        mode = run_defaults.default_mode()
        return {"mode": mode, "record_on_exception": "whole", **self.presets.defaults}

    def header(self) -> str:
        """A line for pytest's report header: the settings, and where each was set."""
        if self.presets.disabled:
            return "streamtape: disabled (--tape-disable): every request is sent, unrecorded"
        mode = self.overrides.get("mode", self.defaults["mode"])
        named = {
            k: v for k, v in {**self.ini, **self.overrides}.items() if k not in {"mode", "clock"}
        }
        more = "".join(f", {name} {value}" for name, value in named.items())
        blocked = ", network blocked" if self.guard else ""
        return f"streamtape: mode {mode} ({self.mode_from}){more}{blocked}; {PRECEDENCE}"


SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()


def add_options(parser: pytest.Parser) -> None:
    """Add our options, under names that clash with no other plugin's."""
    group = parser.getgroup("streamtape", "recording and replaying streams (streamtape)")

    def add(name: str, help: str, **more: Any) -> None:
        group.addoption(f"--tape-{name}", dest=f"tape_{name.replace('-', '_')}", help=help, **more)

    add(
        "record",
        "record mode of every cassette: none, once, new_episodes, all, verify "
        "(default: once; none where CI is set)",
        metavar="MODE",
        default=None,
        type=_mode,
    )
    add(
        "speed",
        "pace of replays: 1.0 as recorded, 2.0 twice as fast, 'none' at once (default)",
        metavar="FACTOR",
        default=_UNSET,
        type=_speed,
    )
    add("block-network", "let sockets reach loopback only", action="store_true", default=False)
    add(
        "allow-host",
        "a host (name, pattern, address, network) to allow when the network is blocked",
        metavar="HOST",
        action="append",
        default=[],
    )
    add("update", "write snapshots that differ or are missing", action="store_true")
    add("disable", "open no cassette: every request is sent", action="store_true")
    add("prune", "remove cassettes and snapshots that no test uses", action="store_true")
    add("report", "write cassettes and pages of failed tests to DIR", metavar="DIR", default=None)
    _add_ini(parser)


def _add_ini(parser: pytest.Parser) -> None:
    parser.addini("tape_record", "record mode of cassettes: none, once, new_episodes, all")
    parser.addini("tape_speed", "pace of replays: 1.0 as recorded, none at once")
    parser.addini("tape_block_network", "let sockets reach loopback only", "bool", default=False)
    parser.addini("tape_allow_hosts", "hosts to allow when the network is blocked", "linelist")
    parser.addini("tape_max_age", "age at which cassettes expire, as 30d")
    parser.addini("tape_store", "URL or folder for the tests' cassettes, such as s3://bucket/ci")
    parser.addini(
        "tape_unseen", "connections of libraries that sessions can't see: error, warn, allow"
    )
    parser.addini("tape_on_expired", "what to do about expired cassettes: warn, fail, record")
    parser.addini(
        "tape_unproven",
        "what to do about tests that prove nothing: warn, error, ignore",
        default="warn",
    )
    parser.addini(
        "tape_unplayed",
        "what to do about unplayed interactions: report, fail, ignore",
        default="report",
    )
    parser.addini(
        "tape_dummy_keys",
        "while a test only replays, set API keys that SDKs require but do not find",
        "bool",
        default=True,
    )
    for name in _LINES:
        parser.addini(f"tape_{name}", f"the option {name} of every cassette", "linelist")
    for name in _BOOLS:
        parser.addini(f"tape_{name}", f"the option {name} of every cassette", "bool", default=False)


def _mode(text: str) -> str:
    mode = ALIASES.get(text, text)
    if mode not in MODES:
        known = ", ".join((*MODES, *ALIASES))
        raise ArgumentTypeError(f"unknown record mode {text!r} (known: {known})")
    return mode


def _speed(text: str) -> float | str | None:
    if text in {_UNSET, "none", "max"}:
        return None if text else _UNSET
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise ArgumentTypeError(
            f"invalid speed {text!r}: give a number above 0, or none for at once"
        )
    return speed


def configure(config: pytest.Config) -> Settings:
    """Read command line and ini file into the run's settings."""
    option = config.option
    overrides: dict[str, Any] = {}
    if option.tape_record is not None:
        overrides["mode"] = option.tape_record
    if option.tape_speed != _UNSET:
        overrides["speed"] = option.tape_speed
    ini = _ini(config)
    source = "default" if run_defaults.default_mode() == "once" else "default, as CI is set"
    if "mode" in overrides:
        source = "--tape-record"
    elif "mode" in ini:
        source = "ini"
    opened: list[str] = []

    def opens(path: str | os.PathLike[str]) -> None:
        opened.append(absolute(path))

    # `use_cassette` has its own default mode, on CI too: only an explicit setting changes it.
    store = str(config.getini("tape_store"))
    if store and "://" not in store:
        store = str(config.rootpath / store)
    presets = run_defaults.RunDefaults(
        ini, overrides, option.tape_disable, opens, store=store, root=str(config.rootpath)
    )
    run_defaults.push(presets)
    load_hooks.listeners.append(opens)
    config.stash[SETTINGS] = settings = Settings(overrides, ini, source, presets, opened)
    settings.lends_keys = bool(config.getini("tape_dummy_keys"))
    settings.update = bool(option.tape_update)
    settings.unproven = _one_of(config, "tape_unproven", UNPROVEN)
    settings.unplayed = _one_of(config, "tape_unplayed", UNPLAYED)
    if option.tape_report is not None:
        settings.report = config.invocation_params.dir / option.tape_report
    if option.tape_block_network or config.getini("tape_block_network"):
        from streamtape.transport.network_guard import Guard

        settings.guard = Guard(
            [*option.tape_allow_host, *listed(config.getini("tape_allow_hosts"))]
        )
        settings.guard.install()
    return settings


def _ini(config: pytest.Config) -> dict[str, Any]:
    ini: dict[str, Any] = {}
    try:
        if text := config.getini("tape_record"):
            ini["mode"] = _mode(text)
        if text := config.getini("tape_speed"):
            ini["speed"] = _speed(text)
    except ArgumentTypeError as error:
        raise pytest.UsageError(f"ini file: {error}") from error
    for name in ("max_age", "on_expired", "unseen", *_LINES, *_BOOLS):
        if value := config.getini(f"tape_{name}"):
            ini[name] = listed(value) if isinstance(value, list) else value
    return ini


def listed(lines: list[str]) -> tuple[str, ...]:
    """The values of a list: one a line, or several on a line with commas (not within brackets)."""
    parts = (part.strip() for line in lines for part in re.split(r",(?![^\[(]*[\])])", line))
    return tuple(part for part in parts if part)


def _one_of(config: pytest.Config, name: str, known: tuple[str, ...]) -> str:
    value = str(config.getini(name))
    if value not in known:
        raise pytest.UsageError(f"ini file: {name} is {value!r}; known: {', '.join(known)}")
    return value


def unconfigure(config: pytest.Config) -> None:
    """Restore the defaults from before this run."""
    settings = config.stash.get(SETTINGS, None)
    if settings is None:
        return
    run_defaults.pop(settings.presets)
    load_hooks.listeners.remove(settings.presets.opened)
    settings.release_patches()
    settings.block(None)
    if settings.lent:
        settings.lent.take_back()
    if settings.guard is not None:
        settings.guard.remove()


def of(config: pytest.Config) -> Settings:
    """The settings of a run."""
    return config.stash[SETTINGS]


def absolute(path: str | os.PathLike[str]) -> str:
    """The whole path as text: of every test, so without making a Path of each of its parts.

    A URL is whole, and shown without credentials.
    """
    text = os.fspath(path)
    if "://" in text:
        return str(path)
    return _normal(text if os.path.isabs(text) else f"{os.getcwd()}{os.sep}{text}")  # noqa: PTH109, PTH117 - Path costs ten times as much


# A test's cassette is requested when it is placed, when it is opened and when it is loaded.
@lru_cache(maxsize=8)
def _normal(path: str) -> str:
    return os.path.normpath(path)
