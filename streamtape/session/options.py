"""The options of a session: the record mode and every other one, declared once.

The modes have the names and meanings of VCR's. Unknown names and values are refused when options
are made, and the message lists the known ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from streamtape.choices import EXPIRED, LEVELS, MODES, Expired, Level, RecordMode
from streamtape.errors import UsageError
from streamtape.json_path import path_pattern
from streamtape.playback.clock import Clock
from streamtape.tape.model import Request
from streamtape.tape.redact import RedactionOptions
from streamtape.units import parse_us

if TYPE_CHECKING:
    from streamtape.playback.faults import Fault, Faults
    from streamtape.playback.pace import Pace
    from streamtape.playback.rechunk import Rechunk

RequestMatcher = Callable[[Request, Request], bool]
RequestFilter = Callable[[Request], Request]
UNSEEN = ("error", "warn", "allow")
CLOCKS = ("system", "auto", "manual")
_AGE_UNITS = ("s", "m", "h", "d", "w")
MATCHERS = ("method", "scheme", "host", "port", "path", "query", "url", "headers", "body")


class OptionFields(TypedDict, total=False):
    """The types of the options, for `**options`; `Options` has their meanings and defaults."""

    mode: RecordMode
    speed: float | None
    idle_limit: float | None
    match_on: Sequence[str | RequestMatcher]
    ignore_json_paths: Sequence[str]
    ignore_hosts: Sequence[str]
    ignore_localhost: bool
    filters: Sequence[RequestFilter]
    match_up: bool | None
    strict_order: bool
    allow_playback_repeats: bool
    record_on_exception: bool | Literal["whole"]
    allow_no_requests: bool
    replay_in_process: bool
    max_age: float | str | timedelta | None
    on_expired: Expired
    verify_level: Level
    clock: str | Clock
    pace: str | Pace | None
    rechunk: str | Rechunk | None
    fault: Faults
    seed: int
    redaction: RedactionOptions | None
    max_body_bytes: int | None
    unseen: Literal["error", "warn", "allow"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a session records and replays.

    `mode`: `none` replays and never sends; `once` records if there is no cassette, else replays;
    `new_episodes` replays recorded requests and records the others; `all` records everything and
    replaces the cassette; `verify` sends everything, compares the responses with the cassette,
    fails if they differ (VerifyError, at `verify_level`), and changes nothing.
    `speed`: None replays without waiting, 1.0 at the recorded pace, 2.0 twice as fast.
    `idle_limit`: at most this many seconds between two chunks of a replay.
    `match_on`: what must be equal for an interaction to answer a request; names of parts, or
    functions of (recorded, requested) that return a bool or assert.
    `ignore_json_paths`: paths in JSON bodies that are not compared (`$.metadata.run_id`; `[*]`
    matches every index, `$..run_id` for any depth).
    `ignore_hosts`, `ignore_localhost`: requests to these hosts (names, or patterns such as
    `*.example.com`) are neither recorded nor replayed, in any mode.
    `filters`: functions that take a request, recorded or live, and return the request to match by;
    the file is not affected.
    `match_up`: ids and times in bodies may differ, as long as each recorded id maps to one new id
    throughout the replay. None: only in mode `verify`.
    `strict_order`: requests must come in the order in which they were recorded.
    `allow_playback_repeats`: once all equal interactions were played, one may answer again.
    `record_on_exception`: keep a recording even if the program failed with an exception; with mode
    `all` only if it replaces no cassette. "whole", the default of tests, keeps it if all of its
    streams are complete, else writes it to `NAME.tape.failed`.
    `allow_no_requests`: don't fail if the session sees no request.
    `replay_in_process`: applications that answer in this process (ASGI, WSGI, test clients, mock
    transports) are replayed like the network; without it they are called in every run.
    `max_age`: seconds, a timedelta or "30d", "12h", "45m": an older cassette is expired, and
    `on_expired` decides: `warn`, `fail`, or `record` it again (if the mode may record).
    `clock`: `system`; `auto`, which jumps over every wait; `manual`, which `session.clock.advance`
    moves; or a Clock. With any clock but the system's, `speed` None means the recorded pace.
    `pace`, `rechunk`, `fault`: another pace, other cuts, faults; see `playback.pace`,
    `playback.rechunk`, `playback.faults`. A recording session first records the whole stream
    without them, then plays it with them.
    `seed` seeds everything random.
    `redaction`: what to mask beyond the defaults, and what not to mask (`RedactionOptions`).
    `max_body_bytes`: a longer body is recorded up to this size, as `unfinished`; its client gets
    all of it.
    `unseen`: connections of libraries whose requests a session can't see. None: refuse them if the
    session only replays (UnseenConnectionError), and warn at the end if it records. `error`: as
    None, but with an error at the end. `warn`: a warning in every mode. `allow`: ignore them.
    Loopback and ignored hosts are always allowed, unless the session has interactions of that host
    and port.
    """

    mode: RecordMode = "once"
    speed: float | None = None
    idle_limit: float | None = None
    match_on: tuple[str | RequestMatcher, ...] = ("method", "url", "body")
    ignore_json_paths: tuple[str, ...] = ()
    ignore_hosts: tuple[str, ...] = ()
    ignore_localhost: bool = False
    filters: tuple[RequestFilter, ...] = ()
    match_up: bool | None = None
    strict_order: bool = False
    allow_playback_repeats: bool = False
    record_on_exception: bool | Literal["whole"] = True
    allow_no_requests: bool = False
    replay_in_process: bool = False
    max_age: float | str | timedelta | None = None
    on_expired: Expired = "warn"
    verify_level: Level = "events"
    clock: str | Clock = "system"
    pace: str | Pace | None = None
    rechunk: str | Rechunk | None = None
    fault: Faults = ()
    seed: int = 0
    redaction: RedactionOptions | None = None
    max_body_bytes: int | None = None
    unseen: Literal["error", "warn", "allow"] | None = None

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UsageError(refusal("record mode", self.mode, MODES))
        for name in ("speed", "idle_limit"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (number and value >= 0 and (name, value) != ("speed", 0)):
                raise UsageError(f"{name} must be a positive number or None, got {value!r}")
        limit = self.max_body_bytes
        if limit is not None and not (type(limit) is int and limit >= 0):
            raise UsageError(f"max_body_bytes must be a number of bytes or None, got {limit!r}")
        if self.on_expired not in EXPIRED:
            raise UsageError(refusal("on_expired", self.on_expired, EXPIRED))
        if isinstance(self.clock, str) and self.clock not in CLOCKS:
            raise UsageError(refusal("clock", self.clock, CLOCKS))
        if self.verify_level not in LEVELS:
            raise UsageError(refusal("verify_level", self.verify_level, LEVELS))
        self.max_age_us  # noqa: B018 - a wrong one is refused at the door
        for name in ("match_on", "ignore_json_paths", "ignore_hosts", "filters"):
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, Sequence):
                raise UsageError(f"{name} must be a list or tuple, got {value!r}")
            # Lists come from ini files and marks.
            object.__setattr__(self, name, tuple(value))
        for path in self.ignore_json_paths:
            path_pattern(path)  # a wrong one is refused at the door
        for matcher in self.match_on:
            if not callable(matcher) and matcher not in MATCHERS:
                raise UsageError(refusal("matcher", matcher, MATCHERS))
        self._check_others()

    def _check_others(self) -> None:
        if self.unseen is not None and self.unseen not in UNSEEN:
            raise UsageError(refusal("value of unseen", self.unseen, UNSEEN))
        if self.record_on_exception not in (True, False, "whole"):
            value = self.record_on_exception
            raise UsageError(f"record_on_exception must be True, False or 'whole', got {value!r}")
        # Imported where they are used: few replays do, and every test run would pay.
        if self.pace is not None:
            from streamtape.playback.pace import parse_pace

            parse_pace(self.pace)
        if self.rechunk is not None:
            from streamtape.playback.rechunk import parse_rechunk

            parse_rechunk(self.rechunk)
        if self.fault != ():
            from streamtape.playback.faults import parse_faults

            object.__setattr__(self, "fault", parse_faults(self.fault))
        if not isinstance(self.seed, int):
            raise UsageError(f"seed must be a whole number, got {self.seed!r}")
        if not isinstance(self.redaction, RedactionOptions | None):
            raise UsageError(f"redaction must be RedactionOptions or None, got {self.redaction!r}")

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults as values."""
        return cast("tuple[Fault, ...]", self.fault)

    @property
    def plays_as_recorded(self) -> bool:
        """Whether a replay gives the recorded chunks without waiting: no pace, cuts or faults."""
        return (
            self.speed is None
            and self.pace is None
            and self.idle_limit is None
            and self.rechunk is None
            and not self.faults
        )

    @property
    def max_age_us(self) -> int | None:
        """`max_age` in microseconds; None if cassettes do not expire."""
        age = self.max_age
        if isinstance(age, timedelta):
            age = age.total_seconds()
        if isinstance(age, str):
            us = parse_us(age.strip(), _AGE_UNITS)
            age = -1.0 if us is None else us / 1e6
        if age is None:
            return None
        if isinstance(age, bool) or not age > 0:
            raise UsageError(
                "max_age must be seconds, a timedelta or a number with s, m, h, d or w ('30d'), "
                f"got {self.max_age!r}"
            )
        return round(age * 1e6)

    @classmethod
    def of(cls, **options: Any) -> Options:
        """Make options from keyword arguments; UsageError for an unknown name."""
        known = tuple(f.name for f in fields(cls))
        for name in options:
            if name in _ELSEWHERE:
                raise UsageError(f"unknown option {name!r}: here it is {_ELSEWHERE[name]}")
            if name not in known:
                raise UsageError(refusal("option", name, known))
        return cls(**options)


# What others call their options, and what does the same here.
_MASKED = "not needed: secrets are masked by default (`redaction` masks more)"
_ELSEWHERE = {
    "record_mode": "`mode`",
    "filter_headers": _MASKED,
    "filter_query_parameters": _MASKED,
    "filter_post_data_parameters": _MASKED,
    "before_record_request": "`filters`, for what is matched; `redaction`, for what is written",
    "before_record_response": "`redaction`, for what is written",
    "on_expiry": "`on_expired`",
}


def refusal(what: str, value: object, known: tuple[str, ...]) -> str:
    """The text for an unknown value: the known ones, and the one probably meant."""
    import difflib

    nearest = difflib.get_close_matches(str(value), known, 1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"unknown {what} {value!r}{hint} (known: {', '.join(known)})"
