"""A dialect: what is known about one provider's API, as a table.

The table says how an event's type is found, which events add to which text and which repeat it
whole, what opens and closes what, what ends the stream, where the model, the usage and the error
are, and what differs from run to run. Readers (events, transcript, diff, checks) work on the table
and know no provider. Paths are those of `dialects.payload`. Values only.

A user's own table needs a name and how to recognise it; everything else has a default:

    streamtape.register_dialect(Dialect(
        name="acme", url=r"/acme/stream", type_from=("kind",),
        deltas=(Piece("text", "chunk.body", types=("grow",), key=("chunk.line",)),),
        terminal=("end",),
    ))
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Channel = Literal[
    "text", "refusal", "reasoning", "arguments", "code", "transcript", "audio", "output",
    "signature", "details",
]  # fmt: skip
Condition = tuple[str, tuple[str | bool | None, ...]]


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a text is: a piece of it (a delta), or the whole of it (a done value).

    `types` are the events that carry it (any event where empty); `when` asks for the value at a
    path to be one of some. `key` tells one target from another: deltas of the same channel and key
    add to one text, and a whole of the same channel and key repeats it. A whole that is
    `final` is the provider's last word: it counts where it differs from what was joined. One that
    is a `seed` is what the deltas go on from.
    """

    channel: Channel
    path: str
    types: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    when: Condition | None = None
    final: bool = False
    seed: bool = False

    @property
    def by_place(self) -> bool:
        """Whether its place alone tells its target: it is one of all that a list holds."""
        return any(key.startswith("#") for key in self.key)


@dataclass(frozen=True, slots=True)
class Call:
    """Where a tool call is that has a name: `path` is the object, the rest is inside it.

    `key` is the key of the pieces that carry its arguments. `kind` is the path of the kind of call
    or, after `=`, the kind itself. A path may name alternatives, as in `call_id|id`.

    The key alone does not tell calls apart, since servers send index 0 for all of them, null or
    none. `index` is where its index is, if that may be missing: its place is then no index.
    `item` is another id of it, which the events that bring its arguments name at the path `refers`.
    `closes` are the events after which it is whole: what is named there again is no new call.
    """

    path: str
    key: tuple[str, ...]
    types: tuple[str, ...] = ()
    when: Condition | None = None
    id: str = "id"
    name: str = "name"
    kind: str = "=function"
    final: bool = False
    index: str = ""
    item: str = ""
    refers: str = ""
    closes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Patches:
    """Where patches of the last opened call's arguments stand: `path` is one patch, an object.

    `path_field` is the field that holds its path (`$.city`), `values` those that hold the piece.
    """

    path: str
    path_field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """A thing that events open and close, and that others lie in: a response, an item, a part.

    `open_key` and `close_key` tell two of one scope apart. `within` names the scope it lies in, by
    the first keys of its own. `extends` are event types that are right only while it is open.
    """

    name: str
    opens: tuple[str, ...]
    closes: tuple[str, ...]
    open_key: tuple[str, ...] = ()
    close_key: tuple[str, ...] = ()
    extend_key: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()
    within: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # a key of caches: compared by identity
class Dialect:
    """What is known about one provider's API. Only `name` is required.

    Choosing: `url` and `media` are regular expressions, searched in the request's URL and the
    response's content type; `signs` are (path or `@event` or `@type`, regular expression) pairs,
    any of which, in one of the first frames, tells this dialect. `also` are signs that must hold
    besides, for a profile of one provider.

    Types: `type_from` are places, the first that holds text counts (`@event` is the frame's own
    event name, where it has one); `type_if` are (path, type) pairs, tried first; else
    `default_type`. `done_marker` is non-JSON data that ends the stream (`[DONE]`). `wrapped` names
    the field that holds the event itself, as Base64 of JSON or of text.

    `terminal` are the types that end a stream, `terminal_if` conditions on events that end one
    (without values: anything but null). `by_choice`: the first part of every key is the choice's
    index.

    `lane` is the path of what tells the streams of a dialogue apart that go on beside each other.

    `annotations` are paths of annotations that events add; `annotation_lists` of lists that an
    event gives as they are so far, which the next one repeats.

    Facts (`id` to `error`) are paths; the last value that is there counts, of id and model the
    first. An event of `error_types` is the error itself where no path of `error` finds one.

    Diff: `noise` are types that come at any time and say nothing; `dropped` paths are not compared
    at all, `masked` ones only as to whether they are there, `ids` only as to whether they are
    renamed alike throughout; below `opaque` paths everything is the user's own. `closing` paths
    come with the finish reason, after the text of their event. `**.x` is x at any depth.
    """

    name: str
    title: str = ""
    url: str = ""
    media: str = ""
    signs: tuple[tuple[str, str], ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    type_from: tuple[str, ...] = ("@event", "type")
    type_if: tuple[tuple[str, str], ...] = ()
    default_type: str = "message"
    done_marker: str = "[DONE]"
    wrapped: str = ""
    deltas: tuple[Piece, ...] = ()
    wholes: tuple[Piece, ...] = ()
    calls: tuple[Call, ...] = ()
    patches: tuple[Patches, ...] = ()
    annotations: tuple[str, ...] = ()
    annotation_lists: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()
    opening: tuple[str, ...] = ()
    terminal: tuple[str, ...] = ()
    terminal_if: tuple[Condition, ...] = ()
    by_choice: bool = False
    lane: str = ""
    marker_expected: bool = False
    sequence: str = ""
    event_equals_type: bool = False
    id: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    finish_reason: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    usage: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    error_types: tuple[str, ...] = ("error",)
    noise: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    profile_of: str | None = None

    def profile(self, name: str, **changes: object) -> Dialect:
        """A dialect that differs from this one in the given fields only."""
        return replace(self, name=name, profile_of=self.name, **changes)  # type: ignore[arg-type]  # replace checks the names itself
