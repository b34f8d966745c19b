"""The choice of the dialect, and the events of an interaction."""

import json
from collections.abc import Iterator

import pytest

from streamtape.dialects.base import Dialect, Piece
from streamtape.dialects.openai_responses import OPENAI_RESPONSES
from streamtape.dialects.select import (
    choose,
    dialects,
    events_of,
    register_dialect,
    unregister_dialect,
)
from streamtape.dialects.transcript import transcript_of
from streamtape.errors import UsageError
from streamtape.tape.events import Frame
from tests.streams import ADDRESS, Writer, frames_of


@pytest.fixture
def acme() -> Iterator[Dialect]:
    """A dialect of the user's own, for as long as the test runs."""
    yield register_dialect(
        Dialect(
            name="acme",
            url=r"acme\.test/stream",
            type_from=("kind",),
            deltas=(Piece("text", "chunk.body", types=("grow",), key=("chunk.line",)),),
            terminal=("end",),
        )
    )
    unregister_dialect("acme")


@pytest.mark.parametrize("url", [ADDRESS, "", "http://127.0.0.1:8000/anything"])
def test_the_first_frames_tell_the_dialect_whatever_the_address(url: str) -> None:
    """A proxy may serve a provider's stream anywhere."""
    assert choose(url, "", Writer().frames()[:3]).name == "openai-responses"


def test_the_address_tells_the_dialect_where_no_frame_does() -> None:
    """A stream that is only an error is still its provider's."""
    frames = frames_of([{"error": {"message": "no"}}])
    assert choose(ADDRESS, "", frames).name == "openai-responses"
    assert choose("http://x.test/responses/resp_1?stream=true", "", []).name == "openai-responses"


def test_what_nothing_tells_is_generic() -> None:
    """An unknown stream has events all the same."""
    frames = frames_of([{"type": "tick", "n": 1}, "plain text", "[DONE]", "[1]"])
    table = choose("http://x.test/", "text/event-stream", frames)
    assert table.name == "generic"
    events = list(events_of(iter(frames), table))
    assert [e.type for e in events] == ["tick", "message", "[DONE]", "message"]
    assert [e.payload for e in events] == [{"type": "tick", "n": 1}, "plain text", "[DONE]", [1]]
    assert [e.index for e in events] == [0, 1, 2, 3]


def test_a_dialect_of_ones_own_comes_first(acme: Dialect) -> None:
    """A registered dialect is chosen by its address and read by its table."""
    pieces = [("a", 1), ("x", 2), ("b", 1)]
    frames = frames_of([{"kind": "grow", "chunk": {"body": b, "line": n}} for b, n in pieces])
    table = choose("https://acme.test/stream/1", "", frames)
    assert table is acme
    transcript = transcript_of(events_of(iter(frames), table), table)
    assert [(p.text, p.key) for p in transcript.parts] == [("ab", (1,)), ("x", (2,))]
    assert not transcript.finished


def test_a_table_that_cannot_work_is_refused() -> None:
    """No name, a broken pattern, a comma left out, a name that nobody registered."""
    with pytest.raises(UsageError, match="needs a name"):
        register_dialect(Dialect(name=""))
    with pytest.raises(UsageError, match="not a regular expression"):
        register_dialect(Dialect(name="x", url="("))
    with pytest.raises(UsageError, match=r"terminal must be a tuple, got 'end'; .*\('end',\)"):
        register_dialect(Dialect(name="x", terminal="end"))  # type: ignore[arg-type]  # the slip
    with pytest.raises(UsageError, match="'x': deltas: key must be a tuple, got 'a'"):
        register_dialect(Dialect(name="x", deltas=(Piece("text", "b", key="a"),)))  # type: ignore[arg-type]  # the slip
    with pytest.raises(UsageError, match="unknown channel 'txt'"):
        register_dialect(Dialect(name="x", deltas=(Piece("txt", "b"),)))  # type: ignore[arg-type]  # the slip
    assert not [dialect for dialect in dialects() if dialect.name == "x"]
    with pytest.raises(UsageError, match="'nobody'"):
        unregister_dialect("nobody")


def test_the_names_of_dialects_are_one_of_a_kind() -> None:
    """Every dialect can be asked for by its name."""
    names = [d.name for d in dialects()]
    assert len(names) == len(set(names))


def test_events_of_some_types_keep_their_numbers() -> None:
    """Filtering skips events, and does not renumber those that are left."""
    frames = Writer().message("a", "b").end().frames()
    every = list(events_of(iter(frames), OPENAI_RESPONSES))
    kind = "response.output_text.delta"
    some = list(events_of(iter(frames), OPENAI_RESPONSES, (kind,)))
    assert some == [e for e in every if e.type == kind]
    assert [e.delta for e in some] == ["a", "b"]


def test_frames_without_data_give_no_event() -> None:
    """A comment alone is a frame and no event."""
    frames = [Frame("message", None, comments=("ping",)), *frames_of([{"type": "tick"}])]
    assert [e.type for e in events_of(iter(frames), choose("", "", frames))] == ["tick"]


@pytest.mark.parametrize("data", ["", "{", "null", "3", '"text"', '{"type": 5}', '{"type": ""}'])
def test_odd_data_is_data(data: str) -> None:
    """Unparsable, empty and oddly typed data give events, never an error."""
    frame = Frame("odd", data)
    (event,) = events_of(iter([frame]), OPENAI_RESPONSES)
    assert event.type == "odd"


def test_fields_of_the_payload_are_attributes() -> None:
    """`event.delta` is the payload's; a field that is not there is named, with those that are."""
    event = Writer().message("a").events()[4]
    assert event.delta == "a"
    assert event.item_id == "msg_1_0"
    with pytest.raises(AttributeError, match=r"no field 'dleta'.*delta"):
        _ = event.dleta
    assert json.dumps(event.payload)
