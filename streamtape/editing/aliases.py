"""Aliases of names and ids: one for one, and the same throughout a cassette."""

from __future__ import annotations

import re

from streamtape.editing.neutral import filler, neutral, neutral_digits
from streamtape.editing.vocabulary import FAMILIES, known_name, known_word

# What ids of the providers begin with, which tells what they are ids of.
_PREFIX = re.compile(
    r"(?:resp|msg|call|chatcmpl|toolu|srvtoolu|fc|rs|item|event|evt|req|ws|ci|fs|ig|mcp|mcpl|mcpr|"
    r"cmpl|gen|run|file|cntr|conv|sess|fp|ctc|sh|prompt|reasoning|functions|chat|org|proj|asst|"
    r"thread|step|vs|batch|audio|tool|cu|ap|cmp|tsc|container)(?=[_-])[_-]"
)
_ALNUM = re.compile(r"[A-Za-z0-9]")
_MODEL_PART = re.compile(r"[^A-Za-z0-9]+")
_VERSION = re.compile(r"v?\d{1,4}[bkmo]?|\d{8}|\d{6}|e\d+b|a\d+b|q\d|fp\d+|int\d+|x\d+b|r\d|k\d")


class Aliases:
    """The aliases of the names and ids of one cassette. The same ones give the same, in order."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def id(self, old: str) -> str:
        """The alias of an id: of the same form, numbered, none twice."""
        if not old or (len(old) <= 2 and old.isdigit()):
            return old
        if old not in self._ids:
            prefix = _PREFIX.match(old)
            kept = prefix[0] if prefix else ""
            self._ids[old] = kept + self._numbered(old[len(kept) :], len(self._ids) + 1)
        return self._ids[old]

    @staticmethod
    def _numbered(form: str, number: int) -> str:
        """A form with zeros for letters and digits, and a number in its last places."""
        digits = str(number)
        places = [match.start() for match in _ALNUM.finditer(form)]
        out = ["0" if _ALNUM.match(char) else char if char.isascii() else "-" for char in form]
        if len(places) < len(digits):
            return "".join(out) + digits
        for place, digit in zip(reversed(places), reversed(digits), strict=False):
            out[place] = digit
        return "".join(out)

    def name(self, old: str) -> str:
        """The alias of a name of the user's own: neutral words, and none twice."""
        if not old or known_word(old):
            return old
        if old not in self._names:
            plain, new, number = neutral(old), "", 0
            new = plain
            while new in self._taken:
                number += 1
                new = _varied(plain, number)
            self._taken.add(new)
            self._names[old] = new
        return self._names[old]

    def member(self, old: str) -> str:
        """The alias of a member's name: itself, where it is a field of an API."""
        return old if known_name(old) else self.name(old)

    def model(self, old: str) -> str:
        """The alias of a model's name: itself, where it is that of a public one."""
        return old if is_public_model(old) else self.name(old)


def _varied(plain: str, number: int) -> str:
    """A name with its last letters replaced by those of a number, to be another one."""
    letters = ""
    while number:
        number, rest = divmod(number, 26)
        letters = chr(ord("a") + rest) + letters
    at = len(plain)
    places: list[int] = []
    while at and len(places) < len(letters):
        at -= 1
        if _ALNUM.match(plain[at]):
            places.insert(0, at)
    if len(places) < len(letters):
        return plain + letters
    out = list(plain)
    for place, letter in zip(places, letters, strict=True):
        out[place] = letter
    return "".join(out)


def is_public_model(name: str) -> bool:
    """Whether a name is made of nothing but the words and versions of public models."""
    if known_word(name):
        return True
    parts = [part for part in _MODEL_PART.split(name.lower()) if part]
    words = [part for part in parts if not _VERSION.fullmatch(part)]
    return bool(words) and all(re.sub(r"\d+$", "", part) in FAMILIES for part in words)


def neutral_value(text: str) -> str:
    """The alias of a text that is a value of the user's own and no prose."""
    return filler(text) or neutral(text)


def neutral_integer(value: int) -> int:
    """The alias of a whole number."""
    digits = neutral_digits(str(abs(value)))
    return -int(digits) if value < 0 else int(digits)
