"""Faults: ways to break a stream, as values with a text form.

    cut@event=12            the connection ends after 12 events; @byte=900, @head, @end
    cut@byte=900:rst        it is reset (RST) instead of closed (FIN)
    close=1011@event=12     a WebSocket is closed with this code after 12 events; @end
    stall=30s@event=5       silence for so long before event 5; @byte, @head (slow headers)
    error@event=5           the provider's error event instead of event 5, and the end;
                            error=overloaded_error@event=5 says of which type
    done@event=5            an early [DONE] instead of event 5, and the end
    drop@event=3            event 3 is missing
    double@event=3          it comes twice
    swap@event=3            it comes after event 4
    corrupt@event=3         one byte of it is another one; @byte
    utf8@event=3            a character in it has lost its last byte
    http=429,retry_after=1  this status instead of the stream, the first time it is requested

Events count from 0, as `interaction.events()` numbers them, bytes as they are sent: `@event=5` is
where five events have gone by. Those of a WebSocket dialogue are the messages of both sides, and
its faults are at events (`cut`, `close`, `stall`, `error`, `drop`, `double`, `swap`, `corrupt`,
`utf8`), at the head or the end, or `http`.

`?` is a place by the seed. `times=N` strikes the first N requests for an interaction (`times=all`
every one): what comes after them is a good take. Only `http` has `times=1` by default.
`of=N` strikes only interaction N of the cassette, counted from 0.
`str()` of a fault is its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from streamtape.errors import UsageError
from streamtape.playback.option_syntax import count, duration_text, duration_us, fields

ANYWHERE = -1
_TYPE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_EVENT, _BYTE, _HEAD, _END = "event", "byte", "head", "end"
_NEVER_SENT = {1004, 1005, 1006, 1015}  # RFC 6455 section 7.4.1


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of fault takes. `value`: what follows `=`, `?` where it may be left out.

    `breaks`: a client that meets it is likely to ask again, so it leaves its interaction unplayed.
    """

    positions: tuple[str, ...]
    value: str = ""
    breaks: bool = False
    times: int | None = None
    options: tuple[str, ...] = ("times", "of")


KINDS = {
    "cut": Kind((_EVENT, _BYTE, _HEAD, _END), breaks=True),
    "close": Kind((_EVENT, _END), "code", breaks=True),
    "stall": Kind((_EVENT, _BYTE, _HEAD), "duration", breaks=True),
    "error": Kind((_EVENT,), "type?", breaks=True),
    "done": Kind((_EVENT,), breaks=True),
    "drop": Kind((_EVENT,)),
    "double": Kind((_EVENT,)),
    "swap": Kind((_EVENT,)),
    "corrupt": Kind((_EVENT, _BYTE)),
    "utf8": Kind((_EVENT,)),
    "http": Kind((), "status", True, 1, ("retry_after", "times", "of")),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is broken. `at` is ANYWHERE for a place by the seed.

    `us` is how long a stall lasts, `status` that of an HTTP error or the code of a close, `type`
    that of an error event; `times` None strikes every request, `of` None every interaction.
    """

    kind: str
    position: str = ""
    at: int = 0
    us: int = 0
    status: int = 0
    type: str = ""
    reset: bool = False
    retry_after_s: int | None = None
    times: int | None = None
    of: int | None = None

    @property
    def breaks(self) -> bool:
        """Whether a client that meets it is likely to ask again."""
        return KINDS[self.kind].breaks

    def strikes(self, attempt: int, number: int | None = None) -> bool:
        """Whether it strikes this request for interaction `number`; both count from 0."""
        mine = self.of is None or self.of == number
        return mine and (self.times is None or attempt < self.times)

    def moved_to(self, at: int) -> Fault:
        """A copy of the fault at position `at`, which was open before (`@event=?`)."""
        return replace(self, at=at)

    def __str__(self) -> str:
        value = self.type
        if self.kind == "stall":
            value = duration_text(self.us)
        elif self.kind in {"http", "close"}:
            value = str(self.status)
        text = f"{self.kind}={value}" if value else self.kind
        if self.position:
            text += f"@{self.position}"
        if self.position in (_EVENT, _BYTE):
            text += f"={'?' if self.at == ANYWHERE else self.at}"
        if self.reset:
            text += ":rst"
        if self.retry_after_s is not None:
            text += f",retry_after={self.retry_after_s}"
        if self.times != KINDS[self.kind].times:
            text += f",times={'all' if self.times is None else self.times}"
        if self.of is not None:
            text += f",of={self.of}"
        return text


Faults = str | Fault | Iterable[str | Fault]


def parse_faults(given: Faults) -> tuple[Fault, ...]:
    """Parse faults: one, several, or several in one text separated by semicolons."""
    if isinstance(given, Fault):
        return (given,)
    if isinstance(given, str):
        return tuple(parse_fault(text) for text in given.split(";") if text.strip())
    if not isinstance(given, Iterable):
        raise UsageError(f"fault must be a string, a Fault or several of them, got {given!r}")
    return tuple(fault for one in given for fault in parse_faults(one))


def parse_fault(text: str) -> Fault:
    """Parse one fault; UsageError says what is wrong, and lists the kinds."""
    what = f"fault {text!r}"
    body, _, options = text.strip().partition(",")
    main, _, position = body.partition("@")
    name, _, value = main.partition("=")
    kind = KINDS.get(name)
    if kind is None:
        raise UsageError(
            f"{what}: unknown fault (known: {', '.join(KINDS)}; for instance "
            "cut@event=12, a reset cut@event=12:rst, slow headers stall=1s@head)"
        )
    position, colon, ending = position.partition(":")
    if colon and (name != "cut" or ending not in {"rst", "fin"}):
        raise UsageError(f"{what}: only a cut has an ending, :rst or :fin")
    given = fields(options, what, kind.options) if options else {}
    retry_after = given.get("retry_after")
    times, of = given.get("times"), given.get("of")
    fault = Fault(
        name,
        reset=ending == "rst",
        retry_after_s=None if retry_after is None else count(retry_after, what),
        times=kind.times if times is None else _times(times, what),
        of=None if of is None else count(of, what),
    )
    return _at(_valued(fault, kind, value, what), kind, position, what)


def _times(text: str, what: str) -> int | None:
    return None if text == "all" else count(text, what, least=1)


def _valued(fault: Fault, kind: Kind, value: str, what: str) -> Fault:
    if kind.value == "duration":
        return replace(fault, us=duration_us(value, what))
    if kind.value == "status":
        status = count(value, what, least=200)
        if status > 599:
            raise UsageError(f"{what}: {value} is no HTTP status from 200 to 599")
        return replace(fault, status=status)
    if kind.value == "code":
        code = count(value, what, least=1000)
        if code > 4999 or code in _NEVER_SENT:
            raise UsageError(
                f"{what}: close code must be one that can be sent (1000 to 4999), got {value}"
            )
        return replace(fault, status=code)
    if kind.value:
        if value and _TYPE.fullmatch(value) is None:
            raise UsageError(f"{what}: invalid error type {value!r}; write it as overloaded_error")
        return replace(fault, type=value)
    if value:
        raise UsageError(f"{what}: {fault.kind} takes no value")
    return fault


def _at(fault: Fault, kind: Kind, text: str, what: str) -> Fault:
    position, _, at = text.partition("=")
    if not kind.positions and not text:
        return fault
    if position not in kind.positions:
        known = ", ".join(f"@{p}=N" if p in (_EVENT, _BYTE) else f"@{p}" for p in kind.positions)
        raise UsageError(f"{what}: {fault.kind} needs a position (known: {known or 'none'})")
    if position in (_HEAD, _END):
        if at:
            raise UsageError(f"{what}: @{position} takes no number")
        return replace(fault, position=position)
    return replace(fault, position=position, at=ANYWHERE if at == "?" else count(at, what))
