"""Spare parts: intermittent demand with long lead times, generated, so that the truth is known.

600 parts of twelve kinds. A kind has its own usual rate, order size and habit of ordering in
spells; a part has a rate of its own around its kind's, and a kind's rate wanders slowly. Suppliers
take 7 or 16 weeks and want a MOQ; orders are placed weekly. Two years of history, then a replay of
17 weeks to forget the opening stock and of a year that counts. What is not in stock is bought
elsewhere (lost). Q is four weeks' mean demand or the MOQ, for every policy.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.decision.shop import Shop, quarterly_mean
from benchmarks.forecast.datasets.prepared import Prepared, days
from benchmarks.forecast.problem import Array, Problem
from stockalert.simulation import OrderRules, Start, World, lot_rules

__all__ = ["REFIT_WEEKS", "SETTINGS", "spare_parts", "spare_shop"]

SETTINGS = {
    "period": "W-MON",
    "lead_time": {"review_days": 7},
    # A window of 17 weeks must be over before it can prove or calibrate anything.
    "model": {"evaluation_days": 168, "calibration_days": 168},
}
REFIT_WEEKS = 13

PARTS, KINDS = 600, 12
HISTORY, WARM_UP, SCORED = 104, 17, 52
LOT_WEEKS = 4
_SEED = 16


def spare_parts(parts: int = PARTS) -> Prepared:
    """Generate the parts as a problem and as contract tables."""
    random = np.random.default_rng(_SEED)
    kind = random.integers(KINDS, size=parts)
    demand = _demand(random, kind)
    weeks = days("2021-01-04", "2030-01-01", step=7)[: demand.shape[1]]
    series = pd.DataFrame({"sku": [f"P{i:04d}" for i in range(parts)], "location": "default"})
    series["category"] = [f"K{k:02d}" for k in kind]
    lead_weeks = random.choice([7, 16], parts)
    price = np.round(random.lognormal(3.0, 1.0, parts), 2)
    moq = random.choice([1.0, 5.0, 10.0], parts, p=[0.6, 0.25, 0.15])
    products = series[["sku", "category"]].assign(lead_time_days=7.0 * lead_weeks, moq=moq)
    at, week = np.nonzero(demand)
    sales = series.loc[at, ["sku", "location"]].reset_index(drop=True)
    sales = sales.assign(date=pd.to_datetime(weeks[week]), units_sold=demand[at, week])
    problem = Problem(
        name="spare_parts",
        period_days=7,
        periods=weeks,
        demand=demand.astype(np.float32),
        observed=np.ones(demand.shape, np.float32),
        price=np.full(demand.shape, np.nan, np.float32),
        promoted=np.zeros(demand.shape, np.float32),
        series=series,
        unit_value=price.astype(np.float32),
        cutoffs=np.arange(HISTORY - 1, demand.shape[1] - 1, dtype=np.int32),
        protection_days=(7 * (lead_weeks + 1)).astype(np.int32),
    )
    return Prepared(problem, {"sales": sales, "products": products}, {"parts": parts})


def spare_shop(prepared: Prepared) -> Shop:
    """Lay the parts out as a world."""
    problem = prepared.problem
    cutoffs = problem.cutoffs.astype(np.int64)
    mean = quarterly_mean(problem, cutoffs, WARM_UP)
    moq = prepared.tables["products"]["moq"].to_numpy(np.float64)
    world = World.of(
        problem.demand,
        lead_times=problem.horizon - 1,
        rules=OrderRules(lots=lot_rules(problem.n_series, moq=moq)),
        start=Start(on_hand=np.ceil(mean[:, 0] * problem.horizon)),
        begins=HISTORY,
    )
    quantity = np.maximum(np.ceil(LOT_WEEKS * mean - 1e-9), moq[:, None])
    return Shop(problem, cutoffs, WARM_UP, world, quantity, mean)


def _demand(random: np.random.Generator, kind: Array) -> Array:
    """Units by part and week: spells of orders, each of a few units."""
    n_weeks = HISTORY + WARM_UP + SCORED
    rate = random.lognormal(-1.2, 0.7, KINDS)[kind] * random.lognormal(0.0, 0.6, len(kind))
    busy = random.uniform(0.3, 1.0, KINDS)[kind]
    stays = random.uniform(0.5, 0.9, KINDS)[kind]
    steps = 0.06 * random.standard_normal((KINDS, n_weeks))
    level = np.exp(np.cumsum(steps, axis=1) - np.cumsum(steps, axis=1).mean(axis=1, keepdims=True))
    spell = _spells(random, busy, stays, n_weeks)
    orders = random.poisson(rate[:, None] / busy[:, None] * spell * level[kind])
    size = random.uniform(0.25, 0.9, KINDS)[kind][:, None]
    # The sum of n geometric sizes is n plus a negative binomial.
    more = random.negative_binomial(np.maximum(orders, 1), np.broadcast_to(size, orders.shape))
    return np.where(orders > 0, orders + more, 0).astype(np.float64)


def _spells(random: np.random.Generator, busy: Array, stays: Array, n_weeks: int) -> Array:
    """1 in weeks of a spell; its share is `busy`, and a state lasts with probability `stays`."""
    state = random.random(len(busy)) < busy
    spells = np.empty((len(busy), n_weeks))
    for week in range(n_weeks):
        renewed = random.random(len(busy)) < busy
        state = np.where(random.random(len(busy)) < stays, state, renewed)
        spells[:, week] = state
    return spells
