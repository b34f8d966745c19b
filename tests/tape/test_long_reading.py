"""Long bodies are in memory once while they are read, not once more in pieces."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamtape
from streamtape.content.pieces import joined
from streamtape.secrets.scanner import default_search
from streamtape.tape import loading
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.scanning import scan

PIECE = bytes(0x80 | byte for byte in Random(1).randbytes(1 << 16))
N_PIECES = 640


@given(st.lists(st.binary(max_size=5), max_size=6))
def test_pieces_joined_one_by_one(pieces: list[bytes]) -> None:
    """The result is that of `bytes.join`."""
    assert joined(iter(pieces)) == b"".join(pieces)


@given(st.lists(st.sampled_from([b"", b"api_key=sk-", b"a1B2c3D4" * 6, b"&x=1", b"text "])))
def test_pieces_are_searched_as_their_body_is(pieces: list[bytes]) -> None:
    """Where a body is cut makes no difference to what is found in it."""
    search = default_search()
    assert search.find_in_pieces(iter(pieces)) == search.find_in_body(b"".join(pieces))


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Interaction:
    """An interaction whose long body is left in its file."""
    monkeypatch.setattr(loading, "EAGER_BYTES", 1 << 20)
    chunks = Chunks.of(Chunk(n, PIECE) for n in range(N_PIECES))
    request = Request("POST", "http://x.example/", (), b"")
    one = Interaction(request, Head(200, (), 0), chunks, Ending("complete", N_PIECES))
    streamtape.save(Cassette((one,)), tmp_path / "x.tape")
    (loaded,) = streamtape.load(tmp_path / "x.tape", max_bytes=1 << 30)
    return loaded


@pytest.mark.parametrize(
    "read",
    [
        lambda interaction: interaction.body,
        lambda interaction: interaction.content,
        lambda interaction: scan(Cassette((interaction,))),
    ],
    ids=["body", "content", "scan"],
)
def test_a_long_body_is_in_memory_once(
    long: Interaction, read: Callable[[Interaction], object]
) -> None:
    """The peak is one body and some segments; a list of its pieces would double it."""
    default_search().find(b"api_key")  # what is made once only
    tracemalloc.start()
    try:
        read(long)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.6 * N_PIECES * len(PIECE)
