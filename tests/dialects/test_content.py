"""The first content: one definition, whichever report asks."""

from typing import Any

import pytest

import streamtape
from streamtape.dialects.content import content_of
from streamtape.report.masked import first_content_us, read
from streamtape.tape.model import Cassette, Interaction
from tests.archive import names, recording
from tests.shared import needs_corpus
from tests.streams import Writer, interaction_of


def chat(*deltas: dict[str, Any]) -> Interaction:
    """A chat completion, a chunk a millisecond."""
    head = {"object": "chat.completion.chunk", "id": "c"}
    chunks = [{**head, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    return interaction_of(chunks, url="http://localhost/v1/chat/completions")


GEMINI = [
    {"candidates": [{"content": {"parts": [part], "role": "model"}}], "usageMetadata": {}}
    for part in ({"text": ""}, {"functionCall": {"name": "f", "args": {"a": 1}}})
]


@pytest.mark.parametrize(
    ("interaction", "event", "channel"),
    [
        (chat({"role": "assistant", "content": ""}, {"content": "Hi"}), 1, "text"),
        (chat({"content": ""}, {"reasoning": "Hm"}, {"content": "Hi"}), 1, "reasoning"),
        (chat({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]},
              {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}), 1, "arguments"),
        (interaction_of(GEMINI, url="http://x/models/m:streamGenerateContent"), 1, "arguments"),
        (Writer().message("", "Hi").end().interaction(), 5, "text"),
        (chat({"role": "assistant"}), None, None),
    ],
)  # fmt: skip
def test_the_first_content(
    interaction: Interaction, event: int | None, channel: str | None
) -> None:
    """An empty delta is none; what comes whole is. `stats`, `show` and `view` say the same."""
    (measured,) = streamtape.stats(Cassette((interaction,))).each
    assert measured.first == channel
    assert measured.ttft_us == (None if event is None else 1000 * event)
    assert first_content_us(read(interaction)) == measured.ttft_us


@needs_corpus
def test_all_reports_agree_on_recorded_streams() -> None:
    """The event that `stats` takes is the one where the transcript begins to say something."""
    n_sent = 0
    for name in names()[::8]:
        reading = read(recording(name))
        content = content_of(reading.transcript)
        payloads = [
            p for p in reading.transcript.parts if p.text and p.channel in {"text", "reasoning"}
        ]
        if payloads:
            n_sent += 1
            assert content[0].event <= min(p.first_event for p in payloads), name
            assert [p.first_event for p in payloads] == sorted(p.first_event for p in payloads), (
                name
            )
    assert n_sent > 10


def test_two_equal_citations_are_two() -> None:
    """Those that events add; of a list that each event repeats, as many as it has."""
    note = {"type": "url_citation", "url_citation": {"url": "http://a"}}
    twice = chat({"annotations": [note]}, {"annotations": [note, note]})
    assert len(twice.transcript().annotations) == 3
    body = [{"object": "chat.completion.chunk", "citations": urls, "choices": [
        {"index": 0, "delta": {"content": "a"}}]} for urls in (["x"], ["x", "y"], ["x", "y", "x"])
    ]  # fmt: skip
    transcript = interaction_of(body, url="http://localhost/v1/chat/completions").transcript()
    assert transcript.annotations == ("x", "y", "x")


@pytest.mark.parametrize("payload", ["", "[DONE]"])
@pytest.mark.parametrize("url", ["/v1/responses", "/v1/messages", "/v1/chat/completions", "/x"])
def test_an_event_without_data_finishes_nothing(payload: str, url: str) -> None:
    """Whatever its name is."""
    for name in ("message_stop", "response.completed", "error", "done", "message"):
        text = f"event: {name}\ndata: {payload}\n\n"
        interaction = interaction_of([], url=f"http://localhost{url}")
        chunk = streamtape.Chunk(1000, text.encode())
        dialogue = streamtape.Interaction(
            interaction.request, interaction.head, streamtape.Chunks.of([chunk]), interaction.ending
        ).transcript()
        assert dialogue.finished is (payload != "")
