"""Secrets in every place of an exchange, and in all that is said of it: the tool finds none."""

from urllib.parse import quote

import pytest

from streamtape.tape.texts import masked_text
from tools.attacks.plant import Maker, count, in_texts, leaked, planted, secrets_of
from tools.attacks.planted import commands, products, servers, services, sessions


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
    tried, by_place, _ = count(in_texts(kinds, [maker]))
    assert {place: n for place, n in by_place.items() if n} == {}
    assert tried


@pytest.mark.parametrize(
    "maker",
    [
        services.flight_recorder, services.dashboards, services.mocks, services.record_missing,
        products.notebooks,
    ],
    ids=lambda maker: maker.__name__,
)  # fmt: skip
def test_services_and_products_show_no_secrets(maker: Maker) -> None:
    """What is kept, shown and handed on: of a key with a shape, one without, and a password."""
    tried, by_place, _ = count(in_texts(secrets_of(1, every=400), [maker]))
    assert {place: n for place, n in by_place.items() if n} == {}
    assert tried


@pytest.mark.parametrize("place", ["/v1/{}/y", "https://h.example/x?q={}&n=1", "see /{}, yes"])
def test_every_kind_is_found_in_paths_and_parameters(place: str) -> None:
    """A slash before a key is no part of it, though keys of some kinds hold slashes."""
    registry = "aB3dE5fG7hJ9kL1mN2pQ" * 2 + "aB" + "+ACRaB3dE5"
    kinds = [(kind, one.text) for kind, one in secrets_of(5) if one.has_shape]
    shown = [(kind, masked_text(place.format(quote(text, "")))) for kind, text in kinds] + [
        ("registry", masked_text(place.format(registry)))
    ]
    texts = [*(text for _, text in kinds), registry]
    left = [
        k
        for (k, payloads), text in zip(shown, texts, strict=True)
        if leaked(text, payloads.encode())
    ]
    assert left == []
