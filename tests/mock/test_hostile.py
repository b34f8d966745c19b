"""Bodies that no client should send: the mock answers or refuses each, and goes on."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from streamtape import MockServer, Rule

PATHS = (
    "/v1/responses", "/v1/chat/completions", "/v1/messages", "/api/chat", "/api/generate",
    "/v1beta/models/m:streamGenerateContent", "/v1/messages/count_tokens",
)  # fmt: skip
BODIES = (
    b"", b"{", b"[]", b"null", b"{}", b'{"input":5}', b'{"messages":5}', b'{"contents":5}',
    b'{"messages":[5,null,"x",{"role":5},{"role":"user","content":[5,{"type":"text"}]}]}',
    b'{"contents":[5,{"parts":5},{"parts":[5,{"functionResponse":5}]}]}',
    b'{"tools":[5,{"function":5},{"name":null},{"functionDeclarations":5}],"messages":[]}',
    b'{"model":5}', b'{"model":"?x=1"}', b'{"stream":"yes","input":[]}', b'{"include":5}',
    b'{"previous_response_id":5}', b'{"thread":5}', b'{"max_tokens":-1}', b'{"tools":5}',
    b'{"text":{"format":{"type":"json_schema","schema":5}}}', b'{"input":"\\ud800"}',
    b'{"format":{"type":"array","minItems":1000000000}}', b'{"model":"\\ud800"}',
    b'{"format":{"type":"string","minLength":1000000000}}',
    b'{"format":{"type":"object","required":5,"properties":{"a":{"$ref":"#/x"}}}}',
    b'{"format":{"anyOf":5,"allOf":5,"enum":5,"maxItems":"x","type":"array"}}',
    b'{"tools":[{"type":"function","name":"f","parameters":{"properties":{"a":{"pattern":"("}}}}]}',
    b'{"stream_options":5,"stream":true}', b'{"tool_choice":[5]}', b'{"reasoning":5}',
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_every_body_is_answered_or_refused(path: str) -> None:
    """With a status below 500, and at once."""
    with MockServer() as server, httpx.Client() as client:
        found = [client.post(server.url + path, content=body).status_code for body in BODIES]
    assert {status for status in found if status not in (200, 400)} == set()


def test_what_came_is_reported_without_secrets() -> None:
    """Also where a body is shortened within one: half of a key would not be recognised."""
    key = "sk-proj-" + "a1B2c3D4" * 6
    with MockServer() as server, httpx.Client() as client:
        for n in range(3_900, 4_000, 20):
            client.post(f"{server.url}/v1/responses?q={key}", content=f"{'x ' * (n // 2)}{key}")
        found = client.get(f"{server.url}/__streamtape/requests").text
    assert "x x x" in found
    assert "sk-proj" not in found
    assert "a1B2" not in found


def test_misses_are_reported_without_secrets() -> None:
    """Wherever the text that says why is cut; in Python as over HTTP."""
    key = "sk-proj-" + "a1B2c3D4" * 6
    with MockServer([Rule(contains="never", reply="x")]) as server, httpx.Client() as client:
        found = ""
        for n in range(0, 80, 7):
            body = {"model": "m", "input": f"{'x' * n} {key}"}
            found += client.post(f"{server.url}/t/{key}/v1/responses", json=body).text
        found += "".join(server.misses)
    assert "doesn't contain 'never'" in found
    assert "sk-proj" not in found
    assert "a1B2" not in found


def test_a_path_that_no_dialect_has_is_recorded_where_misses_are(tmp_path: Path) -> None:
    """It is sent on to the provider, though no rule was ever asked."""
    with (
        MockServer() as provider,
        MockServer(record_missing=provider.url, cassette=tmp_path / "x.tape") as server,
    ):
        answer = httpx.post(f"{server.url}/v1/unknown", json={})
        assert (answer.status_code, server.n_recorded) == (404, 1)
        assert "nothing at POST /v1/unknown" in answer.text
