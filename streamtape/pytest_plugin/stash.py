"""What is stashed with a test's item while it runs, and under which keys.

The class of an open cassette is imported with the first test that has one; what needs only its key
and its type finds both here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Protocol

    from streamtape.session.session import Session

    class OpenCassette(Protocol):
        """The cassette of a running test: what hooks and fixtures use of `taping.Taping`."""

        own: dict[str, Any]
        cassette_file: str
        session: Session

        def call(self) -> Generator[None, Any, Any]: ...
        def saw(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> None: ...


TAPING: pytest.StashKey[OpenCassette] = pytest.StashKey()
OUTCOME: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
