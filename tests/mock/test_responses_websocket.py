"""The mock's Responses over WebSocket, through the SDK's `responses.connect()`, sync and async."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
import websockets.sync.client
from openai.resources.responses.responses import ResponsesConnection
from openai.types.responses import Response, ResponsesServerEvent
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus

from streamtape.mock.scripts import SCRIPTS
from streamtape.mock.server import MockServer
from tests.patience import PATIENCE_S

# The SDK names releases of websockets below 16; in newer ones its way to connect is deprecated.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:connect\(\) must be used as a context manager:DeprecationWarning"
)
TERMINAL = {"response.completed", "response.failed", "response.incomplete", "error"}
TOOL: Any = {
    "type": "function",
    "name": "look_up",
    "parameters": {"type": "object", "properties": {"word": {"type": "string"}}},
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[MockServer]:
    """An endpoint that does not wait between events."""
    with MockServer(gap_us=0) as running:
        yield running


@pytest.fixture
def connection(endpoint: MockServer) -> Iterator[ResponsesConnection]:
    """A connection of the SDK's to it."""
    with client_of(endpoint).responses.connect() as open_:
        yield open_


def client_of(endpoint: MockServer) -> openai.OpenAI:
    """An OpenAI client of the endpoint."""
    return openai.OpenAI(base_url=endpoint.base_url, api_key="none", max_retries=0)


def to_the_end(connection: ResponsesConnection) -> list[ResponsesServerEvent]:
    """The events of one response."""
    found = []
    for event in connection:
        found.append(event)
        if event.type in TERMINAL:
            return found
    raise AssertionError(f"the connection ended after {len(found)} events")


def finished(connection: ResponsesConnection) -> Response:
    """The response that is completed next."""
    last = to_the_end(connection)[-1]
    assert last.type == "response.completed"
    return last.response


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_every_script_is_typed(connection: ResponsesConnection, script: str) -> None:
    """Events fill their models strictly; numbers are contiguous, one event ends a response."""
    connection.response.create(model=f"scripted:{script}", input="hi")
    events = to_the_end(connection)
    assert [e.sequence_number for e in events] == list(range(len(events)))
    for event in events:
        type(event).model_validate(event.to_dict())


def test_the_same_events_as_over_http(
    endpoint: MockServer, connection: ResponsesConnection
) -> None:
    """Only the transport differs."""
    connection.response.create(model="gpt-4.1?seed=7", input="hi")
    with client_of(endpoint) as client:
        stream = client.responses.create(model="gpt-4.1?seed=7", input="hi", stream=True)
        by_http = [event.to_dict() for event in stream]
    assert [event.to_dict() for event in to_the_end(connection)] == by_http


def test_a_function_call_in_two_turns(connection: ResponsesConnection) -> None:
    """A call, its output by `previous_response_id`, the answer: on one connection."""
    connection.response.create(model="gpt-4.1", input="look it up", tools=[TOOL])
    first = finished(connection)
    (call,) = first.output
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"word": "double bubble bath"}
    connection.response.create(
        model="gpt-4.1",
        previous_response_id=first.id,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "found"}],
        tools=[TOOL],
    )
    second = finished(connection)
    assert second.previous_response_id == first.id
    assert second.output_text.startswith("double bubble bath")


def test_an_unknown_previous_response(connection: ResponsesConnection) -> None:
    """An error event as the API sends it; the connection goes on."""
    connection.response.create(model="gpt-4.1", input="hi", previous_response_id="resp_gone")
    (error,) = to_the_end(connection)
    assert error.type == "error"
    assert error.to_dict()["status"] == 400
    assert error.error.code == "previous_response_not_found"
    connection.response.create(model="gpt-4.1", input="hi")
    assert finished(connection).status == "completed"


def test_responses_are_known_elsewhere_if_stored(endpoint: MockServer) -> None:
    """Another connection may go on with a stored response, and not with one of `store=False`."""
    codes = []
    for store in (True, False):
        with client_of(endpoint).responses.connect() as one:
            one.response.create(model="gpt-4.1", input="hi", store=store)
            known = finished(one).id
            one.response.create(model="gpt-4.1", input="more", previous_response_id=known)
            assert finished(one).previous_response_id == known
        with client_of(endpoint).responses.connect() as other:
            other.response.create(model="gpt-4.1", input="more", previous_response_id=known)
            last = to_the_end(other)[-1]
            codes.append(last.error.code if last.type == "error" else None)
    assert codes == [None, "previous_response_not_found"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", "invalid_json"),
        ("[" * 100_000, "invalid_json"),
        ('"text"', "invalid_json"),
        ("{}", "unknown_message_type"),
        ('{"type": ["response.create"]}', "unknown_message_type"),
        ('{"type": "response.cancel"}', "unknown_message_type"),
        ('{"type": "response.create", "background": true}', "unsupported_parameter"),
        ('{"type": "response.create", "stream_id": []}', None),
        ('{"type": "response.create", "model": "gpt-4.1?speed=2"}', None),
        ('{"type": "response.create", "model": "scripted:nothing"}', None),
        ('{"type": "response.create", "previous_response_id": {}}', "previous_response_not_found"),
    ],
)
def test_messages_that_are_refused(
    connection: ResponsesConnection, message: str, code: str | None
) -> None:
    """Each is told by an error event; nothing ends the connection."""
    connection.send_raw(message)
    error = connection.recv()
    assert error.type == "error"
    assert (error.error.type, error.error.code) == ("invalid_request_error", code)
    connection.response.create(model="gpt-4.1", input="hi")
    assert finished(connection).status == "completed"


def test_a_warm_up_says_nothing(connection: ResponsesConnection) -> None:
    """`generate=False` gives an id to go on from, and no output."""
    connection.response.create(model="gpt-4.1", input="hi", generate=False)
    warm = finished(connection)
    assert warm.output == []
    connection.response.create(model="gpt-4.1", input="more", previous_response_id=warm.id)
    assert finished(connection).output


def test_lanes_run_side_by_side(connection: ResponsesConnection) -> None:
    """Responses of one lane follow each other, those of two interleave; events name their lane."""
    connection.response.create(model="gpt-4.1?hold=20", input="hi", stream_id="a")
    for lane in ("b", "a"):
        connection.response.create(model="gpt-4.1", input="hi", stream_id=lane)
    order: list[tuple[str, str]] = []
    while sum(kind == "response.completed" for _, kind in order) < 3:
        event: Any = connection.recv()
        order.append((event.stream_id, event.type))
    starts = [n for n, kind in enumerate(order) if kind == ("a", "response.created")]
    ends = [n for n, kind in enumerate(order) if kind == ("a", "response.completed")]
    assert starts[1] > ends[0] > order.index(("b", "response.created"))


def test_steering(connection: ResponsesConnection) -> None:
    """The response ends at the end of an item, as incomplete; a successor goes on by itself."""
    connection.response.create(model="gpt-4.1?hold=1", input="hi")
    created = connection.recv()
    assert created.type == "response.created"
    connection.response.steer(input="faster", previous_response_id=created.response.id)
    events = to_the_end(connection)
    accepted = next(e for e in events if e.type == "response.steer.accepted")
    assert accepted.steer.previous_response_id == created.response.id
    assert [created.sequence_number, *(e.sequence_number for e in events)] == list(
        range(len(events) + 1)
    )
    last = events[-1]
    assert last.type == "response.incomplete"
    assert last.response.incomplete_details
    assert last.response.incomplete_details.reason == "steered"
    assert len(last.response.output) == 1
    successor = finished(connection)
    assert successor.previous_response_id == created.response.id


def test_steering_a_response_that_waits_for_tools(connection: ResponsesConnection) -> None:
    """The steering is kept, and put before the output that the client brings."""
    connection.response.create(model="gpt-4.1", input="hi", tools=[TOOL])
    plain = finished(connection)
    unsteered: Any = [{"type": "function_call_output", "call_id": "call_1", "output": "found"}]
    connection.response.create(
        model="gpt-4.1", input=unsteered, tools=[TOOL], previous_response_id=plain.id
    )
    before = finished(connection).usage
    connection.response.create(model="gpt-4.1?hold=1", input="hi", tools=[TOOL])
    created = connection.recv()
    assert created.type == "response.created"
    connection.response.steer(input="faster", previous_response_id=created.response.id)
    first = finished(connection)
    pending = connection.recv()
    assert pending.type == "response.steer.pending"
    (stub,) = pending.required_input
    assert stub.type == "function_call_output"
    output: Any = {"type": "function_call_output", "call_id": stub.call_id, "output": "found"}
    connection.response.create(
        model="gpt-4.1", input=[output], tools=[TOOL], previous_response_id=first.id
    )
    answer = finished(connection)
    assert answer.usage
    assert before
    assert answer.usage.input_tokens > before.input_tokens  # the steering is in it


def test_steering_that_fails(connection: ResponsesConnection) -> None:
    """No such response, one that has ended, nothing said: each has its code."""
    connection.response.create(model="gpt-4.1", input="hi")
    done = finished(connection).id
    codes = []
    # Each steers a response of its own, which goes on once it has heard one.
    for target, text in (("resp_gone", "faster"), (done, "faster"), (None, [])):
        connection.response.create(model="gpt-4.1?hold=1", input="hi")
        created = connection.recv()
        assert created.type == "response.created"
        connection.response.steer(input=text, previous_response_id=target or created.response.id)
        is_over, code = False, ""
        while not (is_over and code):
            event = connection.recv()
            is_over = is_over or event.type in TERMINAL
            if event.type == "response.steer.failed":
                code = event.error.code
        codes.append(code)
    assert codes == ["response_not_found", "response_already_completed", "invalid_input"]


def test_handlers(connection: ResponsesConnection) -> None:
    """The SDK's other way to read: handlers by type, until the connection is closed."""
    texts: list[str] = []
    connection.on("response.output_text.done", lambda event: texts.append(event.text))
    connection.on("response.completed", lambda event: connection.close())
    connection.response.create(model="gpt-4.1", input="hi")
    connection.dispatch_events()
    assert len(texts) == 1


@pytest.mark.parametrize("close", [0, 1012])
def test_a_connection_that_breaks_is_made_anew(endpoint: MockServer, close: int) -> None:
    """Cut off or closed for a restart, the SDK connects again and sends what waits."""
    codes: list[int] = []
    open_: list[ResponsesConnection] = []

    def again(event: Any) -> None:
        codes.append(event.close_code)
        open_[0].response.create(model="gpt-4.1", input="again")

    manager = client_of(endpoint).responses.connect(on_reconnecting=again, initial_delay=0.001)
    with manager as connection:
        open_.append(connection)
        connection.response.create(model=f"gpt-4.1?cut=12&close={close}", input="hi")
        events = to_the_end(connection)
    assert codes == [close or 1006]
    assert len(events) == 12 + 48


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ("cut=12", ConnectionClosedError),
        ("reset=12", ConnectionClosedError),
        ("cut=12&close=1011", ConnectionClosedError),
        ("cut=12&close=1000", ConnectionClosedOK),
    ],
)
def test_a_connection_that_breaks(
    connection: ResponsesConnection, options: str, error: type[Exception]
) -> None:
    """After so many events, as was asked for."""
    connection.response.create(model=f"gpt-4.1?{options}", input="hi")
    seen = [connection.recv() for _ in range(12)]
    with pytest.raises(error):
        connection.recv()
    assert seen[0].type == "response.created"


def test_async(endpoint: MockServer) -> None:
    """The same through AsyncOpenAI, its messages in fragments."""

    async def main() -> str:
        async with openai.AsyncOpenAI(base_url=endpoint.base_url, api_key="none") as client:
            async with client.responses.connect() as connection:
                await connection.response.create(model="gpt-4.1?pieces=3", input="hi")
                async for event in connection:
                    if event.type == "response.completed":
                        return event.response.output_text
        raise AssertionError("not completed")

    assert asyncio.run(main()).startswith("double bubble bath")


@pytest.mark.parametrize(("path", "status"), [("/responses?status=401", 401), ("/audio", 404)])
def test_handshakes_that_are_refused(endpoint: MockServer, path: str, status: int) -> None:
    """With a status and the provider's error as body."""
    url = endpoint.base_url.replace("http", "ws", 1) + path
    with pytest.raises(InvalidStatus) as caught:
        with websockets.sync.client.connect(url):
            pass
    assert caught.value.response.status_code == status
    assert json.loads(caught.value.response.body or b"")["error"]["type"]


@pytest.mark.parametrize("option", ["hold=1", "close=1011"])
def test_options_of_websockets_alone(endpoint: MockServer, option: str) -> None:
    """A request over HTTP that has them is refused."""
    with (
        client_of(endpoint) as client,  # what an exception refers to is closed by chance
        pytest.raises(openai.BadRequestError, match="options of WebSockets"),
    ):
        client.responses.create(model=f"gpt-4.1?{option}", input="hi")


def test_what_the_endpoint_counts() -> None:
    """Messages as they came, whole answers, and clients that left without a close message."""
    with MockServer(gap_us=0) as endpoint:
        with client_of(endpoint).responses.connect() as connection:
            connection.response.create(model="gpt-4.1", input="hi")
            finished(connection)
        assert endpoint.wait_for(finished=1, idle=True, timeout_s=PATIENCE_S)
        assert endpoint.disconnects == 0
        with client_of(endpoint).responses.connect() as connection:
            connection.response.create(model="gpt-4.1?stall=5", input="hi")
            _until(connection, lambda event: event.sequence_number == 4)
            connection._connection.socket.shutdown(2)
        assert endpoint.wait_for(finished=1, disconnects=1, idle=True, timeout_s=PATIENCE_S)
        request = [json.loads(message)["model"] for message in endpoint.messages]
    assert request == ["gpt-4.1", "gpt-4.1?stall=5"]


def _until(connection: ResponsesConnection, holds: Callable[[Any], bool]) -> None:
    while not holds(connection.recv()):
        pass
