"""The table of foreign formats, and their choice by file name.

A format's module has `read(data, about) -> Cassette` and, where it can be written,
`write(cassette) -> bytes`; it is imported when it is needed. Adding a format is one line here.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from streamtape.convert.about import About
from streamtape.convert.recognise import explained
from streamtape.errors import ConvertError, UsageError
from streamtape.tape.http_values import problem_of
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.scanning import mask


@dataclass(frozen=True, slots=True)
class Format:
    """A foreign format: the file names it is known by, and what can be done with it."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    module: str
    writes: bool = False


FORMATS: tuple[Format, ...] = (
    Format("sse", "a plain event stream", (".sse",), "streamtape.convert.plain", writes=True),
    Format(
        "ndjson",
        "plain JSON lines",
        (".ndjson", ".jsonl"),
        "streamtape.convert.plain",
        writes=True,
    ),
    Format(
        "vcr",
        "a cassette of VCR.py, cassetter, betamax, Ruby VCR or go-vcr",
        (".yaml", ".yml", ".json", ".toml"),
        "streamtape.convert.vcr",
        writes=True,
    ),
    Format("har", "an HTTP archive", (".har",), "streamtape.convert.har", writes=True),
)


def detect(path: str) -> Format | None:
    """The format of a file, by its name; None if the suffix is not known."""
    lower = path.lower()
    for known in FORMATS:
        if lower.endswith(known.suffixes):
            return known
    return None


def named(name: str) -> Format:
    """The format of this name; UsageError if it is unknown."""
    for known in FORMATS:
        if known.name == name:
            return known
    names = [known.name for known in FORMATS]
    near = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UsageError(f"unknown format {name!r}{hint} (known: {', '.join(names)})")


def read(data: bytes, about: About, known: Format) -> Cassette:
    """Read a document as a cassette; ConvertError where nothing in it can be read.

    One odd entry or fact does not lose the rest: it is left out, and `about.notes` says so. Secrets
    are taken out as they are at recording: other tools often leave them in.
    """
    if not data.strip():
        size = f"there are only {len(data)} blanks in it" if data else "the file is empty"
        raise about.error(f"{size}; expected {known.title}")
    module: Any = import_module(known.module)
    try:
        cassette: Cassette = module.read(data, about, known.name)
    except ConvertError as error:
        raise explained(error, data, about, known.name) from error.__cause__
    return mask(_playable(cassette, about))


def _playable(cassette: Cassette, about: About) -> Cassette:
    """The interactions that HTTP can carry; ConvertError if it can carry none of them."""
    errors: list[ConvertError] = []
    kept: list[Interaction] = []
    for number, interaction in enumerate(cassette):
        if (problem := problem_of(interaction)) is None:
            kept.append(interaction)
        else:
            errors.append(about.error(f"interaction {number}: {problem}"))
    if errors and not kept:
        raise errors[0]
    for error in errors:
        about.note(error, "this interaction is left out")
    return Cassette(tuple(kept), cassette.path) if errors else cassette


def write(cassette: Cassette, known: Format) -> bytes:
    """Write a cassette as a document, without its secrets; UsageError where that can't be."""
    if not known.writes:
        raise UsageError(f"{known.title} can be read, but not written")
    module: Any = import_module(known.module)
    data: bytes = module.write(mask(cassette), known.name)
    return data
