"""A Dask scheduler with two workers, for all tests of this folder that are in the group `dask`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import pytest

from streamtape.cluster.dask_cluster import SETTINGS


@pytest.fixture(scope="package")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers, each a process of its own."""
    dask = pytest.importorskip("dask")
    distributed = pytest.importorskip("distributed")
    with (
        mock.patch.dict(os.environ),  # Dask sets some variables where it starts workers
        dask.config.set(SETTINGS),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
            local_directory=tmp_path_factory.mktemp("dask"),
        ) as cluster,
    ):
        yield cluster.scheduler_address
