"""The canonical text of a stream: readable, equal from run to run, suited to version control.

It leaves out ids, times and the cuts of deltas. Level `content` is what the reader gets: texts,
tool calls, the finish reason; level `events` has one line per event; level `frames` has the frames
as received, with ids, for an endpoint of one's own. This module also reads and writes the files
(atomically) and compares two texts word by word.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from streamtape.choices import SNAPSHOT_LEVELS, SnapshotLevel
from streamtape.compare.align import gaps
from streamtape.compare.coalesce import Coalescer
from streamtape.compare.value_diff import hunks
from streamtape.dialects.base import Dialect
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.select import choose, dialect_named
from streamtape.dialects.transcript import transcript_of
from streamtape.errors import CassetteError, UsageError
from streamtape.secrets.scanner import Search, default_search
from streamtape.session.session import Session
from streamtape.tape.events import Event, Frame, ToolCall, Transcript
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.store.ordinary import read_whole, write_whole
from streamtape.tape.texts import masked_text

SILENT = {"arguments", "signature", "details"}  # reported as tool calls, or no part of what is read
N_LOOKED_AT = 6  # events whose frames say which dialect it is
Source = Session | Cassette | Interaction | Transcript | Iterable[Event] | str


def snapshot(
    source: Source, *, level: SnapshotLevel = "content", dialect: str | None = None
) -> str:
    """The canonical text of a stream's content.

    `source`: a Session (what it played), a Cassette, an Interaction, a Transcript, or events; a
    string is used unchanged. Secrets are masked, those that came in pieces included. `level`:
    `content`, `events` or `frames`. UsageError for anything else.
    """
    if level not in SNAPSHOT_LEVELS:
        raise UsageError(
            f"unknown level {level!r}; levels of a snapshot: {', '.join(SNAPSHOT_LEVELS)}"
        )
    if isinstance(source, str):
        text = source if source.endswith("\n") else f"{source}\n"
    else:
        text = "".join(f"{line.rstrip()}\n" for line in _lines(source, level, dialect))
    # Half of a surrogate pair, as a stream that was cut may end in, is kept as its escape.
    return masked_text(text.encode("utf-8", "backslashreplace").decode("utf-8"), _search(source))


def _search(source: Source) -> Search:
    """The search for secrets by the session's options: here a key that came in pieces is whole."""
    options = source.options.redaction if isinstance(source, Session) else None
    if options is None:
        return default_search()
    return Search(options.off, options.patterns)


def _lines(source: Source, level: str, dialect: str | None) -> Iterator[str]:
    if isinstance(source, Session):
        source = Cassette(source.played)
    if isinstance(source, Cassette):
        for number, interaction in enumerate(source):
            if number:
                yield ""
            yield from _interaction(interaction, level, dialect)
    elif isinstance(source, Interaction):
        yield from _interaction(source, level, dialect)
    elif isinstance(source, Transcript):
        if level != "content":
            raise UsageError("a transcript does not keep its events; give the events")
        yield from _transcript(source)
    else:
        events = list(_checked(source))
        yield from _stream(events, _dialect(events, dialect), level)


def _checked(source: Any) -> Iterator[Event]:
    if isinstance(source, Iterable):
        for one in source:
            if not isinstance(one, Event):
                raise UsageError(f"a snapshot is made of events, not of {type(one).__name__}")
            yield one
        return
    raise UsageError(
        f"cannot make a snapshot of a {type(source).__name__}: give a session, a cassette, an "
        "interaction, a transcript or events"
    )


def _dialect(events: list[Event], name: str | None) -> Dialect:
    if name is not None:
        return dialect_named(name)
    return choose("", "", [e.frame for e in events[:N_LOOKED_AT] if e.frame is not None])


def _interaction(interaction: Interaction, level: str, dialect: str | None) -> Iterator[str]:
    status = interaction.head.status if interaction.head else "no response"
    path = interaction.request.url.partition("://")[2].partition("/")[2].partition("?")[0]
    yield f"{interaction.request.method} /{path} -> {status}"
    parts: list[str] = []
    for turn in interaction.turns(dialect=dialect):
        parsed = ParsedResponse(turn, dialect).or_raise()
        if level == "frames":
            parts += _frames(parsed.frames)
        elif parsed.events:
            parts += _stream(parsed.events, parsed.dialect, level)
    yield from parts
    if not parts and interaction.chunks:
        yield from _indented("body", interaction.content.decode("utf-8", "backslashreplace"))
    ending = interaction.ending
    if interaction.is_dialogue and ending.close_code not in (None, 1000):
        yield f"close: {ending.close_code} {ending.close_reason}".rstrip()
    if ending.kind != "complete":
        yield f"ending: {ending.kind}{(ending.exception and f' {ending.exception}') or ''}"


def _stream(events: Sequence[Event], dialect: Dialect, level: str) -> Iterator[str]:
    if level == "content":
        yield from _transcript(transcript_of(events, dialect))
        return
    if level == "frames":
        yield from _frames(e.frame for e in events if e.frame is not None)
        return
    for sender, run in groupby(events, key=lambda event: event.direction):
        prefix = "client " if sender == "client" else ""
        for unit in Coalescer(dialect).units(run):
            yield f"{prefix}{unit.kind} {unit.name}: {_json(_plain(unit.body))}"


def _frames(frames: Iterable[Frame]) -> Iterator[str]:
    """Frames as fields, separated by empty lines; an id is shown where it changes."""
    last_id = ""
    for number, frame in enumerate(frames):
        if number:
            yield ""
        if frame.direction == "client":
            yield "client:"
        yield from (f":{comment}" for comment in frame.comments)
        if frame.event != "message":
            yield f"event: {frame.event}"
        if frame.id != last_id:
            last_id = frame.id
            yield f"id: {frame.id}"
        if frame.retry is not None:
            yield f"retry: {frame.retry}"
        if frame.data is not None:
            yield from (f"data: {line}" for line in frame.data.split("\n"))
        if not frame.complete:
            yield "(cut: nothing ended this frame)"


def _plain(body: Any) -> Any:
    """Facts by path as an object that JSON can hold."""
    if isinstance(body, dict):
        return {
            ".".join(map(str, key)) if isinstance(key, tuple) else str(key): _plain(value)
            for key, value in body.items()
        }
    return [_plain(one) for one in body] if isinstance(body, list | tuple) else body


def _transcript(transcript: Transcript) -> Iterator[str]:
    for part in transcript.parts:
        if part.text and part.channel not in SILENT:
            yield from _indented(part.channel, part.text)
    for call in transcript.tool_calls:
        yield from _indented(f"{call.kind} call {call.name}", _arguments(call))
    for annotation in transcript.annotations:
        yield f"annotation: {_json(annotation)}"
    for image in transcript.images:
        yield f"image: {image.n_bytes} bytes, sha256 {image.sha256}"
    for choice in transcript.choices or (transcript,):
        for name in ("status", "finish_reason", "error"):
            value = getattr(choice, name)
            if value is not None:
                yield f"{name}: {value if isinstance(value, str) else _json(value)}"
    if not transcript.finished and transcript.dialect != "generic":
        yield "cut: nothing that ends such a stream came"


def _arguments(call: ToolCall) -> str:
    if not call.complete:
        return f"{call.arguments}  (cut)"
    return json.dumps(call.parsed, ensure_ascii=False, indent=2, sort_keys=True)


def _indented(title: str, text: str) -> Iterator[str]:
    yield f"{title}:"
    yield from (f"  {line}" for line in text.splitlines())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=repr)


def read(path: Path) -> str | None:
    """The text of a snapshot file; None if the file is missing."""
    try:
        return read_whole(path).decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CassetteError(
            f"cannot read the snapshot {str(path)!r}: {error}", path=path
        ) from error


def write(path: Path, text: str) -> None:
    """Write a snapshot file atomically: there is always a whole old or new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, [text.encode("utf-8")])
    except OSError as error:
        raise CassetteError(
            f"cannot write the snapshot {str(path)!r}: {error}", path=path
        ) from error


def difference(kept: str, found: str) -> Iterator[str]:
    """The lines that differ, with the words that do: `[-kept-]`, `{+found+}`."""
    a, b = kept.splitlines(), found.splitlines()
    for gap in gaps(a, b):
        old, new = a[gap.a1 : gap.a2], b[gap.b1 : gap.b2]
        for n, (one, other) in enumerate(zip(old, new, strict=False)):
            yield f"line {gap.b1 + n + 1}: {_marked(one, other)}"
        shared = min(len(old), len(new))
        yield from (f"line {gap.a1 + n + 1}: [-{a[gap.a1 + n]}-]" for n in range(shared, len(old)))
        yield from (
            f"line {gap.b1 + n + 1}: {{+{b[gap.b1 + n]}+}}" for n in range(shared, len(new))
        )


def _marked(one: str, other: str) -> str:
    signs = {"same": "{}", "removed": "[-{}-]", "inserted": "{{+{}+}}"}
    parts = (
        "".join(signs[piece.kind].format(piece.text) for piece in hunk.pieces)
        for hunk in hunks(one, other)
    )
    return " ... ".join(parts)
