"""Real streams held against the rules: the providers' own are fine, and broken ones are not."""

import random
from collections import defaultdict

import pytest

from tests.corpus import DOCTORED, OWNERS, findings, streams
from tests.shared import SHARED, needs_corpus
from tools.corpus.mutate_check import OPERATORS, Tally, measure

CORE = SHARED / "corpus" / "core"
APIS = {"responses", "chat-completions", "messages", "generate-content"}


@needs_corpus
def test_whole_streams_of_the_owners_have_no_errors() -> None:
    """No rule calls a real, whole stream of the provider that defines the API wrong."""
    stored = 0
    for recorded in streams(CORE):
        if recorded.provider in OWNERS and recorded.whole:
            stored += 1
            wrong = [f for f in findings(recorded) if f.severity == "error"]
            doctored = recorded.name in DOCTORED
            assert (wrong != []) is doctored, f"{recorded.label}: {wrong}"
    assert stored >= 20


@needs_corpus
def test_every_stream_can_be_held_against_the_rules() -> None:
    """Whatever was recorded, anywhere, is findings or none: never an error of ours."""
    found = [finding for recorded in streams(CORE) for finding in findings(recorded)]
    assert found
    assert all(finding.message for finding in found)


@needs_corpus
def test_broken_streams_are_found() -> None:
    """Of real streams that are broken on purpose at least 95 in 100 are found."""
    tallies = measure((r for r in streams(CORE) if r.provider in OWNERS and r.api in APIS), each=1)
    made = sum(sum(t.made.values()) for t in tallies.values())
    found = sum(sum(t.found.values()) for t in tallies.values())
    assert made > 200
    assert found / made >= 0.95, [missed for t in tallies.values() for missed in t.missed]
    assert tallies["responses"].share == 1


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_a_mutation_changes_the_stream(name: str) -> None:
    """Each way of breaking does break: what it returns is whether the stream is another one."""
    from tests.streams import Writer
    from tools.corpus.mutate_check import Item, take_apart

    interaction = Writer().message("Double ", "bath").call("wash", '{"times":10}').end()
    from streamtape.dialects.openai_responses import OPENAI_RESPONSES

    changed: dict[bool, int] = defaultdict(int)
    for at in range(len(interaction.payloads)):
        items = take_apart(interaction.interaction(), OPENAI_RESPONSES)
        before = [(i.name, repr(i.payload)) for i in items]
        applied = OPERATORS[name](items, at, random.Random(at))
        assert applied is ([(i.name, repr(i.payload)) for i in items] != before)
        changed[applied] += 1
        assert all(isinstance(i, Item) for i in items)
    assert changed[True]


def test_a_tally_of_nothing_has_no_share() -> None:
    """No mutants, none found."""
    assert Tally().share == 0
