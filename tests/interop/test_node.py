"""Node's clients through the proxy and from the replay server: whole, cut and reset."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.interop.over_http import three_times
from tests.patience import PATIENCE_S

NODE = Path(__file__).parent / "node"
BUILT_IN = ("fetch", "http")
PACKAGED = ("ai", "anthropic", "eventsource", "openai", "openai-chat")
QUERIES = ("seed=5", "seed=5&cut=12", "seed=5&reset=12")

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def run(client: str, root: str) -> list[dict[str, Any]]:
    """What a client of Node's sees, query by query."""
    command = ["node", str(NODE / "read.mjs"), client, root, *QUERIES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert not done.returncode, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("client", BUILT_IN)
def test_what_is_built_in(client: str, tmp_path: Path) -> None:
    """The same text and the same errors; how pieces are cut is between Node and the kernel."""

    def joined(root: str) -> list[tuple[str, list[str]]]:
        return [("".join(seen["events"]), seen["errors"]) for seen in run(client, root)]

    direct, proxied, replayed = three_times(tmp_path / "x.tape", joined)
    assert direct == proxied == replayed
    assert [text.count("event: ") for text, _ in direct] == [48, 12, 12]
    assert [bool(errors) for _, errors in direct] == [False, True, True]


@pytest.mark.skipif(
    not (NODE / "node_modules").is_dir(), reason=f"`npm install` has not run in {NODE}"
)
@pytest.mark.parametrize("client", PACKAGED)
def test_packages(client: str, tmp_path: Path) -> None:
    """The SDKs give the same events and the same errors."""
    direct, proxied, replayed = three_times(tmp_path / "x.tape", lambda root: run(client, root))
    assert direct == proxied == replayed
    assert all(seen["events"] for seen in direct)
    reconnects = client == "eventsource"
    assert [bool(seen["errors"]) for seen in direct] == [False, not reconnects, not reconnects]
    if reconnects:
        assert [len(seen["events"]) for seen in direct] == [48, 48, 48]
