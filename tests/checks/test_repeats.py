"""Events that only go on: what rules pass over there is what they would find nothing in."""

import copy
from collections.abc import Iterator
from itertools import islice
from typing import Any
from unittest.mock import patch

import pytest

from streamtape.checks.finding import Finding
from tests.checks.test_fields import OWNERS, put
from tests.checks.test_others import Payloads, check

_VALUES: tuple[Any, ...] = ("other", None, 7, "", True, {"a": "b"}, 1.0, ["x"], ...)
_RUN = 4  # times that an event comes, of which one is changed
_TRIES = 24


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """The path of every value in a payload that holds no others."""
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, one in pairs:
            yield from leaves(one, f"{path}.{name}" if path else str(name))
    elif path and path != "type" and not path.rpartition(".")[2].isdigit():
        yield path


def changed(payloads: Payloads) -> Iterator[tuple[str, Payloads]]:
    """Streams in which an event comes again and again, and one of them has another value."""
    places = [(n, path) for n, one in enumerate(payloads) for path in leaves(one)]
    chosen = islice(places, 0, None, max(1, len(places) // _TRIES))
    for number, (place, path) in enumerate(chosen):
        run = [copy.deepcopy(payloads[place]) for _ in range(_RUN)]
        put(run[2], path, _VALUES[number % len(_VALUES)])
        yield f"{place} {path}", [*payloads[:place], *run, *payloads[place + 1 :]]


@pytest.mark.parametrize("name", OWNERS)
def test_nothing_is_passed_over_that_a_rule_would_find(name: str) -> None:
    """Each rule says the same as where every event is looked at by itself."""
    address, make = OWNERS[name]
    for what, payloads in changed(make()):

        def found(payloads: Payloads = payloads) -> list[Finding]:
            return check(address, payloads, named=name in {"responses", "messages"})

        quick = found()
        with patch("streamtape.checks.stream.repeats", lambda _, events: [False] * len(events)):
            assert quick == found(), what
