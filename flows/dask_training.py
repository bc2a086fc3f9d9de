"""A cluster to train on, where a training has more rows than one machine is asked to hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from flows.run import Run

__all__ = ["cluster_for"]


@contextmanager
def cluster_for(run: Run, n_rows: int) -> Iterator[Any]:
    """Give a `distributed.Client` to train with; None where this machine trains alone.

    Parameters
    ----------
    n_rows : training rows
    """
    scale = run.settings.scale
    if scale.runner != "dask" or n_rows <= scale.max_rows_one_machine:
        yield None
        return
    import distributed

    from flows.dask_blocks import local_cluster

    dask: Any = distributed  # it has no types
    here = None if scale.address else dask.LocalCluster(**local_cluster(scale.workers))
    with here or nullcontext() as started, dask.Client(started or scale.address) as client:
        yield client
