"""A Dask scheduler with two workers, for all tests of this folder that are in the group `dask`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

import pytest

from streamtape.cluster.dask_cluster import SETTINGS


@contextmanager
def process_restored() -> Iterator[None]:
    """What Dask changes in this process where it starts workers is as before at the end."""
    path = list(sys.path)
    with mock.patch.dict(os.environ):
        yield
    sys.path[:] = path


@pytest.fixture(scope="module", autouse=True)
def restored() -> Iterator[None]:
    """Workers that died are started again amid a file."""
    with process_restored():
        yield


@pytest.fixture(scope="package")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers, each a process of its own."""
    dask = pytest.importorskip("dask")
    distributed = pytest.importorskip("distributed")
    with dask.config.set(SETTINGS), ExitStack() as started:
        with process_restored():
            cluster = distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=50,
                local_directory=tmp_path_factory.mktemp("dask"),
            )
            started.enter_context(cluster)
        yield cluster.scheduler_address
