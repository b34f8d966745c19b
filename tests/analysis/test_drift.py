"""`drift`: what came or went between two sets of recordings, and what is no drift."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

import streamtape
from streamtape.analysis.drift import compared, vocabulary
from streamtape.analysis.vocabulary import MAX_VALUES, Vocabulary
from streamtape.tape.model import Cassette, Chunk, Chunks, Interaction
from streamtape.tape.store import save
from tests.cli.running import refused, run
from tests.shared import SHARED, needs_corpus
from tests.streams import Writer


def stream(run_id: int, *, edit: Any = None) -> Interaction:
    """A Responses stream with a text and a tool call; `edit` changes each payload in place."""
    writer = Writer(run_id).message("double ", "bubble").call("wash", '{"a":', f"{run_id}}}")
    one = writer.end().interaction()
    if edit is None:
        return one
    pieces = []
    for event in one.events():
        payload = json.loads(json.dumps(event.payload))
        for changed in edit(payload) or [payload]:
            text = f"event: {changed['type']}\ndata: {json.dumps(changed)}\n\n"
            pieces.append(Chunk(None, text.encode()))
    return replace(one, chunks=Chunks.of(pieces))


def streams(first: int, n: int = 6, *, edit: Any = None) -> Cassette:
    """Some streams of different ids, times and usage."""
    return Cassette(tuple(stream(first + k, edit=edit) for k in range(n)))


def new_event(payload: dict[str, Any]) -> list[dict[str, Any]] | None:
    """An event of a type that was not there before, with fields of its own."""
    if payload["type"] == "response.completed":
        return [{"type": "response.audited", "audit": {"by": "x"}}, payload]
    return None


def new_field(payload: dict[str, Any]) -> None:
    """A field with two more inside of it."""
    if "response" in payload:
        payload["response"]["safety"] = {"level": "high", "notes": []}


def new_kind(payload: dict[str, Any]) -> None:
    """What was a list is null."""
    if "response" in payload:
        payload["response"]["tools"] = None


def new_value(payload: dict[str, Any]) -> None:
    """Another word where there were few."""
    if payload["type"] == "response.completed":
        payload["response"]["status"] = "ripened"


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (new_event, [("event", "response.audited", "", "")]),
        (
            new_field,
            [
                ("field", f"response.{name}", "$.response.safety", "")
                for name in ("completed", "created", "in_progress")
            ],
        ),
        (
            new_kind,
            [
                ("kind", f"response.{name}", "$.response.tools", "null")
                for name in ("completed", "created", "in_progress")
            ],
        ),
        (new_value, [("value", "response.completed", "$.response.status", "ripened")]),
    ],
    ids=["event", "field", "kind", "value"],
)
def test_what_came_is_reported_once(edit: Any, expected: list[tuple[str, ...]]) -> None:
    """At its outermost place; the other way round it went."""
    a, b = streams(1), streams(101, edit=edit)
    for sides, happened, counts in (((a, b), "came", (0, 6)), ((b, a), "went", (6, 0))):
        found = streamtape.drift(*sides)
        changes = [c for c in found.changes if c.happened == happened]
        assert [(c.what, c.event, c.path, c.value) for c in changes] == expected
        assert {(c.n_a, c.n_b, c.of_a, c.of_b) for c in changes} == {(*counts, 6, 6)}
        assert not found.same


def test_other_ids_texts_and_numbers_are_no_drift() -> None:
    """What differs from run to run; neither do the fields of a tool's own arguments."""
    found = streamtape.drift(streams(1, 3), [*streams(200, 9)])
    assert found.same
    assert found.interactions == (("openai-responses", 3, 9),)


def test_few_recordings_may_be_chance() -> None:
    """How likely it is by chance is told, and what is likely can be left out."""
    a, b = streams(1, 2), Cassette((*streams(10, 1), stream(20, edit=new_event)))
    (change,) = streamtape.drift(a, b).changes
    assert change.chance == pytest.approx(0.5)
    assert streamtape.drift(a, b, max_chance=0.05).same
    many = streamtape.drift(streams(1, 9), streams(20, 9, edit=new_event), max_chance=0.05)
    assert [change.event for change in many.changes] == ["response.audited"]


def test_vocabularies_add_up_in_any_order() -> None:
    """So that many processes may read, and the result is the same."""
    parts = [vocabulary([streams(n, 2, edit=edit)]) for n, edit in ((1, None), (9, new_field))]
    one, other = Vocabulary(), Vocabulary()
    for part in parts:
        one.merge(part)
    for part in reversed(parts):
        other.merge(part)
    assert one == other
    assert compared(one, other).same


def test_free_words_are_no_values() -> None:
    """A field with many different words, or with any text, is no enumeration."""

    def worded(words: list[str]) -> Any:
        def edit(payload: dict[str, Any]) -> None:
            payload["mood"] = (
                words[crc32(json.dumps(payload).encode()) % len(words)] if words else "A b"
            )

        return edit

    many = [f"mood{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MAX_VALUES * 8)]
    for words in (many, []):
        edits = [worded(words), worded(["glad"])]
        a, b = (streams(n, 30, edit=edit) for n, edit in zip((1, 500), edits, strict=True))
        assert not [change for change in streamtape.drift(a, b).changes if change.what == "value"]


def test_made_up_names_are_one_field() -> None:
    """Keys that are ids of a run do not come and go."""

    def keyed(payload: dict[str, Any]) -> None:
        payload["by_id"] = {f"item_{id(payload)}": {"n": 1}}

    assert streamtape.drift(streams(1, edit=keyed), streams(50, edit=keyed)).same


def folder(path: Path, cassette: Cassette) -> Path:
    """A folder with a recording for each interaction."""
    path.mkdir()
    for number, one in enumerate(cassette):
        save(Cassette((one,)), path / f"{number}.tape")
    return path


def test_the_command(tmp_path: Path) -> None:
    """Status 1 on drift; the same with several processes' worth of batches; JSON has all."""
    a = folder(tmp_path / "a", streams(1))
    b = folder(tmp_path / "b", streams(50, edit=new_event))
    done = run("drift", a, b)
    assert done.exit_code == 1
    assert "openai-responses: 6 interactions in a, 6 in b" in done.stdout
    assert "+ event response.audited  6 of 6\n" in done.stdout
    assert done.stdout.splitlines()[-1] == f"1 came, 0 went from {a} to {b}"
    report = json.loads(run("drift", a, b, "--json").stdout)
    assert (report["same"], report["interactions"]) == (
        False, {"openai-responses": {"a": 6, "b": 6}},
    )  # fmt: skip
    assert [one["event"] for one in report["changes"]] == ["response.audited"]
    same = run("drift", a, a)
    assert (same.exit_code, "nothing came or went" in same.stdout) == (0, True)


def test_trouble_is_reported(tmp_path: Path) -> None:
    """A file that can't be read, nothing at a path, an unknown dialect."""
    a = folder(tmp_path / "a", streams(1, 2))
    (a / "bad.tape").write_bytes(b"no tape")
    done = run("drift", a, a)
    assert done.exit_code == 2
    assert "bad.tape" in done.stderr
    assert "there is no file or folder" in refused("drift", a, tmp_path / "nix")
    assert "unknown dialect" in refused("drift", a, a, "--dialect", "nix")
    (tmp_path / "empty").mkdir()
    assert "no cassettes" in refused("drift", a, tmp_path / "empty")


@needs_corpus
def test_halves_of_the_corpus_do_not_drift() -> None:
    """Every other stream of one API held against the rest: nothing that is not likely by chance."""
    from tests.corpus import streams as recorded

    found = [one.interaction for one in recorded(SHARED / "corpus" / "core", "openai")]
    drift = streamtape.drift(found[::2], found[1::2], max_chance=0.001)
    assert len(found) > 20
    assert drift.same, drift.changes
