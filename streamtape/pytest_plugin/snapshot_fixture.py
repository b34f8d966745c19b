"""`assert stream == tape_snapshot`: the text of a stream against the one that is kept.

Kept in `snapshots/<module>/<test>.txt` beside the test; a second one in a test is `<test>.2.txt`, a
named one `<test>.<name>.txt`. A missing one fails. With `--tape-update` what differs or is missing
is written, and passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamtape.choices import SNAPSHOT_LEVELS
from streamtape.errors import UsageError
from streamtape.pytest_plugin import settings, stash
from streamtape.pytest_plugin.cassette_paths import snapshot_path_for_item
from streamtape.pytest_plugin.summary import SNAPSHOTS
from streamtape.snapshots import difference, read, snapshot, write
from streamtape.transport.cassette_paths import safe_name

MOST_LINES = 30


class TapeSnapshot:
    """What `tape_snapshot` is: equal to a stream whose text is the one that is kept.

    `tape_snapshot(name="...", level="events", dialect="...")` is another one of the same test.
    """

    def __init__(
        self,
        item: pytest.Function,
        taken: list[Path],
        *,
        name: str | None = None,
        level: str = "content",
        dialect: str | None = None,
    ) -> None:
        self._item = item
        self._taken = taken
        self._name = name
        self._level: Any = level
        self._dialect = dialect
        self._why: list[str] = []

    def __call__(
        self, *, name: str | None = None, level: str = "content", dialect: str | None = None
    ) -> TapeSnapshot:
        if level not in SNAPSHOT_LEVELS:
            raise UsageError(
                f"unknown level {level!r}; levels of a snapshot: {', '.join(SNAPSHOT_LEVELS)}"
            )
        return TapeSnapshot(self._item, self._taken, name=name, level=level, dialect=dialect)

    def __eq__(self, other: object) -> bool:
        run = settings.of(self._item.config)
        source: Any = other
        found = snapshot(source, level=self._level, dialect=self._dialect)
        path = self._cassette_path()
        run.opened.append(str(path.absolute()))
        kept = read(path)
        if kept == found:
            return True
        if run.update:
            write(path, found)
            return True
        self._why = list(_why(path, kept, found))
        taping = self._item.stash.get(stash.TAPING, None)
        if taping is not None:
            taping.session.differed = True
        return False

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<tape_snapshot {self._name or self._item.name}>"

    @property
    def why(self) -> list[str]:
        """Why the last comparison failed, in lines."""
        return self._why

    def _cassette_path(self) -> Path:
        snapshot_file = snapshot_path_for_item(self._item, SNAPSHOTS)
        if self._name is not None:
            path = snapshot_file.with_name(f"{snapshot_file.stem}.{safe_name(self._name)}.txt")
        else:
            number = sum(one == snapshot_file for one in self._taken) + 1
            path = (
                snapshot_file
                if number == 1
                else snapshot_file.with_name(f"{snapshot_file.stem}.{number}.txt")
            )
            self._taken.append(snapshot_file)
        return path


def _why(path: Path, kept: str | None, found: str) -> Iterator[str]:
    if kept is None:
        yield f"there is no snapshot {path}; --tape-update writes it:"
        lines = found.splitlines()
    else:
        yield f"the stream differs from {path}; --tape-update writes it again:"
        lines = list(difference(kept, found))
    yield from (f"  {line}" for line in lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        yield f"  ... and {len(lines) - MOST_LINES} lines more"
