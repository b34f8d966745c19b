"""Which tests go to which worker of pytest-xdist: whole files, the long ones first.

`--dist loadgroup` gives out tests one by one, unless they are marked as a group. Twelve thousand
messages that way cost the process that gives them out a quarter of a minute, each worker sets up
the fixtures of each file, and other tests share a process in each run.
"""

from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]  # it has no types

# Begun last, they would keep one worker busy while the others have ended. Most of them wait.
LONG = (
    "tests/page/",  # one group: one browser
    "tests/stores/test_conditions.py",
    "tests/test_tutorials.py",
    "tests/tape/test_planted.py",
    "tests/interop/test_clients.py",
    "tests/cluster/",
    "tests/pytest_plugin/",
    "tests/test_guides.py",
    "tests/tape/test_masking.py",
    "tests/test_tests.py",
    "tests/server/",
    "tests/cli/",
    "tests/interop/",
    "tests/compare/",
    "tests/test_layers.py",
    "tests/tape/",
    "tests/transport/",
)


class FileScheduling(LoadGroupScheduling):  # type: ignore[misc]  # it has no types
    """Gives out whole files, and groups as one, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # which is by the number of tests, not by their time

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return scope.partition("::")[0]


def long_first(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The same tests, those of the longest files before the others, otherwise as they were."""
    order = {name: number for number, name in enumerate(LONG)}

    def place(item: pytest.Item) -> int:
        return min(
            (order[name] for name in LONG if item.nodeid.startswith(name)), default=len(LONG)
        )

    return sorted(items, key=place)
