"""Secrets in snapshots, pages and other texts."""

import base64
import json
import random
import zlib

import pytest

import streamtape
from streamtape.choices import SnapshotLevel
from streamtape.report.page.document import document
from streamtape.session.exchange import Exchange
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.redact import RedactionOptions
from streamtape.tape.texts import mask_text_bytes, masked_text, scan_text
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
