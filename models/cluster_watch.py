"""Work that the workers of a Dask cluster do together, given up when one of them is lost.

The parts of a joint training wait for each other, and Dask keeps the part of a worker that died for
a worker of the same address, which never comes again: unwatched, such a training hangs for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import Any, TypeVar

import distributed

from stockalert.errors import ClusterError

__all__ = ["while_all_live"]

R = TypeVar("R")

LOOK_EVERY_SECONDS = 1.0
LOOKS_AFTER_A_FAULT = 3
GIVE_UP_SECONDS = 20.0
START_SECONDS = 60.0

_dask: Any = distributed  # it has no types


def while_all_live(client: Any, work: Callable[[], R]) -> R:
    """Return what `work` returns, done in a thread of its own.

    Parameters
    ----------
    client : `distributed.Client` that the work uses, and nothing else meanwhile

    Raises
    ------
    ClusterError
        A worker that was there when the work began is gone; all that the client had asked for is
        cancelled, and the other workers are started anew: their parts may wait for the lost one.
    Exception
        What the work raised while all workers lived.
    """
    before = set(client.ncores())
    found: Future[R] = Future()
    thread = Thread(target=_settled, args=(found, work), daemon=True)
    thread.start()
    looks = LOOKS_AFTER_A_FAULT
    while looks:
        done = bool(wait([found], LOOK_EVERY_SECONDS).done)
        if done and found.exception() is None:
            break
        lost = before - set(client.ncores())
        if lost:
            _start_anew(client, before - lost)
            thread.join(GIVE_UP_SECONDS)
            raise ClusterError(f"the cluster lost {', '.join(sorted(lost))} in a training")
        if done:  # the others may notice a death before the scheduler does
            looks -= 1
            time.sleep(LOOK_EVERY_SECONDS)
    return found.result()


def _settled(found: Future[R], work: Callable[[], R]) -> None:
    try:
        found.set_result(work())
    except BaseException as error:  # Dask cancels with an exception of that kind
        found.set_exception(error)


def _start_anew(client: Any, workers: set[str]) -> None:
    client.cancel([_dask.Future(key, client) for key in list(client.futures)])
    client.restart_workers(sorted(workers), timeout=START_SECONDS, raise_for_error=False)
