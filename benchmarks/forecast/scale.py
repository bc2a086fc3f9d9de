"""What one night's forecast costs: 30,000 SKUs, one cutoff, ten levels, nine horizons each.

    python -m benchmarks.forecast.scale [--skus N]

The shop is generated: two years of days, three of four without a sale for the median SKU, prices,
promotions known ahead, suppliers whose lead times vary (so that three intervals are asked for on
top of the six common horizons). The model is trained on 500 SKUs without early stopping: as many
trees as the settings allow, which is the dearest forecast. Measured is a process of its own, from
the canonical tables on disk to calibrated quantiles of every SKU, lead times mixed in: reading,
features, prediction, calibration. `forecast_seconds_30k` is by the clock, all cores, and needs a
machine with nothing else to do; `seconds` are those of the processor, all threads together.
"""

from __future__ import annotations

import re
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from benchmarks.forecast.cache import CACHE
from benchmarks.forecast.code import code_fingerprint
from benchmarks.forecast.results import RESULTS, source, store_result
from features.reading import read_panel
from flows.deciding import past_of
from flows.fitting import artifacts_of, fit
from flows.forecasting import model_forecast
from flows.ingest import ingest
from flows.run import Run
from flows.settings import Settings
from flows.supply import read_supply
from flows.training_rows import build_training_set
from flows.workspace import Workspace
from models.registry import Champion

__all__ = ["generated_shop", "main"]

_SKUS, _SAMPLE, _DAYS = 30_000, 500, 730
_LAST = date(2024, 6, 30)
_NOW = datetime(2024, 7, 1, tzinfo=UTC)
# One booster per level, as a shop of this size has by default: it has over 300,000 training rows.
_SETTINGS = Settings(model={"early_stopping_rounds": 0, "n_bags": 1}, calendar={"country": "FR"})


def main(
    skus: Annotated[int, typer.Option(help="Figures are written for 30,000 alone.")] = _SKUS,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Generate, train, forecast in a process of its own; print and write what it cost."""
    folder = CACHE.with_name("scale") / code_fingerprint(Path(__file__))
    cost = {}
    for work in (_prepare, _forecast):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            cost = alone.submit(work, folder, skus).result()
    for name, value in cost.items():
        typer.echo(f"{name:<24} {value:,.2f}")
    if skus == _SKUS:
        figures = {
            "forecast_seconds_30k": cost["seconds_by_the_clock"],
            "forecast_peak_gib_30k": cost["peak_gib"],
        }
        store_result(out, scale=figures | cost | source())


def _prepare(folder: Path, skus: int) -> dict[str, float]:
    """Train on a sample, and bring all tables into canonical form; both are kept."""
    if not (folder / "model").exists():
        run = _opened(folder, _SAMPLE)
        training = build_training_set(run, _LAST)
        artifacts = artifacts_of(run, training, fit(run, training))
        shutil.copytree(artifacts.folder, folder / "model")
    _opened(folder, skus)
    return {}


def _forecast(folder: Path, skus: int) -> dict[str, float]:
    """Forecast every SKU at the last day; seconds in all and by stage, and peak memory."""
    run = _run(folder, skus)
    clock, start, began = [time.process_time()], time.perf_counter(), _peak_gib()
    panel = read_panel(run.tables, period="D", as_of=_LAST)
    supply = read_supply(run.tables, panel, settings=run.settings, as_of=_LAST).supply
    clock.append(time.process_time())
    reigning = Champion("1", "scale", folder / "model", {})
    told = model_forecast(run, panel, supply, past_of(panel), reigning)
    clock.append(time.process_time())
    if told.outlook.values.shape != (skus, len(run.settings.model.levels)):
        raise RuntimeError(f"expected quantiles of {skus} SKUs, found {told.outlook.values.shape}")
    return {
        "seconds": round(clock[-1] - clock[0], 1),
        "seconds_reading": round(clock[1] - clock[0], 1),
        "seconds_forecasting": round(clock[2] - clock[1], 1),
        "seconds_by_the_clock": round(time.perf_counter() - start, 1),
        "peak_gib": _peak_gib(),
        "peak_gib_before": began,
        "skus": panel.n_series,
        "days": panel.n_periods,
    }


def _run(folder: Path, skus: int) -> Run:
    workspace = Workspace(folder, f"of-{skus}", _NOW)
    return Run(folder / f"data-{skus}", workspace, _SETTINGS, _LAST)


def _opened(folder: Path, skus: int) -> Run:
    """Open a run on the shop with its canonical tables, made once."""
    run = _run(folder, skus)
    if not (run.tables / "sales.parquet").exists():
        generated_shop(run.data, skus)
        ingest(
            run.data,
            run.workspace.work,
            period="D",
            as_of=_LAST,
            today=_NOW.date(),
            max_share=0.01,
        )
        shutil.rmtree(run.data)
    return run


def generated_shop(data: Path, skus: int, *, days: int = _DAYS, seed: int = 7) -> None:
    """Write sales, products, suppliers and promotions of a shop with `skus` SKUs.

    Demand is negative binomial around a pace per SKU (gamma, mean 0.6 a day), with a weekly shape
    and promotions that double it.
    """
    data.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    names = np.array([f"sku {i:06d}" for i in range(skus)])
    dates = np.datetime64(_LAST) - np.arange(days)[::-1]
    promotions = _promotions(rng, names, dates)
    promoted = np.zeros((skus, days), dtype=bool)
    for shift in range(7):
        day = (promotions["start"] + shift).clip(upper=days - 1)
        promoted[promotions["row"], day] = True
    weekday = np.array([0.8, 0.8, 0.9, 1.0, 1.3, 1.5, 0.7])[
        dates.astype("datetime64[D]").astype(int) % 7
    ]
    pace = rng.gamma(0.6, 1.0, (skus, 1)) + 0.02
    units = rng.negative_binomial(1.0, 1 / (1 + pace * weekday * np.where(promoted, 2.0, 1.0)))
    row, day = np.nonzero(units)
    price = np.round(rng.uniform(1, 40, skus), 2)
    sales = {"sku": names[row], "date": dates[day], "units_sold": units[row, day].astype(float)}
    pd.DataFrame(sales).assign(unit_price=price[row]).to_parquet(data / "sales.parquet")
    _products(rng, names, price).to_parquet(data / "products.parquet")
    suppliers = {"supplier_id": [f"supplier {i:02d}" for i in range(40)], "lead_time_sd_days": 2.0}
    lead = pd.DataFrame(suppliers).assign(lead_time_days=rng.integers(3, 29, 40).astype(float))
    lead.to_parquet(data / "suppliers.parquet")
    kept = promotions.drop(columns=["row", "start"])
    kept.to_parquet(data / "promotions.parquet")


def _promotions(rng: np.random.Generator, names: np.ndarray, dates: np.ndarray) -> pd.DataFrame:
    """Two promotions of a week per SKU and year, announced two weeks ahead."""
    row = np.repeat(np.arange(len(names)), 2 * len(dates) // 365)
    start = rng.integers(0, len(dates), len(row))
    begins = pd.Series(dates[start])
    return pd.DataFrame(
        {
            "row": row,
            "start": start,
            "sku": names[row],
            "start_date": begins,
            "end_date": begins + pd.Timedelta(days=6),
            "discount": np.round(rng.uniform(0.1, 0.4, len(row)), 2),
            "announced_at": begins - pd.Timedelta(days=14),
        }
    )


def _products(rng: np.random.Generator, names: np.ndarray, price: np.ndarray) -> pd.DataFrame:
    n = len(names)
    return pd.DataFrame(
        {
            "sku": names,
            "category": [f"category {i:02d}" for i in rng.integers(0, 60, n)],
            "brand": [f"brand {i:03d}" for i in rng.integers(0, 300, n)],
            "supplier_id": [f"supplier {i:02d}" for i in rng.integers(0, 40, n)],
            "unit_price": price,
            "unit_cost": np.round(0.6 * price, 2),
        }
    )


def _peak_gib() -> float:
    status = Path("/proc/self/status").read_text()
    return round(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 2**20, 2)


if __name__ == "__main__":
    typer.run(main)
