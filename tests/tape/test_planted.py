"""Secrets in every place of an exchange: the tool that counts them finds none."""

from tools.plant import count


def test_planted_secrets_are_written_nowhere() -> None:
    """A few kinds in all places."""
    tried, by_place, _, n_kinds = count(3, every=60)
    left = {place: n for place, n in by_place.items() if n}
    assert left == {}
    assert n_kinds >= 4
    assert len(tried) > 100
