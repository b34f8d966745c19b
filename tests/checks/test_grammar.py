"""Grammars over event types."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.checks.grammar import Grammar, State, grammar


def run(text: str, names: str) -> State:
    """The state of a grammar after events."""
    machine = grammar(text)
    state = machine.start
    for name in names.split():
        state = machine.step(state, name)
    return state


@pytest.mark.parametrize(
    ("text", "names", "fits"),
    [
        ("a b", "a b", True),
        ("a b", "a", False),
        ("a b?", "a", True),
        ("a b* c", "a b b b c", True),
        ("a b+ c", "a c", False),
        ("a (b | c d)* e", "a b c d b e", True),
        ("a (b | c d)* e", "a c b e", False),
        ("a _* b", "a x y b", True),
        ("a b", "a x b", False),
        ("a | b c", "b c", True),
    ],
)
def test_a_grammar_takes_what_it_says(text: str, names: str, fits: bool) -> None:
    """Sequences, choices, repetition and the name for anything else."""
    machine = grammar(text)
    assert machine.accepts(run(text, names)) is fits


def test_what_would_have_fitted_is_reported() -> None:
    """A state names the events that may come, and `_` is none of them."""
    machine = grammar("added (delta | note)* _* done")
    assert machine.expected(run(machine.text, "added")) == ["delta", "done", "note"]


def test_a_slip_is_one_slip() -> None:
    """After an event out of place the grammar goes on from where such an event can stand."""
    machine = grammar("a b c d")
    assert not machine.step(run(machine.text, "a"), "c")
    assert machine.expected(machine.recover("c")) == ["d"]


@pytest.mark.parametrize("text", ["a (b", "a )", "* a", "a & b", "(", "|)"])
def test_a_text_that_is_no_grammar_is_refused(text: str) -> None:
    """A slip in a table is told when the table is first read."""
    with pytest.raises(ValueError, match="grammar"):
        Grammar(text)


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.sampled_from("abc"),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(" ".join),
            st.tuples(inner, inner).map(lambda two: f"({two[0]} | {two[1]})"),
            st.tuples(inner, st.sampled_from("*+?")).map(lambda two: f"({two[0]}){two[1]}"),
        ),
        max_leaves=8,
    ),
    st.text("abc", max_size=8),
)
def test_grammars_agree_with_regular_expressions(text: str, names: str) -> None:
    """On one-letter names a grammar takes exactly what the same regular expression takes."""
    expected = re.fullmatch(text.replace(" ", ""), names) is not None
    assert grammar(text).accepts(run(text, " ".join(names))) is expected
