"""Regular grammars over event types, written as text and run event by event.

    added (delta | annotation)* done? closed

A name matches one event; `|`, `*`, `+`, `?` and parentheses mean what they do in regular
expressions, `_` is any event that the grammar does not name. A grammar becomes a state machine when
it is first run. If an event does not fit, `expected` says what would have, and `recover` continues
from any state after such an event, so that one deviation is one finding.
"""

from __future__ import annotations

import re
from functools import lru_cache

ANY_OTHER = "_"
_TOKEN = re.compile(r"\s*([()|*+?]|[\w.:\[\]/-]+)")
State = frozenset[int]


class Grammar:
    """A grammar, compiled. States are sets of places in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps: list[tuple[str, int]] = []  # place -> (name, where it leads); "" is the end
        self._free: list[list[int]] = []  # place -> places reached without an event
        self._moves: dict[tuple[State, str], State] = {}
        tokens = _tokens(text)
        first, last, rest = self._choice(tokens)
        if rest:
            raise ValueError(f"grammar {text!r}: unexpected {rest[0]!r}")
        self._last = last
        self.start = self._closed({first})
        self.names = frozenset(name for name, _ in self._steps if name)

    def step(self, state: State, name: str) -> State:
        """The state after an event; the empty state where it does not fit."""
        symbol = name if name in self.names else ANY_OTHER
        known = self._moves.get((state, symbol))
        if known is None:
            known = self._closed({self._steps[p][1] for p in state if self._steps[p][0] == symbol})
            self._moves[state, symbol] = known
        return known

    def recover(self, name: str) -> State:
        """The state after an event, wherever the grammar has it; empty if it has no such event."""
        return self.step(frozenset(range(len(self._steps))), name)

    def expected(self, state: State) -> list[str]:
        """The names of what may come in a state, sorted; `_` left out."""
        return sorted({self._steps[p][0] for p in state} - {"", ANY_OTHER})

    def accepts(self, state: State) -> bool:
        """Whether the stream may end in a state."""
        return self._last in state

    def _new_state(self) -> int:
        self._steps.append(("", 0))
        self._free.append([])
        return len(self._steps) - 1

    def _closed(self, states: set[int]) -> State:
        found, todo = set(states), list(states)
        while todo:
            for index in self._free[todo.pop()]:
                if index not in found:
                    found.add(index)
                    todo.append(index)
        return frozenset(found)

    def _choice(self, tokens: list[str]) -> tuple[int, int, list[str]]:
        first, last = self._new_state(), self._new_state()
        while True:
            start, end, tokens = self._sequence(tokens)
            self._free[first].append(start)
            self._free[end].append(last)
            if not tokens or tokens[0] != "|":
                return first, last, tokens
            tokens = tokens[1:]

    def _sequence(self, tokens: list[str]) -> tuple[int, int, list[str]]:
        first = last = self._new_state()
        while tokens and tokens[0] not in "|)":
            start, end, tokens = self._repeated(tokens)
            self._free[last].append(start)
            last = end
        return first, last, tokens

    def _repeated(self, tokens: list[str]) -> tuple[int, int, list[str]]:
        start, end, tokens = self._one(tokens)
        while tokens and tokens[0] in "*+?":
            first, last = self._new_state(), self._new_state()
            self._free[first].append(start)
            self._free[end].append(last)
            if tokens[0] in "*?":
                self._free[first].append(last)
            if tokens[0] in "*+":
                self._free[end].append(start)
            start, end, tokens = first, last, tokens[1:]
        return start, end, tokens

    def _one(self, tokens: list[str]) -> tuple[int, int, list[str]]:
        if tokens[0] == "(":
            first, last, rest = self._choice(tokens[1:])
            if not rest:
                raise ValueError(f"grammar {self.text!r}: a parenthesis is not closed")
            return first, last, rest[1:]
        if tokens[0] in "*+?":
            raise ValueError(f"grammar {self.text!r}: {tokens[0]!r} has nothing before it")
        first, last = self._new_state(), self._new_state()
        self._steps[first] = (tokens[0], last)
        return first, last, tokens[1:]


@lru_cache(maxsize=256)
def grammar(text: str) -> Grammar:
    """The grammar of a text, compiled once; ValueError if it is malformed."""
    return Grammar(text)


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    index = 0
    text = text.rstrip()
    while index < len(text):
        match = _TOKEN.match(text, index)
        if match is None:
            raise ValueError(f"grammar {text!r}: unexpected {text[index:].strip()[:1]!r}")
        found.append(match[1])
        index = match.end()
    return found
