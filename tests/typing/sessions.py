"""What sessions, recordings and snapshots are to a type checker: read by it, never run."""

from collections.abc import Iterator
from typing import Any, assert_type

import httpx

import streamtape


def use_cassette() -> None:
    """A block has a session, whose parts have types."""
    with streamtape.use_cassette("run.tape", mode="once", speed=2.0) as tape:
        assert_type(tape, streamtape.Session)
        assert_type(tape.requests, tuple[streamtape.Request, ...])
        assert_type(tape.interactions, tuple[streamtape.Interaction, ...])
        assert_type(tape.unplayed, tuple[streamtape.Interaction, ...])
        assert_type(tape.transcript().text, str)
        pieces: Iterator[str] = tape.watch(["a", "b"])
        assert_type(list(pieces), list[str])
    streamtape.use_cassette("run.tape", mode="onse")  # type: ignore[arg-type]  # no such mode
    streamtape.use_cassette("run.tape", sped=1.0)  # type: ignore[call-arg]  # no such option


async def use_cassette_async() -> None:
    """The same for `async with`."""
    async with streamtape.use_cassette("run.tape") as tape:
        assert_type(tape, streamtape.Session)


def transports() -> None:
    """Both transports are transports to a client."""
    httpx.Client(transport=streamtape.ReplayTransport("run.tape", speed=2.0))
    httpx.Client(transport=streamtape.RecordingTransport("run.tape", httpx.HTTPTransport()))
    httpx.AsyncClient(transport=streamtape.ReplayTransport("run.tape"))


def recordings() -> None:
    """A cassette is a sequence of interactions, with values all the way down."""
    cassette = streamtape.load("run.tape")
    assert_type(cassette, streamtape.Cassette)
    interaction = cassette[0]
    assert_type(interaction, streamtape.Interaction)
    assert_type(interaction.body, bytes)
    assert_type(interaction.request.url, str)
    for event in interaction.events():
        assert_type(event.type, str)
    for chunk in interaction.chunks:
        assert_type(chunk.data, bytes)
    comparison = streamtape.diff(cassette, "other.tape", level="content")
    assert_type(comparison.same, bool)
    assert_type(streamtape.snapshot(cassette), str)


def fixtures(tape: streamtape.Session, tape_config: dict[str, Any]) -> None:
    """The fixtures of a test."""
    assert_type(tape.transcript(0).text, str)
    tape.assert_closed_after(5)
    tape.assert_max_buffered(1)
    assert_type(tape_config["speed"], Any)
