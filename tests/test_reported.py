"""What public bug reports tell of broken streams: how much of it the checks find."""

import pytest

from tests.shared import needs_corpus
from tools.corpus.reported.__main__ import MODULES, measure, rates
from tools.corpus.reported.kit import ALL, APIS, parse, write

# Below what is found today, so that a rule that goes blind is noticed, and a single stream is not.
FLOORS = {"responses": 0.95, "anthropic": 0.93, "chat": 0.8, "gemini": 0.7}


@needs_corpus
@pytest.mark.parametrize("api", APIS)
def test_most_of_what_is_reported_is_found(api: str) -> None:
    """Of the reported faults that can be told at all, the checks find the share that they did."""
    share, _ = rates(measure(api, per=2, seed=1, core=True))
    assert share >= FLOORS[api]


def test_every_mutation_names_its_report() -> None:
    """Each mutation says where it was seen, and no API has two of one name."""
    assert MODULES
    for one in ALL:
        repository, _, number = one.source.partition("#")
        assert repository.count("/") == 1
        assert number.isdigit()
    for api in APIS:
        names = [one.name for one in ALL if api in one.apis]
        assert len(names) == len(set(names))


def test_events_are_written_as_they_were_read() -> None:
    """Data that no mutation touches keep their bytes: spaces, escapes, order of keys."""
    body = b': hi\n\nevent: a\nid: 7\ndata: { "b" :  1.0, "c": "\\u00e9" }\n\ndata: [DONE]\n\n'
    events, newline = parse(body)
    assert write(events, newline) == body
