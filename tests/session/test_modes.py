"""Options are refused at the door."""

from typing import Any

import pytest

from streamtape.errors import UsageError
from streamtape.session.options import OptionFields, Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "onse"}, "'onse'; did you mean 'once'"),
        ({"sped": 1.0}, "'sped'; did you mean 'speed'"),
        ({"record_mode": "once"}, "'record_mode': here it is `mode`"),
        ({"filter_headers": ["x"]}, "not needed: secrets are masked by default"),
        ({"speed": -1}, "speed must be a positive number or None, got -1"),
        ({"speed": 0}, "speed must be a positive number or None, got 0"),
        ({"speed": "fast"}, "speed must be a positive number or None, got 'fast'"),
        ({"idle_limit": -0.5}, "idle_limit must be a positive number or None, got -0.5"),
        ({"match_on": ("methot",)}, "'methot'; did you mean 'method'"),
        ({"rechunk": 0}, "rechunk must be a string, a Rechunk or None, got 0"),
        ({"pace": 2.0}, "pace must be a string, a Pace or None, got 2.0"),
        ({"fault": 3}, "fault must be a string, a Fault or several of them, got 3"),
        ({"redaction": "on"}, "redaction must be RedactionOptions or None, got 'on'"),
        ({"max_body_bytes": "1k"}, "max_body_bytes must be a number of bytes or None, got '1k'"),
    ],
)
def test_refusals(options: dict[str, Any], message: str) -> None:
    """An unknown name or value is an error that shows it, and the one that was meant."""
    with pytest.raises(UsageError, match=message):
        Options.of(**options)


def test_the_typed_keywords_are_the_options() -> None:
    """What type checkers accept as keywords is what there is."""
    assert OptionFields.__annotations__.keys() == Options.__annotations__.keys()
