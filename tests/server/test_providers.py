"""The table of providers: mounts, variables, shapes of errors."""

from __future__ import annotations

import pytest

from streamtape.errors import UsageError
from streamtape.server.providers import (
    PROVIDERS,
    Mount,
    child_env,
    mount,
    mounts,
    upstream_mounts,
)


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("/a/x", True), ("/a/x/../y", True), ("/a/./x", True), ("/a//x", True), ("/a/..x", True),
        ("/a/x?to=../..", True), ("/a/..", False), ("/a/../x", False), ("/a/x/../../y", False),
        ("/a/%2e%2E/x", False), ("/a/..%2fx", False), ("/a/..\\x", False), ("/a/x/..//../y", False),
    ],
)  # fmt: skip
def test_a_path_stays_below_what_is_mounted(path: str, fits: bool) -> None:
    """Dot segments lead nowhere else on the upstream's host, however they are spelled."""
    found = Mount("/a", "http://h/base").upstream(path)
    assert found == (f"http://h/base{path.removeprefix('/a')}" if fits else None)


def test_a_mount_stands_for_an_upstream() -> None:
    """Paths below the prefix lead to the upstream, others nowhere."""
    openai = mount("openai")
    assert openai.upstream("/openai/v1/x?y=1") == "https://api.openai.com/v1/x?y=1"
    assert openai.upstream("/openai") == "https://api.openai.com/"
    assert openai.upstream("/openaix/v1") is None
    assert openai.upstream("/v1") is None
    assert Mount("", "http://h/base").upstream("/v1") == "http://h/base/v1"


@pytest.mark.parametrize(
    ("found", "path", "url"),
    [
        (mount("together"), "/together/v1/v1/x", "https://api.together.xyz/v1/x"),
        (mount("together"), "/together/v1/x", "https://api.together.xyz/v1/x"),
        (mount("openrouter"), "/openrouter/api/v1/api/v1/x", "https://openrouter.ai/api/v1/x"),
        (mount("groq"), "/groq/v1/v1/x", "https://api.groq.com/v1/v1/x"),
        (Mount("", "http://h"), "/v1/v1/x", "http://h/v1/x"),
        (Mount("/own", "http://h"), "/own/v1/v1/x", "http://h/v1/v1/x"),
        (mount("openai"), "/openai/v1/v1", "https://api.openai.com/v1/v1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_base_path_that_the_client_adds_itself(found: Mount, path: str, url: str) -> None:
    """The base URL that clients get ends with it; some releases of Together's SDK add it again."""
    assert found.upstream(path) == url


def test_the_environment_says_where_a_provider_is() -> None:
    """A base URL that is set already is the upstream, with or without the usual path."""
    found = {m.prefix: m for m in mounts({"OPENAI_BASE_URL": "http://h/x/v1/"})}
    assert found["/openai"].upstream("/openai/v1/responses") == "http://h/x/v1/responses"
    assert "/azure" not in found
    found = {m.prefix: m for m in mounts({"OPENAI_BASE_URL": "http://h", "OLLAMA_HOST": "h:1"})}
    assert found["/openai"].upstream("/openai/responses") == "http://h/responses"
    assert found["/ollama"].target == "http://h:1"
    assert [m.prefix for m in mounts({}, ["groq"])] == ["/groq"]


@pytest.mark.parametrize(
    "url", ["api.openai.com", "ftp://h", "http://", "http://h:x", "http://h?q"]
)
def test_an_upstream_is_a_url(url: str) -> None:
    """What is no URL of HTTP is refused, with an example."""
    with pytest.raises(UsageError, match=r"expected one like https://api\.openai\.com"):
        mount("openai", url)


@pytest.mark.parametrize(
    ("url", "target"),
    [("ws://127.0.0.1:9/", "http://127.0.0.1:9"), ("wss://h/v1", "https://h/v1")],
)
def test_an_upstream_may_be_named_as_a_websocket(url: str, target: str) -> None:
    """It is the same server."""
    assert upstream_mounts(url)[0].target == target


def test_unknown_and_placeless_providers() -> None:
    """The message lists the known ones, or names the variable to set."""
    with pytest.raises(UsageError, match=r"'opnai'.*openai"):
        mount("opnai")
    with pytest.raises(UsageError, match="AZURE_OPENAI_ENDPOINT"):
        mount("azure")


def test_a_child_is_pointed_here() -> None:
    """Base URLs end as the SDKs want them; a replayed child gets keys only where it has none."""
    env = child_env("http://127.0.0.1:9", environ={"OPENAI_API_KEY": "mine"}, replays=True)
    assert env["OPENAI_BASE_URL"] == "http://127.0.0.1:9/openai/v1"
    assert env["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:9/anthropic"
    assert "OPENAI_API_KEY" not in env
    assert env["ANTHROPIC_API_KEY"]
    live = child_env("http://127.0.0.1:9", environ={"NO_PROXY": "a"}, replays=False)
    assert "ANTHROPIC_API_KEY" not in live
    assert "AZURE_OPENAI_ENDPOINT" not in live
    assert live["NO_PROXY"] == "a,127.0.0.1,localhost"
    assert not {"HTTPS_PROXY", "AWS_REGION", "AWS_ACCESS_KEY_ID"} & set(live)


def test_a_replayed_child_has_no_network() -> None:
    """We are its proxy, past which only this machine is reached, whatever was set before."""
    before = {"HTTPS_PROXY": "http://corporate:3128", "NO_PROXY": "*", "AWS_REGION": "eu-west-1"}
    env = child_env("http://127.0.0.1:9", environ=before, replays=True)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        assert env[name] == "http://127.0.0.1:9"
    assert env["NO_PROXY"] == env["no_proxy"] == "127.0.0.1,localhost"
    assert "AWS_REGION" not in env
    assert child_env("http://h", environ={}, replays=True)["AWS_DEFAULT_REGION"] == "us-east-1"


@pytest.mark.parametrize(
    ("name", "environ", "origin"),
    [
        ("bedrock", {}, "https://bedrock-runtime.us-east-1.amazonaws.com"),
        (
            "bedrock",
            {"AWS_DEFAULT_REGION": "eu-west-1"},
            "https://bedrock-runtime.eu-west-1.amazonaws.com",
        ),
        ("vertex", {"GOOGLE_CLOUD_LOCATION": "global"}, "https://aiplatform.googleapis.com"),
        (
            "vertex",
            {"GOOGLE_CLOUD_LOCATION": "europe-west4"},
            "https://europe-west4-aiplatform.googleapis.com",
        ),
    ],
)
def test_regions(name: str, environ: dict[str, str], origin: str) -> None:
    """An origin is in the region that the environment names."""
    assert [one.target for one in mounts(environ, [name])] == [origin]


def test_the_table_is_sound() -> None:
    """Names are sorted, origins have no slash at the end, no variable is given twice."""
    assert list(PROVIDERS) == sorted(PROVIDERS)
    variables = [v for p in PROVIDERS.values() for v in p.variables]
    assert len(variables) == len(set(variables))
    assert not any(p.origin.endswith("/") for p in PROVIDERS.values())
