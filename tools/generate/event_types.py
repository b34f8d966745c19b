"""Writes `streamtape/tape/event_types.pyi`: what a type checker knows of each event's payload.

    python tools/generate/event_types.py            # writes it
    python tools/generate/event_types.py --check    # status 1, and the difference, where it is old

The types are read from the models that the OpenAI and Anthropic SDKs publish for their streams. A
model becomes a TypedDict of what is on the wire (aliases, dates as text); an event of a type
becomes a class with the fields of its payload.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import keyword
import re
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

import streamtape

TARGET = Path(streamtape.__file__).parent / "tape" / "event_types.pyi"
# Where the SDKs publish the events of their streams.
SOURCES = (
    ("openai.types.responses", "ResponseStreamEvent"),
    ("openai.types.chat", "ChatCompletionChunk"),
    ("openai.types", "Completion"),
    ("anthropic.types", "RawMessageStreamEvent"),
)
# What these name a type by, where it is not `type`.
_NAMED_BY = {"ChatCompletionChunk": "object", "Completion": "object"}
# The type under which our dialects give what has none of its own.
_TYPE_OF = {"Completion": "text_completion"}
# Fields that every event has: the payload's of the same name is read from the payload.
_OWN_FIELDS = {"type", "payload", "at_us", "index", "frame"}
_PLAIN = {str: "str", int: "int", float: "float", bool: "bool", object: "Any", Any: "Any",
          type(None): "None", datetime: "str", date: "str"}  # fmt: skip
_HEAD = '''\
"""The events of known types, as type checkers see them; at run time each is an Event.

Written by tools/generate/event_types.py from the types that the SDKs of OpenAI and Anthropic
publish. `Interaction.events("response.output_text.delta")` gives events of the class that is named
here beside that type. Its fields are those of the payload, but for `index`, which is the event's
own; fields that the schema does not have can be read, too, and are Any.
"""

# ruff: noqa
# fmt: off

from collections.abc import Iterator
from typing import Any, Literal, NotRequired, Protocol, TypedDict, overload

from streamtape.tape.events import Event
'''

_DOCSTRING = '''\
        """The events of a stream, or only those of the given types.

        `dialect` forces one by name instead of choosing it from the request and the first frames.
        """'''


@dataclass
class Types:
    """The TypedDicts that were needed so far, by the models that they are made of."""

    names: dict[type[BaseModel], str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def of(self, annotation: Any) -> str:
        """An annotation, written down."""
        origin = get_origin(annotation)
        if origin is Annotated:
            return self.of(get_args(annotation)[0])
        if origin in {Union, types.UnionType}:
            members = dict.fromkeys(map(self.of, get_args(annotation)))
            if "str" in members:  # the words that an SDK knows beside any other
                members = {m: None for m in members if not m.startswith("Literal[")}
            return " | ".join(members)
        if origin is Literal:
            return f"Literal[{', '.join(map(repr, get_args(annotation)))}]"
        if origin is list:
            return f"list[{self.of(get_args(annotation)[0])}]"
        if origin is dict:
            key, value = get_args(annotation)
            return f"dict[{self.of(key)}, {self.of(value)}]"
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.typed_dict(annotation)
        if annotation in {list, dict}:
            return f"{annotation.__name__}[Any{', Any' * (annotation is dict)}]"
        return _PLAIN[annotation]

    def typed_dict(self, model: type[BaseModel]) -> str:
        """The name of the TypedDict of a model, which is made where it is new."""
        if model not in self.names:
            self.names[model] = name = self._free_name(model)
            self.texts[name] = ""  # taken, also while its fields are written
            fields = dict(self.fields(model))
            if any(keyword.iskeyword(key) or not key.isidentifier() for key in fields):
                pairs = ", ".join(f"{key!r}: {value}" for key, value in fields.items())
                self.texts[name] = f"{name} = TypedDict({name!r}, {{{pairs}}})\n"
            else:
                lines = [f"    {key}: {value}" for key, value in fields.items()]
                body = "\n".join(lines or ["    ..."])
                self.texts[name] = f"class {name}(TypedDict):\n{body}\n"
        return self.names[model]

    def fields(self, model: type[BaseModel]) -> Iterator[tuple[str, str]]:
        """The fields of a model by their names on the wire."""
        for name, info in model.model_fields.items():
            written = self.of(info.annotation)
            yield info.alias or name, written if info.is_required() else f"NotRequired[{written}]"

    def _free_name(self, model: type[BaseModel]) -> str:
        """The model's name, with its module's before it where another has that name."""
        name = model.__name__
        if name in self.texts:
            module = model.__module__.rpartition(".")[2]
            name = "".join(word.title() for word in module.split("_")) + name
        if name in self.texts:
            name = model.__module__.partition(".")[0].title() + name
        assert name not in self.texts, f"two types are named {name}"
        return name


@dataclass(frozen=True)
class Known:
    """An event: the value of its type, the name of its class, its payload, its fields."""

    type: str
    name: str
    payload: str
    fields: dict[str, str]


def known_events(found: Types) -> Iterator[Known]:
    """The events that the SDKs publish."""
    for module, name in SOURCES:
        published = getattr(importlib.import_module(module), name)
        for model in _models(published):
            key = _NAMED_BY.get(name, "type")
            (value,) = get_args(model.model_fields[key].annotation)
            payload = found.typed_dict(model)
            fields = dict(found.fields(model))
            short = model.__name__.removeprefix("Raw").removesuffix("Event")
            yield Known(value, f"{short}Event", payload, fields)


def _models(published: Any) -> Iterator[type[BaseModel]]:
    if isinstance(published, type):
        yield published
        return
    for one in get_args(published):
        if (isinstance(one, type) and issubclass(one, BaseModel)) or get_args(one):
            yield from _models(one)


def generate() -> str:
    """The text of the stub."""
    found = Types()
    known = list(known_events(found))
    for event in known:  # an event's class has its own name beside that of its payload
        if event.name in found.texts:
            found.texts[f"{event.name}Payload"] = re.sub(
                rf"\b{event.name}\b", f"{event.name}Payload", found.texts.pop(event.name)
            )
    parts = [_HEAD, *found.texts.values()]
    parts += [_event_class(event, found) for event in known]
    parts.append(_reader("InteractionEvents", "Iterator[{}]", known))
    parts.append(_reader("SessionEvents", "tuple[{}, ...]", known))
    return "\n".join(parts)


def _event_class(event: Known, found: Types) -> str:
    payload = event.payload if event.payload in found.texts else f"{event.payload}Payload"
    lines = [f"    type: Literal[{event.type!r}]", f"    payload: {payload}"]
    for key, written in event.fields.items():
        if key not in _OWN_FIELDS and key.isidentifier() and not keyword.iskeyword(key):
            plain = re.fullmatch(r"NotRequired\[(.*)\]", written)
            lines.append(f"    {key}: {plain.group(1) if plain else written}")
    return f"class {event.name}(Event):\n" + "\n".join(lines) + "\n"


def _reader(name: str, result: str, known: list[Known]) -> str:
    """A protocol with one overload a type, and one for everything else."""
    rest = "*, dialect: str | None = None"
    by_type: dict[str, list[str]] = {}
    for event in known:
        by_type.setdefault(event.type, []).append(event.name)
    lines = [f"class {name}(Protocol):"]
    for kind, names in by_type.items():
        given = result.format(" | ".join(names))
        lines += [
            "    @overload",
            f"    def __call__(self, type: Literal[{kind!r}], /, {rest}) -> {given}: ...",
        ]
    given = result.format("Event")
    lines += [
        "    @overload",
        f"    def __call__(self, *types: str, dialect: str | None = None) -> {given}:",
        *_DOCSTRING.splitlines(),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the stub, or compare it with what would be written."""
    parser = argparse.ArgumentParser(description="Write streamtape/tape/event_types.pyi.")
    parser.add_argument("--check", action="store_true", help="only compare; 1 where it is old")
    check = parser.parse_args(arguments).check
    text = generate()
    if not check:
        TARGET.write_text(text)
        return 0
    before = TARGET.read_text() if TARGET.exists() else ""
    lines = difflib.unified_diff(
        before.splitlines(), text.splitlines(), str(TARGET.name), "generated now", lineterm=""
    )
    print("\n".join(lines))
    return int(before != text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
