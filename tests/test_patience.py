"""Limits of others that are too short on a slow machine are tried again, longer."""

import pytest

from streamtape.errors import NothingRecordedError
from tests.patience import patiently


@pytest.mark.parametrize("error", [AssertionError("too soon"), NothingRecordedError("no request")])
def test_a_limit_that_ends_too_soon_is_tried_longer(error: Exception) -> None:
    """Whether it ended before what is asserted, or before the request was made."""
    limits: list[float] = []

    def attempt(limit_s: float) -> float:
        limits.append(limit_s)
        if len(limits) < 3:
            raise error
        return limit_s

    assert patiently(attempt) == limits[2] > limits[1] > limits[0]


def test_other_errors_are_raised_at_once() -> None:
    """They are no question of time."""

    def attempt(limit_s: float) -> float:
        raise ValueError(limit_s)

    with pytest.raises(ValueError, match=r"0\.1"):
        patiently(attempt)
