"""Deployments for real: a server on PostgreSQL, a worker, a scheduled night, a start refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from flows.deployments import deployments_of
from flows.settings import Settings
from tests.flows.corner_shop import SETTINGS, corner_shop
from tests.servers.postgresql import PASSWORD, PostgreSQL
from tests.servers.programs import ask, free_port, running, until

ROOT = Path(__file__).parents[2]
NAMES = ["nightly", "train", "intraday-refresh", "review", "quarterly-review", "watchdog"]


def prefect(environment: Mapping[str, str], where: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
    done = subprocess.run(
        command,
        env=environment,
        cwd=where,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
    return done.stdout


def test_prefect_yaml_and_serve_schedule_the_same(tmp_path: Path) -> None:
    """Names, flows, parameters, times, zone and the limit of one run at a time."""
    written = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    served = deployments_of(Settings(), "/data", tmp_path, None)
    assert [one["name"] for one in written] == [one.name for one in served] == NAMES
    for yours, ours in zip(written, served, strict=True):
        assert yours["entrypoint"] == ours.entrypoint
        assert set(yours["parameters"]) == set(ours.parameters)
        (planned,), (own,) = yours["schedules"], ours.schedules
        assert (planned["cron"], planned["timezone"]) == (own.schedule.cron, own.schedule.timezone)
        limit = {"limit": ours.concurrency_limit}
        strategy = ours.concurrency_options.collision_strategy.value
        assert yours["concurrency_limit"] == {**limit, "collision_strategy": strategy}
        assert limit == {"limit": 1}
        assert strategy == "CANCEL_NEW"


@pytest.fixture
def shop(tmp_path: Path, postgres: PostgreSQL) -> dict[str, str]:
    """The environment of server and worker: PostgreSQL below Prefect and below MLflow."""
    corner_shop(tmp_path / "data")
    (tmp_path / "shop.toml").write_text(SETTINGS.replace("n_estimators = 12", "n_estimators = 4"))
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    port = free_port()
    return kept | {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": postgres.url(
            postgres.new_database(), scheme="postgresql+asyncpg"
        ),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_WORKER_PREFETCH_SECONDS": "1",
        "DO_NOT_TRACK": "true",
        "OMP_NUM_THREADS": "1",
        "STOCKALERT_PATHS__TRACKING_URI": postgres.url(postgres.new_database()),
        "SHOP_DATA": str(tmp_path / "data"),
        "SHOP_OUT": str(tmp_path / "out"),
        "SHOP_CONFIG": str(tmp_path / "shop.toml"),
        "PORT": str(port),
    }


@pytest.mark.slow
def test_a_scheduled_night_is_published_and_a_second_start_is_cancelled(
    shop: dict[str, str], tmp_path: Path, postgres: PostgreSQL
) -> None:
    """Everything from `prefect.yaml` as it is, but for the minute of the night."""
    api, python = shop["PREFECT_API_URL"], sys.executable
    where = tmp_path / "deploy"
    where.mkdir()
    shutil.copy(ROOT / "prefect.yaml", where)
    server = [python, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    with running([*server, "--port", shop["PORT"]], shop, tmp_path / "server.log"):
        until(lambda: ask(api, "/health"), 180, "the server")
        prefect(shop, where, "work-pool", "create", "stockalert", "--type", "process")
        prefect(shop, where, "deploy", "--all")
        found = {one["name"]: one for one in ask(api, "/deployments/filter", {})}
        assert sorted(found) == sorted(NAMES)
        (watch,) = ask(api, "/automations/filter", {})
        assert watch["trigger"]["posture"] == "Proactive"
        assert watch["actions"][0]["deployment_id"] == found["watchdog"]["id"]
        worker = [python, "-m", "prefect", "worker", "start", "--pool", "stockalert"]
        with running(worker, shop, tmp_path / "worker.log"):
            nightly = found["nightly"]["id"]
            soon = datetime.now(UTC) + timedelta(seconds=10)
            plan = {"interval": 90, "anchor_date": soon.isoformat()}
            ask(api, f"/deployments/{nightly}/schedules", [{"schedule": plan, "active": True}])

            def runs(*states: str) -> list[dict[str, Any]]:
                which = {"deployments": {"id": {"any_": [nightly]}}}
                every = ask(api, "/flow_runs/filter", which)
                return [run for run in every if run["state_type"] in states]

            first = until(lambda: runs("RUNNING"), 180, "the scheduled run begins")[0]
            assert first["auto_scheduled"]
            second = ask(api, f"/deployments/{nightly}/create_flow_run", {})["id"]
            cancelled = lambda: [run["id"] for run in runs("CANCELLED")]  # noqa: E731
            until(lambda: second in cancelled(), 60, "the second start is cancelled")
            ended = ("COMPLETED", "FAILED", "CRASHED")
            until(lambda: first["id"] in [r["id"] for r in runs(*ended)], 300, "the run ends")
    (done,) = (run for run in runs_of(postgres, shop) if run[0] == first["id"])
    assert done[1] == "COMPLETED", (tmp_path / "worker.log").read_text()[-4000:]
    assert_published(Path(shop["SHOP_OUT"]))
    assert PASSWORD not in (tmp_path / "worker.log").read_text()


def runs_of(postgres: PostgreSQL, shop: dict[str, str]) -> list[tuple[str, str]]:
    """What Prefect's own tables in PostgreSQL say, once the server is gone."""
    database = shop["PREFECT_SERVER_DATABASE_CONNECTION_URL"].rpartition("/")[2]
    return [
        (str(run), str(state))
        for run, state in postgres.run("SELECT id, state_type FROM flow_run", database)
    ]


def assert_published(out: Path) -> None:
    thresholds = pd.read_parquet(out / "latest" / "thresholds")
    assert set(thresholds["method"]) >= {"quantile"}
    assert thresholds["model_version"].dropna().unique().tolist() == ["1"]
    assert not (out / "mlflow.db").exists(), "runs and models are in PostgreSQL"
    assert list((out / "mlartifacts").rglob("model.json")), "and their files below OUT"
    told = (out / "latest" / "summary.json").read_text()
    assert "no version of stockalert-demand in postgresql://**********@127.0.0.1" in told
    for file in (f for f in out.rglob("*") if f.is_file()):
        assert PASSWORD.encode() not in file.read_bytes(), file
