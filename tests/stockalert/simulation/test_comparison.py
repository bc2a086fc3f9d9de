"""Policies side by side: figures per level, and who loses less at equal stock."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockalert.lead_time import from_moments
from stockalert.outlook import Horizons
from stockalert.quantiles import at_horizon, quantile_at
from stockalert.simulation import (
    BaseStock,
    Costs,
    OrderRules,
    World,
    lot_rules,
    review_every,
    simulate,
)
from stockalert.simulation.comparison import (
    PERFECT,
    Play,
    at_equal_stock,
    equal_stock,
    perfect_play,
    replayed,
    scoreboard,
)
from stockalert.simulation.decided import AsDecided, Projected, Projection
from stockalert.thresholds import Supply

COSTS = Costs(unit_price=3.0, unit_cost=2.0, holding=0.01, shortage=1.0)


@pytest.fixture
def tins():
    """Sixty tins that sell four a day, Poisson, over half a year; three days from the supplier."""
    rng = np.random.default_rng(11)
    return World.of(rng.poisson(4.0, (60, 180)).astype(float), lead_times=3)


def base_stocks(sd: float) -> dict[float, Play]:
    levels = {0.6: 0.25, 0.8: 0.84, 0.95: 1.64, 0.99: 2.33}
    plays = {}
    for level, z in levels.items():
        up_to = np.full(60, np.ceil(16 + z * sd))
        plays[level] = Play(BaseStock(up_to), up_to)
    return plays


def test_the_same_curve_aimed_otherwise_is_no_better_at_equal_stock(tins):
    wide = base_stocks(4.0)
    shifted = {0.95: wide[0.8]}
    board = scoreboard(tins, {"ours": wide, "shy": shifted}, costs=COSTS)
    told = equal_stock(board, ours="ours", level=0.95).set_index("figure")
    assert board.set_index("policy").loc["shy", "lost_units"] > 0
    assert told["change"].to_numpy() == pytest.approx(0.0)


def test_figures_of_classes_add_up_to_those_of_all(tins):
    classes = (np.arange(60) % 3, ("A", "B", "C"))
    board = scoreboard(tins, {"ours": base_stocks(4.0)}, costs=COSTS, classes=classes)
    sums = ["series", "demanded_units", "lost_units", "lost_value", "total_cost", "orders"]
    parts = board[board["class"] != "all"].groupby("level")[sums].sum()
    whole = board[board["class"] == "all"].set_index("level")[sums]
    pd.testing.assert_frame_equal(parts, whole, check_dtype=False, check_like=True)


def test_between_two_levels_the_curve_is_a_line_and_beyond_them_unknown():
    curve = pd.DataFrame({"average_stock_value": [300.0, 100.0], "lost_units": [2.0, 10.0]})
    assert at_equal_stock(curve, 250.0, "lost_units") == pytest.approx(4.0)
    assert np.isnan(at_equal_stock(curve, 99.0, "lost_units"))
    assert np.isnan(at_equal_stock(curve, 301.0, "lost_units"))


def test_the_line_never_flatters_the_curve_that_is_read(tins):
    levels = np.arange(17.0, 28.0)
    fine = {s: Play(BaseStock(s), np.full(60, s)) for s in levels}
    coarse = {s: fine[s] for s in levels[[0, 5, 10]]}
    board = scoreboard(tins, {"fine": fine, "coarse": coarse}, costs=COSTS).set_index("policy")
    for _, true in board.loc["fine"].iterrows():
        line = at_equal_stock(board.loc["coarse"], true["average_stock_value"], "lost_units")
        assert line >= true["lost_units"] - 1e-9


def test_perfect_foresight_begins_with_what_it_needs_and_loses_nothing(tins):
    totals = replayed(tins, perfect_play(tins))
    assert totals.lost.sum() == pytest.approx(0.0)
    board = scoreboard(
        tins, {"ours": base_stocks(4.0), PERFECT: {np.nan: perfect_play(tins)}}, costs=COSTS
    )
    told = equal_stock(board, ours="ours", level=0.95)
    assert told.empty, "the bound is nobody's rival"
    least = board.groupby("policy")["average_stock_value"].min()
    assert least[PERFECT] < least["ours"]


def test_the_gap_closed_is_one_where_nothing_is_lost(tins):
    none = {0.5: Play(BaseStock(60.0), np.full(60, 60.0)), 0.9: Play(BaseStock(10.0))}
    some = {0.95: Play(BaseStock(20.0), np.full(60, 20.0))}
    plays = {"ours": none, "theirs": some, PERFECT: {np.nan: perfect_play(tins)}}
    told = equal_stock(scoreboard(tins, plays, costs=COSTS), ours="ours", level=0.95)
    row = told.set_index("figure").loc["lost_units"]
    assert row["gap_closed"] == pytest.approx(
        (row["theirs"] - row["ours"]) / (row["theirs"] - row["perfect"])
    )
    assert row["perfect"] == 0


def test_tables_in_force_change_on_the_day_after_their_cutoff():
    world = World.of(np.full((1, 8), 2.0), lead_times=0)
    tables = AsDecided(
        reorder_point=np.array([[4.0, 10.0]]),
        lot=np.zeros((1, 2)),
        review_days=np.full((1, 2), 1.0),
        since=np.array([0, 5]),
        policy="base_stock",
    )
    trace = simulate(world, tables, keep_trace=True).trace
    assert trace.ordered[0].tolist() == [4, 2, 2, 2, 2, 8, 2, 2]
    assert tables.opening(4).tolist() == [4.0]
    with pytest.raises(ValueError, match="nothing is in force in period 2"):
        AsDecided(*(np.ones((1, 1)),) * 3, since=np.array([3])).opening(2)


@pytest.fixture
def corner():
    """A hundred slow items of a corner shop: weekly review, two weeks' lead time, in days."""
    rng = np.random.default_rng(4)
    n, days = 100, 7 * 40
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.9, 0.975, 0.99])
    horizons = np.array([7.0, 14.0, 21.0, 28.0])
    # Quantiles of the true law, by simulation: a second truth for what a forecast would say.
    draws = rng.poisson(0.2 * horizons[:, None], (4, 40_000))
    values = np.tile(np.quantile(draws, levels, axis=1).T, (n, 1, 1))
    world = World.of(
        rng.poisson(0.2, (n, days)).astype(float),
        lead_times=14,
        rules=OrderRules(lots=lot_rules(n), review=review_every(7, days)),
    )
    supply = Supply(from_moments(np.full(n, 14.0), np.zeros(n)), np.full(n, 7.0))
    return world, Horizons(horizons, values, levels), supply


def test_projecting_the_stock_costs_less_than_ordering_up_to_the_same_quantile(corner):
    world, horizons, supply = corner
    n = len(world.demand)
    at_p = at_horizon(horizons.values, horizons.days, np.full((n, 1), 21.0))[:, 0]
    point = np.ceil(quantile_at(at_p, horizons.levels, 0.8))[:, None]
    table = AsDecided(point, np.zeros((n, 1)), np.full((n, 1), 7.0), np.array([0]))
    known = Projection(horizons, supply, np.full(n, 0.8), 0.0)
    plays = {
        "up to": {0.8: Play(table, table.opening(0))},
        "projected": {0.8: Play(Projected(table, [known]), table.opening(0))},
    }
    board = scoreboard(
        world, plays, costs=Costs(unit_cost=1.0, holding=0.2 / 7, shortage=0.8), scored_from=70
    ).set_index("policy")
    assert board.loc["projected", "total_cost"] < board.loc["up to", "total_cost"]
    assert board.loc["projected", "average_stock_units"] < board.loc["up to", "average_stock_units"]
