"""What waits for the end of a command is written as if it had been in memory all the time."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streamtape
from streamtape.cli import measured_streams, output, spool
from streamtape.cli.measured_streams import Fold, Values
from streamtape.cli.spool import JsonList, JsonObject, Spool
from streamtape.metrics.statistics import Summary
from tests.cli.running import run

PAIRS = Path(__file__).parents[2] / "cassettes" / "pairs" / "a"
SECRET = "sk-proj-" + "Zq3xWv9TbNfK2mRs7yPd" * 2
texts = st.text(max_size=5) | st.sampled_from(["a\nb", '"', "\x1b[1m", "\0spool-0", "é", "\ud800"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def json_list(items: list[Any]) -> JsonList:
    """The array of these."""
    made = JsonList()
    for item in items:
        made.append(item)
    return made


def json_object(items: dict[str, Any]) -> JsonObject:
    """The object of these."""
    made = JsonObject()
    for name, item in items.items():
        made.add(name, item)
    return made


@settings(max_examples=40, deadline=None)
@given(st.lists(values, max_size=3), st.dictionaries(texts, values, max_size=3))
def test_a_document_is_written_as_a_whole_one(items: list[Any], members: dict[str, Any]) -> None:
    """Character by character, also where members are nested and texts look like ours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "MEMORY_BYTES", 1)
        whole = {"a": 1, "runs": [{"items": items, "b": None}], "members": members, "z": "é"}
        frame = {
            "a": 1,
            "runs": [{"items": json_list(items), "b": None}],
            "members": json_object(members),
            "z": "é",
        }
        assert written(patch, spool.write_json, frame) == written(patch, output.write_json, whole)


def written(patch: pytest.MonkeyPatch, write: Any, document: Any) -> bytes:
    """The bytes that a function writes to stdout."""
    import io
    import sys

    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    patch.setattr(sys, "stdout", out)
    write(document)
    out.flush()
    return out.buffer.getvalue()


def test_members_are_masked() -> None:
    """At once, so that no secret waits on disk."""
    kept = json_list([{"key": SECRET}])
    assert not any(SECRET in text for text in kept.texts)
    assert not any(SECRET in text for text in json_object({SECRET: 1}).texts)


def test_a_spool_is_read_while_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """From its beginning, by several readers at once."""
    monkeypatch.setattr(spool, "MEMORY_BYTES", 10)
    found: Spool[Any] = Spool()
    for n in range(5):
        found.append(("value", n))
    pairs = [(a[1], b[1]) for a in found for b in found if b[1] == a[1] + 1]
    assert pairs == [(0, 1), (1, 2), (2, 3), (3, 4)]
    found.append("last")
    assert (len(found), list(found)[-1], "last" in found) == (6, "last", True)


@pytest.mark.parametrize("kind", ["spool", "values"])
def test_a_file_is_closed_with_its_owner(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the file itself is collected, also where both are part of a cycle."""
    monkeypatch.setattr(measured_streams, "RUN_VALUES", 1)
    monkeypatch.setattr(spool, "MEMORY_BYTES", 1)
    owner: Any = Spool[Any]() if kind == "spool" else Values(whole=True)
    if kind == "spool":
        owner.append("more than a byte")
    else:
        owner.add([1])
    file = owner._file
    owner.cycle = owner
    del owner
    assert not file.closed
    gc.collect()
    assert file.closed


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(-(1 << 53), 1 << 53), max_size=9), max_size=9))
def test_values_are_ranked_exactly(groups: list[list[int]]) -> None:
    """However many runs they were sorted in; the figures are those of all in memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measured_streams, "RUN_VALUES", 4)
        patch.setattr(measured_streams, "_BLOCK_VALUES", 3)
        found = Values(whole=True)
        for group in groups:
            found.add(group)
        flat = sorted(value for group in groups for value in group)
        assert list(found.ranked()) == flat
        assert Summary.of_ranked(found.ranked(), found.n) == Summary.of(flat)


def test_values_of_any_size_are_taken() -> None:
    """What a hostile file calls times may lie further apart than eight bytes can say."""
    values = [(1 << 64) - 1, 5, -(1 << 63)]
    found = Values(whole=True)
    found.add(values)
    assert list(found.ranked()) == [-(1 << 63), 5, 1 << 64]
    assert all(type(value) is int for value in found.ranked())


def test_figures_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """`stats --json` of a folder is what `streamtape.stats` says of all its files."""
    monkeypatch.setattr(measured_streams, "RUN_VALUES", 4)
    paths = sorted(PAIRS.glob("*.tape"))
    whole = streamtape.stats(*paths)
    printed = json.loads(run("stats", PAIRS, "--json").stdout)
    assert printed.pop("unreadable") == {}
    assert printed == json.loads(json.dumps(whole.to_dict()))
    fold = Fold()
    for path in paths:
        one = streamtape.stats(path)
        fold.add(one.each, one.refused)
    assert fold.overview().summaries == whole.summary
