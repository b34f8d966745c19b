"""Strategies for replays: they find the smallest cut that breaks a client."""

import json
import subprocess
import sys
import zlib

import httpx
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import streamtape
from streamtape import strategies
from streamtape.errors import UsageError
from streamtape.playback.faults import Fault
from streamtape.playback.rechunk import Rechunk
from streamtape.tape.model import Cassette, Ending, Interaction, Request
from tests.playback.scores import numbered, recording, zipped

TAPE = Cassette((recording(*numbered(8)),))
ZIPPED = Cassette((zipped(numbered(8)),))
ACCENTS = Cassette((recording('data: "dóuble €"\n\n'.encode()),))
quick = settings(max_examples=60, deadline=None)


def read(replay: streamtape.Replay) -> list[bytes]:
    """The chunks that a client gets, as far as they come."""
    got: list[bytes] = []
    with replay.transport() as transport:
        response = transport.handle_request(httpx.Request("POST", "http://x/"))
        try:
            got.extend(response.stream)
        except httpx.TransportError:
            pass
        finally:
            response.close()
    return got


def content(replay: streamtape.Replay) -> bytes:
    """What those chunks say, as far as they can be decoded."""
    got = b"".join(read(replay))
    if got.startswith(b"\x1f\x8b"):  # a fault at an event is seen in the content and sent so
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(got)
    return got


@quick
@given(strategies.replays(TAPE, max_faults=3))
def test_every_replay_is_a_beginning(replay: streamtape.Replay) -> None:
    """A replay with any cuts gives the beginning of the stream, and never all of it."""
    got = b"".join(read(replay))
    assert replay.breaks
    assert TAPE[0].body.startswith(got)
    assert got != TAPE[0].body


@quick
@given(strategies.replays(TAPE, kinds=()))
def test_cuts_into_chunks_alone_lose_nothing(replay: streamtape.Replay) -> None:
    """Without kinds of faults only the chunks differ."""
    assert b"".join(read(replay)) == TAPE[0].body


# Nothing is kept from an interrupted run, and what failing examples have in common is not asked.
thorough = settings(
    database=None, max_examples=1000, phases=(Phase.generate, Phase.shrink), deadline=None
)


@pytest.mark.parametrize("tape", [TAPE, ZIPPED], ids=["plain", "gzip"])
@pytest.mark.parametrize("survives", [0, 4, 6])
def test_a_client_that_breaks_is_shown_the_smallest_cut(survives: int, tape: Cassette) -> None:
    """Of all cuts after so many events the one right behind the next event is found, alone."""
    found = find(
        strategies.replays(tape, max_faults=3),
        lambda replay: content(replay).count(b"data") > survives,
        settings=thorough,
    )
    assert str(found) == f"cut@event={survives + 1}"


def test_a_client_that_breaks_inside_events_alone_is_shown_such_a_cut() -> None:
    """Where no cut between events breaks the client, the first cut inside one is found."""
    found = find(
        strategies.replays(TAPE, max_faults=3),
        lambda replay: len(content(replay)) > 9 and not content(replay).endswith(b"\n\n"),
        settings=thorough,
    )
    assert str(found) == "cut@byte=10"


@pytest.mark.parametrize("first", strategies.KINDS)
def test_the_first_kind_that_breaks_the_client_is_found(first: str) -> None:
    """Where every kind breaks the client, the first of those given is the simplest."""
    kinds = [first, *(kind for kind in strategies.KINDS if kind != first)]
    found = find(
        strategies.replays(TAPE, kinds=kinds, max_faults=3),
        lambda replay: len(content(replay)) < len(TAPE[0].body),
        settings=thorough,
    )
    kind, _, rest = first.partition(":")
    assert str(found) == f"{kind}=0" + (f":{rest}" if rest else "")


def test_a_client_that_decodes_each_chunk_is_shown_where_it_breaks() -> None:
    """Decoding chunk by chunk breaks inside characters: the simplest such cut is found."""

    def breaks(replay: streamtape.Replay) -> bool:
        try:
            json.loads("".join(chunk.decode() for chunk in read(replay)).removeprefix("data: "))
        except UnicodeDecodeError:
            return True
        return False

    found = find(strategies.replays(ACCENTS, kinds=()), breaks, settings=thorough)
    assert str(found) in {"whole rechunk=utf8", "whole rechunk=byte"}


@given(st.data())
def test_faults_lie_within_the_stream(data: st.DataObject) -> None:
    """Each fault is of one of the kinds, at a place that there is."""
    fault = data.draw(strategies.faults(TAPE[0], ["drop@event", "cut@byte,times=1", "cut@end"]))
    assert isinstance(fault, Fault)
    assert fault.at < {"event": 8, "byte": len(TAPE[0].body), "end": 1}[fault.position]


@given(strategies.rechunks())
def test_ways_to_cut_are_ways_to_cut(way: Rechunk) -> None:
    """Each has a text that reads back."""
    assert streamtape.Options(rechunk=str(way)).rechunk == str(way)


def test_what_can_not_be_replayed_is_refused() -> None:
    """No kinds, or no response at all."""
    with pytest.raises(UsageError, match="kinds"):
        strategies.faults(TAPE[0], [])
    failed = Interaction(Request("GET", "http://x/"), None, type(TAPE[0].chunks)(), Ending("error"))
    with pytest.raises(UsageError, match="no response"):
        strategies.replays(Cassette((failed,)))


def test_nothing_else_imports_hypothesis() -> None:
    """The package runs without it."""
    code = "import sys, streamtape; streamtape.sweep; assert 'hypothesis' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
