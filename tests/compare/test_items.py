"""Items that one of two streams lacks: one change each, without what merely follows from it."""

import re
from collections.abc import Iterator
from functools import partial

import pytest

from streamtape.compare.comparison import Change
from streamtape.compare.event_changes import compare_events
from streamtape.dialects.base import Dialect
from streamtape.dialects.openai_responses import OPENAI_RESPONSES
from streamtape.dialects.select import dialect_for, events_of
from streamtape.tape.events import Event
from streamtape.tape.model import Interaction
from tests.archive import names
from tests.archive import recording as archived
from tests.compare.items import INDEX, calls_of, exchanged, items, without, without_call
from tests.mutations import renumbered
from tests.real import bodies, recording
from tests.shared import needs_corpus
from tests.streams import Writer

# Chunks that tell every call twice, with fields of a whole answer beside those of a delta; and two
# equal searches side by side, of which nobody can tell which one is missing.
ODD = ("test_writer_async_streaming_chat_multiple_tool_call_requests", "xai-x-search-tool")
RAW_ID = re.compile(r"\b(?:msg|rs|fc|ws|call|toolu|resp)_\w{12,}")


def recordings(step: int = 1) -> Iterator[tuple[str, Interaction]]:
    """Every real stream, or every so manieth."""
    every = [(path.name, partial(recording, path)) for path in bodies()]
    every += [(name, partial(archived, name)) for name in names()]
    yield from ((name, read()) for name, read in every[::step])


def with_items(step: int) -> Iterator[tuple[str, Dialect, list[Event], str, list[int]]]:
    """Every so manieth real stream of several items: its events, and the items' numbers."""
    for name, one in recordings(step):
        table = dialect_for(one)
        if any(odd in name for odd in ODD):
            continue
        events = renumbered(list(events_of(one.frames(), table)))
        field = INDEX.get(table.name) or INDEX.get(table.profile_of or "")
        if field and len(found := items(events, field)) > 1:
            yield name, table, events, field, found


def one_change(a: list[Event], b: list[Event], table: Dialect, kinds: str, name: str) -> None:
    """That a comparison tells one change, of one of these kinds, without an id of either run."""
    changes = compare_events(a, b, table, table)
    assert len(changes) == 1, (name, [str(c) for c in changes])
    assert changes[0].kind in kinds
    assert not RAW_ID.search(str(changes[0])), changes[0]


@needs_corpus
def test_an_item_that_is_missing_is_one_change() -> None:
    """Wherever it stood, in every provider's streams, both ways round."""
    n_tried = 0
    for name, table, events, field, found in with_items(step=2):
        for item in {found[0], found[len(found) // 2], found[-1]}:
            less = without(events, field, item)
            one_change(events, less, table, "removed", name)
            one_change(less, events, table, "inserted", name)
            n_tried += 1
    assert n_tried > 100


@needs_corpus
def test_items_that_changed_places_are_one_change() -> None:
    """With their numbers, and in the list of all items, too."""
    n_tried = 0
    for name, table, events, field, found in with_items(step=3):
        other = exchanged(events, field, found[0]) if found[1] == found[0] + 1 else None
        if other is not None and compare_events(events, other, table, table):
            one_change(events, other, table, "swapped", name)
            n_tried += 1
    assert n_tried > 30


@needs_corpus
def test_a_tool_call_that_is_missing_is_one_change() -> None:
    """Chat Completions has no items: a call is told by the number that its pieces carry."""
    n_tried = 0
    for name, one in recordings():
        table = dialect_for(one)
        if "openai-chat" not in (table.name, table.profile_of) or any(odd in name for odd in ODD):
            continue
        events = renumbered(list(events_of(one.frames(), table)))
        found = calls_of(events)
        for call in found if len(found) > 1 else ():
            less = without_call(events, call)
            one_change(events, less, table, "removed", name)
            one_change(less, events, table, "inserted", name)
            n_tried += 1
    assert n_tried > 20


def compared(a: Writer, b: Writer) -> list[Change]:
    """The changes between two Responses streams."""
    return list(compare_events(a.end().events(), b.end().events(), *[OPENAI_RESPONSES] * 2))


@pytest.mark.parametrize("run", [1, 2])
def test_a_missing_item_is_reported_by_what_it_said(run: int) -> None:
    """A call with its arguments, a message with its text; the items behind it are the same."""
    a = Writer().message("First").call("f", '{"a": 1}').message("Last")
    (gone,) = compared(a, Writer(run).message("First").message("Last"))
    assert (gone.kind, gone.what) == ("removed", "tool call")
    assert gone.before == {"name": "f", "arguments": '{"a": 1}'}
    (gone,) = compared(Writer().message("First").message("Last"), Writer(run).message("Last"))
    assert (gone.kind, gone.what, gone.before) == ("removed", "text", "First")


def test_one_missing_item_does_not_hide_a_changed_word() -> None:
    """The item behind it is compared with its own partner."""
    a = Writer().call("f", "{}").message("One red fox")
    gone, word = compared(a, Writer(2).message("One blue fox"))
    assert (gone.kind, gone.what) == ("removed", "tool call")
    assert (word.before, word.after) == ("red", "blue")


def test_a_renamed_tool_is_a_change_of_its_name() -> None:
    """And no call gone and another one come."""
    (change,) = compared(Writer().call("f", '{"a": 1}'), Writer(2).call("g", '{"a": 1}'))
    assert (change.kind, change.before, change.after) == ("changed", "f", "g")


def test_an_item_without_its_opening_is_the_same_item() -> None:
    """A lost event is one change, and not an item gone and another one come."""
    events = Writer().message("One").message("Two").end().events()
    lost = [e for e in events if e.index != 2]
    (change,) = compare_events(events, lost, OPENAI_RESPONSES, OPENAI_RESPONSES)
    assert (change.kind, change.what) == ("removed", "response.output_item.added")
