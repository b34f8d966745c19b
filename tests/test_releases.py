"""The oldest releases that are tested (`tools/releases.py`) are those that are promised."""

from pathlib import Path

import pytest

from tools import releases
from tools.client_table.rows import ENVIRONMENTS

ROOT = Path(__file__).parent.parent
SEEN = (ROOT / "tools" / "docs" / "site" / "guide" / "seen.md").read_text()


def test_what_is_declared_is_what_is_tested() -> None:
    """The lowest version that pyproject.toml takes is the one that the seams are tested with."""
    declared = releases.declared()
    assert declared.keys() == {"httpx", "websockets"}
    for name, version in declared.items():
        assert f"{releases.OLDEST[name]}.0".startswith(f"{version}.")


@pytest.mark.parametrize("promise", ["aiohttp (3.10", "urllib3 1.26", "websockets (13.1"])
def test_what_is_documented_is_what_is_tested(promise: str) -> None:
    """The same for what the documentation names."""
    name, version = promise.replace("(", "").split()
    assert promise in SEEN
    assert f"{releases.OLDEST[name]}.".startswith(f"{version}.")


def test_the_table_of_clients_has_them_too() -> None:
    """Its environment of oldest releases has the same of each library that it names."""
    pinned = dict(entry.split("==") for entry in ENVIRONMENTS["oldest"])
    for name in pinned.keys() & {"aiohttp", "urllib3"}:
        assert pinned[name] == releases.OLDEST[name]


def test_continuous_integration_runs_it() -> None:
    """And every file of tests that it names is there."""
    assert "tools/releases.py oldest" in (ROOT / ".ci" / "run").read_text()
    for name in releases.TESTS:
        assert (ROOT / "tests" / "transport" / name).exists()


def test_packages() -> None:
    """The oldest are pinned, the newest are looked for."""
    assert "websockets==13.1" in releases.packages("oldest")
    assert releases.packages("newest")[0] == "--upgrade"
