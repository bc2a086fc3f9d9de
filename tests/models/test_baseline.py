"""Baselines agree with a loop over one series at a time, and read nothing after the cutoff."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.baseline import empirical_quantiles, static_formula, z_formula

LEVELS = (0.5, 0.9, 0.99)


@pytest.fixture
def shop():
    rng = np.random.default_rng(11)
    demand = rng.poisson([[0.2], [1.0], [6.0], [0.0]], size=(4, 500)).astype(np.float32)
    observed = rng.uniform(size=demand.shape) > 0.1
    observed[1, :300] = False
    observed[3] = False
    rows = {"series": np.array([2, 0, 1, 2, 3]), "horizons": np.array([7, 14, 3, 14, 5])}
    return demand, observed, rows


def past_totals(demand, observed, cutoff, horizon, year=365):
    """Totals of windows of the last year and, once more, of those near last year's season."""
    last_year = range(max(cutoff + 1 - year, 0), cutoff + 2 - horizon)
    season = [cutoff + 1 - year + shift for shift in range(-(year // 13), year // 13 + 1)]
    seasonal = [s for s in season if cutoff + 1 >= year and 0 <= s <= cutoff + 1 - horizon]
    for start in [*last_year, *seasonal]:
        window = slice(start, start + horizon)
        seen = observed[window].sum()
        if 2 * seen >= horizon:
            yield demand[window][observed[window]].sum() * horizon / seen


@pytest.mark.parametrize("cutoff", [60, 364, 420])
def test_empirical_quantiles_are_those_of_the_series_own_past_totals(shop, cutoff):
    demand, observed, rows = shop
    found = empirical_quantiles(demand, observed, cutoff=cutoff, **rows, levels=LEVELS)
    for row, (series, horizon) in enumerate(zip(*rows.values(), strict=True)):
        totals = list(past_totals(demand[series], observed[series], cutoff, horizon))
        expected = np.quantile(totals, LEVELS) if totals else np.zeros(3)
        assert found[row] == pytest.approx(expected, rel=1e-9)


def test_the_z_formula_is_that_of_pandas(shop):
    demand, observed, rows = shop
    found = z_formula(demand, observed, cutoff=420, **rows, levels=[0.95])
    seen = pd.DataFrame(demand[:, 241:421].T).where(observed[:, 241:421].T)
    mean, deviation = seen.mean()[rows["series"]], seen.std()[rows["series"]]
    periods = rows["horizons"]
    expected = mean.to_numpy() * periods + 1.6448536269514722 * deviation.to_numpy() * periods**0.5
    assert found[:, 0] == pytest.approx(np.nan_to_num(expected), rel=1e-6)


def test_static_formula_of_ten_a_day_over_five_days_is_fifty():
    history = np.full((1, 30), 10.0)
    row = {"series": np.array([0]), "horizons": np.array([5])}
    found = static_formula(history, history > 0, cutoff=29, **row, levels=LEVELS)
    assert found.tolist() == [[50.0, 50.0, 50.0]]


@pytest.mark.parametrize("baseline", [empirical_quantiles, static_formula, z_formula])
def test_nothing_after_the_cutoff_counts(shop, baseline):
    demand, observed, rows = shop
    before = baseline(demand, observed, cutoff=200, **rows, levels=LEVELS)
    demand[:, 201:], observed[:, 201:] = 9_999, True
    after = baseline(demand, observed, cutoff=200, **rows, levels=LEVELS)
    assert np.array_equal(before, after)
