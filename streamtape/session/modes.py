"""What a session is told: the record mode and every other option, declared once.

The modes have the words and the meaning that users of VCR know. Unknown names and values are
refused at the door, with the known ones in the message.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal, TypedDict, get_args

from streamtape.errors import UsageError
from streamtape.tape.model import Request

RecordMode = Literal["none", "once", "new_episodes", "all"]
MODES: tuple[str, ...] = get_args(RecordMode)
RequestMatcher = Callable[[Request, Request], bool]
MATCHERS = ("method", "scheme", "host", "port", "path", "query", "url", "headers", "body")


class OptionFields(TypedDict, total=False):
    """The options by name, for typed `**options`; their meaning and defaults: `Options`."""

    mode: RecordMode
    speed: float | None
    idle_limit: float | None
    match_on: tuple[str | RequestMatcher, ...]
    ignore_json_paths: tuple[str, ...]
    allow_playback_repeats: bool
    record_on_exception: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a session records and replays.

    `mode`: `none` replays and never sends; `once` records where there is no cassette and replays
    where there is one; `new_episodes` replays what is there and records the rest; `all` records
    everything and replaces what is there.
    `speed`: None gives a replay at once, 1.0 at the recorded pace, 2.0 twice as fast.
    `idle_limit`: at most this many seconds between two chunks of a replay.
    `match_on`: what must be equal for an interaction to answer a request; names of parts, or
    functions of (recorded, asked).
    `ignore_json_paths`: paths in JSON bodies that are not compared (`$.metadata.run_id`; `[*]`
    stands for every index).
    `allow_playback_repeats`: an interaction may answer again when all equal ones were played.
    `record_on_exception`: keep a recording though the program failed with an exception.
    """

    mode: RecordMode = "once"
    speed: float | None = None
    idle_limit: float | None = None
    match_on: tuple[str | RequestMatcher, ...] = ("method", "url", "body")
    ignore_json_paths: tuple[str, ...] = ()
    allow_playback_repeats: bool = False
    record_on_exception: bool = True

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UsageError(refusal("record mode", self.mode, MODES))
        for name in ("speed", "idle_limit"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (number and value >= 0 and (name, value) != ("speed", 0)):
                raise UsageError(f"{name}={value!r}: a positive number or None is wanted")
        for matcher in self.match_on:
            if not callable(matcher) and matcher not in MATCHERS:
                raise UsageError(refusal("matcher", matcher, MATCHERS))

    @classmethod
    def of(cls, **options: Any) -> Options:
        """Make options of keyword arguments; an unknown name is a UsageError."""
        known = tuple(f.name for f in fields(cls))
        for name in options:
            if name not in known:
                raise UsageError(refusal("option", name, known))
        return cls(**options)


def refusal(what: str, value: object, known: tuple[str, ...]) -> str:
    """Say that a value is not known, what is, and which one was probably meant."""
    nearest = difflib.get_close_matches(str(value), known, 1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"unknown {what} {value!r}{hint} (known: {', '.join(known)})"
