"""Results that wait for the end of a command: in memory while they are few, on disk beyond that.

So memory does not grow with the number of recordings. `Spool` is a list that is only appended to
and read from its beginning. `JsonList` and `JsonObject` stand in a JSON document for what has as
many members as there are recordings; `write_json` writes a document that holds some.
"""

from __future__ import annotations

import json
import pickle
import re
import sys
import weakref
from collections.abc import Collection, Iterator
from tempfile import SpooledTemporaryFile
from typing import Any, TypeVar

from streamtape.cli import output
from streamtape.printable import printable_json

T = TypeVar("T")
MEMORY_BYTES = 1 << 20
_LENGTH_BYTES = 8
_INDENT = 2
_PLACEHOLDER = re.compile(r'"\\u0000spool-(\d+)"')


class Spool(Collection[T]):
    """Values that pickle, in their order."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(MEMORY_BYTES, prefix="streamtape-")  # noqa: SIM115 - lives on
        weakref.finalize(self, self._file.close)
        self._end = 0
        self._n_values = 0

    def append(self, value: T) -> None:
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        self._file.seek(self._end)
        self._file.write(len(data).to_bytes(_LENGTH_BYTES) + data)
        self._end = self._file.tell()
        self._n_values += 1

    def __len__(self) -> int:
        return self._n_values

    def __contains__(self, value: object) -> bool:
        return any(value == one for one in self)

    def __iter__(self) -> Iterator[T]:
        at = 0
        while at < self._end:
            self._file.seek(at)
            length = int.from_bytes(self._file.read(_LENGTH_BYTES))
            data = self._file.read(length)
            at += _LENGTH_BYTES + length
            yield pickle.loads(data)  # noqa: S301 - written by this very process


class JsonList:
    """An array of a JSON document."""

    brackets = "[]"

    def __init__(self) -> None:
        self.texts = Spool[str]()

    def append(self, value: Any) -> None:
        """Add a value; secrets are masked at once."""
        self.texts.append(_text(value))


class JsonObject:
    """An object of a JSON document whose names are added one by one, each once."""

    brackets = "{}"

    def __init__(self) -> None:
        self.texts = Spool[str]()

    def add(self, name: str, value: Any) -> None:
        """Add a member; secrets are masked at once."""
        inner = _text({name: value})
        self.texts.append(inner[1:-1].strip("\n").replace("\n" + " " * _INDENT, "\n").strip())


def write_json(document: Any) -> None:
    """Write a JSON document to stdout as `output.write_json` does, member by member."""
    spools: list[JsonList | JsonObject] = []

    def placeholder(value: Any) -> str:
        if not isinstance(value, JsonList | JsonObject):
            return repr(value)
        spools.append(value)
        return f"\0spool-{len(spools) - 1}"

    out = sys.stdout.buffer
    frame = json.dumps(document, ensure_ascii=False, indent=_INDENT, default=placeholder)
    at = 0
    for found in _PLACEHOLDER.finditer(frame):
        before = frame[at : found.start()]
        out.write(_bytes(output.shown(printable_json(before))))
        line = frame[frame.rfind("\n", 0, found.start()) + 1 : found.start()]
        depth = len(line) - len(line.lstrip(" "))
        for piece in _pieces(spools[int(found[1])], depth):
            out.write(_bytes(piece))
        at = found.end()
    out.write(_bytes(output.shown(printable_json(frame[at:]))) + b"\n")
    out.flush()


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=_INDENT, default=repr)
    return output.shown(printable_json(text))


def _pieces(spool: JsonList | JsonObject, depth: int) -> Iterator[str]:
    """An array or object as it is in a document, `depth` spaces from the left."""
    first, last = spool.brackets[0], spool.brackets[1]
    if not len(spool.texts):
        yield first + last
        return
    yield first
    margin = " " * (depth + _INDENT)
    separator = "\n"
    for text in spool.texts:
        yield separator + margin + text.replace("\n", "\n" + margin)
        separator = ",\n"
    yield "\n" + " " * depth + last


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
