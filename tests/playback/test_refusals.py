"""What providers say when something is wrong, in the shapes that their clients know."""

import json

import pytest

from streamtape.dialects.select import dialect_named
from streamtape.framing.eventstream import EventStreamParser
from streamtape.playback.error_responses import error_body, error_event, http_body


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/v1/responses", ["error", "message"]),
        ("/anthropic/v1/messages", ["error", "message"]),
        ("/v1beta/models/g:streamGenerateContent", ["error", "message"]),
        ("/api/chat", ["error"]),
        ("/model/anthropic.claude/converse-stream", ["message"]),
        ("/", ["error", "message"]),
    ],
)
def test_errors_have_the_providers_shape(path: str, where: list[str]) -> None:
    """Each client finds the message where its SDK looks for it."""
    value = json.loads(error_body(path, 404, "why", "kind"))
    shape = value.get("type"), "code" in str(value)
    for name in where:
        value = value[name]
    assert value == "why"
    assert shape[0] == ("error" if "messages" in path else None)


@pytest.mark.parametrize("name", ["", "throttlingException"])
def test_an_aws_event_stream_has_an_exception_message(name: str) -> None:
    """A message of type exception, both CRCs right, whose name is in a header."""
    parser = EventStreamParser()
    (frame,) = parser.feed(error_event(dialect_named("bedrock-converse"), parser, 3, name))
    assert parser.close() is None
    assert frame.event == (name or "internalServerException")
    assert frame.headers[":message-type"] == "exception"
    assert frame.headers[":content-type"] == "application/json"
    assert list(json.loads(frame.payload)) == ["message"]
    assert list(json.loads(http_body(dialect_named("bedrock-converse"), 503))) == ["message"]
