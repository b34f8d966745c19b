"""What events of known types are to a type checker: read by it, never run."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, assert_type

import streamtape

if TYPE_CHECKING:
    from streamtape.tape.event_types import ResponseTextDeltaEvent


def responses(interaction: streamtape.Interaction) -> None:
    """OpenAI Responses: fields, objects below them, and the payload itself."""
    for delta in interaction.events("response.output_text.delta"):
        assert_type(delta.type, Literal["response.output_text.delta"])
        assert_type(delta.delta, str)
        assert_type(delta.output_index, int)
        assert_type(delta.payload["item_id"], str)
        assert_type(delta.at_us, int | None)
        assert_type(words(delta), list[str])
        wrong: int = delta.delta  # type: ignore[assignment]  # it is text
        delta.payload["deltas"]  # type: ignore[typeddict-item]  # no such field
        print(wrong)
    for done in interaction.events("response.completed"):
        assert_type(done.response["id"], str)
        for item in done.response["output"]:
            if item["type"] == "function_call":
                assert_type(item["arguments"], str)
    for grown in interaction.events("response.function_call_arguments.delta", dialect="generic"):
        assert_type(grown.delta, str)


def others(interaction: streamtape.Interaction) -> None:
    """Chat Completions and Anthropic."""
    for chunk in interaction.events("chat.completion.chunk"):
        for choice in chunk.choices:
            assert_type(choice["delta"].get("content"), str | None)
    for block in interaction.events("content_block_delta"):
        if block.delta["type"] == "text_delta":
            assert_type(block.delta["text"], str)
        assert_type(block.payload["index"], int)
    for start in interaction.events("message_start"):
        assert_type(start.message["model"], str)


def objects(interaction: streamtape.Interaction) -> None:
    """The SDK's own objects, and what a text is as a model."""
    assert_type(interaction.sdk_events(), Iterator[Any])
    assert_type(interaction.sdk_events(City), Iterator[City])
    assert_type(interaction.transcript(n_events=3).parsed_as(City), City)
    assert_type(interaction.transcript().parsed, Any)


class City:
    """A class of the user's own."""


def untyped(interaction: streamtape.Interaction, kind: str) -> None:
    """Unknown types, several, and all of them are events with data."""
    assert_type(interaction.events(), Iterator[streamtape.Event])
    assert_type(interaction.events("acme.delta"), Iterator[streamtape.Event])
    assert_type(interaction.events(kind), Iterator[streamtape.Event])
    several = interaction.events("response.created", "response.completed")
    assert_type(several, Iterator[streamtape.Event])
    assert_type(next(several).anything, Any)
    interaction.events(5)  # type: ignore[call-overload]  # a type is text


def session(tape: streamtape.Session) -> None:
    """The same of a session, as a tuple."""
    assert_type(tape.events("response.output_text.delta")[0].delta, str)
    assert_type(tape.events(), tuple[streamtape.Event, ...])


def words(event: "ResponseTextDeltaEvent") -> list[str]:
    """The classes can be named, and each is an Event."""
    return event.delta.split() if kind(event) == event.type else []


def kind(event: streamtape.Event) -> str:
    """An event of any type."""
    assert_type(event.payload, Any)
    return event.type
