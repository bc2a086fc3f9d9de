"""The address of the model store holds a password, which nothing that a run writes repeats."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from prefect.client.orchestration import get_client

from flows.alert_store import open_store as open_alerts
from flows.nightly import nightly
from models.registry import champion
from models.tracking_store import Store, open_store
from stockalert.errors import ChampionError, OutputError, UsageError
from tests.flows.corner_shop import FIRST_NIGHT, SETTINGS, corner_shop

PLANTED = "Kx7planted-store-pass"
NOBODY = f"postgresql://planner:{PLANTED}@127.0.0.1:1/mlflow"
UNKNOWN_TO_MLFLOW = f"postgres://planner:{PLANTED}@127.0.0.1:1/mlflow"


@pytest.fixture(autouse=True)
def one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow asks a database that does not answer ten times, for two minutes."""
    monkeypatch.setattr("mlflow.store.db.utils.MAX_RETRY_COUNT", 1)


@pytest.mark.slow
def test_a_night_without_its_store_repeats_no_password(
    prefect_server: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    data, out, config = corner_shop(tmp_path / "data"), tmp_path / "out", tmp_path / "shop.toml"
    config.write_text(SETTINGS.replace("n_estimators = 12", "n_estimators = 2"))
    monkeypatch.setenv("STOCKALERT_PATHS__TRACKING_URI", UNKNOWN_TO_MLFLOW)
    with pytest.raises(OutputError, match=r"model store postgres://\*+@127.0.0.1:1/mlflow cannot"):
        nightly(data, out, FIRST_NIGHT, config)
    with open_alerts(out) as store:
        ((kind, problem),) = [(row["kind"], row["problem"]) for row in store.operational()]
    assert kind == "night_failed"
    assert "127.0.0.1:1/mlflow" in problem, "the place is told"
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(limit=200)
        pages = client.read_artifacts()
    told = [run.model_dump_json() for run in runs] + [page.model_dump_json() for page in pages]
    assert any("127.0.0.1:1/mlflow" in text for text in told)
    assert not any(PLANTED in text for text in [*told, *capfd.readouterr()])
    for file in (f for f in tmp_path.rglob("*") if f.is_file()):
        assert PLANTED.encode() not in file.read_bytes(), file


@pytest.mark.parametrize(
    ("address", "error"),
    [
        (NOBODY, OutputError),
        (UNKNOWN_TO_MLFLOW, OutputError),
        (f"postgresql://planner:{PLANTED}@x@127.0.0.1:1/mlflow", UsageError),
        (f"postgresql://planner:{PLANTED}@127.0.0.1:{PLANTED}/mlflow", UsageError),
        (f"postgresql://planner@127.0.0.1:1/mlflow?password={PLANTED}", OutputError),
        (f"nonsense://{PLANTED}:{PLANTED} {PLANTED}@127.0.0.1", OutputError),
        (f"http://planner:{quote(PLANTED + '@')}@127.0.0.1:1", OutputError),
    ],
)
def test_an_address_that_fails_is_told_without_its_password(
    tmp_path: Path,
    address: str,
    error: type[Exception],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    for ask in (open_store, champion):
        with pytest.raises((error, ChampionError)) as told:
            ask(tmp_path, tracking_uri=address)
        chain = [told.value, told.value.__cause__]
        assert not any(PLANTED in str(one) for one in chain)
        assert told.value.__suppress_context__ or told.value.__context__ is None
    assert PLANTED not in "".join(capfd.readouterr())
    assert PLANTED not in repr(Store(None, address, "1"))  # type: ignore[arg-type]
