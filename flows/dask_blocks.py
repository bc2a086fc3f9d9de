"""Blocks mapped over Dask workers, by Prefect's task runner; imported only where that is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import TaskRunner
from prefect_dask.task_runners import DaskTaskRunner

__all__ = ["local_cluster", "mapped", "runner"]

RETRY_DELAY_SECONDS = 1


def runner(address: str, workers: int) -> DaskTaskRunner:
    """Return the task runner of a given scheduler, or of worker processes on this machine."""
    if address:
        return DaskTaskRunner(address=address)
    return DaskTaskRunner(cluster_kwargs=local_cluster(workers))


def local_cluster(workers: int) -> dict[str, Any]:
    """Describe worker processes here, as `distributed.LocalCluster` takes it.

    They are reached over the loopback interface only, by whoever holds the certificate that is
    made for them.
    """
    return {
        "n_workers": workers,
        "threads_per_worker": 1,
        "processes": True,
        "host": "127.0.0.1",
        "dashboard_address": "127.0.0.1:0",
        "security": True,
    }


def mapped(
    name: str,
    work: Callable[[Any], Any],
    blocks: Sequence[Any],
    *,
    address: str,
    workers: int,
    tries: int,
) -> Iterator[Any]:
    """Work on every block on some worker; yields results, or failures, in the blocks' order.

    A worker that dies has its blocks given to another one; a block that fails is tried again.

    Parameters
    ----------
    address : of the scheduler; empty = `workers` processes here
    """
    from flows.scale import Failure

    task_ = task(
        name=name,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=tries - 1,
        retry_delay_seconds=RETRY_DELAY_SECONDS,
    )(work)

    # DaskTaskRunner narrows the futures that TaskRunner is declared to return.
    on: TaskRunner[Any] = cast(Any, runner(address, workers))

    @flow(name=name, task_runner=on, validate_parameters=False)
    def on_workers() -> list[Any]:
        futures = [task_.submit(block) for block in blocks]
        for future in futures:
            future.wait()
        return [future.state.result(raise_on_failure=False) for future in futures]

    for result in on_workers():
        yield Failure(result) if isinstance(result, Exception) else result
