"""Secrets in snapshots, pages and other texts."""

import base64
import json
import random
import traceback
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamtape
from streamtape.choices import SnapshotLevel
from streamtape.errors import UsageError
from streamtape.report.page.document import document
from streamtape.session.exchange import Exchange
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.redact import RedactionOptions
from streamtape.tape.texts import (
    mask_text_bytes,
    masked_pieces,
    masked_text,
    masked_value,
    scan_text,
    shortened,
)
from tests.tape.planting import MAKERS

TOKEN = MAKERS["github"](random.Random(4))[0]


def spelled(text: str, size: int = 5) -> Interaction:
    """A stream whose deltas spell a text."""
    pieces = (text[n : n + size] for n in range(0, len(text), size))
    frames = (
        {"type": "response.output_text.delta", "item_id": "m", "output_index": 0,
         "content_index": 0, "delta": piece}
        for piece in pieces
    )  # fmt: skip
    body = [Chunk(0, b"data: " + json.dumps(frame).encode() + b"\n\n") for frame in frames]
    head = Head(200, ((b"content-type", b"text/event-stream"),))
    request = Request("POST", "http://h/v1/responses")
    return Interaction(request, head, Chunks.of(body), Ending("complete", 1))


@pytest.mark.parametrize("level", ["content", "events"])
def test_a_snapshot_holds_no_key_that_was_spelled_out(level: SnapshotLevel) -> None:
    """The deltas hold a few characters each, the snapshot would hold them all."""
    text = streamtape.snapshot(spelled(f"use {TOKEN} now").events(), level=level)
    assert TOKEN not in text
    assert f"use {'*' * len(TOKEN)} now" in text


def test_a_session_masks_its_snapshot_by_its_own_rules() -> None:
    """Kinds that are off stay, patterns of one's own count."""
    cassette = streamtape.Cassette((spelled(f"{TOKEN} team-123456"),))
    rules = RedactionOptions(off=frozenset({"github"}), patterns=(("team", "team-[0-9]+"),))
    options = {"mode": "none", "redaction": rules, "allow_no_requests": True}
    with streamtape.use_cassette(cassette, **options) as tape:  # type: ignore[arg-type]  # a dict
        tape.exchanges.append(Exchange(cassette[0].request, cassette[0]))
        assert f"{TOKEN} ***********" in streamtape.snapshot(tape)


def test_texts_are_searched_by_lines() -> None:
    """Where it is, what kind, how long; in one piece, in pieces, in a page's packed data."""
    body = spelled(TOKEN).body
    leaks = scan_text(b"one\ntwo " + TOKEN.encode() + b"\n" + body)
    assert [(one.interaction, one.where, one.kind) for one in leaks] == [
        (None, "line 2", "github"), (None, "line 3, in pieces", "github"),
    ]  # fmt: skip
    masked = mask_text_bytes(body)
    assert len(masked) == len(body)
    assert scan_text(masked) == []


@pytest.mark.parametrize("size", [10, 60_000])
def test_pages_hold_none(size: int) -> None:
    """Neither plainly nor packed; and a page that does is found out."""
    page = document("x", {"a": f"see {TOKEN}", "b": "x" * size}, [f"see {TOKEN}"])
    assert TOKEN not in page
    assert scan_text(page.encode()) == []


def test_packed_data_is_looked_into() -> None:
    """As an earlier version wrote it."""
    packed = base64.b64encode(zlib.compress(json.dumps({"a": TOKEN}).encode())).decode()
    page = f'<script type="application/json" id="data" data-packed="deflate">{packed}</script>'
    assert [leak.where for leak in scan_text(page.encode())] == ["packed data of the page"]
    assert scan_text(page.replace(packed, "A" * 80).encode()) == []


def test_masking_keeps_the_length_and_odd_text() -> None:
    """Surrogates and all."""
    text = f"\ud800 é {TOKEN}"
    assert masked_text(text) == f"\ud800 é {'*' * len(TOKEN)}"
    assert masked_text("plain") == "plain"


LONG_KEY = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 3  # made up


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing to hide", "nothing to hide"),
        (f"é {LONG_KEY} 日本", f"é {'*' * len(LONG_KEY)} 日本"),
        (f"\udcff{LONG_KEY}", f"\udcff{'*' * len(LONG_KEY)}"),
        ('{"password": "pässwörd1"}', f'{{"password": "{"*" * 9}"}}'),
    ],
)
def test_a_masked_text_keeps_its_length_in_characters(text: str, shown: str) -> None:
    """What stands behind a secret stays where it is, whatever characters there are."""
    assert masked_text(text) == shown


@given(st.integers(1, len(LONG_KEY) + 20))
def test_a_shortened_text_shows_no_beginning_of_a_key(limit: int) -> None:
    """Wherever the cut falls, the key was masked before."""
    shown = shortened(f"key is {LONG_KEY} and more of it", limit)
    assert len(shown) <= limit
    assert LONG_KEY[:6] not in shown
    assert shortened("short", 5) == "short"
    assert shortened("longer", 5) == "long…"


@given(st.lists(st.integers(0, len(LONG_KEY) + 14), max_size=6))
def test_pieces_of_a_text_are_masked_as_a_whole(cuts: list[int]) -> None:
    """However a text is cut, the pieces keep their lengths and together show no key."""
    whole = f"before {LONG_KEY} after"
    edges = [0, *sorted(cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(edges)]
    masked = masked_pieces(pieces)
    assert [len(one) for one in masked] == [len(one) for one in pieces]
    assert "".join(masked) == masked_text(whole)


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        (["api_key"], "hunter2hunter2X9", "*" * 16),
        (["client_secret", "value"], "hunter2hunter2X9", "*" * 16),
        (["headers"], {"authorization": "Bearer hunter2X9"}, {"authorization": "*" * 16}),
        (["text"], "hunter2hunter2X9", "hunter2hunter2X9"),
        ([], {"password": "hunter2X9", "n": 1}, {"password": "*********", "n": 1}),
        (["text"], None, None),
    ],
)
def test_a_value_is_masked_by_the_names_on_its_path(
    path: list[str], value: object, shown: object
) -> None:
    """Shown by itself, it would not tell that it is secret."""
    assert masked_value(path, value) == shown


def test_errors_mask_their_messages() -> None:
    """In str, repr and a traceback; `args` has the message as it was."""
    error = UsageError(f"no upstream at https://u:hunter2X9@h/?api_key={LONG_KEY}")
    found = "".join([str(error), repr(error), *traceback.format_exception(error)])
    assert LONG_KEY not in found
    assert "hunter2X9" not in found
    assert "no upstream at https://u:" in str(error)
    assert LONG_KEY in error.args[0]
