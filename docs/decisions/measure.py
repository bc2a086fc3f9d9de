"""Measure what decision records 6, 7 and 11 claim, on the demo's data.

Run `make demo` first, then `.venv/bin/python docs/decisions/measure.py demo-out [ROWS]`. Nothing
in the output directory changes; ROWS (default 100,000) bounds the training rows.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from flows.run import open_run
from flows.settings import load_settings
from flows.steps import read_tables
from flows.training_rows import TrainingSet, build_training_set
from models import calibration, demand
from models.metrics import HEADLINE_LEVELS, score_table
from models.splits import proof_split, window_end
from stockalert.rows import Rows

AS_OF = date(2017, 12, 17)


def main(out: Path, most_rows: int) -> None:
    """Build the demo's training rows once, then fit and score the variants on them."""
    settings = load_settings(out / "demo.toml")
    settings = settings.model_copy(
        update={"model": settings.model.model_copy(update={"max_rows": most_rows})}
    )
    data = out / "data"
    with (
        TemporaryDirectory() as scratch,
        open_run(data, Path(scratch), settings=settings, as_of=AS_OF, now=datetime.now()) as run,
    ):
        training = build_training_set(run, read_tables.fn(run).as_of)
    print(f"{len(training.rows):,} rows, {len(training.rows.names)} features")
    censoring(training, data / "_truth" / "true_demand.parquet")
    variants(training.rows, settings.model.levels, settings.model.seed)


def censoring(training: TrainingSet, truth: Path) -> None:
    """Set the training targets beside the demand that stock-outs hid (record 11)."""
    rows, panel = training.rows, training.panel
    frame = pd.read_parquet(truth)
    wanted = np.zeros((panel.n_series, panel.n_periods + 1))
    day = (pd.to_datetime(frame["date"]).to_numpy("datetime64[D]") - panel.periods[0]).astype(int)
    known = day < panel.n_periods
    series = pd.Index(panel.series["sku"]).get_indexer(frame["sku"])
    np.add.at(wanted, (series[known], day[known] + 1), frame["units"].to_numpy()[known])
    sold = np.concatenate([np.zeros((panel.n_series, 1)), panel.units], axis=1, dtype=np.float64)
    begin = (rows.cutoff - panel.periods[0]).astype(int) + 1
    truth_total, sold_total = (
        total[rows.series, begin + rows.horizon] - total[rows.series, begin]
        for total in (wanted.cumsum(axis=1), sold.cumsum(axis=1))
    )
    partly = rows.weight < 1 - 1e-6
    print(f"windows partly out of stock: {partly.mean():.1%} of the rows")
    for name, value in (("units sold", sold_total), ("target", rows.demand)):
        gap = value[partly].sum() / truth_total[partly].sum() - 1
        print(f"  {name} ÷ true demand - 1 in them: {gap:+.1%}")


def variants(rows: Rows, levels: tuple[float, ...], seed: int) -> None:
    """Fit with other weights and ask more or less of a shift (records 6 and 7)."""
    split = proof_split(rows)
    held, unseen = rows.take(split.calibration), rows.take(split.evaluation)
    before = rows.take(window_end(rows) <= split.evaluation_start)
    fit = {"levels": levels, "random_state": seed}
    scout = demand.DemandModel.fit(rows.take(split.train), **fit)
    for power in (1.0, 0.0, demand.EXPOSURE_POWER):
        with replaced(demand, "EXPOSURE_POWER", power):
            proof = demand.DemandModel.fit(before, **fit)
        show(f"weight exposure^{power:g}, not calibrated", unseen, proof.raw(unseen), levels)
    first = scout.outcomes(held)
    for errors in (0.0, 1.0, calibration.PERSISTENCE):
        with replaced(calibration, "PERSISTENCE", errors):
            shifted = proof.calibrated(first).forecast(unseen)
        show(f"shifts beyond {errors:g} standard errors", unseen, shifted, levels)


def show(name: str, rows: Rows, quantiles: np.ndarray, levels: tuple[float, ...]) -> None:
    """Print loss and the largest coverage errors at the headline levels."""
    table = score_table(rows.demand, quantiles, levels, {"abc": rows.abc, "pattern": rows.pattern})
    table = table[table["level"].round(6).isin(HEADLINE_LEVELS)]
    whole, groups = table[table["grouping"] == "all"], table[table["grouping"] != "all"]
    print(
        f"{name}: weighted pinball {whole['weighted_pinball'].mean():.4f}, "
        f"coverage error of all {whole['coverage_error'].abs().max():.3f}, "
        f"of a class or pattern {groups['coverage_error'].abs().max():.3f}",
        flush=True,
    )


@contextmanager
def replaced(module, name, value):
    """Give a module's constant another value for a while."""
    kept = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
