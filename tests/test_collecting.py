"""The collector of cycles, while recordings are judged."""

import gc

import pytest

import streamtape
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request


def test_it_is_paused_and_goes_on() -> None:
    """Also where blocks are nested, and where one fails."""
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), collector_paused():
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert gc.isenabled()


def test_who_has_it_off_keeps_it_off() -> None:
    """It is left as it was found."""
    gc.disable()
    try:
        assert streamtape.diff(Cassette(), Cassette()).same
        assert streamtape.check(Cassette()) == []
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_compared_events_are_freed_when_the_comparison_is_made() -> None:
    """They are in no cycle: the collector finds hardly anything of them."""
    chunks = [
        b'data: {"type":"response.output_text.delta","delta":"w%d"}\n\n' % n for n in range(400)
    ]
    head = Head(200, ((b"content-type", b"text/event-stream"),))
    request = Request("POST", "http://h/v1/responses")
    a, b = (
        Interaction(
            request, head, Chunks.of(Chunk(n, c) for n, c in enumerate(some)), Ending("complete")
        )
        for some in (chunks, chunks[:-1])
    )
    streamtape.diff(a, b)
    gc.collect()
    gc.disable()
    try:
        assert not streamtape.diff(a, b).same
        assert gc.collect() < len(chunks)
    finally:
        gc.enable()
