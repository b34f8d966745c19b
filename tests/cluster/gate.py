"""A gate at which the workers of a cluster wait, so that a test finds them amid their work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.patience import until


class Gate:
    """A named pipe in a folder: whoever reads from it waits until it is opened."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        os.mkfifo(folder / "pipe")

    @property
    def work(self) -> Callable[[Any, Sequence[Any]], Any]:
        """What does a batch as `parallel` has it done, once the gate is open."""
        return partial(_work, folder=self._folder)

    def waiting(self) -> set[int]:
        """The processes that wait at it."""
        import psutil

        pids = {int(path.stem) for path in self._folder.glob("*.waits")}
        return set(filter(psutil.pid_exists, pids))

    def open(self) -> None:
        """Let all who wait go on, and wait until they did."""
        with (self._folder / "pipe").open("r+b", buffering=0) as pipe:  # so it need not be read
            pipe.write(b"." * 64)
            until(lambda: not self.waiting())


def _work(work: Callable[[Any], Any], batch: Sequence[Any], *, folder: Path) -> Any:
    mark = folder / f"{os.getpid()}.waits"
    mark.touch()
    with (folder / "pipe").open("rb", buffering=0) as pipe:
        pipe.read(1)
    mark.unlink()
    return len(batch), work(batch)


if __name__ == "__main__":  # FOLDER ARGS: `streamtape ARGS` whose workers wait at a gate
    from streamtape.cli import parallel
    from streamtape.cli.app import main
    from tests.cluster import gate

    parallel._counting = partial(gate._work, folder=Path(sys.argv.pop(1)))
    main()
