"""What the marks and the fixtures of one test say: whether it has a cassette, what it may reach.

Nothing heavy is imported here: pytest imports this module in every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from streamtape.pytest_plugin import settings

if TYPE_CHECKING:
    from streamtape.transport.network_guard import Guard

_BLOCKS = {"block_network", "allow_hosts"}


def uses_cassette(item: pytest.Item) -> bool:
    """Whether a test has the decoration, or a mark that asks for a cassette."""
    if not isinstance(item, pytest.Function):
        return False
    if hasattr(item.obj, "__streamtape__"):
        return True
    return item.get_closest_marker(settings.MARKER) is not None and not only_blocks(item)


def only_blocks(item: pytest.Item) -> bool:
    """Whether all that the marks of a test say is how its network is blocked."""
    marks = list(item.iter_markers(settings.MARKER))
    keywords = [mark.kwargs.keys() for mark in marks if not mark.args]
    return len(keywords) == len(marks) and all(keys and keys <= _BLOCKS for keys in keywords)


def block_of(item: pytest.Item) -> Guard | None:
    """The guard that the marks of a test ask for without a cassette; None where they don't."""
    if (
        item.get_closest_marker(settings.MARKER) is None
        or uses_cassette(item)
        or not only_blocks(item)
    ):
        return None
    options: dict[str, Any] = {}
    for mark in item.iter_markers(settings.MARKER):
        options = {**mark.kwargs, **options}
    if not options.get("block_network"):
        return None
    from streamtape.transport.network_guard import Guard

    return Guard(hosts_of(options))


def hosts_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The hosts that `allow_hosts` names; UsageError where it is no list."""
    hosts = options.get("allow_hosts", ())
    if isinstance(hosts, str):
        from streamtape.errors import UsageError

        raise UsageError(f"allow_hosts must be a list or tuple of hosts, got {hosts!r}")
    return tuple(hosts)


def uses_no_fixture(item: pytest.Function) -> bool:
    """Whether a test has nothing but its own parameters, so that no fixture comes before it."""
    manager = item.session._fixturemanager
    return all(manager.getfixturedefs(name, item) is None for name in item.fixturenames)


def add_fixture(item: pytest.Function, name: str) -> None:
    """Have a test use a fixture too, before its own ones but after those of wider scopes."""
    names = item.fixturenames
    if name in names:
        names.remove(name)
    definitions = item._fixtureinfo.name2fixturedefs
    wider = [
        i
        for i, n in enumerate(names)
        if (found := definitions.get(n)) and found[-1].scope != "function"
    ]
    names.insert(max(wider, default=-1) + 1, name)
