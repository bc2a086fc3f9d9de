"""Nights on worker processes of a real Dask cluster: the same bits, and no night is lost."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from distributed import Client, LocalCluster

from features.reading import read_panel
from flows.forecasting import Forecast
from flows.nightly import nightly
from flows.refresh import refresh
from flows.scale import Failure, on_blocks
from flows.settings import Settings
from tests.flows.blocks_shop import (
    TrainedShop,
    forecast_of,
    half,
    in_blocks,
    same_forecast,
    train_shop,
)
from tests.flows.conftest import Season, served
from tests.flows.corner_shop import FIRST_NIGHT, SECOND_NIGHT, SETTINGS

pytestmark = pytest.mark.slow

A_WEEK_LATER = SECOND_NIGHT + timedelta(days=7)
TABLES = ("thresholds", "forecasts", "order_proposals", "cash_plan", "availability")
WORSE, BETTER = 0.06, 0.15
"""Relative differences of the pinball loss between training together and alone that are borne."""


@pytest.fixture(scope="module")
def cluster(prefect_server: None) -> Iterator[LocalCluster]:
    """Two worker processes on loopback."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as local:
        yield local


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> TrainedShop:
    return train_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def alone(shop: TrainedShop) -> Forecast:
    """What one machine says."""
    with shop.night() as run:
        panel = read_panel(run.tables, period="D", as_of=SECOND_NIGHT)
        return forecast_of(run, panel, shop.reigning)


@contextmanager
def a_worker_killed(address: str) -> Iterator[list[int]]:
    """The first worker that is seen at work is killed; yields its process id."""
    killed: list[int] = []
    over = threading.Event()
    killer = threading.Thread(target=_kill_a_busy_worker, args=(address, killed, over))
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join(timeout=10)


def _kill_a_busy_worker(address: str, killed: list[int], over: threading.Event) -> None:
    with Client(address, set_as_default=False) as client:
        processes = client.run(os.getpid)
        while not killed and not over.wait(0.01):
            busy = [worker for worker, tasks in client.processing().items() if tasks]
            if busy:
                os.kill(processes[busy[0]], signal.SIGKILL)
                killed.append(processes[busy[0]])


def test_a_worker_killed_in_the_middle_changes_no_bit_of_the_night(
    cluster: LocalCluster, shop: TrainedShop, alone: Forecast
) -> None:
    address = cluster.scheduler_address
    with shop.night() as run, a_worker_killed(address) as killed:
        together = in_blocks(run, 7, runner="dask", address=address)
        found = forecast_of(together, None, shop.reigning)
    assert killed
    same_forecast(found, alone)


def _settings(folder: Path, text: str, **scale: object) -> Path:
    """Write settings with a section `scale`."""
    lines = [f"{name} = {value!r}".replace("'", '"') for name, value in scale.items()]
    path = folder / f"{scale.get('runner', 'local')}.toml"
    path.write_text("\n".join([text, "[scale]", *lines, ""]))
    return path


def test_a_refresh_on_a_cluster_that_loses_a_worker_publishes_what_one_machine_does(
    cluster: LocalCluster, season: Season, tmp_path: Path
) -> None:
    store = f'{SETTINGS}[paths]\ntracking_uri = "sqlite:///{season.out}/mlflow.db"\n'
    address = cluster.scheduler_address
    here = _settings(tmp_path, store)
    there = _settings(tmp_path, store, runner="dask", address=address, block_series=7)

    alone = refresh(season.data, tmp_path / "alone", A_WEEK_LATER, here)
    with a_worker_killed(address) as killed:
        together = refresh(season.data, tmp_path / "together", A_WEEK_LATER, there)

    assert killed
    for table in TABLES:
        expected, found = (served(tmp_path / out, table) for out in ("alone", "together"))
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert set(served(tmp_path / "together")["method"]) == {"quantile", "formula"}
    assert together.summary["notes"] == alone.summary["notes"], "no block kept an old forecast"


def test_a_nightly_whose_workers_train_together_serves_their_model(
    cluster: LocalCluster, season: Season, tmp_path: Path
) -> None:
    with Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    config = _settings(
        tmp_path,
        f"{SETTINGS}levels = [0.5, 0.8, 0.9, 0.95, 0.975, 0.99]\n",
        runner="dask",
        address=cluster.scheduler_address,
        max_rows_one_machine=1,
    )

    night = nightly(season.data, tmp_path / "out", FIRST_NIGHT, config)

    assert "train_part" in cluster.scheduler.task_prefixes, "LightGBM's own part of a training"
    assert night.training is not None
    assert night.training.verdict.promote
    assert night.night.summary["model_version"] == night.training.version
    found = served(tmp_path / "out")
    assert found["method"].tolist() == season.thresholds["method"].tolist()
    alone, together = (
        outcome.verdict.figures["challenger_weighted_pinball"]
        for outcome in (season.first, night.training)
    )
    assert (1 - BETTER) * alone <= together <= (1 + WORSE) * alone


def test_without_an_address_workers_start_here_and_a_bad_block_is_told(
    prefect_server: None,
) -> None:
    settings = Settings()
    scale = settings.scale.model_copy(update={"runner": "dask", "workers": 2})
    settings = settings.model_copy(update={"scale": scale})
    found = on_blocks(settings, "halves", half, [4, "no number", 10])
    assert found[0] == 2
    assert found[2] == 5
    assert isinstance(found[1], Failure)
    assert "TypeError" in found[1].reason
