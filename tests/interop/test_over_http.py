"""Python's clients through the proxy and from the replay server: whole, cut and reset."""

import subprocess
from pathlib import Path

import pytest

from tests.interop.clients import CLIENTS, Client
from tests.interop.more_clients import GENAI, MORE_CLIENTS
from tests.interop.over_http import three_times
from tests.patience import PATIENCE_S

NAMES = {
    "openai", "openai-async", "openai-aiohttp", "anthropic", "anthropic-async", "httpx-lines",
    "httpx2-sse", "httpx-trio",
}  # fmt: skip
QUERIES = ("seed=5", "seed=5&cut=12", "seed=5&reset=12", "seed=5&gzip=1")
# httpx leaves its own async generators to the event loop when a reader stops; trio says so.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.parametrize(
    "client", [*(c for c in CLIENTS if c.name in NAMES), *MORE_CLIENTS], ids=lambda c: c.name
)
def test_the_same_three_times(client: Client, tmp_path: Path) -> None:
    """Events and exceptions are the same directly, through the proxy and from the replay."""
    direct, proxied, replayed = three_times(
        tmp_path / "x.tape", lambda root: [client.run(root, query, None) for query in QUERIES]
    )
    assert direct == proxied == replayed
    assert [bool(seen.errors) for seen in direct] == [False, True, True, False]
    assert all(seen.events for seen in direct)


def test_googles_client(tmp_path: Path) -> None:
    """Gemini's stream, CRLF and all, is the same three times."""
    direct, proxied, replayed = three_times(
        tmp_path / "x.tape", lambda root: GENAI.run(root, "", None)
    )
    assert (direct.errors, len(direct.events)) == ((), 48)
    assert "".join(direct.events).count("bubble") == 10
    # Without a seed the ids differ from run to run; the text is the same however it is cut.
    assert "".join(proxied.events) == "".join(direct.events)
    assert replayed == proxied


def test_curl(tmp_path: Path) -> None:
    """The same bytes and the same exit status: 0, 18 for a cut, 56 for a reset."""

    def curl(root: str) -> list[tuple[bytes, int]]:
        command = ["curl", "-sN", "--data", '{"stream":true}', f"{root}/v1/responses?"]
        found = []
        for query in QUERIES:
            done = subprocess.run(
                [*command[:-1], command[-1] + query],
                capture_output=True,
                timeout=PATIENCE_S,
                check=False,
            )
            found.append((done.stdout, done.returncode))
        return found

    try:
        subprocess.run(["curl", "--version"], capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("curl is not installed")
    direct, proxied, replayed = three_times(tmp_path / "x.tape", curl)
    assert direct == proxied == replayed
    assert [status for _, status in direct] == [0, 18, 56, 0]
    assert direct[0][0].count(b"event: ") == 48
