"""Values of a foreign document, each with its path.

A value of the wrong type is a ConvertError that names the path and the value. Values that a reader
can do without (`optional`, `each`) are left out instead, with a note. Nothing here knows a format.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from streamtape.convert.about import About
from streamtape.errors import ConvertError
from streamtape.tape.http_values import headers_problem
from streamtape.tape.model import Headers
from streamtape.tape.texts import shortened

_MAX_NODES = 5_000_000  # in one body given as JSON: YAML references can make a few lines endless
_MISSING: Any = object()
T = TypeVar("T")
_FOLD = re.compile(rb"[ \t]*\r?\n[ \t]+")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document and its path in it."""

    value: Any
    where: str
    about: About

    def error(self, expected: str) -> ConvertError:
        """The error that something else was expected here."""
        if self.value is _MISSING:
            return self.about.error(f"{self.where} is missing")
        return self.about.error(f"{self.where}: expected {expected}, got {_short(self.value)}")

    def optional(self, read: Callable[[Node], T], default: T, effect: str = "ignored") -> T:
        """What `read` makes of it; the default, with a note of the effect, where it can't."""
        try:
            return read(self)
        except ConvertError as error:
            self.about.note(error, effect)
            return default

    def each(self, read: Callable[[Node], T]) -> list[T]:
        """What `read` makes of each item; those that it can't read are left out, with a note.

        ConvertError where none can be read.
        """
        found: list[T] = []
        errors: list[ConvertError] = []
        for item in self.items():
            try:
                found.append(read(item))
            except ConvertError as error:
                errors.append(error)
        if errors and not found:
            raise errors[0]
        for problem in errors:
            self.about.note(problem, "this entry is left out")
        return found

    def get(self, *names: str) -> Node:
        """The first of these fields that is there and not null; a missing one is a Node, too."""
        if not isinstance(self.value, dict):
            raise self.error("an object")
        for name in names:
            value = self.value.get(name)
            if value is not None:
                return Node(value, f"{self.where}.{name}", self.about)
        return Node(_MISSING, f"{self.where}.{names[0]}", self.about)

    def __bool__(self) -> bool:
        return self.value is not _MISSING

    def items(self) -> Iterator[Node]:
        """The items of a list."""
        if not isinstance(self.value, list | tuple):
            raise self.error("a list")
        for number, value in enumerate(self.value):
            yield Node(value, f"{self.where}[{number}]", self.about)

    def text(self, default: str | None = None) -> str:
        """The text; the default if the value is missing."""
        if not self and default is not None:
            return default
        if isinstance(self.value, bytes):
            return self.value.decode("utf-8", "backslashreplace")
        if not isinstance(self.value, str):
            raise self.error("text")
        return self.value

    def octets(self) -> bytes:
        """The bytes of a text, or bytes."""
        if isinstance(self.value, bytes | bytearray):
            return bytes(self.value)
        return to_bytes(self.text())

    def label(self) -> str:
        """The text, which nothing depends on: empty, with a note, where it is something else."""
        return self.optional(lambda node: node.text(""), "")

    def content(self) -> bytes:
        """The bytes of a body: text, bytes, or JSON that a tool has parsed."""
        if isinstance(self.value, dict | list | int | float):
            return self.as_json()
        return self.octets()

    def from_base64(self) -> bytes:
        """The bytes that are here in base64; line breaks and missing padding do no harm."""
        packed = b"".join(self.octets().split()).rstrip(b"=")
        try:
            return base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise self.error("base64") from None

    def from_hex(self) -> bytes:
        """The bytes that are here in hexadecimal, or else in base64."""
        try:
            return bytes.fromhex(self.text())
        except ValueError:
            return self.from_base64()

    def status(self) -> int:
        """An HTTP status: a number, or a text that begins with one (`200 OK`)."""
        value = self.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str):
            first = value.strip().partition(" ")[0]
            if first.isascii() and first.isdigit() and len(first) == 3:
                value = int(first)
        if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 999:
            raise self.error("an HTTP status")
        return value

    def microseconds(self) -> int | None:
        """A duration in milliseconds as microseconds; None where it says that it is not known."""
        if not self or self.value == -1:
            return None
        value = self.value
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value < 1e12:
            raise self.error("a duration in milliseconds")
        return int(value * 1000 + 0.5)

    def moment(self) -> int | None:
        """A date and time (ISO 8601, RFC 5322) as Unix time in microseconds, or None."""
        if not self:
            return None
        try:
            when = self.value
            if not isinstance(when, datetime):
                when = _moment(str(when) if isinstance(when, date) else self.text())
            if when.tzinfo is None:
                when = when.replace(tzinfo=UTC)
            return int(when.timestamp() * 1e6 + 0.5)
        except (ValueError, OverflowError):
            raise self.error("a date and time") from None

    def as_json(self) -> bytes:
        """The value as JSON text."""
        budget = [_MAX_NODES]
        try:
            plain = self._plain(self.value, budget)
            return to_bytes(json.dumps(plain, ensure_ascii=False))
        except RecursionError:
            raise self.about.error(f"{self.where} is nested too deeply") from None

    def _plain(self, value: Any, budget: list[int]) -> Any:
        budget[0] -= 1
        if budget[0] < 0:
            raise self.about.error(f"{self.where} has more than {_MAX_NODES:,} values")
        if isinstance(value, dict):
            return {str(key): self._plain(item, budget) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._plain(item, budget) for item in value]
        if isinstance(value, date):
            return value.isoformat()
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise self.error("JSON")

    def headers(self) -> Headers:
        """Headers: an object of names with a value or a list, or a list of names and values.

        One that is neither is left out, with a note.
        """
        if not self:
            return ()
        if isinstance(self.value, dict):
            nodes = [
                Node((name, value), f"{self.where}.{_short(name)}", self.about)
                for name, value in self.value.items()
            ]
            read = _named_values
        else:
            nodes = self.optional(lambda node: list(node.items()), [], "there are no headers")
            read = _name_and_value
        none: list[tuple[bytes, bytes]] = []
        return tuple(pair for node in nodes for pair in node.optional(read, none))


def _named_values(node: Node) -> list[tuple[bytes, bytes]]:
    """The headers of one name, of a (name, value or values) pair."""
    name, value = node.value
    key = replace(node, value=name).octets()
    of_name = replace(node, value=value)
    several = isinstance(value, list | tuple)
    ones = of_name.items() if several else [of_name]
    return [pair for one in ones for pair in _pairs(node, key, one)]


def _name_and_value(node: Node) -> list[tuple[bytes, bytes]]:
    return _pairs(node, node.get("name").octets(), node.get("value"))


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    words = text.split()
    if len(words) == 3 and words[2] in {"GMT", "UTC"}:  # as R's vcr writes it
        return datetime.fromisoformat(f"{words[0]} {words[1]}+00:00")
    try:
        return parsedate_to_datetime(text)
    except (TypeError, IndexError):  # of some texts that are no date
        raise ValueError(text) from None


def _pairs(node: Node, name: bytes, value: Node) -> list[tuple[bytes, bytes]]:
    """The headers of one name: browsers' tools join the values of several by line feeds.

    A line that begins with a blank goes on with the one before (RFC 9112 section 5.2). The pseudo
    headers of HTTP/2 are left out: they repeat what is elsewhere.
    """
    if name.startswith(b":"):
        return []
    whole = _FOLD.sub(b" ", _value(value))
    lines = [line for line in map(bytes.strip, whole.split(b"\n")) if line] or [b""]
    pairs = [(name, line) for line in lines]
    if (problem := headers_problem(tuple(pairs))) is not None:
        raise node.about.error(f"{node.where}: {problem}")
    return pairs


def _value(node: Node) -> bytes:
    if not node or node.value is None:
        return b""
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        return _short(node.value).encode()  # an unquoted number in YAML
    return node.octets()


def to_bytes(text: str) -> bytes:
    """UTF-8; half of a surrogate pair is kept as the three bytes that stand for it."""
    return text.encode("utf-8", "surrogatepass")


def _short(value: Any) -> str:
    """A value in one line of bounded length."""
    if isinstance(value, str | bytes):
        return shortened(repr(value), 62)
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else "a huge number"
    if isinstance(value, dict):
        return "an object"
    name = type(value).__name__
    return repr(value) if name == "Unread" else f"a {name}"
