"""Blocks on worker processes of a real Dask cluster: the same bits, and no night is lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from distributed import Client, LocalCluster

from features.reading import read_panel
from flows.forecasting import Forecast
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
from tests.flows.corner_shop import SECOND_NIGHT

pytestmark = pytest.mark.slow


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


def _kill_a_busy_worker(address: str, killed: list[int]) -> None:
    with Client(address, set_as_default=False) as client:
        processes = client.run(os.getpid)
        deadline = time.monotonic() + 120
        while not killed and time.monotonic() < deadline:
            busy = [worker for worker, tasks in client.processing().items() if tasks]
            if busy:
                os.kill(processes[busy[0]], signal.SIGKILL)
                killed.append(processes[busy[0]])
            time.sleep(0.01)


def test_a_worker_killed_in_the_middle_changes_no_bit_of_the_night(
    cluster: LocalCluster, shop: TrainedShop, alone: Forecast
) -> None:
    killed: list[int] = []
    address = cluster.scheduler_address
    killer = threading.Thread(target=_kill_a_busy_worker, args=(address, killed), daemon=True)
    with shop.night() as run:
        killer.start()
        together = in_blocks(run, 7, runner="dask", address=address)
        found = forecast_of(together, None, shop.reigning)
    killer.join(timeout=10)
    assert killed
    same_forecast(found, alone)


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
