"""`streamtape mock`: a provider for a child, or for whoever asks."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.cli.running import refused, run
from tests.cli.test_serving import streamtape

CHILD = (
    "import httpx, os\n"
    "url = os.environ['OPENAI_BASE_URL'] + '/responses'\n"
    "body = httpx.post(url, json={'input': 'hello'}).json()\n"
    "print(body['output'][0]['content'][0]['text'])\n"
    "print(httpx.post(url, json={'input': 'else'}).status_code)\n"
)


def test_the_schema_is_printed() -> None:
    """`--schema` prints what a file of rules may hold."""
    assert json.loads(run("mock", "--schema").stdout)["$defs"]["FileRule"]


def test_a_child_is_answered(tmp_path: Path) -> None:
    """Its variables point at the mock; what was missed is told, and is the exit status."""
    (tmp_path / "rules.toml").write_text('[[rules]]\ncontains = "hello"\nreply = "Hi there."\n')
    done = streamtape("mock", tmp_path / "rules.toml", "--", sys.executable, "-c", CHILD)
    assert done.stdout.splitlines() == ["Hi there.", "404"]
    assert "doesn't contain 'hello'" in done.stderr
    assert done.returncode == 1


def test_a_wrong_call_is_refused(tmp_path: Path) -> None:
    """With what is missing, before anything is served."""
    assert "-o FILE" in refused("mock", "--record-missing", "https://api.example.com")
    assert "--record-missing" in refused("mock", "-o", tmp_path / "x.tape")
    assert "can't read" in refused("mock", tmp_path / "none.yaml")
    (tmp_path / "rules.json").write_text('{"rules": [{"contains": "x"}]}')
    assert "reply" in refused("mock", tmp_path / "rules.json")
