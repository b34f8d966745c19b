"""Which fixtures are covered by cassettes of their own: wider than a test, and used by a taped one.

Looked up once, when the tests are collected. Nothing heavy is imported here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest

from streamtape.pytest_plugin import item_marks, settings

# pytest makes fixtures of setup_module, setup_class and setUpClass.
XUNIT = re.compile(r"_(?:xunit|unittest)_(setup_module|setup_class|setUpClass)_fixture_")
_LIBRARIES = frozenset({"_pytest", "anyio", "pytest_asyncio", "pytest_trio", "streamtape", "xdist"})


def is_library(fixturedef: pytest.FixtureDef[Any]) -> bool:
    """Whether a fixture belongs to pytest or to a runner of coroutines, which send nothing."""
    if XUNIT.match(fixturedef.argname):
        return False
    module = str(getattr(fixturedef.func, "__module__", ""))
    return module.partition(".")[0] in _LIBRARIES


def closure(item: pytest.Item, name: str) -> set[str]:
    """The names of a fixture and of all that it needs, directly or not."""
    definitions: Any = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]  # a Function
    found: set[str] = set()
    left = [name]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += [needed for each in definitions.get(one, ()) for needed in each.argnames]
    return found


def is_taped(item: pytest.Function) -> bool:
    """Whether a test has a cassette: by its decoration, its marks or its fixtures."""
    return item_marks.uses_cassette(item) or not settings.TAPE_FIXTURES.isdisjoint(
        item.fixturenames
    )


def covered(items: Iterable[pytest.Item]) -> set[pytest.FixtureDef[Any]] | None:
    """The fixtures of wider scopes that tests with a cassette need.

    None if there are none, and where no such test can ask for one by name while it runs.
    """
    found: set[pytest.FixtureDef[Any]] = set()
    by_name = False
    for item in items:
        if isinstance(item, pytest.Function) and is_taped(item):
            by_name = by_name or "request" in item.fixturenames
            for definitions in item._fixtureinfo.name2fixturedefs.values():
                found.update(d for d in definitions if d.scope != "function" and may_send(d))
    return found if found or by_name else None


def may_send(fixturedef: pytest.FixtureDef[Any]) -> bool:
    """Whether what a fixture sends may be a matter for a cassette."""
    return fixturedef.argname != "tape_config" and not is_library(fixturedef)
