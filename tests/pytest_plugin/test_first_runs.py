"""First runs that are as good as the later ones: faults, clocks, applications of one's own."""

import pytest

import streamtape
from tests.pytest_plugin.conftest import Suite

CUT = """
@streamtape.cassette(fault='cut@event=2')
def test_a(tape):
    with pytest.raises(httpx.RemoteProtocolError), httpx.stream('GET', URL + '/x') as answer:
        for line in answer.iter_lines():
            pass
    assert len(list(tape.seen[0].events())) == 2
    assert [str(fault) for fault in tape.struck] == ['cut@event=2']
"""
RETRY = """
@streamtape.cassette(fault='http=429')
def test_a(tape):
    assert [httpx.get(URL + '/x').status_code for _ in 'ab'] == [429, 200]
"""
STALL = """
@streamtape.cassette(fault='stall=30s@event=1')
def test_a():
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(URL + '/x', timeout=5)
"""
ASYNC = """
import asyncio
@streamtape.cassette(fault='cut@event=1:rst')
def test_a():
    async def ask():
        async with httpx.AsyncClient() as client:
            await client.get(URL + '/x')
    with pytest.raises(httpx.ReadError):
        asyncio.run(ask())
"""
RECHUNK = """
@streamtape.cassette(rechunk='byte')
def test_a(tape):
    with httpx.stream('GET', URL + '/x') as answer:
        assert {len(piece) for piece in answer.iter_raw()} == {1}
"""
UNITTEST = """
class TestIt(unittest.TestCase):
    @streamtape.cassette(fault='cut@event=2')
    def test_a(self):
        with self.assertRaises(httpx.RemoteProtocolError):
            httpx.get(URL + '/x')
"""
FORMS = {
    "cut": CUT, "retry": RETRY, "stall": STALL, "async": ASYNC, "rechunk": RECHUNK,
    "unittest": UNITTEST,
}  # fmt: skip


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
@pytest.mark.parametrize("form", FORMS)
def test_a_fault_strikes_in_the_first_run(suite: Suite, form: str, mode: str) -> None:
    """What came is recorded whole, then broken for the client: one request, one clean cassette."""
    suite.write(FORMS[form])
    suite.run(f"--tape-record={mode}", "-Werror::UserWarning").assert_outcomes(passed=1)
    (path,) = suite.tapes()
    (recorded,) = streamtape.load(suite.folder / path)
    assert recorded.ending.kind == "complete"
    assert recorded.body == suite.upstream.body
    assert suite.upstream.requests == ["/x"]
    suite.run("--tape-record=none").assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/x"]
    suite.run("--tape-record=verify").assert_outcomes(passed=1)


def test_a_fault_that_strikes_nothing_is_reported_at_the_test(suite: Suite) -> None:
    """The warning names the line where the test begins, in every run."""
    suite.write("\n@streamtape.cassette(fault='cut@event=9')\ndef test_a():\n    httpx.get(URL)\n")
    for _ in "ab":
        result = suite.run()
        result.assert_outcomes(passed=1, warnings=1)
        result.stdout.fnmatch_lines(["*test_it.py:4: StreamtapeWarning: no fault struck *"])
    suite.run("-Werror::UserWarning").assert_outcomes(failed=1)


def test_a_fault_through_a_port_strikes_in_the_second_run(suite: Suite) -> None:
    """A server hands on what it records as it comes; the first run says what to do."""
    suite.write(
        "@pytest.mark.streamtape(upstream=URL, fault='http=503')\ndef test_a(tape_server):\n"
        "    assert httpx.get(tape_server.url + '/x').status_code == 503\n"
    )
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the next run has the fault*"])
    suite.run().assert_outcomes(passed=1)
    assert suite.upstream.requests == ["/x"]


# A stream of ten minutes that takes milliseconds to record, since its upstream has no clock.
CLOCK = """
import asyncio
class Slow(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request):
        class Body(httpx.AsyncByteStream):
            async def __aiter__(self):
                for n in range(4):
                    await asyncio.sleep(0.02)
                    yield b'data: %d\\n\\n' % n
        return httpx.Response(200, stream=Body())

async def ask(limit):
    async with httpx.AsyncClient(transport=Slow()) as client:
        async with asyncio.timeout(limit):
            return (await client.get(URL)).text

@streamtape.cassette(clock='auto')
def test_a(tape):
    with pytest.raises(TimeoutError):
        asyncio.run(ask(0.05))
    assert tape.clock.now_s < 0.06
"""


def test_a_clock_of_its_own_holds_in_the_first_run(suite: Suite) -> None:
    """The stream is taken down whole, though its client gives up in the middle."""
    suite.write(CLOCK)
    for _ in "ab":
        suite.run().assert_outcomes(passed=1)
    (recorded,) = streamtape.load(suite.folder / "cassettes/test_it/test_a.tape")
    assert recorded.ending.kind == "complete"
    assert len(recorded.chunks) == 4


IN_PROCESS = {
    "ours": "streamtape.ASGIStreamTransport(app)",
    "asgi": "httpx.ASGITransport(app)",
    "mock": "httpx.MockTransport(mock)",
    "derived": "type('Mine', (httpx.ASGITransport,), {})(app)",
    "wrapped": "Wrapping(httpx.ASGITransport(app))",
    "said": "Said(httpx.AsyncHTTPTransport())",
}
APP = """
import asyncio
answers = [b'data: one\\n\\n']
async def app(scope, receive, send):
    head = {'type': 'http.response.start', 'status': 200}
    await send(head | {'headers': [(b'content-type', b'text/event-stream')]})
    await send({'type': 'http.response.body', 'body': answers[0]})
def mock(request):
    return httpx.Response(200, content=answers[0], headers={'content-type': 'text/event-stream'})
class Wrapping(httpx.AsyncBaseTransport):
    def __init__(self, inner): self.inner = inner
    async def handle_async_request(self, request):
        return await self.inner.handle_async_request(request)
class Said(Wrapping):
    in_process = True
    async def handle_async_request(self, request):
        return mock(request)
async def ask(transport):
    async with httpx.AsyncClient(transport=transport, base_url='http://app') as client:
        return (await client.get('/events')).text
"""
OWN = """
@streamtape.cassette
def test_a(tape, tape_snapshot):
    asyncio.run(ask({transport}))
    assert tape == tape_snapshot(level='frames')
"""


@pytest.mark.parametrize("transport", IN_PROCESS)
def test_an_application_in_this_process_is_called_in_every_run(
    suite: Suite, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay does not stand in for the program under test; its recording stays as it was."""
    suite.write(APP + OWN.format(transport=IN_PROCESS[transport]))
    suite.run("--tape-update").assert_outcomes(passed=1)
    before = _bytes(suite)
    suite.run().assert_outcomes(passed=1)
    suite.run("--tape-record=verify").assert_outcomes(passed=1)
    failed = APP.replace("data: one", "data: two")
    suite.write(failed + OWN.format(transport=IN_PROCESS[transport]))
    monkeypatch.setenv("CI", "true")
    suite.run().assert_outcomes(failed=1)
    result = suite.run("--tape-record=verify")
    result.assert_outcomes(failed=1)
    assert _bytes(suite) == before
    suite.pytester.makeini("[pytest]\ntape_replay_in_process = true\n")
    suite.run().assert_outcomes(passed=1)


def _bytes(suite: Suite) -> bytes:
    (path,) = suite.tapes()
    return (suite.folder / path).read_bytes()


SYNC = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
def wsgi(environ, start_response):
    start_response('200 OK', [])
    return [str(ANSWER).encode()]
app = Starlette(routes=[Route('/', lambda request: PlainTextResponse(str(ANSWER)))])
@streamtape.cassette
def test_a():
    with httpx.Client(transport=httpx.WSGITransport(wsgi), base_url='http://app') as client:
        assert client.get('/').text == str(ANSWER)
@streamtape.cassette
def test_b(tape):
    assert TestClient(app).get('/').text == str(ANSWER)
    assert tape.played[0].body == str(ANSWER).encode()
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_wsgi_and_test_clients_are_called_too(suite: Suite) -> None:
    """Sync applications and Starlette's TestClient, which FastAPI's is, answer in every run."""
    for answer in (1, 2, 3):
        suite.write(f"ANSWER = {answer}\n" + SYNC)
        suite.run().assert_outcomes(passed=2)


def test_a_fault_strikes_an_application_too(suite: Suite) -> None:
    """It is called, and what its client gets of the answer is broken."""
    suite.write(
        APP + "@streamtape.cassette(fault='cut@end')\ndef test_a():\n"
        "    with pytest.raises(httpx.RemoteProtocolError):\n"
        "        asyncio.run(ask(httpx.MockTransport(mock)))\n"
    )
    for _ in "ab":
        suite.run().assert_outcomes(passed=1)
