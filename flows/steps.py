"""How a step of a flow runs: as a Prefect task that retries reading and writing only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE

from flows.ingest import ingest
from flows.intake import Intake
from flows.memory import give_back
from flows.progress import report
from flows.run import Run
from flows.run_log import measured

__all__ = ["may_pass", "read_tables", "step"]

P = ParamSpec("P")
R = TypeVar("R")

_LASTING = (FileNotFoundError, FileExistsError, PermissionError, NotADirectoryError)


def may_pass(task_: object, task_run: object, state: Any) -> bool:
    """Whether a failure may pass by itself: a fault of disk or network, nothing else."""
    del task_, task_run
    error = getattr(state.data, "result", state.data)
    causes = (error, getattr(error, "__cause__", None))
    return any(isinstance(e, OSError) and not isinstance(e, _LASTING) for e in causes)


def step(
    name: str, *, io: bool = False, tells: bool = False
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Make a function a task.

    Parameters
    ----------
    io : try it three times when disk or network fail.
    tells : it reports its own progress; the others are shown as begun and done.
    """

    def made(function: Callable[P, R]) -> Task[P, R]:
        @wraps(function)
        def told(*args: P.args, **kwargs: P.kwargs) -> R:
            with measured(name):
                if tells:
                    result = function(*args, **kwargs)
                else:
                    report(name, 0, 1)
                    result = function(*args, **kwargs)
                    report(name, 1, 1)
                give_back(cycles=True)
                return result

        as_task = task(
            name=name,
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=2 if io else 0,
            retry_delay_seconds=2,
            retry_condition_fn=may_pass,
        )
        return as_task(told)

    return made


@step("read tables", io=True, tells=True)
def read_tables(run: Run) -> Intake:
    """Read, check and cut off the input; canonical tables land in the run's scratch folder."""
    return ingest(
        run.data,
        run.workspace.work,
        period=run.settings.period,
        as_of=run.as_of,
        today=run.workspace.started_at.date(),
        max_share=run.settings.quarantine.max_share,
        moment=run.moment,
        resources=run.resources,
    )
