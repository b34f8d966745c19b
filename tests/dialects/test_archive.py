"""Recorded streams of forty providers: held against the SDKs, and cut at every event.

A share of the short ones of the archive; `tools/corpus/meaning.py` does all of it.
"""

from functools import cache
from itertools import groupby

import pytest

from streamtape.dialects.base import Dialect
from streamtape.dialects.select import dialect_for, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.tape.events import Event
from tests.accumulators import accumulated, in_their_words
from tests.archive import names, recording
from tests.shared import needs_corpus

pytestmark = needs_corpus
SHORT = 40  # events
SDK_IS_WRONG = {
    # Several answers follow each other in one body, and block indices begin anew: the SDK adds a
    # later answer's pieces to the block that first had the index, and so loses text and arguments.
    "vercel-ai--anthropic-programmatic-tool-calling.1",
    "vercel-ai--anthropic-tool-search-deferred-bm25",
    "vercel-ai--anthropic-tool-search-deferred-regex",
    # A call's id and name are sent twice, and the SDK joins them as if they were deltas: "00".
    "simonw-llm--test_tools_streaming--test_tools_streaming_variant_a--0",
}
SAMPLE = [n for n in names() if n.rpartition("/")[2].rpartition(".")[0] in SDK_IS_WRONG]
SAMPLE += [n for n in names()[::4] if n not in SAMPLE]
PROVIDERS = {
    provider: list(group)
    for provider, group in groupby(sorted(SAMPLE), lambda n: n.partition("/")[0])
}


@cache
def read(name: str) -> tuple[Dialect, list[Event]]:
    """The dialect and the events of a stream."""
    recorded = recording(name)
    table = dialect_for(recorded)
    return table, list(events_of(recorded.frames(), table))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_transcripts_equal_the_sdks_own(provider: str) -> None:
    """Field by field, for every stream that an SDK accepts; where not, the SDK is wrong."""
    names = PROVIDERS[provider]
    assert names
    for name in names:
        table, events = read(name)
        assert table.name != "generic", name
        stem = name.rpartition("/")[2].rpartition(".")[0]
        if len(events) > SHORT and stem not in SDK_IS_WRONG:
            continue
        theirs = accumulated(table.name, table.profile_of, events)
        if theirs is None:
            continue
        equal = in_their_words(transcript_of(events, table), theirs) == theirs
        assert equal is (stem not in SDK_IS_WRONG), name


def test_every_prefix_of_hundreds_has_a_transcript() -> None:
    """Cut after any event, a stream is read as far as it goes; its texts only grow."""
    n_streams = n_prefixes = 0
    for name in SAMPLE:
        table, events = read(name)
        if len(events) > SHORT:
            continue
        n_streams += 1
        before = 0
        for end in range(len(events) + 1):
            transcript = transcript_of(events[:end], table)
            assert transcript.n_events == end
            assert len(transcript.text) >= before, name
            before = len(transcript.text)
            n_prefixes += 1
    assert n_streams > 200
    assert n_prefixes > 3000
