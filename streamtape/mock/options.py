"""The options of one request to the mock: script, pace, faults.

Options are query parameters, of the URL or of the model's name, so that any SDK can send them:
`model="gpt-4.1?gap_us=0&cut=12"`. Unknown ones are refused. Nothing here does I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl

from streamtape.errors import UsageError
from streamtape.playback.faults import Fault, parse_faults
from streamtape.playback.pace import Pace, parse_pace
from streamtape.playback.rechunk import parse_rechunk

PREFIX = "scripted:"
# What clients of other APIs put into URLs, and what resumes a stream.
_NOT_OURS = {"alt", "key", "$alt", "model", "intent", "api-version", "beta", "stream",
             "starting_after", "include", "include_obfuscation"}  # fmt: skip
_SILENCE_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """How one answer is given.

    script: the name of a ready answer (an unknown one is refused with the list of them); "" for
    what fits the request. seed: of ids and cuts; None takes the server's, request by request.
    pace, fault and rechunk: those of replays, as texts. gap_us: the time between events, instead
    of a pace.
    cut, reset, stall: after so many events close the connection, reset it, or fall silent.
    status: an HTTP error instead of an answer. word: what the fifth "bubble" of the usual text
    becomes. events: how many events the usual text makes. gzip: compress, flushed at each event.
    per_chunk: events in an HTTP chunk. pieces: HTTP chunks an event, or fragments of a WebSocket's
    message. cookies: how many Set-Cookie headers. Of WebSockets, close: the code with which it is
    closed at `cut`; 0 closes it without a message. hold: after so many events, wait until the
    client says something.
    """

    script: str = ""
    seed: int | None = None
    pace: str = ""
    fault: str = ""
    rechunk: str = ""
    gap_us: int | None = None
    cut: int | None = None
    reset: int | None = None
    stall: int | None = None
    status: int = 200
    word: str = "bubble"
    events: int = 48
    gzip: bool = False
    per_chunk: int = 1
    pieces: int = 1
    cookies: int = 0
    close: int = 0
    hold: int | None = None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The requested faults."""
        found = [*parse_faults(self.fault)]
        if self.cut is not None:
            found.append(Fault("cut", "event", self.cut))
        if self.reset is not None:
            found.append(Fault("cut", "event", self.reset, reset=True))
        if self.stall is not None:
            found.append(Fault("stall", "event", self.stall, us=_SILENCE_US))
        return tuple(found)

    def own_pace(self) -> Pace | None:
        """The requested pace; None for the server's own."""
        if self.gap_us is not None:
            return Pace(rate_ms=self.gap_us / 1000) if self.gap_us else Pace(speed=None)
        return parse_pace(self.pace) if self.pace else None


def read_options(model: str, query: str, defaults: Options) -> tuple[str, Options]:
    """Read the options out of a model's name and a URL's query: the bare name, and the options.

    UsageError for an option that does not exist.
    """
    bare, _, in_model = model.partition("?")
    options = _apply(_apply(defaults, in_model), query)
    if bare.startswith(PREFIX) and not options.script:
        options = replace(options, script=bare.removeprefix(PREFIX))
    parse_rechunk(options.rechunk or None)
    return bare, options


def _apply(options: Options, query: str) -> Options:
    types = {f.name: str(f.type) for f in fields(Options)}
    changes: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name in _NOT_OURS:
            continue
        if name not in types:
            known = ", ".join(sorted(types))
            raise UsageError(f"unknown option {name!r} of the mock; known: {known}")
        try:
            changes[name] = text if types[name] == "str" else _number(text)
        except ValueError:
            raise UsageError(f"option {name}={text!r} must be a whole number, 0 or more") from None
    changes.update({n: bool(v) for n, v in changes.items() if types[n] == "bool"})
    changes.update({n: max(v, 1) for n, v in changes.items() if n in ("per_chunk", "pieces")})
    return replace(options, **changes)


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number
