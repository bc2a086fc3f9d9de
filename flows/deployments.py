"""What a scheduler runs: flows with plain parameters, and their deployments from the settings.

`prefect.yaml` deploys the same flows to a server; `stockalert serve` runs them on one machine. A
start while another run works in the same output directory ends as cancelled: what that run
publishes will do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, State
from prefect.deployments.runner import RunnerDeployment
from prefect.flows import Flow
from prefect.schedules import Cron
from prefect.states import Cancelled
from prefect.types.entrypoint import EntrypointType

from flows.clock import now
from flows.environment import prepare_environment
from flows.settings import Settings, load_settings
from flows.time_limit import ends_in_time
from flows.workspace import BusyError

__all__ = [
    "deployments_of",
    "scheduled_nightly",
    "scheduled_quarter",
    "scheduled_refresh",
    "scheduled_review",
    "scheduled_train",
    "scheduled_watchdog",
]

Ended = State[Any] | None


@flow(name="scheduled-nightly")
def scheduled_nightly(data: str, out: str, config: str = "") -> Ended:
    """Publish the night; train first where the champion is missing, old or drifting."""
    from flows.nightly import nightly

    return _run(lambda: nightly.fn(data, out, None, _file(config)), out, config)


@flow(name="scheduled-train")
def scheduled_train(data: str, out: str, config: str = "") -> Ended:
    """Train on all that is known, and promote or say why not."""
    from flows.train import train

    return _run(lambda: train.fn(data, out, None, _file(config)), out, config)


@flow(name="scheduled-refresh")
def scheduled_refresh(data: str, out: str, config: str = "") -> Ended:
    """Refresh with the stock, orders, receipts and browsing of this moment."""
    from flows.refresh import refresh

    def work() -> object:
        return refresh.fn(data, out, None, _file(config), _local(config))

    return _run(work, out, config, within_a_day=True)


@flow(name="scheduled-review")
def scheduled_review(data: str, out: str, config: str = "") -> Ended:
    """Compare what was published with what happened since."""
    from flows.review import review

    return _run(lambda: review.fn(Path(out), data or None, None, _file(config)), out, config)


@flow(name="scheduled-quarterly-review")
def scheduled_quarter(data: str, out: str, config: str = "") -> Ended:
    """Review thirteen weeks."""
    from flows.review import review

    def work() -> object:
        return review.fn(Path(out), data or None, None, _file(config), quarter=True)

    return _run(work, out, config)


@flow(name="scheduled-watchdog")
def scheduled_watchdog(data: str, out: str, config: str = "") -> Ended:
    """Fail, and alert, where the night's tables are missing."""
    from flows.watchdog import watch

    del data
    settings = load_settings(_file(config))
    due = settings.schedule.tables_after
    return _run(lambda: watch(Path(out), settings, by=due, now=now()), out, config)


def deployments_of(
    settings: Settings, data: str, out: Path, config: Path | None
) -> list[RunnerDeployment]:
    """Return every scheduled flow as a deployment of one machine.

    Parameters
    ----------
    data, out, config : absolute, since a run may start in any directory
    """
    when, zone = settings.schedule, settings.schedule.time_zone
    one = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    hours, minutes = when.tables_by.split(":")
    flows: list[tuple[str, Flow[..., Any], str]] = [
        ("nightly", scheduled_nightly, when.nightly),
        ("train", scheduled_train, when.train),
        ("intraday-refresh", scheduled_refresh, when.refresh),
        ("review", scheduled_review, when.review),
        ("quarterly-review", scheduled_quarter, when.quarter),
        ("watchdog", scheduled_watchdog, f"{int(minutes)} {int(hours)} * * *"),
    ]
    return [
        RunnerDeployment.from_flow(
            function,
            name,
            schedule=Cron(cron, timezone=zone),
            parameters={"data": data, "out": str(out), "config": str(config or "")},
            concurrency_limit=one,
            tags=["stockalert"],
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for name, function, cron in flows
    ]


def _run(work: Callable[[], object], out: str, config: str, *, within_a_day: bool = False) -> Ended:
    """Do the work of a flow; another run in the same place is no failure of this one."""
    prepare_environment()
    try:
        with ends_in_time(out, _file(config), within_a_day=within_a_day):
            work()
    except BusyError as busy:
        return Cancelled(message=str(busy))
    return None


def _file(config: str) -> Path | None:
    return Path(config) if config else None


def _local(config: str) -> datetime:
    """This moment by the clock of the shop."""
    zone = ZoneInfo(load_settings(_file(config)).schedule.time_zone)
    return now().astimezone().astimezone(zone).replace(tzinfo=None)
