"""Strategies for replays: they find the smallest cut that breaks a client."""

import json
import subprocess
import sys

import httpx
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import streamtape
from streamtape import strategies
from streamtape.errors import UsageError
from streamtape.playback.faults import Fault
from streamtape.playback.rechunk import Rechunk
from streamtape.tape.model import Cassette, Ending, Interaction, Request
from tests.playback.scores import numbered, recording

TAPE = Cassette((recording(*numbered(8)),))
ACCENTS = Cassette((recording('data: "dóuble €"\n\n'.encode()),))
quick = settings(max_examples=60, deadline=None)


def read(replay: streamtape.Replay) -> list[bytes]:
    """The chunks that a client gets, as far as they come."""
    got: list[bytes] = []
    with replay.transport() as transport, httpx.Client(transport=transport) as client:
        try:
            with client.stream("POST", "http://x/") as response:
                got.extend(response.iter_raw())
        except httpx.TransportError:
            pass
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


def test_a_client_that_breaks_is_shown_the_smallest_cut() -> None:
    """Of all cuts after the fourth event the one right behind it is told, and nothing else."""
    found = find(
        strategies.replays(TAPE, max_faults=3),
        lambda r: b"".join(read(r)).count(b"data") > 4,
        settings=settings(database=None),  # what an interrupted run left is not the smallest
    )
    assert str(found) == "cut@event=5"


def test_a_client_that_decodes_each_chunk_is_shown_where_it_breaks() -> None:
    """Decoding chunk by chunk breaks inside characters: the simplest such cut is found."""

    def breaks(replay: streamtape.Replay) -> bool:
        try:
            json.loads("".join(chunk.decode() for chunk in read(replay)).removeprefix("data: "))
        except UnicodeDecodeError:
            return True
        return False

    found = find(strategies.replays(ACCENTS, kinds=()), breaks)
    assert str(found) in {"whole rechunk=utf8", "whole rechunk=byte"}


@given(st.data())
def test_faults_lie_within_the_stream(data: st.DataObject) -> None:
    """Each fault is of one of the kinds, at a place that there is."""
    fault = data.draw(strategies.faults(TAPE[0], ["drop@event", "cut@byte,times=1", "cut@end"]))
    assert isinstance(fault, Fault)
    assert fault.at < {"event": 8, "byte": len(TAPE[0].body), "end": 1}[fault.place]


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
