"""The mock's Realtime API, through the SDK's `realtime.connect()`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.resources.realtime.realtime import RealtimeConnection

import streamtape
from streamtape.mock.server import MockServer
from tests.mock.test_responses_websocket import client_of
from tests.server.websockets_raw import RawClient, opening

# The SDK names releases of websockets below 16; in newer ones its way to connect is deprecated.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:connect\(\) must be used as a context manager:DeprecationWarning"
)
TOOL = {"type": "function", "name": "look_up", "parameters": {"type": "object"}}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[MockServer]:
    """An endpoint that does not wait between events."""
    with MockServer(gap_us=0) as running:
        yield running


@pytest.fixture
def connection(endpoint: MockServer) -> Iterator[RealtimeConnection]:
    """A connection of the SDK's to it, after its greeting."""
    with client_of(endpoint).realtime.connect(model="gpt-realtime") as open_:
        assert open_.recv().type == "session.created"
        yield open_


def until_type(connection: RealtimeConnection, kind: str) -> list[Any]:
    """The events up to the first of a type; each fills its model strictly."""
    found: list[Any] = []
    while not found or found[-1].type != kind:
        event = connection.recv()
        type(event).model_validate(event.to_dict())
        found.append(event)
    return found


def ask(connection: RealtimeConnection, text: str) -> None:
    """Put a text of the user's into the conversation."""
    content: Any = [{"type": "input_text", "text": text}]
    connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": content}
    )


@pytest.mark.parametrize("modality", ["text", "audio"])
def test_an_answer(connection: RealtimeConnection, modality: Any) -> None:
    """As text, or as speech with its transcript: deltas join up, the item is in the response."""
    connection.session.update(session={"type": "realtime", "output_modalities": [modality]})
    ask(connection, "hello")
    connection.response.create()
    events = until_type(connection, "response.done")
    kind = "output_text" if modality == "text" else "output_audio_transcript"
    text = "".join(e.delta for e in events if e.type == f"response.{kind}.delta")
    last = events[-1]
    (item,) = last.response.output
    assert item.type == "message"
    part = item.content[0]
    assert text == (part.text if modality == "text" else part.transcript)
    speech = [e.delta for e in events if e.type == "response.output_audio.delta"]
    assert bool(speech) is (modality == "audio")
    assert all(base64.b64decode(piece) for piece in speech)


def test_a_function_call_and_its_output(connection: RealtimeConnection) -> None:
    """The call of a tool, then the answer that its output brings."""
    tools: Any = [TOOL]
    connection.session.update(
        session={"type": "realtime", "output_modalities": ["text"], "tools": tools}
    )
    ask(connection, "look it up")
    connection.response.create()
    done = until_type(connection, "response.function_call_arguments.done")[-1]
    assert json.loads(done.arguments)["times"] == 10
    until_type(connection, "response.done")
    connection.conversation.item.create(
        item={"type": "function_call_output", "call_id": done.call_id, "output": "found"}
    )
    connection.response.create()
    texts = [e for e in until_type(connection, "response.done") if "output_text" in e.type]
    assert texts


def test_a_response_that_is_cancelled(endpoint: MockServer) -> None:
    """It ends as cancelled, without an item."""
    with client_of(endpoint).realtime.connect(model="gpt-realtime?hold=8") as connection:
        connection.response.create()
        until_type(connection, "response.created")
        connection.response.cancel()
        last = until_type(connection, "response.done")[-1]
        assert (last.response.status, last.response.output) == ("cancelled", [])
        connection.response.cancel()
        error = until_type(connection, "error")[-1]
    assert error.error.code == "response_cancel_not_active"


def test_one_response_at_a_time(endpoint: MockServer) -> None:
    """A second one is an error, and the first goes on."""
    with client_of(endpoint).realtime.connect(model="gpt-realtime?hold=8") as connection:
        connection.response.create()
        until_type(connection, "response.created")
        connection.response.create()
        events = until_type(connection, "response.done")
    codes = [e.error.code for e in events if e.type == "error"]
    assert codes == ["conversation_already_has_active_response"]


def test_items(connection: RealtimeConnection) -> None:
    """They can be looked at and deleted, by their ids."""
    ask(connection, "hello")
    added = until_type(connection, "conversation.item.done")[-1]
    name = str(added.item.id)
    connection.conversation.item.retrieve(item_id=name)
    assert until_type(connection, "conversation.item.retrieved")
    for _ in range(2):
        connection.conversation.item.delete(item_id=name)
    assert until_type(connection, "conversation.item.deleted")
    error = until_type(connection, "error")[-1]
    assert error.error.code == "item_not_found"


@pytest.mark.parametrize(
    "message",
    ["{}", '{"type": "session.update", "session": 1}', '{"type": "conversation.item.create"}'],
)
def test_messages_that_are_refused(connection: RealtimeConnection, message: str) -> None:
    """By an error event; nothing ends the connection."""
    connection.send_raw(message)
    assert connection.recv().type == "error"
    connection.response.create()
    assert until_type(connection, "response.done")


def test_the_subprotocol_of_browsers(endpoint: MockServer) -> None:
    """They bring their key as one; the first is agreed on."""
    offered = "realtime, openai-insecure-api-key.sk-none"
    head = opening("/v1/realtime?model=gpt-realtime", Sec_WebSocket_Protocol=offered)
    with RawClient(endpoint.url, head) as client:
        assert b"Sec-WebSocket-Protocol: realtime" in client.head


def test_recorded_and_replayed(endpoint: MockServer, tmp_path: Any) -> None:
    """Through the servers: the same events, and a transcript that is understood."""
    path = tmp_path / "x.tape"

    def run(root: str) -> list[str]:
        with openai.OpenAI(base_url=f"{root}/v1", api_key="none") as sdk:
            with sdk.realtime.connect(model="gpt-realtime?pieces=2") as connection:
                connection.response.create(response={"output_modalities": ["text"]})
                return [str(event) for event in until_type(connection, "response.done")]

    with streamtape.RecordingProxy(path, upstream=endpoint.url) as proxy:
        seen = run(proxy.url)
    with streamtape.serve(path) as server:
        assert run(server.url) == seen
    (one,) = streamtape.load(path)
    assert one.transcript().text.startswith("double bubble bath")
    assert [str(f) for f in streamtape.check(one) if f.severity == "error"] == []
