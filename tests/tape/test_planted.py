"""Secrets in every place of an exchange, and in all that is said of it: the tool finds none."""

import pytest

from tools.attacks.plant import Maker, count, planted, said, secrets_of
from tools.attacks.planted import commands, servers, sessions


def test_planted_secrets_are_written_nowhere() -> None:
    """A few kinds in all places."""
    kinds = secrets_of(3, every=60)
    tried, by_place, _ = count(planted(kinds))
    assert {place: n for place, n in by_place.items() if n} == {}
    assert len(kinds) >= 4
    assert len(tried) > 100


@pytest.mark.parametrize(
    "maker",
    [
        commands.reports, commands.arguments, commands.documents, commands.migrated,
        servers.replay_server, servers.proxy, servers.logs, sessions.errors, sessions.killed,
    ],
    ids=lambda maker: maker.__name__,
)  # fmt: skip
def test_nothing_that_is_said_shows_secrets(maker: Maker) -> None:
    """Reports, errors, logs, answers of servers, what is left: of a long key, and of a password."""
    kinds = secrets_of(1, every=150)
    tried, by_place, _ = count(said(kinds, [maker]))
    assert {place: n for place, n in by_place.items() if n} == {}
    assert tried
