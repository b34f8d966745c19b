"""Real streams of some forty providers: chosen, read, cut, and held against the SDKs."""

import random
from pathlib import Path

import pytest

from streamtape.dialects.select import dialect_for, events_of
from streamtape.dialects.transcript import transcript_of
from tests.accumulators import accumulated, in_their_words
from tests.real import CORE, about, bodies, recording
from tests.shared import needs_corpus

pytestmark = needs_corpus
STREAMS = bodies(CORE)
READ_AS = {
    "responses": "openai-responses", "chat-completions": "openai-chat", "messages": "anthropic",
    "anthropic-messages": "anthropic", "generate-content": "gemini",
    "interactions": "gemini-interactions", "assistants": "openai-assistants",
    "chat-v1": "cohere-v1",
    "chat-v2": "cohere", "converse-stream": "bedrock-converse", "streamable-http": "mcp",
    "chat": "ollama", "generate": "ollama", "pull": "ollama-pull", "agent": "bedrock-agent",
    "audio-transcriptions": "openai-audio", "audio-speech": "openai-audio",
}  # fmt: skip
# What the SDK gets wrong: it joins the id and name of a call that is sent twice.
SDK_IS_WRONG = {"simonw-llm--test_tools_streaming--test_tools_streaming_variant_a--0"}


def name(path: Path) -> str:
    """The name of a stream in the test's report."""
    return str(path.relative_to(CORE))


@pytest.mark.parametrize("path", STREAMS, ids=name)
def test_the_dialect_is_found_and_says_something(path: Path) -> None:
    """The right table is chosen, and every stream that is not an error has something to tell."""
    recorded = recording(path)
    table = dialect_for(recorded)
    expected = READ_AS.get(about(path).get("api", ""))
    assert expected in (None, table.name, table.profile_of)
    assert table.name != "generic"
    transcript = recorded.transcript()
    found = [p for p in transcript.parts if p.text]
    assert (
        found
        or transcript.tool_calls
        or transcript.images
        or transcript.error
        or transcript.status
        or transcript.annotations
        or transcript.finished
    )


@pytest.mark.parametrize("path", STREAMS, ids=name)
def test_transcripts_equal_the_sdks_own(path: Path) -> None:
    """Field by field, for every stream that an SDK accepts."""
    recorded = recording(path)
    table = dialect_for(recorded)
    events = list(events_of(recorded.frames(), table))
    theirs = accumulated(table.name, table.profile_of, events)
    if theirs is None or path.stem in SDK_IS_WRONG:
        return
    assert in_their_words(transcript_of(events, table), theirs) == theirs


@pytest.mark.parametrize("path", STREAMS, ids=name)
def test_every_prefix_has_a_transcript(path: Path) -> None:
    """A stream that is cut anywhere is read as far as it goes; texts only grow."""
    recorded = recording(path)
    table = dialect_for(recorded)
    events = list(events_of(recorded.frames(), table))
    dice = random.Random(1)
    ends = sorted({0, 1, len(events), *(dice.randrange(len(events) + 1) for _ in range(2))})
    whole = transcript_of(events, table)
    for end in ends:
        transcript = transcript_of(events[:end], table)
        assert transcript.n_events == end
        if not whole.choices and table.name != "openai-responses":
            assert whole.text.startswith(transcript.text)
