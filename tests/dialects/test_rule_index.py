"""The paths of a plan's rules, walked as one tree, find what each path finds alone."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.dialects.base import Piece
from streamtape.dialects.payload import find, parse_path
from streamtape.dialects.rule_index import _find, _placed, _tree

names = st.sampled_from(["a", "b", "c", "*"])
paths = st.lists(names, max_size=4).map(".".join)
payloads = st.recursive(
    st.none() | st.integers(0, 3) | st.text("abc", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(paths, max_size=6), payloads)
def test_a_tree_finds_what_each_path_finds(texts: list[str], payload: Any) -> None:
    """Rule by rule, and each in the payload's order; null is nothing."""
    rules = [Piece("text", text) for text in texts]
    found = _find(_tree(map(_placed, rules)), payload, 0)
    assert [(one.rule, one.bound, one.value) for one in found] == [
        (rule, bound, value)
        for rule in rules
        for bound, value in find(payload, parse_path(rule.path))
        if value is not None
    ]
