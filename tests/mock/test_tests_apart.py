"""One server for many tests: what one does is nothing to another; control API, faults, metrics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

import streamtape
from streamtape import MockServer, Rule

ASK = {"model": "m", "input": "hello", "stream": True}


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A server for all of these tests."""
    with MockServer(metrics=True) as running:
        yield running


def answer(url: str, **more: Any) -> str:
    """What is answered to a request at a base URL."""
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        return str(client.responses.create(model="m", input="hello", **more).output_text)


def test_rules_and_requests_are_apart(server: MockServer) -> None:
    """By base path and by header; names may hold anything."""
    one, two = server.test("tests/a.py::test_x[1]"), server.test("b c")
    one.reply("One.")
    two.reply("Two.", contains="hello")
    header = {"X-Streamtape-Test": "b c"}
    assert [answer(one.base_url), answer(two.base_url)] == ["One.", "Two."]
    assert answer(server.base_url, extra_headers=header) == "Two."
    assert [len(one.requests), len(two.requests)] == [1, 2]
    assert [request.user for request in two.asked] == ["hello"] * 2
    two.reset()
    assert two.requests == []


def test_the_same_bytes_whatever_others_do(server: MockServer) -> None:
    """Ids are numbered in each test apart."""
    bodies = []
    for name in ("first", "second"):
        answer(server.base_url)
        bodies.append(httpx.post(f"{server.url}/t/{name}/v1/responses", json=ASK).content)
    assert bodies[0] == bodies[1]


def test_the_control_api(server: MockServer) -> None:
    """Rules are set, requests and misses seen, faults strike, all is forgotten: over HTTP."""
    control = f"{server.url}/t/control/__streamtape"
    rules = {"rules": [{"name": "greet", "contains": "hello", "reply": "Hi."}]}
    assert httpx.put(f"{control}/rules", json=rules).json() == {"rules": ["greet"]}
    base = f"{server.url}/t/control/v1"
    assert answer(base) == "Hi."
    key = {"Authorization": "Bearer sk-" + "a1B2c3D4" * 5}
    httpx.post(f"{base}/responses", json={"input": "else"}, headers=key)
    requests = httpx.get(f"{control}/requests").json()
    assert [(one["rule"], one["user"]) for one in requests] == [("greet", "hello"), ("", "else")]
    (miss,) = httpx.get(f"{control}/misses").json()
    assert "'greet'" in miss
    struck = {"fault": "http=429,retry_after=1", "times": 2}
    assert httpx.post(f"{control}/fault", json=struck).json()["faults"]
    assert [httpx.post(f"{base}/responses", json=ASK).status_code for _ in range(3)] == [
        429, 429, 200,
    ]  # fmt: skip
    state = httpx.get(control).json()
    assert (state["requests"], state["misses"], state["rules"][0]["answered"]) == (5, 1, 4)
    assert httpx.post(f"{control}/reset").json()["requests"] == 0
    assert httpx.get(f"{control}/schema").json()["$defs"]


@pytest.mark.parametrize(
    ("method", "name", "body", "status"),
    [
        ("POST", "fault", "{}", 400),
        ("POST", "fault", '{"fault": "burn"}', 400),
        ("POST", "fault", '{"fault": "cut@head", "times": 0}', 400),
        ("POST", "fault", "{", 400),
        ("PUT", "rules", '{"rules": [{}]}', 400),
        ("GET", "nothing", "", 404),
    ],
)
def test_wrong_requests_to_it(
    server: MockServer, method: str, name: str, body: str, status: int
) -> None:
    """They are refused with a reason."""
    answer = httpx.request(method, f"{server.url}/__streamtape/{name}", content=body)
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.example"}, 421), ({"Origin": "http://evil.example"}, 403)],
)
def test_pages_of_others_are_kept_out(
    server: MockServer, headers: dict[str, str], status: int
) -> None:
    """Of the control API as of all else: the Host header, and the origin of a page."""
    for path in ("/__streamtape", "/v1/models"):
        assert httpx.get(server.url + path, headers=headers).status_code == status


def test_metrics(server: MockServer) -> None:
    """Prometheus's text: a help line, a type and samples for each count."""
    answer(server.base_url)
    text = httpx.get(f"{server.url}/metrics").text
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(float(line.rpartition(" ")[2]) >= 0 for line in samples)
    named = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert {line.partition("{")[0].partition(" ")[0] for line in samples} <= named | {
        f"streamtape_mock_duration_seconds_{part}" for part in ("bucket", "sum", "count")
    }
    assert 'requests_total{dialect="openai-responses",stream="false",status="200"}' in text
    with MockServer() as without:
        assert httpx.get(f"{without.url}/metrics").status_code == 404


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("cut@event=5", httpx.RemoteProtocolError),
        ("cut@event=5:rst", httpx.ReadError),
        ("cut@head", httpx.RemoteProtocolError),
    ],
)
def test_faults_of_replays(fault: str, error: type[Exception]) -> None:
    """A rule's fault breaks its stream as a replay's does."""
    with MockServer([Rule(reply="a b c d e f", fault=fault)]) as server, pytest.raises(error):
        httpx.post(f"{server.base_url}/responses", json=ASK)


def test_other_cuts_and_headers() -> None:
    """`rechunk` and further headers of a rule."""
    rule = Rule(reply="a b c", rechunk="bytes=50", response_headers={"X-Cost": "3"})
    with MockServer(rule) as server:
        with httpx.stream("POST", f"{server.base_url}/responses", json=ASK) as answer:
            sizes = {len(piece) for piece in list(answer.iter_raw())[:-1]}
            assert answer.headers["x-cost"] == "3"
    assert sizes == {50}


def test_what_no_rule_answers_is_recorded(tmp_path: Path) -> None:
    """It goes to the real provider once, masked, and is replayed from then on."""
    path = tmp_path / "rest.tape"
    key = "sk-" + "a1B2c3D4" * 5
    with MockServer("From the real one.") as real:
        bodies = []
        for _ in range(2):
            with MockServer(
                [Rule(contains="mine", reply="Mine.")], record_missing=real.url, cassette=path
            ) as server:
                with openai.OpenAI(base_url=server.base_url, api_key=key) as client:
                    mine = client.responses.create(model="m", input="mine").output_text
                    rest = [client.responses.create(model="m", input=x) for x in "aab"]
                bodies.append([mine, *(one.output_text for one in rest)])
                assert server.misses == ()
        assert bodies == [["Mine.", *["From the real one."] * 3]] * 2
        assert len(real.requests) == 2
    recorded = streamtape.load(path)
    assert len(recorded) == 2
    assert key.encode() not in path.read_bytes()
    assert all(key not in str(one.request.headers) for one in recorded)


def test_gemini_streams_a_json_array_by_default(server: MockServer) -> None:
    """Without `alt=sse` the events are elements of an array, as the API has it."""
    url = f"{server.url}/v1beta/models/gemini-2.5-flash:streamGenerateContent"
    body = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
    elements = httpx.post(url, json=body).json()
    texts = [e["candidates"][0]["content"]["parts"][0]["text"] for e in elements]
    assert "".join(texts).startswith("double bubble bath")
    assert httpx.post(f"{url}?alt=sse", json=body).text.startswith("data: {")


def test_plain_routes(server: MockServer) -> None:
    """Lists of models, counts of tokens, what Ollama's client asks first."""
    with openai.OpenAI(base_url=server.base_url, api_key="none") as client:
        assert "gpt-4.1" in [model.id for model in client.models.list()]
    assert httpx.get(f"{server.url}/api/version").json()["version"]
    assert httpx.get(f"{server.url}/api/tags").json()["models"]
    counted = {"messages": [{"role": "user", "content": "one two three"}]}
    count = httpx.post(f"{server.url}/v1/messages/count_tokens", json=counted).json()
    assert count["input_tokens"] >= 3
