"""Tool calls of a stream: which call an event belongs to, even if its index does not say.

Servers send index 0 for all calls, null, or none; they send an id once, with every piece, or
another with every piece; a name whole or in pieces. A call begins with an id or a name that is
new; what has neither goes on with the call that its index means, or with the last one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from streamtape.dialects.alternatives import Found
from streamtape.dialects.base import Call
from streamtape.dialects.payload import Bindings, decode, get, join_text, parse_path
from streamtape.dialects.texts import Key, next_free
from streamtape.tape.events import Event

Here = tuple[tuple[str, ...], Bindings]  # the key of a rule, and where in an event it found a call


class HasPieces(Protocol):
    """A text as far as it goes."""

    pieces: list[str]


class HasTexts(Protocol):
    """The texts of a stream as far as they go, by channel and key."""

    def get(self, channel: Any, key: Key, /) -> HasPieces | None:
        """One text; None where nothing came of it yet."""


class OneCall:
    """A call: its key, what names it, and the event that began it."""

    __slots__ = ("closed", "event", "first_event", "id", "item", "key", "kind", "name", "rule")

    def __init__(self, key: Key, entry: _Entry) -> None:
        self.key = key
        self.rule = entry.rule
        self.id = ""
        self.name = ""
        self.kind = ""
        self.item = ""
        self.closed = False
        self.first_event = self.event = entry.event


class _Entry:
    """What an event says of a call: where, and the fields of its rule."""

    __slots__ = ("event", "id", "item", "kind", "n_left", "name", "rule", "slot", "starts")

    def __init__(self, found: Found, key: Key, event: int) -> None:
        rule, value = found.rule, found.value
        assert isinstance(rule, Call)
        self.rule = rule
        self.id = first_text(value, rule.id)
        self.name = first_text(value, rule.name)
        self.kind = first_text(value, rule.kind)
        self.item = first_text(value, rule.item) if rule.item else ""
        placeless = rule.index and get(value, parse_path(rule.index)) is None
        self.slot = (*key[:-1], None) if placeless else key
        self.event = event
        self.starts = False  # whether it brings what would be the beginning of arguments
        self.n_left = 0  # how many further calls of its slot the event has


class Calls:
    """The tool calls of one stream, in the order in which they began."""

    def __init__(self, texts: HasTexts) -> None:
        self._texts = texts
        self._all: dict[Key, OneCall] = {}
        self._slots: dict[Key, list[OneCall]] = {}
        self._here: dict[Here, Key] = {}
        self._refers: set[str] = set()

    def __iter__(self) -> Iterator[OneCall]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    @property
    def last(self) -> OneCall | None:
        """The call that began last."""
        return next(reversed(self._all.values()), None)

    def take(
        self, found: Sequence[tuple[Found, Key]], starts: Mapping[Here, str], event: Event
    ) -> bool:
        """Take all calls that an event names, by their rules; tells whether any was news.

        `starts` are the arguments that come with each.
        """
        self._here = {}
        entries: list[tuple[_Entry, Here]] = []
        for one, key in found:
            if isinstance(one.rule, Call) and one.rule.final and self._all:
                continue
            entry = _Entry(one, key, event.index)
            entry.starts = starts.get((one.rule.key, one.bound), "").lstrip().startswith("{")
            for other, _ in entries:
                other.n_left += other.slot == entry.slot and other.rule is entry.rule
            entries.append((entry, (one.rule.key, one.bound)))
            if entry.rule.refers:
                self._refers.add(entry.rule.refers)
        for entry, where in entries:
            call = self._which(entry, closing=event.type in entry.rule.closes)
            self._here[where] = call.key
            _name(call, entry)
            call.closed |= event.type in entry.rule.closes
        return any(entry.id or entry.name for entry, _ in entries)

    def key_of(self, found: Found, key: Key, payload: Any) -> Key:
        """The key of the call whose arguments an event brings."""
        here = self._here.get((found.rule.key, found.bound))
        if here is not None or not self._all:
            return key if here is None else here
        named = {first_text(payload, path) for path in self._refers} - {""}
        slot = self._slots.get(key, [])
        among = slot or [call for call in self if None in key] or list(self)
        referred = [call for call in among if call.item in named]
        if referred:
            return referred[-1].key
        if slot or None in key:
            still = [call for call in among if not call.closed] or among
            return still[-1].key
        return key

    def _which(self, entry: _Entry, *, closing: bool) -> OneCall:
        slot = self._slots.get(entry.slot, [])
        lost = None in entry.slot
        near = [c for c in self if c.key[:-1] == entry.slot[:-1]] if lost or not slot else slot
        elsewhere = [c for c in near if lost or not entry.name or c.rule is not entry.rule]
        known = _with_id(slot, entry) or _with_id(elsewhere, entry)
        if known is not None:
            return self._new(entry) if self._another(known, entry) else known
        if not (entry.id or entry.name):
            return near[max(-1 - entry.n_left, -len(near))] if near else self._new(entry)
        if closing:
            still = [call for call in (near if lost else slot) if not call.closed]
            return still[-1] if still else self._new(entry)
        current = near[-1] if lost and near else slot[-1] if slot else None
        if current is None or self._another(current, entry):
            return self._new(entry)
        return current

    def _another(self, current: OneCall, entry: _Entry) -> bool:
        """Whether an entry begins another call than the one that its index means."""
        if not entry.name:
            return False  # some servers make up an id for every piece
        same_id = bool(entry.id) and entry.id == current.id
        if same_id or (entry.item and entry.item == current.item):
            return entry.name != current.name and entry.starts and self._is_whole(current)
        if entry.id and current.id:
            return True
        opened = bool(entry.rule.closes) and not entry.id  # its first event, which comes once
        if opened or current.closed or current.event == entry.event:
            return True
        return entry.starts and self._is_whole(current)

    def _is_whole(self, call: OneCall) -> bool:
        text = self._texts.get("arguments", call.key)
        return text is not None and isinstance(decode(join_text(text.pieces)), dict)

    def _new(self, entry: _Entry) -> OneCall:
        """A call under the key of its index, or the next one that is free."""
        slot = entry.slot
        key = next_free((*slot[:-1], 0) if slot and slot[-1] is None else slot, self._all)
        call = self._all[key] = OneCall(key, entry)
        self._slots.setdefault(entry.slot, []).append(call)
        return call


def _with_id(calls: Sequence[OneCall], entry: _Entry) -> OneCall | None:
    for call in reversed(calls):
        if (entry.id and call.id == entry.id) or (entry.item and call.item == entry.item):
            return call
    return None


def _name(call: OneCall, entry: _Entry) -> None:
    """Keep what an entry says of its call: the first id and kind, the name and its pieces."""
    call.id = call.id or entry.id
    call.kind = call.kind or entry.kind
    call.item = call.item or entry.item
    call.event = entry.event
    if not call.name:
        call.name = entry.name
    elif not entry.rule.types and entry.name != call.name:
        call.name = entry.name if entry.name.startswith(call.name) else call.name + entry.name


def first_text(value: Any, path_field: str) -> str:
    """The first text or number at some alternative paths; what is behind `=` is itself."""
    for path in path_field.split("|"):
        if path.startswith("="):
            return path[1:]
        found = get(value, parse_path(path))
        if isinstance(found, str | int) and found != "" and not isinstance(found, bool):
            return str(found)
    return ""
