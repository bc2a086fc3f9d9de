"""The demo from end to end, with a part of the grocer's products."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from matplotlib.image import imread

from flows.demo import run_demo
from flows.settings import load_settings


@pytest.mark.slow
def test_the_demo_ends_with_a_screenful_a_picture_and_the_next_command(
    prefect_server: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = {"N_ESTIMATORS": "12", "NUM_LEAVES": "7", "CUTOFF_EVERY_DAYS": "7"}
    for name, value in small.items():
        monkeypatch.setenv(f"STOCKALERT_MODEL__{name}", value)
    out = tmp_path / "a demo"
    run_demo(out, max_products=60)
    screen = capsys.readouterr().out
    assert "60 SKUs of a real grocer have a reorder point" in screen
    assert "Order these first" in screen
    assert "generated" in screen
    assert f"stockalert nightly --data '{out / 'data'}' --out '{out}'" in screen
    assert "--as-of 2017-12-18" in screen
    assert imread(out / "demo.png").shape[1] > 1000
    assert len(pd.read_parquet(out / "latest" / "thresholds")) == 60
    assert load_settings(out / "demo.toml").model.max_rows == 250_000
