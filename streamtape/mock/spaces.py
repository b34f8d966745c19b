"""The mock's state, separate for each test: requests, misses, conversations, pending faults.

A test's name is in its base path, `/t/NAME/v1/responses`, or in the header X-Streamtape-Test. What
one test does changes nothing for another, so that many may share one server.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any
from urllib.parse import unquote

from streamtape.errors import UsageError
from streamtape.mock.history import History
from streamtape.mock.request import MockRequest
from streamtape.mock.rules import Rule
from streamtape.playback.faults import Fault
from streamtape.server.exchange import RequestHead

HEADER = "x-streamtape-test"
_IN_PATH = re.compile(r"^/t/([^/]{1,200})(/.*|$)")
MAX_REQUESTS = MAX_MISSES = 2000  # per test
MAX_REQUEST_BYTES = 16 << 20  # per test
MAX_MISS_BYTES = 1 << 20  # per test
MAX_BYTES = 128 << 20  # for requests, and for responses, over all tests
_HEAD_BYTES = 1 << 10  # the size of a request without its body
_MOST_RESPONSES = 256
MAX_RESPONSE_BYTES = 16 << 20  # per test, counted by the requests that they answer
_MOST_SPACES = 2000
_VALUE_BYTES = 64  # the overhead of a value


@dataclass(slots=True)
class Seen:
    """A request that came: its head and body, what was understood of it, and what answered.

    `rule` is the title of the rule that answered; "" where it was none.
    """

    head: RequestHead
    body: bytes
    request: MockRequest | None = None
    rule: str = ""
    status: int | None = None

    @property
    def n_bytes(self) -> int:
        """What it counts for where memory is bounded."""
        return len(self.body) + _HEAD_BYTES


@dataclass(frozen=True, slots=True)
class Kept:
    """A response that can be continued, and fetched again: how to say it anew.

    `history` is the conversation up to its end, as input items or messages; `lasting` are fields of
    the request that hold for what goes on with it.
    """

    answer: Any
    history: Sequence[Any]
    lasting: Mapping[str, Any]
    n_bytes: int = 0  # its size, as memory is counted


@dataclass(slots=True)
class PendingFault:
    """A fault that strikes the next requests, whatever answers them."""

    fault: Fault
    n_left: int


@dataclass(slots=True)
class Space:
    """The state of one test; the one without a name is that of requests that name none."""

    name: str
    rules: list[Rule] | None = None
    n_requests: int = 0
    seen: History[Seen] = field(default_factory=lambda: History(MAX_REQUESTS, MAX_REQUEST_BYTES))
    misses: History[str] = field(default_factory=lambda: History(MAX_MISSES, MAX_MISS_BYTES))
    answered: Counter[int] = field(default_factory=Counter)
    faults: list[PendingFault] = field(default_factory=list)
    responses: dict[str, Kept] = field(default_factory=dict)
    n_response_bytes: int = 0

    def keep(self, response_id: str, kept: Kept) -> None:
        """Keep a response; the oldest ones are forgotten, by number and size; never this one."""
        before = self.responses.pop(response_id, None)
        self.responses[response_id] = kept
        self.n_response_bytes += kept.n_bytes - (before.n_bytes if before else 0)
        while len(self.responses) > _MOST_RESPONSES or self.n_response_bytes > MAX_RESPONSE_BYTES:
            if not self.drop_response():
                break

    def drop_response(self) -> bool:
        """Forget the oldest response, unless it is the only one; whether it was forgotten."""
        if len(self.responses) < 2:
            return False
        self.n_response_bytes -= self.responses.pop(next(iter(self.responses))).n_bytes
        return True

    def add_miss(self, text: str) -> None:
        """Keep why a request was not answered."""
        self.misses.add(text, len(text))

    def next_faults(self) -> list[Fault]:
        """The faults that strike the request that is being answered."""
        found = [replace(pending.fault, times=None) for pending in self.faults]
        for pending in self.faults:
            pending.n_left -= 1
        self.faults = [pending for pending in self.faults if pending.n_left > 0]
        return found


class Spaces:
    """Every space of a server, made when its name is first heard."""

    def __init__(self) -> None:
        self._spaces: dict[str, Space] = {"": Space("")}

    def __iter__(self) -> Iterator[Space]:
        return iter(list(self._spaces.values()))

    def named(self, name: str) -> Space:
        """The space of a name."""
        if name not in self._spaces:
            if len(self._spaces) >= _MOST_SPACES:
                oldest = next(name for name in self._spaces if name)
                del self._spaces[oldest]
            self._spaces[name] = Space(name)
        return self._spaces[name]

    def add(self, space: Space, seen: Seen) -> None:
        """Keep a request of a space; over all of them, those that keep most drop their oldest.

        Responses that can be gone on with are dropped likewise.
        """
        space.n_requests += 1
        space.seen.add(seen, seen.n_bytes)
        excess = sum(one.seen.n_bytes for one in self._spaces.values()) - MAX_BYTES
        while excess > 0:
            largest = max((one.seen for one in self._spaces.values()), key=lambda one: one.n_bytes)
            before = largest.n_bytes
            if not largest.drop_oldest():
                break
            excess -= before - largest.n_bytes
        excess = sum(one.n_response_bytes for one in self._spaces.values()) - MAX_BYTES
        while excess > 0:
            most = max(self._spaces.values(), key=lambda one: one.n_response_bytes)
            before = most.n_response_bytes
            if not most.drop_response():
                break
            excess -= before - most.n_response_bytes

    def forget(self, name: str) -> None:
        """Forget what a space remembers; its rules, too."""
        self._spaces[name] = Space(name)

    def of(self, head: RequestHead) -> tuple[Space, str]:
        """The space of a request, and its target without the name of a test."""
        found = _IN_PATH.match(head.target)
        if found is None:
            return self.named(head.header(HEADER) or ""), head.target
        name = unquote(found[1])
        header = head.header(HEADER)
        if header is not None and header != name:
            raise UsageError(f"the path names test {name!r}, but the header names {header!r}")
        rest = found[2]
        return self.named(name), rest if rest.startswith("/") else f"/{rest}"


def size_of(value: Any) -> int:
    """About how many bytes a JSON value takes in memory."""
    n_bytes, left = 0, [value]
    while left:
        one = left.pop()
        n_bytes += _VALUE_BYTES
        if isinstance(one, str):
            n_bytes += len(one)
        elif isinstance(one, Mapping):
            left += chain(one, one.values())
        elif isinstance(one, list):
            left += one
    return n_bytes
