"""The interactions of several cassettes: their places, and what a miss looks for."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

from streamtape.server.cassette_index import CassetteIndex
from streamtape.server.exchange import RequestHead
from streamtape.session.options import Options
from streamtape.session.playlist import Playlist
from streamtape.tape.model import Cassette
from tests.dialogues import client, dialogue

ONE, TWO = (dialogue(client(text), url=f"http://x.test/{text}") for text in ("one", "two"))


def test_the_place_of_an_interaction() -> None:
    """The first, of one that is there twice; none, of one that was made of another."""
    index = CassetteIndex([Cassette((ONE, TWO)), Cassette((TWO,))], Options.of(mode="none"))
    assert [index.index_of(one) for one in (ONE, TWO, replace(TWO))] == [0, 1, None]


def test_a_miss_looks_for_the_nearest_once() -> None:
    """Among many interactions that is all of its time."""
    cassettes = [Cassette((one,), path=name) for one, name in ((ONE, "a"), (TWO, "b"))]
    index = CassetteIndex(cassettes, Options.of(mode="none"))
    requests = index.requests_for(RequestHead("GET", "/twe", (), "1.1"), b"")
    find = Playlist.nearest
    with patch.object(Playlist, "nearest", autospec=True, side_effect=find) as nearest:
        assert " of " in index.miss(requests).text
    assert nearest.call_count == 1
